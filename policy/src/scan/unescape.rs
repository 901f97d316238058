/*! Strings of JSON: their text without escapes, and the way back to the bytes it came from. */

use std::ops::Range;

use super::unit::{self, Spelled, Unit};

/// The text of a string, given what stands between its quotes. A lone surrogate becomes U+FFFD, a
/// malformed escape stays as it is. Never longer than `raw`, but for lone surrogates, which shrink
/// too: six bytes become three.
pub(crate) fn unescape(raw: &[u8]) -> Vec<u8> {
    unit::decode(units(raw), raw.len())
}

/// Turns spans of the text into spans of `raw`, whole escapes each. `spans` are sorted by start.
pub(super) fn map_back<'s>(raw: &[u8], spans: impl Iterator<Item = &'s mut Range<usize>>) {
    unit::map_back(units(raw), spans);
}

/// Turns spans of `raw`, whole escapes each, into spans of the text. `spans` are sorted by start.
pub(super) fn map_forth<'s>(raw: &[u8], spans: impl Iterator<Item = &'s mut Range<usize>>) {
    unit::map_forth(units(raw), spans);
}

fn units(raw: &[u8]) -> impl Iterator<Item = Unit<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = raw.get(at..).filter(|rest| !rest.is_empty())?;
        let unit = match rest.iter().position(|&byte| byte == b'\\') {
            Some(0) => escape(rest).map_or(Unit::Literal(rest.get(..1)?), Unit::Spelled),
            Some(next) => Unit::Literal(rest.get(..next)?),
            None => Unit::Literal(rest),
        };
        at += unit.raw_len();
        Some(unit)
    })
}

/// `rest` begins with a backslash.
fn escape(rest: &[u8]) -> Option<Spelled> {
    let (character, raw_len) = match rest.get(1)? {
        b'n' => ('\n', 2),
        b't' => ('\t', 2),
        b'r' => ('\r', 2),
        b'b' => ('\u{8}', 2),
        b'f' => ('\u{c}', 2),
        byte @ (b'"' | b'\\' | b'/') => (char::from(*byte), 2),
        b'u' => unicode(rest)?,
        _ => return None,
    };
    Some(Spelled::character(character, raw_len))
}

fn unicode(rest: &[u8]) -> Option<(char, usize)> {
    let high = hex(rest.get(2..6)?)?;
    if let Some(character) = char::from_u32(high) {
        return Some((character, 6));
    }
    let low = match rest.get(6..12) {
        Some([b'\\', b'u', digits @ ..]) => hex(digits),
        _ => None,
    };
    match (high, low) {
        (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
            let scalar = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            Some((char::from_u32(scalar)?, 12))
        }
        _ => Some((char::REPLACEMENT_CHARACTER, 6)),
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, &digit| Some(number << 4 | char::from(digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_and_surrogates() {
        let raw = r#"a\u0034\/\n\ud83d\ude00\ud83dz\q\"#;
        assert_eq!(unescape(raw.as_bytes()), "a4/\n\u{1f600}\u{fffd}z\\q\\".as_bytes());
        assert_eq!(unescape(br"\u12"), br"\u12");
    }

    #[test]
    fn spans_cover_whole_escapes() {
        let raw = br"x\u0031\u0032y";
        let mut spans = [0..1, 1..3, 2..4];
        map_back(raw, spans.iter_mut());
        assert_eq!(spans, [0..1, 1..13, 7..14]);
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json(text: String) {
            let quoted = serde_json::to_string(&text).unwrap();
            let raw = &quoted.as_bytes()[1..quoted.len() - 1];
            prop_assert_eq!(unescape(raw), text.as_bytes());
        }

        #[test]
        fn every_span_comes_back(text in r#"[a\\"\n\u{e9}\u{1f600}]{0,20}"#, a in 0usize..30, b in 0usize..30) {
            let quoted = serde_json::to_string(&text).unwrap();
            let raw = &quoted.as_bytes()[1..quoted.len() - 1];
            let (a, b) = (a.min(b).min(text.len()), a.max(b).min(text.len()));
            prop_assume!(text.is_char_boundary(a) && text.is_char_boundary(b) && a < b);
            let mut span = a..b;
            map_back(raw, std::iter::once(&mut span));
            prop_assert_eq!(unescape(&raw[span]), &text.as_bytes()[a..b]);
        }

        #[test]
        fn any_bytes_decode_to_no_more(raw: Vec<u8>) {
            prop_assert!(unescape(&raw).len() <= raw.len());
        }
    }
}
