/*!
Runs of base64 and hexadecimal digits in text that stand for other text.

What they stand for is read like any text. A finding in it is redacted there, and the whole run is written
anew, so that it still decodes.
*/

use std::ops::Range;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::unescape::unescape;

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
        let run = if raw.contains(&b'\\') { unescape(raw) } else { raw.to_vec() };
        match self {
            Self::Hex { .. } => decode_hex(&run),
            Self::Base64 { .. } => self.engine()?.decode(&run).ok(),
        }
    }

    pub(crate) fn encode(self, text: &[u8]) -> String {
        match (self, self.engine()) {
            (_, Some(engine)) => engine.encode(text),
            (Self::Hex { upper: true }, None) => {
                text.iter().map(|byte| format!("{byte:02X}")).collect()
            }
            (_, None) => text.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
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

/// What a run stands for, if that is text. `text` is the run and at least the two bytes that follow it;
/// `length` is without the `=` that may be behind it.
pub(super) fn read(text: &[u8], length: usize) -> Option<Encoded> {
    let run = text.get(..length)?;
    let signs = text.get(length..)?.iter().take(2).take_while(|byte| **byte == b'=').count();
    if run.iter().all(u8::is_ascii_hexdigit) && signs == 0 {
        let upper = run.iter().any(u8::is_ascii_uppercase);
        if let Some(text) = decode_hex(run).filter(|text| is_text(text)) {
            return Some(Encoded { span: 0..length, layer: Layer::Hex { upper }, text });
        }
    }
    base64(run, 0, signs).or_else(|| {
        // `/path/to/ZW5jb2RlZA`: the slash is a digit too.
        let from = run.iter().rposition(|byte| *byte == b'/')? + 1;
        let last = run.get(from..).filter(|last| last.len() >= SHORTEST)?;
        base64(last, from, signs)
    })
}

fn base64(run: &[u8], from: usize, signs: usize) -> Option<Encoded> {
    let url_safe = run.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let layer = Layer::Base64 { url_safe, padded: signs > 0 || run.len().is_multiple_of(4) };
    let text = layer.engine()?.decode(run).ok().filter(|text| is_text(text))?;
    Some(Encoded { span: from..from + run.len() + signs, layer, text })
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
        let length = text.bytes().take_while(|byte| is_digit(*byte)).count();
        let found = read(text.as_bytes(), length)?;
        let raw = &text.as_bytes()[found.span.clone()];
        assert_eq!(found.layer.decode(raw).unwrap(), found.text);
        assert_eq!(found.layer.encode(&found.text).as_bytes(), raw);
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
