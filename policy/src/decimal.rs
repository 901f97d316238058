/*! Numbers of JSON as people write them: without exponent, and without digits that say nothing. */

/// Characters of the plain form. Whatever needs more is no number that a rule was written for.
const LENGTH_MAX: usize = 400;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plain {
    NoNumber,
    /// `1200`, `-0.5`.
    Number(String),
    TooLong,
}

/// Exact: no digit is rounded.
pub fn plain(text: &str) -> Plain {
    let Some((negative, whole, fraction, exponent)) = parts(text) else { return Plain::NoNumber };
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    if digits.is_empty() {
        return Plain::Number("0".into());
    }
    let Ok(exponent) = exponent.parse::<i64>() else { return Plain::TooLong };
    let length = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX);
    // Where the point stands, counted from the first of the digits.
    let zeros_in_front = length(&all).saturating_sub(length(digits));
    let point = length(whole).saturating_add(exponent).saturating_sub(zeros_in_front);
    let digits = digits.trim_end_matches('0');
    let most = LENGTH_MAX as i64;
    if !(-most..most).contains(&point) || length(digits) > most {
        return Plain::TooLong;
    }
    let sign = if negative { "-" } else { "" };
    let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or_default());
    let point_at = usize::try_from(point).unwrap_or_default();
    Plain::Number(match digits.split_at_checked(point_at) {
        _ if point <= 0 => format!("{sign}0.{}{digits}", zeros(-point)),
        Some((whole, fraction)) if !fraction.is_empty() => format!("{sign}{whole}.{fraction}"),
        _ => format!("{sign}{digits}{}", zeros(point - length(digits))),
    })
}

/// Sign, digits before and behind the point, exponent.
fn parts(text: &str) -> Option<(bool, &str, &str, &str)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix('+').unwrap_or(exponent)),
        None => (text, "0"),
    };
    let negative = mantissa.starts_with('-');
    let mantissa = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let sound =
        digits(whole) && digits(fraction) && digits(exponent.strip_prefix('-').unwrap_or(exponent));
    sound.then_some((negative, whole, fraction, exponent))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Plain, plain};

    #[test]
    fn one_number_has_one_form() {
        for (text, expected) in [
            ("5", "5"),
            ("5.0", "5"),
            ("50e-1", "5"),
            ("0.05E+2", "5"),
            ("005", "5"),
            ("-0.50", "-0.5"),
            ("12e3", "12000"),
            ("1.25e1", "12.5"),
            ("100", "100"),
            ("0", "0"),
            ("-0.0e7", "0"),
            ("0e99999999999999999999", "0"),
            ("3e-3", "0.003"),
            ("100000000000000000001", "100000000000000000001"),
        ] {
            assert_eq!(plain(text), Plain::Number(expected.into()), "{text}");
        }
        let far = [i64::MIN, i64::MIN + 1, i64::MAX].map(|at| format!("0.001e{at}"));
        let others = ["1e400", "1e-999", "1e99999999999999999999", &"7".repeat(401)];
        for text in others.into_iter().chain(far.iter().map(String::as_str)) {
            assert_eq!(plain(text), Plain::TooLong, "{text}");
        }
        for text in ["", "a", "-", "1.", ".5", "1e", "+1", "1 ", "0x1", "1e5x", "--1", "1.2.3"] {
            assert_eq!(plain(text), Plain::NoNumber, "{text}");
        }
    }

    proptest! {
        /// A caller writes them.
        #[test]
        fn no_number_panics(digits in "[0-9.]{1,8}", exponent: i64, nearly in "-?[0-9]{1,22}") {
            let _ = plain(&format!("{digits}e{exponent}"));
            let _ = plain(&format!("{digits}e{nearly}"));
        }
    }

    #[test]
    fn zeros_in_front_cost_nothing() {
        let text = format!("0.{}9e301", "0".repeat(300));
        assert_eq!(plain(&text), Plain::Number("9".into()));
    }
}
