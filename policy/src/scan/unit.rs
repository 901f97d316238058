/*!
Text that stands for other text: the pieces it consists of, and the way from a place in the text it
stands for back to the bytes that spell it.

Nothing here stores a map: the pieces are read again where something was found, so that a text of
nothing but escapes costs no more memory than its own length.
*/

use std::ops::Range;

use super::view::{Folded, fold};

/// Bytes that stand for themselves, or a spelling of something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit<'a> {
    Literal(&'a [u8]),
    Spelled(Spelled),
}

/// `len` of the `bytes`, written with `raw_len` bytes, which are never fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spelled {
    pub(super) raw_len: usize,
    bytes: [u8; 4],
    len: usize,
}

impl Spelled {
    pub(super) fn character(character: char, raw_len: usize) -> Self {
        let mut bytes = [0; 4];
        let len = character.encode_utf8(&mut bytes).len();
        Self { raw_len, bytes, len }
    }

    /// A character that is read as another one or as none; `None` if it is read as itself.
    pub(super) fn folded(character: char, raw_len: usize) -> Option<Self> {
        match fold(character) {
            Folded::Same => None,
            Folded::As(read) => Some(Self::character(read, raw_len)),
            Folded::Nothing => Some(Self { raw_len, bytes: [0; 4], len: 0 }),
        }
    }

    /// A character as it is read, which is spelled otherwise than by itself.
    pub(super) fn read(character: char, raw_len: usize) -> Self {
        Self::folded(character, raw_len).unwrap_or_else(|| Self::character(character, raw_len))
    }

    pub(super) fn byte(byte: u8, raw_len: usize) -> Self {
        Self { raw_len, bytes: [byte, 0, 0, 0], len: 1 }
    }

    pub(super) fn text(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl Unit<'_> {
    pub(super) fn text(&self) -> &[u8] {
        match self {
            Unit::Literal(bytes) => bytes,
            Unit::Spelled(spelled) => spelled.text(),
        }
    }

    pub(super) fn raw_len(&self) -> usize {
        match self {
            Unit::Literal(bytes) => bytes.len(),
            Unit::Spelled(spelled) => spelled.raw_len,
        }
    }

    fn is_spelled(&self) -> bool {
        matches!(self, Unit::Spelled(_))
    }
}

/// What the units of `raw_len` bytes stand for: never longer than they are.
pub(super) fn decode<'a>(units: impl Iterator<Item = Unit<'a>>, raw_len: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(raw_len);
    for unit in units {
        text.extend_from_slice(unit.text());
    }
    text
}

/// Turns spans of the text into spans of the bytes that spell it, whole spellings each. `spans` are
/// sorted by start.
pub(super) fn map_back<'u, 's>(
    units: impl Iterator<Item = Unit<'u>>,
    spans: impl Iterator<Item = &'s mut Range<usize>>,
) {
    place(units, spans, |unit| (unit.text().len(), unit.raw_len()));
}

/// Turns spans of the bytes into spans of the text they spell. `spans` are sorted by start.
pub(super) fn map_forth<'u, 's>(
    units: impl Iterator<Item = Unit<'u>>,
    spans: impl Iterator<Item = &'s mut Range<usize>>,
) {
    place(units, spans, |unit| (unit.raw_len(), unit.text().len()));
}

/// Widens spans of the bytes so that none begins or ends inside of a spelling. `spans` are sorted
/// by start.
pub(super) fn widen<'u, 's>(
    units: impl Iterator<Item = Unit<'u>>,
    spans: impl Iterator<Item = &'s mut Range<usize>>,
) {
    place(units, spans, |unit| (unit.raw_len(), unit.raw_len()));
}

/// `lengths` tells how long a unit is in what the spans count now, and in what they shall count.
fn place<'u, 's>(
    units: impl Iterator<Item = Unit<'u>>,
    spans: impl Iterator<Item = &'s mut Range<usize>>,
    lengths: impl Fn(&Unit<'u>) -> (usize, usize),
) {
    // Starts are sorted, ends are not: each gets its own pass over a sorted list.
    let (mut starts, mut ends): (Vec<_>, Vec<_>) = (Vec::new(), Vec::new());
    for span in spans {
        starts.push(&mut span.start);
        ends.push(&mut span.end);
    }
    ends.sort();
    let (mut starts, mut ends) = (starts.into_iter().peekable(), ends.into_iter().peekable());
    let (mut from, mut to) = (0, 0);
    for unit in units {
        if starts.peek().is_none() && ends.peek().is_none() {
            return;
        }
        let (length, placed) = lengths(&unit);
        let spelled = unit.is_spelled();
        while let Some(start) = starts.next_if(|start| **start < from + length) {
            *start = if spelled { to } else { to + (*start - from) };
        }
        while let Some(end) = ends.next_if(|end| **end <= from + length) {
            *end = if spelled { to + placed } else { to + (*end - from) };
        }
        from += length;
        to += placed;
    }
    starts.for_each(|start| *start = to);
    ends.for_each(|end| *end = to);
}
