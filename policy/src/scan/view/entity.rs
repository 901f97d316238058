/*! Character references of HTML and XML, of text that may be escaped already: `&amp;#64;`. */

use super::{Reading, Spelled};

/// How many times over, beyond the first, the ampersand itself may be escaped.
const DEPTH_MAX: usize = 3;
/// Digits of a number: more than any character needs, for those who write leading zeros.
const DIGITS_MAX: usize = 8;

/// Named references to what a finding may hold; the dash and the space are read as the plain ones.
/// Longest: `commat;`.
const NAMES: &[(&[u8], char)] = &[
    (b"commat;", '@'),
    (b"period;", '.'),
    (b"hyphen;", '-'),
    (b"lowbar;", '_'),
    (b"equals;", '='),
    (b"percnt;", '%'),
    (b"colon;", ':'),
    (b"nbsp;", ' '),
    (b"dash;", '-'),
    (b"plus;", '+'),
    (b"sol;", '/'),
];

/// `rest` begins with an ampersand.
pub(super) fn read(rest: &[u8]) -> Reading {
    let mut at = 1;
    for _ in 0..DEPTH_MAX {
        let there = rest.get(at..).unwrap_or_default();
        if !there.starts_with(b"amp;") {
            break;
        }
        at += 4;
    }
    let there = rest.get(at..).unwrap_or_default();
    match there {
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16, at + 2),
        [b'#', digits @ ..] => number(digits, 10, at + 1),
        _ => named(there, at),
    }
}

/// A number that ends with a semicolon; without one, other digits may belong to it or not.
fn number(rest: &[u8], radix: u32, at: usize) -> Reading {
    let mut value = 0u32;
    for (place, byte) in rest.iter().enumerate().take(DIGITS_MAX + 1) {
        match char::from(*byte).to_digit(radix) {
            Some(digit) => value = value.saturating_mul(radix).saturating_add(digit),
            None if *byte == b';' && place > 0 => {
                let read = |found| Reading::Spelled(Spelled::read(found, at + place + 1));
                return char::from_u32(value).map_or(Reading::Literal(1), read);
            }
            None => return Reading::Literal(1),
        }
    }
    if rest.len() > DIGITS_MAX { Reading::Literal(1) } else { Reading::More }
}

fn named(rest: &[u8], at: usize) -> Reading {
    if let Some((name, found)) = NAMES.iter().find(|(name, _)| rest.starts_with(name)) {
        return Reading::Spelled(Spelled::character(*found, at + name.len()));
    }
    let layers = at < 1 + 4 * DEPTH_MAX;
    let begins = |name: &[u8]| name.starts_with(rest);
    let open = NAMES.iter().any(|(name, _)| begins(name)) || layers && begins(b"amp;");
    if open { Reading::More } else { Reading::Literal(1) }
}
