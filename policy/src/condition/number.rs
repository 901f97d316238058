/*! Numbers of conditions: exact, or none. */

use std::cmp::Ordering;

use super::{Fault, Value};

/// Bytes of a literal. Nobody needs more, and each use reads it anew.
const LITERAL_MAX: usize = 64;

/// Digits that every double keeps.
const DIGITS_MAX: usize = 15;

/// The least power of two above all whole numbers.
const WHOLE_END: f64 = 9_223_372_036_854_775_808.0;

/// # Errors
///
/// `Overflow` where the number would become another one.
pub(super) fn of_literal(literal: &str) -> Result<Value<'static>, Fault> {
    if literal.len() > LITERAL_MAX {
        return Err(Fault::Overflow);
    }
    if !literal.contains(['.', 'e', 'E']) {
        return literal.parse().map(Value::Int).map_err(|_| Fault::Overflow);
    }
    let mantissa = literal.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_matches('0');
    match literal.parse::<f64>() {
        Ok(number) if digits.is_empty() => Ok(Value::Double(number)),
        // Those that are not normal have lost digits.
        Ok(number) if digits.len() <= DIGITS_MAX && number.is_normal() => Ok(Value::Double(number)),
        _ => Err(Fault::Overflow),
    }
}

/// `None`: one of them is no number.
pub(super) fn order(one: &Value<'_>, other: &Value<'_>) -> Option<Ordering> {
    match (one, other) {
        (Value::Int(one), Value::Int(other)) => Some(one.cmp(other)),
        (Value::Double(one), Value::Double(other)) => one.partial_cmp(other),
        (Value::Int(one), Value::Double(other)) => exact(*one, *other),
        (Value::Double(one), Value::Int(other)) => exact(*other, *one).map(Ordering::reverse),
        _ => None,
    }
}

/// As a double a whole number above 2^53 may become its neighbour.
fn exact(whole: i64, double: f64) -> Option<Ordering> {
    if double >= WHOLE_END {
        return Some(Ordering::Less);
    }
    if double < -WHOLE_END {
        return Some(Ordering::Greater);
    }
    let fraction = 0.0.partial_cmp(&double.fract())?;
    Some(i128::from(whole).cmp(&(double.trunc() as i128)).then(fraction))
}
