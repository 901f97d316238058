/*!
Runs of base64 and hexadecimal digits in text that stand for other text.

What they stand for is read like any text. A finding in it is redacted there, and the whole run is written
anew, so that it still decodes.
*/

mod spelling;

use std::ops::Range;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

pub(super) use spelling::SIGNS_MAX;
use spelling::{digits, plain, signs};

/// Shorter runs are words and numbers.
pub(super) const SHORTEST: usize = 12;
/// Longer runs are files, which are not read: flowing text is held back for as long as a run goes on.
pub(super) const LONGEST: usize = 64 * 1024;

/// How many times over a text may be encoded and is still read.
pub(super) const LAYERS_MAX: usize = 2;

/// How a run is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    Base64 { url_safe: bool, padded: bool },
    Hex { upper: bool },
}

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
const STANDARD_BARE: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, LENIENT.with_encode_padding(false));
const URL_SAFE_BARE: GeneralPurpose =
    GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT.with_encode_padding(false));

impl Layer {
    /// The text that a run stands for; `raw` are the bytes of a body, which may be escaped.
    pub(crate) fn decode(self, raw: &[u8]) -> Option<Vec<u8>> {
        let run = digits(&plain(raw));
        match self {
            Self::Hex { .. } => decode_hex(&run),
            Self::Base64 { .. } => self.engine()?.decode(&run).ok(),
        }
    }

    /// The run that stands for a text, written as `raw` is, which stands there now.
    pub(crate) fn encode(self, text: &[u8], raw: &[u8]) -> String {
        let run = match (self, self.engine()) {
            (_, Some(engine)) => engine.encode(text),
            (Self::Hex { upper: true }, None) => {
                text.iter().map(|byte| format!("{byte:02X}")).collect()
            }
            (_, None) => text.iter().map(|byte| format!("{byte:02x}")).collect(),
        };
        spelling::as_in(run, raw)
    }

    fn engine(self) -> Option<GeneralPurpose> {
        match self {
            Self::Base64 { url_safe: true, padded: true } => Some(URL_SAFE),
            Self::Base64 { url_safe: true, padded: false } => Some(URL_SAFE_BARE),
            Self::Base64 { url_safe: false, padded: true } => Some(STANDARD),
            Self::Base64 { url_safe: false, padded: false } => Some(STANDARD_BARE),
            Self::Hex { .. } => None,
        }
    }
}

/// A run that stands for text, where it stands, and the text.
pub(super) struct Encoded {
    pub(super) span: Range<usize>,
    pub(super) layer: Layer,
    pub(super) text: Vec<u8>,
}

/// Whether a run may hold the byte.
pub(super) fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// Whether a run of this length, without the `=` behind it, is worth reading.
pub(super) fn is_worth(length: usize) -> bool {
    (SHORTEST..=LONGEST).contains(&length)
}

/// What a run stands for, if that is text. `text` is the run and what follows it, as far as it may be
/// padding; `length` is without the padding.
pub(super) fn read(text: &[u8], length: usize) -> Option<Encoded> {
    let (run, behind) = text.split_at_checked(length)?;
    let (signs, bytes) = signs(behind.get(..SIGNS_MAX).unwrap_or(behind));
    let written = plain(run);
    if let Some(found) = read_digits(&written, length, signs, bytes) {
        return Some(found);
    }
    // `/path/to/ZW5jb2RlZA`: the slash is a digit too.
    let from = run.iter().rposition(|byte| *byte == b'/')? + 1;
    let last = run.get(from..).filter(|last| last.len() >= SHORTEST)?;
    let mut found = base64(&plain(last), last.len(), signs, bytes)?;
    found.span = from..found.span.end + from;
    Some(found)
}

/// What lines stand for together; as in `read`.
pub(super) fn read_lines(text: &[u8], length: usize) -> Option<Encoded> {
    let (lines, behind) = text.split_at_checked(length)?;
    let (signs, bytes) = signs(behind.get(..SIGNS_MAX).unwrap_or(behind));
    read_digits(&digits(lines), length, signs, bytes)
}

/// `run` are the digits, which are written with so many bytes, as is the padding.
fn read_digits(run: &[u8], length: usize, signs: usize, padding: usize) -> Option<Encoded> {
    if run.iter().all(u8::is_ascii_hexdigit) && signs == 0 {
        let upper = run.iter().any(u8::is_ascii_uppercase);
        if let Some(text) = decode_hex(run).filter(|text| is_text(text)) {
            return Some(Encoded { span: 0..length, layer: Layer::Hex { upper }, text });
        }
    }
    base64(run, length, signs, padding)
}

fn base64(run: &[u8], length: usize, signs: usize, padding: usize) -> Option<Encoded> {
    let url_safe = run.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let layer = Layer::Base64 { url_safe, padded: signs > 0 || run.len().is_multiple_of(4) };
    let text = layer.engine()?.decode(run).ok().filter(|text| is_text(text))?;
    Some(Encoded { span: 0..length + padding, layer, text })
}

fn decode_hex(run: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let (pairs, rest) = run.as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(high)? << 4 | digit(low)?).ok();
    rest.is_empty().then(|| pairs.iter().map(byte).collect()).flatten()
}

/// Bytes that were no text would hardly ever look like some.
fn is_text(bytes: &[u8]) -> bool {
    let reads = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(reads))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Option<(Range<usize>, String)> {
        let end = |byte: u8| !is_digit(byte) && byte != b'%';
        let length = text.find("%3D").or(text.bytes().position(end)).unwrap_or(text.len());
        let found = read(text.as_bytes(), length)?;
        let raw = &text.as_bytes()[found.span.clone()];
        assert_eq!(found.layer.decode(raw).unwrap(), found.text);
        assert_eq!(found.layer.encode(&found.text, raw).as_bytes(), raw);
        Some((found.span, String::from_utf8(found.text).unwrap()))
    }

    #[test]
    fn what_stands_for_text() {
        for (text, expected) in [
            ("aGVsbG8sIHdvcmxkIQ==", 0..20),
            ("aGVsbG8sIHdvcmxkIQ\"", 0..18),
            ("68656c6c6f2c20776f726c6421,", 0..26),
            ("/v1/aGVsbG8sIHdvcmxkIQ==", 4..24),
            ("aGVsbG8sIHdvcmxkISEh, and", 0..20),
            ("aGVsbG8sIHdvcmxkIQ%3D%3D&x", 0..24),
            ("aGVsbG8sIHdvcmxkIT4%2FPw%3D%3D", 0..30),
        ] {
            let (span, found) = decoded(text).unwrap();
            assert_eq!(span, expected, "{text}");
            assert!(found.starts_with("hello, world!"));
        }
        for text in ["internationalization", "d1620899086e47c7372be13cd482b035", "1234567890123456"]
        {
            assert_eq!(decoded(text), None, "{text}");
        }
    }
}
