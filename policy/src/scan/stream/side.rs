/*! One side of text that flows: the text itself, or its view. */

use crate::scan::budget::{FlowMeter, OverBudget};
use crate::scan::search::{Search, Window};
use crate::scan::{Finding, Scanner};

/// A copy of the text's side, made where the first spelling begins, becomes the view's: up to there
/// the two are the same, and so is all that the search has seen.
#[derive(Clone)]
pub(super) struct Side {
    search: Search,
    meter: FlowMeter,
    /// From `base` on: a little that has left already, as context, and what is held back.
    bytes: Vec<u8>,
    base: usize,
    /// How far it is searched.
    read: usize,
}

impl Side {
    pub(super) fn new(scanner: &Scanner) -> Self {
        Self {
            search: Search::new(),
            meter: FlowMeter::new(scanner.0.patterns.len()),
            bytes: Vec::new(),
            base: 0,
            read: 0,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn base(&self) -> usize {
        self.base
    }

    pub(super) fn read(&self) -> usize {
        self.read
    }

    pub(super) fn end(&self) -> usize {
        self.base + self.bytes.len()
    }

    pub(super) fn slice(&self, from: usize, to: usize) -> &[u8] {
        window(&self.bytes, self.base, self.end(), false).slice(from..to)
    }

    /// Searches up to `end` and gives what was found. With `last`, nothing follows.
    pub(super) fn search(
        &mut self,
        scanner: &Scanner,
        end: usize,
        last: bool,
    ) -> Result<Vec<Finding>, OverBudget> {
        self.read = end;
        let window = window(&self.bytes, self.base, end, last);
        self.search.advance(scanner, &window, &mut self.meter)?;
        Ok(self.search.take())
    }

    /// What is searched.
    pub(super) fn window(&self, last: bool) -> Window<'_> {
        window(&self.bytes, self.base, self.read, last)
    }

    /// No finding that is still to come begins before this offset.
    pub(super) fn settled(&self, scanner: &Scanner) -> usize {
        self.search.settled(scanner, &window(&self.bytes, self.base, self.read, false))
    }

    /// A copy that knows of nothing beyond what is searched.
    pub(super) fn fork(&self) -> Self {
        let mut side = self.clone();
        side.bytes.truncate(self.read.saturating_sub(self.base));
        side
    }

    /// Drops what no boundary or context of a finding from `at` on can ask for any more.
    pub(super) fn forget(&mut self, scanner: &Scanner, at: usize) {
        let keep = at.saturating_sub(scanner.0.behind).max(self.base);
        self.bytes.drain(..keep.saturating_sub(self.base).min(self.bytes.len()));
        self.base = keep;
    }
}

fn window(bytes: &[u8], base: usize, end: usize, last: bool) -> Window<'_> {
    Window {
        bytes: bytes.get(..end.saturating_sub(base)).unwrap_or(bytes),
        base,
        last,
        member: &[],
        value: false,
    }
}
