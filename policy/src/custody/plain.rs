/*!
Text as its reader gets it: escapes of JSON, percent-encoding and numeric entities of HTML decoded,
with the way back to the bytes they came from. Only what stands for one ASCII character: credentials
travel in headers.
*/

use std::ops::Range;

/// Escapes within escapes, as JSON in a string of JSON.
pub(super) const LAYERS: usize = 3;
/// Bytes that one character may take in the last layer: `\\\\u002d`.
pub(super) const WIDEST: usize = 12;

pub(super) struct Plain {
    pub text: Vec<u8>,
    /// Where runs begin, in `text` and in what it came from. Within a run both go on byte by byte.
    runs: Vec<(usize, usize)>,
    end: usize,
}

impl Plain {
    /// `None` if there is no escape in it.
    pub fn of(raw: &[u8]) -> Option<Self> {
        raw.iter().position(|byte| matches!(byte, b'\\' | b'%' | b'&'))?;
        let mut plain = Self { text: Vec::with_capacity(raw.len()), runs: vec![], end: raw.len() };
        let mut at = 0;
        let mut in_run = false;
        while let Some(&byte) = raw.get(at) {
            match raw.get(at..).and_then(escape) {
                Some((meant, length)) => {
                    plain.runs.push((plain.text.len(), at));
                    plain.text.push(meant);
                    at += length;
                    in_run = false;
                }
                None => {
                    if !in_run {
                        plain.runs.push((plain.text.len(), at));
                    }
                    plain.text.push(byte);
                    at += 1;
                    in_run = true;
                }
            }
        }
        (plain.text.len() < raw.len()).then_some(plain)
    }

    pub fn back(&self, span: &Range<usize>) -> Range<usize> {
        self.place(span.start)..self.place(span.end)
    }

    fn place(&self, offset: usize) -> usize {
        if offset >= self.text.len() {
            return self.end;
        }
        let run = self.runs.partition_point(|(start, _)| *start <= offset).checked_sub(1);
        let (start, raw) = run.and_then(|run| self.runs.get(run)).copied().unwrap_or_default();
        raw + (offset - start)
    }
}

/// The character an escape stands for, and the escape's length.
fn escape(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'\\', b'u' | b'U', b'0', b'0', high, low, ..] => Some((ascii(*high, *low)?, 6)),
        [b'\\', b'x', high, low, ..] => Some((ascii(*high, *low)?, 4)),
        [b'\\', meant @ (b'"' | b'\\' | b'/' | b'\''), ..] => Some((*meant, 2)),
        [b'%', high, low, ..] => Some((ascii(*high, *low)?, 3)),
        [b'&', b'#', b'x' | b'X', high, low, b';', ..] => Some((ascii(*high, *low)?, 6)),
        [b'&', b'#', rest @ ..] => {
            let digits = rest.iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
            let number = std::str::from_utf8(rest.get(..digits)?).ok()?.parse::<u8>().ok()?;
            let ends = rest.get(digits) == Some(&b';') && number.is_ascii();
            ends.then_some((number, digits + 3))
        }
        [b'&', rest @ ..] => {
            let named = [(&b"amp;"[..], b'&'), (b"quot;", b'"'), (b"lt;", b'<'), (b"gt;", b'>')];
            let (name, meant) = named.into_iter().find(|(name, _)| rest.starts_with(name))?;
            Some((meant, name.len() + 1))
        }
        _ => None,
    }
}

fn ascii(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16)?).ok();
    Some(digit(high)? * 16 + digit(low)?).filter(u8::is_ascii)
}

#[cfg(test)]
mod tests {
    use super::Plain;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_read_and_found_again() {
        for (raw, text) in [
            (r"a\u002db", "a-b"),
            (r"\u002D\u002d", "--"),
            (r"a\/b\\c", r"a/b\c"),
            ("%2d%2Dx", "--x"),
            ("a&#45;b&#x2d;c&amp;d", "a-b-c&d"),
            (r"\x2d", "-"),
        ] {
            let plain = Plain::of(raw.as_bytes()).unwrap();
            assert_eq!(String::from_utf8_lossy(&plain.text), text);
            assert_eq!(plain.back(&(0..text.len())), 0..raw.len());
        }
        for none in ["", "abc", "100% of it", r"\n", "&#300;&#x", "%e9%"] {
            assert!(Plain::of(none.as_bytes()).is_none(), "{none}");
        }
        let plain = Plain::of(br"ab\u002dcd").unwrap();
        assert_eq!((plain.back(&(1..3)), plain.back(&(2..4))), (1..8, 2..9));
    }

    proptest! {
        #[test]
        fn spans_come_back_whole(raw in r"([a-c]|\\u002d|%2d|&#45;|\\/|[\\%&#;]){0,30}") {
            let Some(plain) = Plain::of(raw.as_bytes()) else { return Ok(()) };
            let mut end = 0;
            for at in 0..plain.text.len() {
                let span = plain.back(&(at..at + 1));
                prop_assert_eq!(span.start, end);
                prop_assert!(span.end > span.start);
                end = span.end;
            }
            prop_assert_eq!(end, raw.len());
        }
    }
}
