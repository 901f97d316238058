/*!
Tables of HTML whose names stand in a row of their own. Where a name stands beside its value in each row,
nothing has to be remembered: that is what labels find.

The row of names has `<th>` alone, or is within `<thead>`: in any other row a word that is called like a
name may be a value.
*/

mod tag;

use std::ops::Range;

use super::context::{self, WITHIN_MAX};
use super::label::ByName;
use super::search::Window;
use super::table::Cell;
use tag::{Kind, Tag};

const COLUMNS_MAX: usize = 256;
/// Longest cell that is read by itself, what is behind its value included: it is held back until it ends.
const CELL_MAX: usize = 4 * 1024;

#[derive(Clone, Default)]
pub(super) struct Markup {
    /// The first byte that was not looked at.
    at: usize,
    tag: Option<Tag>,
    /// Of each column its name as context, if some pattern asks for it.
    columns: Vec<Option<Vec<u8>>>,
    row: Row,
    open: Open,
}

/// The row at hand.
#[derive(Clone, Default)]
struct Row {
    cells: usize,
    /// Of a row that may name columns the names so far.
    names: Option<Vec<Vec<u8>>>,
    in_head: bool,
}

/// The cell at hand.
#[derive(Clone, Default)]
enum Open {
    #[default]
    None,
    /// Its text, which may be a name.
    Name(Vec<u8>),
    /// Of a cell that some pattern asks for its column, and where its text is, from the first letter to the last.
    Value(usize, Option<Range<usize>>),
}

impl Markup {
    pub(super) fn advance(&mut self, window: &Window<'_>, names: &ByName) -> Vec<Cell> {
        let mut cells = Vec::new();
        while self.at < window.end() {
            let rest = window.slice(self.at..window.end());
            if self.tag.is_none() {
                let text = rest.iter().position(|byte| *byte == b'<').unwrap_or(rest.len());
                self.text(rest.get(..text).unwrap_or_default(), self.at);
                self.at += text;
                if text < rest.len() {
                    self.tag = Some(Tag::new(self.at));
                    self.at += 1;
                }
                continue;
            }
            let Some(byte) = rest.first() else { break };
            match self.tag.as_mut().map(|tag| tag.read(*byte)) {
                Some(tag::Read::More) => self.at += 1,
                // It was text, and the byte is read again.
                Some(tag::Read::No) => self.end_no_tag(),
                Some(tag::Read::Tag(kind)) => {
                    self.at += 1;
                    self.tag = None;
                    self.end_tag(kind, names, &mut cells);
                }
                None => break,
            }
        }
        if window.last {
            self.end_no_tag();
            self.end_cell(&mut cells);
        }
        cells
    }

    /// Where the next cell that is told may begin.
    pub(super) fn settled(&self) -> Option<usize> {
        let Open::Value(_, span) = &self.open else { return None };
        let begun = self.tag.as_ref().map(|tag| tag.begin);
        let begin = span.as_ref().map(|span| span.start).or(begun)?;
        (self.at - begin <= CELL_MAX).then_some(begin)
    }

    /// Text between tags, which begins here.
    fn text(&mut self, text: &[u8], at: usize) {
        match &mut self.open {
            Open::None => {}
            Open::Name(name) => {
                let room = (WITHIN_MAX as usize + 1).saturating_sub(name.len());
                name.extend_from_slice(text.get(..room).unwrap_or(text));
            }
            Open::Value(_, span) => {
                let trimmed = text.trim_ascii_start();
                let from = at + text.len() - trimmed.len();
                let end = from + trimmed.trim_ascii_end().len();
                if from < end {
                    *span = Some(span.as_ref().map_or(from, |span| span.start)..end);
                }
            }
        }
    }

    /// What began like a tag was text up to here.
    fn end_no_tag(&mut self) {
        let Some(tag) = self.tag.take() else { return };
        match &mut self.open {
            Open::Value(_, span) => {
                *span = Some(span.as_ref().map_or(tag.begin, |span| span.start)..self.at);
            }
            Open::Name(_) => self.text(b"<", tag.begin),
            Open::None => {}
        }
    }

