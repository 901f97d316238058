/*!
The lines of text that may arrive in pieces, as rows of tables: which bytes a row has, and what of it is at
hand.

A quoted cell may go over several lines. One that is not closed soon, or whose row does not fit, was not
quoted: a stray quote does not keep the rows behind it from being read.
*/

use super::label::ByName;
use super::search::Window;
use super::table::{Cell, HEAD_MAX, LINE_MAX, Quotes, Table};

/// Bytes and lines of a row that goes over several lines. Where it is none its lines are read again, each
/// at most so many times.
const ROW_MAX: usize = 8 * 1024;
const LINES_MAX: usize = 32;

#[derive(Clone, Default)]
pub(super) struct Rows {
    /// The first byte that was not looked at.
    at: usize,
    /// Where the row at hand begins, and how many lines of it have ended.
    row: usize,
    lines: usize,
    table: Table,
    quotes: Quotes,
    /// What of the line came with earlier pieces and may have left, as long as it may name columns.
    head: Vec<u8>,
}

impl Rows {
    pub(super) fn advance(&mut self, window: &Window<'_>, names: &ByName) -> Vec<Cell> {
        let mut cells = Vec::new();
        loop {
            let rest = window.slice(self.at..window.end());
            if let Some(line) = rest.iter().position(|byte| *byte == b'\n') {
                self.end_line(self.at + line, window, names, &mut cells);
            } else if self.lines > 0 && window.end() - self.row > ROW_MAX {
                self.end_first_line(window, names, &mut cells);
            } else if !window.last {
                break;
            } else if self.lines > 0 && !self.is_row(window.end(), window) {
                self.end_first_line(window, names, &mut cells);
            } else {
                // No row follows, so only of an open table there is anything to tell.
                if self.table.is_open() {
                    self.end_row(window.end(), window, names, &mut cells);
                }
                break;
            }
        }
        self.at = window.end();
        if !window.last && self.at - self.row <= HEAD_MAX {
            self.head.extend_from_slice(window.slice(self.row + self.head.len()..self.at));
        }
        cells
    }

    /// Where the next cell that is told may begin.
    pub(super) fn settled(&self) -> Option<usize> {
        Some(self.row).filter(|row| self.table.is_open() && self.at - row <= LINE_MAX)
    }

    fn end_line(&mut self, end: usize, window: &Window<'_>, names: &ByName, cells: &mut Vec<Cell>) {
        self.at = end + 1;
        let short = end - self.row <= if self.lines > 0 { ROW_MAX } else { LINE_MAX };
        if self.table.has_quotes() && short {
            let open = self.is_open_at(end, window);
            if open && self.lines + 1 < LINES_MAX {
                self.lines += 1;
                return;
            }
            if self.lines > 0 && !self.is_row(end, window) {
                return self.end_first_line(window, names, cells);
            }
        } else if self.lines > 0 {
            return self.end_first_line(window, names, cells);
        }
        self.end_row(end, window, names, cells);
        self.begin(end + 1);
    }

    fn begin(&mut self, at: usize) {
        self.row = at;
        self.lines = 0;
        self.quotes = Quotes::from(at);
    }

    fn is_open_at(&mut self, end: usize, window: &Window<'_>) -> bool {
        let text = window.slice(self.quotes.at..end);
        self.quotes.read(text, self.table.delimiter());
        self.quotes.at = end;
        self.quotes.open
    }

    fn is_row(&mut self, end: usize, window: &Window<'_>) -> bool {
        let open = self.is_open_at(end, window) || self.quotes.broken;
        !open && self.table.fits(window.slice(self.row..end))
    }

    /// The first line is a row by itself, and what follows is read anew.
    fn end_first_line(&mut self, window: &Window<'_>, names: &ByName, cells: &mut Vec<Cell>) {
        let text = window.slice(self.row..window.end());
        let end = self.row + text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
        self.end_row(end, window, names, cells);
        self.at = end.saturating_add(1).min(window.end());
        self.begin(self.at);
    }

    fn end_row(&mut self, end: usize, window: &Window<'_>, names: &ByName, cells: &mut Vec<Cell>) {
        let mut head = std::mem::take(&mut self.head);
        if end - self.row > LINE_MAX {
            self.table = Table::default();
            return;
        }
        // The row of an open table is held back, so that all of it is at hand.
        let line = if self.table.is_open() || head.is_empty() {
            window.slice(self.row..end)
        } else if end - self.row <= HEAD_MAX {
            let more = window.slice(self.row + head.len()..end);
            head.extend_from_slice(more);
            &head
        } else {
            return;
        };
        cells.extend(self.table.line(line, self.row, names));
        head.clear();
        self.head = head;
    }
}
