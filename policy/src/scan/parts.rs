/*!
Parts of plain text that are read again by themselves: cells of tables, whose columns say what they are,
and runs that stand for other text.

The text may arrive in pieces. What is told does not depend on how it was cut.
*/

use super::encoded::{Encoded, SHORTEST};
use super::label::ByName;
use super::markup::Markup;
use super::rows::Rows;
use super::runs::Runs;
use super::search::Window;
use super::table::Cell;

pub(super) enum Part {
    Cell(Cell),
    Encoded(Encoded),
}

/// Whether a whole text may have parts: most strings of JSON are too short for any.
pub(super) fn may_hold(text: &[u8]) -> bool {
    text.len() >= SHORTEST || text.contains(&b'\n')
}

#[derive(Clone, Default)]
pub(super) struct Parts {
    runs: Runs,
    rows: Rows,
    markup: Markup,
}

impl Parts {
    /// The parts that end in what of the window was not looked at before.
    pub(super) fn advance(&mut self, window: &Window<'_>, names: &ByName) -> Vec<Part> {
        let mut parts: Vec<Part> =
            self.runs.advance(window).into_iter().map(Part::Encoded).collect();
        if !names.is_empty() {
            parts.extend(self.rows.advance(window, names).into_iter().map(Part::Cell));
            parts.extend(self.markup.advance(window, names).into_iter().map(Part::Cell));
        }
        parts
    }

    /// What is still to come begins at this offset or later; all before `end` was looked at.
    pub(super) fn settled(&self, end: usize) -> usize {
        [self.runs.settled(), self.rows.settled(), self.markup.settled()]
            .into_iter()
            .flatten()
            .fold(end, usize::min)
    }
}
