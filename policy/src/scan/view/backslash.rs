/*! Escapes with a backslash, as JSON, JavaScript and Python write them in strings. */

use super::{Reading, Spelled, hex};

/// Backslashes of one escape: those of a string four times within a string, and then some.
const DEPTH_MAX: usize = 16;

/// `rest` begins with a backslash.
pub(super) fn read(rest: &[u8]) -> Reading {
    let depth = rest.iter().take(DEPTH_MAX).take_while(|byte| **byte == b'\\').count();
    let Some(letter) = rest.get(depth) else { return Reading::More };
    let spelled = |character| Reading::Spelled(Spelled::character(character, depth + 1));
    match letter {
        b'n' => spelled('\n'),
        b'r' => spelled('\r'),
        b't' => spelled('\t'),
        b'b' => spelled('\u{8}'),
        b'f' => spelled('\u{c}'),
        b'"' | b'\'' | b'/' => spelled(char::from(*letter)),
        b'u' => digits(rest, depth + 1, 4),
        b'x' => digits(rest, depth + 1, 2),
        _ => Reading::Literal,
    }
}

/// `count` digits from `at` on. Half of a surrogate pair becomes U+FFFD: no finding holds any.
fn digits(rest: &[u8], at: usize, count: usize) -> Reading {
    let there = rest.get(at..).unwrap_or_default();
    let there = there.get(..count).unwrap_or(there);
    let Some(number) = hex(there) else { return Reading::Literal };
    if there.len() < count {
        return Reading::More;
    }
    let character = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
    Reading::Spelled(Spelled::character(character, at + count))
}
