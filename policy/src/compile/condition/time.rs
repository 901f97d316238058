/*! Moments and spans of time in conditions. */

use cel::common::ast::{IdedExpr, operators};

use super::super::instant;
use super::check::{Checker, Lowered};
use super::types::Type;
use crate::condition::{Clock, Expression, SPAN_MAX};

impl Checker<'_> {
    /// `timestamp('...')` or `duration('...')`.
    pub(super) fn time(&mut self, part: &IdedExpr, name: &str, written: &IdedExpr) -> Lowered {
        let help = match name {
            "timestamp" => "write `timestamp('2027-01-31T18:00:00Z')`, to the second",
            _ => "write `duration('1h30m')`, to the second",
        };
        let Some((Expression::Text(text), _)) = self.lower(written) else {
            let message = format!("`{name}` takes a text that is written down");
            return self.refuse("GH123", part, message, help);
        };
        let made = match name {
            "timestamp" => instant::parse(&text)
                .and_then(|seconds| i64::try_from(seconds).ok())
                .map(|seconds| (Expression::Moment(seconds), Type::Moment)),
            _ => span(&text).map(|seconds| (Expression::Span(seconds), Type::Span)),
        };
        match made {
            Some(made) => Some(made),
            None => self.refuse("GH122", written, format!("`{text}` is no {name}"), help),
        }
    }

    /// `moment.getHours()`, `moment.getHours('+02:00')`.
    pub(super) fn clock(
        &mut self,
        part: &IdedExpr,
        clock: Clock,
        of: &IdedExpr,
        zone: Option<&IdedExpr>,
    ) -> Lowered {
        let (lowered, kind) = self.lower(of)?;
        if kind != Type::Moment {
            let message = format!("`{}` does not work on {}", clock.name(), kind.name());
            let help = format!("write `context.time.{}()`", clock.name());
            return self.refuse("GH122", part, message, help);
        }
        let Some(zone) = zone else {
            return Some((Expression::Clock(clock, 0, Box::new(lowered)), Type::Int));
        };
        let (written, _) = self.lower(zone)?;
        let ahead = match &written {
            Expression::Text(text) => instant::offset(text)
                .filter(|_| text.starts_with(['+', '-']))
                .or_else(|| matches!(text.as_str(), "UTC").then_some(0)),
            _ => None,
        };
        let Some(ahead) = ahead.and_then(|seconds| i32::try_from(seconds / 60).ok()) else {
            let help = "write `'+02:00'`: gateways know no places and no summer time";
            return self.refuse("GH123", zone, "time zones are offsets from UTC here", help);
        };
        Some((Expression::Clock(clock, ahead, Box::new(lowered)), Type::Int))
    }
}

/// What a sum or difference with a moment or a span in it is. `Err`: there is none.
pub(super) fn calculated(name: &str, one: Type, other: Type) -> Result<Option<Type>, ()> {
    let is_time = |kind| matches!(kind, Type::Moment | Type::Span);
    if !is_time(one) && !is_time(other) {
        return Ok(None);
    }
    match (name, one, other) {
        (operators::ADD, Type::Moment, Type::Span)
        | (operators::ADD, Type::Span, Type::Moment)
        | (operators::SUBSTRACT, Type::Moment, Type::Span) => Ok(Some(Type::Moment)),
        (operators::SUBSTRACT, Type::Moment, Type::Moment)
        | (operators::ADD | operators::SUBSTRACT, Type::Span, Type::Span) => Ok(Some(Type::Span)),
        _ => Err(()),
    }
}

/// Seconds of `1h30m`, `-90s`.
fn span(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut seconds: i64 = 0;
    while !rest.is_empty() || seconds == 0 {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let count: i64 = rest.get(..end)?.parse().ok()?;
        let unit = match rest.as_bytes().get(end)? {
            // Milliseconds are finer than what there is.
            b'm' if rest.get(end..).is_some_and(|rest| rest.starts_with("ms")) => return None,
            b's' => 1,
            b'm' => 60,
            b'h' => 3600,
            _ => return None,
        };
        seconds = count.checked_mul(unit)?.checked_add(seconds)?;
        rest = rest.get(end + 1..)?;
        if rest.is_empty() {
            break;
        }
    }
    (seconds <= SPAN_MAX).then_some(sign * seconds)
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn spans_are_read_as_go_writes_them() {
        for (text, expected) in
            [("90s", 90), ("1h30m", 5400), ("-1m1s", -61), ("0s", 0), ("+2h", 7200), ("0m0s", 0)]
        {
            assert_eq!(span(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "5",
            "s",
            "1d",
            "1.5h",
            "10ms",
            "1h ",
            "-",
            "1h-1m",
            "2562048h",
            "99999999999999999h",
        ] {
            assert_eq!(span(text), None, "{text}");
        }
    }
}
