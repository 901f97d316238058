/*!
Plain text as whoever reads it may decode it: backslash escapes, percent-encoding, character references
and characters that look like ASCII ones, all in one pass. Where a text has none of these it has no view.

The view only adds findings to those of the text itself, so it may guess: a folder `C:\new` has a
line feed in its view. What text was encoded several times over (JSON in a string in JSON that does
not parse) is decoded in the same pass: of `\\\\n` all backslashes belong to the line feed, of
`%2540` and `&amp;#64;` both layers to the `@`.
*/

mod backslash;
mod entity;
mod fold;
mod percent;

use std::ops::Range;

use super::unit::{self, Spelled, Unit};
pub(super) use fold::{Folded, fold};

/// What the bytes at hand begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Spelled(Spelled),
    /// So many bytes that stand for themselves.
    Literal(usize),
    /// The bytes that follow will tell.
    More,
}

/// The unit that `rest` begins with; none if it is empty or what follows it must be known first.
/// With `last`, nothing follows.
pub(super) fn next(rest: &[u8], last: bool) -> Option<Unit<'_>> {
    let reading = match rest.first()? {
        b'\\' => backslash::read(rest),
        b'%' => percent::read(rest),
        b'&' => entity::read(rest),
        0xc2.. => fold::read(rest),
        _ => {
            let next = rest.iter().position(begins_spelling);
            return rest.get(..next.unwrap_or(rest.len())).map(Unit::Literal);
        }
    };
    match reading {
        Reading::Spelled(spelled) => Some(Unit::Spelled(spelled)),
        Reading::More if !last => None,
        Reading::More => rest.get(..1).map(Unit::Literal),
        Reading::Literal(length) => rest.get(..length).map(Unit::Literal),
    }
}

fn begins_spelling(byte: &u8) -> bool {
    matches!(byte, b'\\' | b'%' | b'&' | 0xc2..)
}

/// Of a whole text.
pub(super) fn units(text: &[u8]) -> impl Iterator<Item = Unit<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let unit = next(text.get(at..)?, true)?;
        at += unit.raw_len();
        Some(unit)
    })
}

/// Whether anything in a whole text is written otherwise.
pub(super) fn differs(text: &[u8]) -> bool {
    text.iter().any(begins_spelling) && units(text).any(|unit| matches!(unit, Unit::Spelled(_)))
}

pub(super) fn decode(text: &[u8]) -> Vec<u8> {
    unit::decode(units(text), text.len())
}

/// A text as it is read: its view where it has one.
pub(crate) fn plain(text: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if differs(text) { decode(text).into() } else { text.into() }
}

/// Turns spans of the view into spans of the text, whole spellings each. They are sorted by start.
pub(super) fn map_back<'s>(text: &[u8], spans: impl Iterator<Item = &'s mut Range<usize>>) {
    unit::map_back(units(text), spans);
}

/// Widens spans of the text to whole spellings: of `\nina@example.com` the `n` may be half of one,
/// and what is left of it would be read as something else. They are sorted by start.
pub(super) fn widen<'s>(text: &[u8], spans: impl Iterator<Item = &'s mut Range<usize>>) {
    unit::widen(units(text), spans);
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, &digit| Some(number << 4 | char::from(digit).to_digit(16)?))
}

#[cfg(test)]
mod tests;
