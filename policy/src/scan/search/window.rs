/*! The part of a text that a search can see. */

use std::ops::Range;

use crate::scan::pattern::BOUNDARY_MAX;

/// The part of a text that is at hand. Offsets count from the beginning of the whole text.
pub(in crate::scan) struct Window<'a> {
    pub(in crate::scan) bytes: &'a [u8],
    /// Offset of the first byte at hand.
    pub(in crate::scan) base: usize,
    /// Nothing follows.
    pub(in crate::scan) last: bool,
    /// In JSON the name of the member that the text is the value of.
    pub(in crate::scan) member: &'a [u8],
    /// The text is all of that value, and no name within it.
    pub(in crate::scan) value: bool,
}

impl<'a> Window<'a> {
    pub(in crate::scan) fn end(&self) -> usize {
        self.base + self.bytes.len()
    }

    /// What of `range` is at hand.
    pub(in crate::scan) fn slice(&self, range: Range<usize>) -> &'a [u8] {
        let start = range.start.saturating_sub(self.base).min(self.bytes.len());
        let end = range.end.saturating_sub(self.base).min(self.bytes.len()).max(start);
        self.bytes.get(start..end).unwrap_or_default()
    }

    pub(super) fn byte_before(&self, at: usize) -> Option<u8> {
        let index = at.checked_sub(self.base)?.checked_sub(1)?;
        self.bytes.get(index).copied()
    }

    pub(super) fn before(&self, at: usize) -> &'a [u8] {
        self.slice(at.saturating_sub(BOUNDARY_MAX)..at)
    }

    pub(super) fn after(&self, at: usize) -> &'a [u8] {
        self.slice(at..at.saturating_add(BOUNDARY_MAX))
    }
}
