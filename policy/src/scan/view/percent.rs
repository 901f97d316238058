/*! Percent-encoding (RFC 3986, section 2.1), of text that may be encoded already: `%2540`. */

use super::{Reading, Spelled, hex};

/// How many times over, beyond the first, the percent sign itself may be encoded.
const DEPTH_MAX: usize = 4;

/// `rest` begins with a percent sign.
pub(super) fn read(rest: &[u8]) -> Reading {
    let mut at = 1;
    for _ in 0..DEPTH_MAX {
        if rest.get(at..at + 2) != Some(b"25") || !may_go_on(rest.get(at + 2..)) {
            break;
        }
        at += 2;
    }
    let there = rest.get(at..).unwrap_or_default();
    let there = there.get(..2).unwrap_or(there);
    match hex(there) {
        None => Reading::Literal,
        // After an encoded percent sign too, two more digits would belong to it.
        Some(_) if there.len() < 2 || cut(rest, at) => Reading::More,
        Some(number) => match u8::try_from(number) {
            Ok(byte) => Reading::Spelled(Spelled::byte(byte, at + 2)),
            Err(_) => Reading::Literal,
        },
    }
}

/// Whether what follows an encoded percent sign is a further layer.
fn may_go_on(rest: Option<&[u8]>) -> bool {
    rest.and_then(|rest| rest.get(..2)).is_some_and(|digits| hex(digits).is_some())
}

/// Whether the text ends where an encoded percent sign at `at` may go on.
fn cut(rest: &[u8], at: usize) -> bool {
    let after = rest.get(at + 2..).unwrap_or_default();
    rest.get(at..at + 2) == Some(b"25")
        && at < 1 + 2 * DEPTH_MAX
        && after.len() < 2
        && hex(after).is_some()
}
