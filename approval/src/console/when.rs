/*! Times and spans in words. */

/// `2026-11-22 10:55 UTC`.
pub fn date(seconds: u64) -> String {
    stamp(seconds, "%Y-%m-%d %H:%M UTC")
}

/// For the `datetime` attribute.
pub fn machine(seconds: u64) -> String {
    stamp(seconds, "%Y-%m-%dT%H:%M:%SZ")
}

fn stamp(seconds: u64, format: &str) -> String {
    let stamp = i64::try_from(seconds).ok().and_then(|at| jiff::Timestamp::from_second(at).ok());
    stamp.map_or_else(|| seconds.to_string(), |stamp| stamp.strftime(format).to_string())
}

/// The two largest units, as the page's script counts them down: `9 min 05 s`, `2 h 10 min`.
pub fn span(seconds: u64) -> String {
    match (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, s) => format!("{s} s"),
        (0, 0, m, s) => format!("{m} min {s:02} s"),
        (0, h, m, _) => format!("{h} h {m:02} min"),
        (d, h, _, _) => format!("{d} d {h:02} h"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn reads_well() {
        assert_eq!(super::span(59), "59 s");
        assert_eq!(super::span(605), "10 min 05 s");
        assert_eq!(super::span(7800), "2 h 10 min");
        assert_eq!(super::date(1_795_345_000), "2026-11-22 10:56 UTC");
    }
}
