/*!
Characters that people take for ASCII ones: full-width and mathematical letters, digits of other scripts,
all sorts of blanks and dashes. And those that nobody sees.

Only what becomes a single ASCII character is read as another one, so that no view is longer than its text:
of NFKC as a whole one character may become eighteen.
*/

mod table;

use super::{Reading, Spelled};
use table::RUNS;

/// What a character is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scan) enum Folded {
    Same,
    As(char),
    Nothing,
}

pub(in crate::scan) fn fold(character: char) -> Folded {
    let code = u32::from(character);
    if code < 0x80 {
        return Folded::Same;
    }
    if is_invisible(code) {
        return Folded::Nothing;
    }
    let next = RUNS.partition_point(|(first, ..)| *first <= code);
    let Some((first, count, read)) = next.checked_sub(1).and_then(|at| RUNS.get(at)) else {
        return Folded::Same;
    };
    match code - first {
        distance if distance < *count => {
            let read = u32::from(*read) + distance;
            char::from_u32(read).map_or(Folded::Same, Folded::As)
        }
        _ => Folded::Same,
    }
}

/// Soft hyphens, joiners, marks of direction and variation, tags.
fn is_invisible(code: u32) -> bool {
    matches!(code,
        0xad | 0x34f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f
        | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f
        | 0xfeff | 0xffa0 | 0xfff9..=0xfffb | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff)
}

/// `rest` begins with what may be a character of several bytes.
pub(super) fn read(rest: &[u8]) -> Reading {
    let length = length(rest.first().copied().unwrap_or_default());
    let bytes = rest.get(..length).unwrap_or(rest);
    match std::str::from_utf8(bytes) {
        Ok(text) => match text.chars().next() {
            Some(character) => Spelled::folded(character, length)
                .map_or(Reading::Literal(length), Reading::Spelled),
            None => Reading::Literal(1),
        },
        // Cut off, and sound so far.
        Err(error) if bytes.len() < length && error.error_len().is_none() => Reading::More,
        Err(_) => Reading::Literal(1),
    }
}

/// Bytes of a character in UTF-8, by its first one.
pub(super) fn length(first: u8) -> usize {
    match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::{Folded, RUNS, fold};

    /// What a library of all of Unicode makes of each character.
    #[test]
    fn whatever_nfkc_makes_one_ascii_character_is_read_so() {
        for character in ('\u{80}'..=char::MAX).filter(|c| !matches!(fold(*c), Folded::Nothing)) {
            let mut normal = character.nfkc();
            let (first, second) = (normal.next().unwrap(), normal.next());
            if first.is_ascii_graphic() && second.is_none() {
                assert_eq!(fold(character), Folded::As(first), "{character:?}");
            }
            if let (Folded::As(read), Some(_)) = (fold(character), second) {
                assert!(matches!(read, ' ' | '-'), "{character:?}");
            }
        }
    }

    #[test]
    fn digits_of_all_scripts() {
        for digit in ['\u{ff17}', '\u{667}', '\u{96d}', '\u{1d7d5}', '\u{1e4f7}', '\u{2466}'] {
            assert_eq!(fold(digit), Folded::As('7'));
        }
        assert_eq!(fold('\u{202f}'), Folded::As(' '));
        assert_eq!(fold('\u{2011}'), Folded::As('-'));
        assert_eq!(fold('\u{b7}'), Folded::As('.'));
        assert_eq!(fold('\u{2044}'), Folded::As('/'));
        assert_eq!(fold('\u{200b}'), Folded::Nothing);
        assert_eq!(fold('\u{fdfa}'), Folded::Same);
        assert_eq!(fold('\u{e9}'), Folded::Same);
        assert!(RUNS.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0));
    }
}