    fn end_tag(&mut self, kind: Kind, names: &ByName, cells: &mut Vec<Cell>) {
        match kind {
            Kind::Other => {}
            Kind::Table => {
                self.end_row(names, cells);
                self.columns.clear();
                self.row = Row::default();
            }
            Kind::Head { begins } => {
                self.end_row(names, cells);
                self.row.in_head = begins;
            }
            Kind::Row => self.end_row(names, cells),
            Kind::Cell { begins: false, .. } => self.end_cell(cells),
            Kind::Cell { begins: true, names } => {
                self.end_cell(cells);
                self.begin_cell(names);
            }
        }
    }

    fn begin_cell(&mut self, names: bool) {
        if self.row.cells == 0 {
            self.row.names = Some(Vec::new());
        }
        if !(names || self.row.in_head) || self.row.cells >= COLUMNS_MAX {
            self.row.names = None;
        }
        let column = self.row.cells;
        self.row.cells = self.row.cells.saturating_add(1);
        if self.row.names.is_some() {
            self.open = Open::Name(Vec::new());
        } else if let Some(Some(_)) = self.columns.get(column) {
            self.open = Open::Value(column, None);
        }
    }

    fn end_cell(&mut self, cells: &mut Vec<Cell>) {
        match std::mem::take(&mut self.open) {
            Open::Name(name) => {
                if let Some(names) = &mut self.row.names {
                    names.push(name);
                }
            }
            Open::Value(column, Some(span)) if self.at - span.start <= CELL_MAX => {
                let column = self.columns.get(column).cloned().flatten();
                cells.extend(column.map(|column| Cell { span, column, loose: false }));
            }
            Open::Value(..) | Open::None => {}
        }
    }

    fn end_row(&mut self, names: &ByName, cells: &mut Vec<Cell>) {
        self.end_cell(cells);
        let row = std::mem::take(&mut self.row);
        self.row.in_head = row.in_head;
        let column = |name: Vec<u8>| {
            let name = name.trim_ascii();
            let known = name.len() <= WITHIN_MAX as usize && !names.of(name).is_empty();
            known.then(|| context::member(name))
        };
        let columns: Vec<_> = row.names.unwrap_or_default().into_iter().map(column).collect();
        if columns.len() > 1 && columns.iter().any(Option::is_some) {
            self.columns = columns;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(html: &str) -> Vec<(String, String)> {
        let fields = ["*password".to_owned(), "ssn".to_owned()];
        let names = ByName::new([(0, fields.as_slice())].into_iter());
        let bytes = html.as_bytes();
        let window = Window { bytes, base: 0, last: true, member: &[], value: false };
        let found = Markup::default().advance(&window, &names).into_iter();
        found
            .map(|cell| (String::from_utf8(cell.column).unwrap(), html[cell.span].to_owned()))
            .collect()
    }

    fn pair(column: &str, cell: &str) -> (String, String) {
        (column.to_owned(), cell.to_owned())
    }

    #[test]
    fn cells_under_names() {
        let expected = [pair("DB Password", "a &lt; b"), pair("DB Password", "c<br>d")];
        for html in [
            "<table><tr><th>Name</th><th>DB Password</th></tr><tr><td>x</td><td> a &lt; b </td></tr><tr><td>y<td>c<br>d</table>",
            "<TABLE border=1>\n<THEAD><TR><TD>Name</TD><TD><b>DB Password</b></TD></TR></THEAD><tbody>\n<tr class='x'><td>x</td>\n<td><code>a &lt; b</code></td></tr><tr><td></td><td>c<br>d</td></tr></tbody></TABLE>",
            "<tr><th></th><th>DB Password</th></tr><tr><th>1</th><td>a &lt; b</td></tr><tr><th>2</th><td>c<br>d</td></tr>",
        ] {
            assert_eq!(cells(html), expected, "{html}");
        }
        assert_eq!(cells("<tr><th>a<th>ssn<tr><td>1<td>a < b<c")[0].1, "a < b<c");
    }

    #[test]
    fn what_names_no_columns() {
        for html in [
            "<tr><th>Password</th><td>hunter2</td></tr><tr><th>Department</th><td>Sales</td></tr>",
            "<tr><td>Name</td><td>Password</td></tr><tr><td>x</td><td>department</td></tr>",
            "<table><tr><th>a</th><th>ssn</th></tr></table><table><tr><td>1</td><td>2</td></tr></table>",
            "<th>a</th><th>ssn</th><p>department</p>",
        ] {
            assert_eq!(cells(html), [], "{html}");
        }
    }
}
