/*!
Parts of plain text that are read again by themselves: cells of tables, whose columns say what they are,
and runs that stand for other text.

The text may arrive in pieces. What is told does not depend on how it was cut.
*/

use std::ops::Range;

use super::encoded::{self, Encoded, LONGEST, SHORTEST, is_digit, is_worth};
use super::label::ByName;
use super::search::Window;
use super::table::{Cell, HEAD_MAX, LINE_MAX, Quotes, Table};

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
    /// The first byte that was not looked at.
    at: usize,
    /// Where the line and the run at hand begin.
    line: usize,
    run: usize,
    table: Table,
    /// Whether the row of an open table goes on behind the end of the line.
    quotes: Quotes,
    /// What of the line came with earlier pieces and may have left, as long as it may name columns.
    head: Vec<u8>,
}

impl Parts {
    /// The parts that end in what of the window was not looked at before.
    pub(super) fn advance(&mut self, window: &Window<'_>, names: &ByName) -> Vec<Part> {
        let mut parts = Vec::new();
        let from = self.at;
        for (offset, byte) in window.slice(from..window.end()).iter().enumerate() {
            if is_digit(*byte) {
                continue;
            }
            let at = from + offset;
            // Two more bytes tell of padding: with a line or less in between they are at hand by then.
            if is_worth(at - self.run) && !window.last && at + 2 > window.end() {
                self.at = at;
                self.keep_head(window);
                return parts;
            }
            self.end_run(at, window, &mut parts);
            self.run = at + 1;
            if *byte == b'\n' && !self.goes_on(at, window) {
                self.end_line(at, window, names, &mut parts);
                self.line = at + 1;
                self.quotes = Quotes::from(self.line);
            }
        }
        self.at = window.end();
        if window.last {
            self.end_run(self.at, window, &mut parts);
            // No row follows, so only of an open table there is anything to tell.
            if self.table.is_open() {
                self.end_line(self.at, window, names, &mut parts);
            }
        } else {
            self.keep_head(window);
        }
        parts
    }

    fn keep_head(&mut self, window: &Window<'_>) {
        if self.at - self.line <= HEAD_MAX {
            self.head.extend_from_slice(window.slice(self.line + self.head.len()..self.at));
        }
    }

    /// What is still to come begins at this offset or later.
    pub(super) fn settled(&self) -> usize {
        let run = Some(self.run).filter(|run| self.at - run <= LONGEST);
        let line =
            Some(self.line).filter(|line| self.table.is_open() && self.at - line <= LINE_MAX);
        run.into_iter().chain(line).fold(self.at, usize::min)
    }

    /// Whether a quoted cell is open at the end of a line: the row then has the next line too.
    fn goes_on(&mut self, end: usize, window: &Window<'_>) -> bool {
        if !self.table.has_quotes() || end - self.line > LINE_MAX {
            return false;
        }
        let line = window.slice(self.quotes.at..end);
        self.quotes.read(line, self.table.delimiter());
        self.quotes.at = end;
        self.quotes.open
    }

    fn end_run(&self, end: usize, window: &Window<'_>, parts: &mut Vec<Part>) {
        if !is_worth(end - self.run) {
            return;
        }
        let text = window.slice(self.run..end.saturating_add(2));
        if let Some(mut found) = encoded::read(text, end - self.run) {
            found.span = shift(&found.span, self.run);
            parts.push(Part::Encoded(found));
        }
    }

    fn end_line(&mut self, end: usize, window: &Window<'_>, names: &ByName, parts: &mut Vec<Part>) {
        let mut head = std::mem::take(&mut self.head);
        if end - self.line > LINE_MAX {
            self.table = Table::default();
            return;
        }
        // The line of an open table is held back, so that all of it is at hand.
        let line = if self.table.is_open() || head.is_empty() {
            window.slice(self.line..end)
        } else if end - self.line <= HEAD_MAX {
            head.extend_from_slice(window.slice(self.line + head.len()..end));
            &head
        } else {
            return;
        };
        parts.extend(self.table.line(line, self.line, names).into_iter().map(Part::Cell));
        head.clear();
        self.head = head;
    }
}

fn shift(span: &Range<usize>, by: usize) -> Range<usize> {
    span.start + by..span.end + by
}
