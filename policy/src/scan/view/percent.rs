/*! Percent-encoding (RFC 3986, section 2.1), of text that may be encoded already: `%2540`. */

use super::{Reading, Spelled, fold, hex};

/// How many times over, beyond the first, the percent sign itself may be encoded.
const DEPTH_MAX: usize = 4;

/// `rest` begins with a percent sign.
pub(super) fn read(rest: &[u8]) -> Reading {
    let (first, end) = match byte(rest) {
        Encoded::Byte(byte, end) => (byte, end),
        Encoded::More => return Reading::More,
        Encoded::None => return Reading::Literal(1),
    };
    match character(rest, first, end) {
        Some(reading) => reading,
        None => Reading::Spelled(Spelled::byte(first, end)),
    }
}

/// The character that an encoded byte is the first one of; `None` if it is by itself.
fn character(rest: &[u8], first: u8, mut end: usize) -> Option<Reading> {
    let length = fold::length(first);
    if length == 1 {
        return None;
    }
    let mut bytes = vec![first];
    while bytes.len() < length {
        match byte(rest.get(end..)?) {
            Encoded::Byte(next @ 0x80..0xc0, more) => {
                bytes.push(next);
                end += more;
            }
            Encoded::More => return Some(Reading::More),
            Encoded::Byte(..) | Encoded::None => return None,
        }
    }
    let character = std::str::from_utf8(&bytes).ok()?.chars().next()?;
    Some(Reading::Spelled(Spelled::read(character, end)))
}

enum Encoded {
    /// And how many bytes it is written with.
    Byte(u8, usize),
    More,
    None,
}

/// The byte that `rest` begins with, encoded.
fn byte(rest: &[u8]) -> Encoded {
    match rest.first() {
        Some(b'%') => {}
        Some(_) => return Encoded::None,
        None => return Encoded::More,
    }
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
        None => Encoded::None,
        // After an encoded percent sign too, two more digits would belong to it.
        Some(_) if there.len() < 2 || cut(rest, at) => Encoded::More,
        Some(number) => {
            u8::try_from(number).map_or(Encoded::None, |byte| Encoded::Byte(byte, at + 2))
        }
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
