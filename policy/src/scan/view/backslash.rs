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
        b'u' => utf16(rest, depth),
        b'x' => match digits(rest, depth + 1, 2) {
            Digits::Number(number) => character(number, depth + 3),
            Digits::Cut => Reading::More,
            Digits::None => Reading::Literal(1),
        },
        _ => Reading::Literal(1),
    }
}

enum Digits {
    Number(u32),
    /// The text ends within them.
    Cut,
    None,
}

/// `count` digits from `at` on.
fn digits(rest: &[u8], at: usize, count: usize) -> Digits {
    let there = rest.get(at..).unwrap_or_default();
    let there = there.get(..count).unwrap_or(there);
    match hex(there) {
        Some(number) if there.len() == count => Digits::Number(number),
        Some(_) => Digits::Cut,
        None => Digits::None,
    }
}

/// A character in one escape, or in a pair of them. Half a pair becomes U+FFFD: no finding holds any.
fn utf16(rest: &[u8], depth: usize) -> Reading {
    let first = match digits(rest, depth + 1, 4) {
        Digits::Number(number) => number,
        Digits::Cut => return Reading::More,
        Digits::None => return Reading::Literal(1),
    };
    let (end, next) = (depth + 5, 2 * depth + 6);
    if !(0xd800..0xdc00).contains(&first) {
        return character(first, end);
    }
    let escape = rest.get(end..).unwrap_or_default();
    let escape = escape.get(..depth + 1).unwrap_or(escape);
    let (slashes, letter) = escape.split_at_checked(depth).unwrap_or((escape, &[]));
    if slashes.iter().any(|byte| *byte != b'\\') || !matches!(letter, [] | [b'u']) {
        return character(first, end);
    }
    match digits(rest, next, 4) {
        Digits::Number(low @ 0xdc00..0xe000) => {
            character(0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00), next + 4)
        }
        Digits::Cut => Reading::More,
        Digits::Number(_) | Digits::None => character(first, end),
    }
}

fn character(number: u32, raw_len: usize) -> Reading {
    let character = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
    Reading::Spelled(Spelled::read(character, raw_len))
}
