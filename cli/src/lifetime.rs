/*! Durations as people write them: `30s`, `15m`, `1h`, `2d`. */

use std::time::Duration;

/// For clap: one number and one unit.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || "write a number and s, m, h or d, such as 15m".to_owned();
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 60 * 60,
        Some('d') => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let digits = &text[..text.len() - 1];
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let seconds = number.checked_mul(unit).filter(|seconds| *seconds <= 100 * 365 * 24 * 60 * 60);
    seconds.map(Duration::from_secs).ok_or_else(|| "a hundred years is the most".to_owned())
}

/// From `now` to `then`, both unix seconds: `in 9m 58s`.
pub fn until(now: u64, then: u64) -> String {
    if then > now { format!("in {}", rough(then - now)) } else { since(now, then) }
}

/// The same backwards: `3h 20m ago`.
pub fn since(now: u64, then: u64) -> String {
    format!("{} ago", rough(now.saturating_sub(then)))
}

/// The two greatest units.
pub fn rough(seconds: u64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{minutes}m {}s", seconds % 60),
        3600..86400 => format!("{hours}h {}m", minutes % 60),
        _ => format!("{}d {}h", hours / 24, hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{parse, since, until};

    #[test]
    fn units() {
        for (text, seconds) in [("30s", 30), ("15m", 900), ("1h", 3600), ("2d", 172_800), ("0s", 0)]
        {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in
            ["", "h", "10", "-1h", "+1h", "1.5h", "1h30m", "1 h", "1w", "1é", "99999999999d"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_read_as_people_say_them() {
        assert_eq!(until(100, 698), "in 9m 58s");
        assert_eq!(until(100, 100), "0s ago");
        assert_eq!(since(100 + 12_000, 100), "3h 20m ago");
        assert_eq!(since(200_000, 0), "2d 7h ago");
    }
}
