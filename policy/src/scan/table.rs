/*!
Tables in text: rows of CSV, and what databases print. The name of a column says what its cells are, as
the name of a member of JSON does.

A line that names columns begins a table; each line of as many cells is a row of it, until an empty line or
other names. Only the cells of columns that some pattern asks for are told.
*/

use std::ops::Range;

use super::context::{self, WITHIN_MAX};
use super::label::ByName;

/// What may stand between cells, the surest first.
const DELIMITERS: &[u8; 4] = b"|\t,;";
/// More columns, and longer lines, are no table.
const COLUMNS_MAX: usize = 256;
/// With fewer columns a line with blanks between them is prose more often than not.
const PLAIN_MIN: usize = 3;
pub(super) const HEAD_MAX: usize = 8 * 1024;
pub(super) const LINE_MAX: usize = 64 * 1024;

#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    delimiter: u8,
    /// Of each column its name as context, if some pattern asks for it. Empty: there is no table.
    columns: Vec<Option<Vec<u8>>>,
    /// The line that names the columns may be prose.
    loose: bool,
    /// Of the line before.
    before: Widths,
}

/// A cell without what is around its value, and the name of its column.
pub(super) struct Cell {
    pub(super) span: Range<usize>,
    pub(super) column: Vec<u8>,
    /// It may be prose: then most words in it are no value.
    pub(super) loose: bool,
}

/// Where quotes keep a delimiter, or the end of a line, from ending a cell.
#[derive(Clone, Debug)]
pub(super) struct Quotes {
    /// Read up to here.
    pub(super) at: usize,
    pub(super) open: bool,
    /// Nothing but blanks so far in the cell.
    fresh: bool,
    /// The last byte closed a quote.
    closed: bool,
    /// Something else than the end of the cell stood behind a quote that was closed.
    pub(super) broken: bool,
}

impl Default for Quotes {
    fn default() -> Self {
        Self::from(0)
    }
}

impl Quotes {
    pub(super) fn from(at: usize) -> Self {
        Self { at, open: false, fresh: true, closed: false, broken: false }
    }

    /// A quote keeps nothing.
    fn none() -> Self {
        Self { fresh: false, ..Self::from(0) }
    }

    pub(super) fn read(&mut self, text: &[u8], delimiter: u8) {
        for byte in text {
            self.ends_cell(*byte, delimiter);
        }
    }

    fn ends_cell(&mut self, byte: u8, delimiter: u8) -> bool {
        let closed = std::mem::take(&mut self.closed);
        if byte == b'"' && (self.fresh || self.open || closed) {
            self.closed = self.open;
            self.open = !self.open;
        } else if byte == delimiter && !self.open {
            self.fresh = true;
            return true;
        }
        self.broken |= closed && !byte.is_ascii_whitespace() && byte != b'"';
        self.fresh &= byte.is_ascii_whitespace();
        false
    }
}

impl Table {
    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// A row of an open table may go on behind the end of a line.
    pub(super) fn has_quotes(&self) -> bool {
        self.is_open() && self.delimiter != b'|'
    }

    pub(super) fn is_open(&self) -> bool {
        !self.columns.is_empty()
    }

    /// Whether a row has as many cells as there are columns.
    pub(super) fn fits(&self, row: &[u8]) -> bool {
        split(row, self.delimiter).len() == self.columns.len()
    }

    /// Takes the next line, without its end, which begins at `at`.
    pub(super) fn line(&mut self, line: &[u8], at: usize, names: &ByName) -> Vec<Cell> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (line, at) = match line.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) => (rest, at + 3),
            None => (line, at),
        };
        if line.is_empty() || line.len() > LINE_MAX {
            *self = Self::default();
            return Vec::new();
        }
        if is_rule(line) {
            return Vec::new();
        }
        if self.is_open() {
            let cells = split(line, self.delimiter);
            if cells.len() == self.columns.len() && !self.is_head(line, &cells) {
                let (wanted, loose) = (cells.into_iter().zip(&self.columns), self.loose);
                return wanted
                    .filter_map(|(cell, column)| {
                        let span = at + cell.start..at + cell.end;
                        Some(Cell { span, column: column.clone()?, loose })
                    })
                    .collect();
            }
        }
        let before = std::mem::take(&mut self.before);
        if line.len() <= HEAD_MAX && !names.is_empty() {
            let splits = splits(line);
            let head = Self::head(line, &splits, before, names);
            *self = head.unwrap_or_else(|| std::mem::take(self));
            self.before = widths(line, &splits);
        }
        Vec::new()
    }

    /// The same names again, as where two tables follow each other.
    fn is_head(&self, line: &[u8], cells: &[Range<usize>]) -> bool {
        let named = |(cell, column): (&Range<usize>, &Option<Vec<u8>>)| {
            let name = line.get(cell.clone()).unwrap_or_default();
            column.as_ref().is_some_and(|column| *column == context::member(name))
        };
        cells.iter().zip(&self.columns).any(named)
    }

    /// The columns that a line names, if it names some and one of them is asked for.
    /// What follows a line of as many cells is a row as that is, whatever its words are.
    fn head(line: &[u8], splits: &Splits, before: Widths, names: &ByName) -> Option<Self> {
        let mut each = DELIMITERS.iter().zip(splits).zip(before);
        each.find_map(|((delimiter, cells), before)| {
            if !(2..=COLUMNS_MAX).contains(&cells.len()) || cells.len() == before {
                return None;
            }
            let cells = cells.iter().cloned();
            let cells = cells.map(|cell| line.get(cell).unwrap_or_default());
            let cells: Vec<&[u8]> = cells.collect();
            let named = cells.iter().filter(|cell| !cell.is_empty()).count();
            // A list that is written one name a line has a comma behind each.
            let last = cells.last().is_some_and(|last| last.is_empty());
            // Tabs at the begin of a line are its place in a list or in code.
            let one = named < 2 && (last || *delimiter == b'\t');
            if one || !cells.iter().all(|cell| cell.is_empty() || is_name(cell)) {
                return None;
            }
            let loose = is_prose(line, *delimiter)
                && (cells.len() < PLAIN_MIN || !cells.iter().all(|cell| is_word(cell)));
            let wanted = |cell: &&[u8]| !names.of(cell).is_empty();
            let columns: Vec<Option<Vec<u8>>> = cells
                .iter()
                .map(|cell| {
                    Some(cell).filter(|cell| wanted(cell)).map(|cell| context::member(cell))
                })
                .collect();
            columns.iter().any(Option::is_some).then_some(Self {
                delimiter: *delimiter,
                columns,
                loose,
                before: Widths::default(),
            })
        })
    }
}

/// The cells of a line by each delimiter, none where it has none.
type Splits = [Vec<Range<usize>>; DELIMITERS.len()];
/// How many there are.
type Widths = [usize; DELIMITERS.len()];

fn splits(line: &[u8]) -> Splits {
    let mut splits = Splits::default();
    for (cells, delimiter) in splits.iter_mut().zip(DELIMITERS) {
        if line.contains(delimiter) {
            *cells = split(line, *delimiter);
        }
    }
    splits
}

/// Of what may be a row.
fn widths(line: &[u8], splits: &Splits) -> Widths {
    let mut widths = Widths::default();
    for ((width, cells), delimiter) in widths.iter_mut().zip(splits).zip(DELIMITERS) {
        if !cells.is_empty() && !is_prose(line, *delimiter) {
            *width = cells.len();
        }
    }
    widths
}

/// After a comma prose has a blank, a row of CSV mostly none.
fn is_prose(line: &[u8], delimiter: u8) -> bool {
    b",;".contains(&delimiter) && line.windows(2).any(|pair| pair == [delimiter, b' '])
}

fn is_name(cell: &[u8]) -> bool {
    let plain =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"_- .()#/".contains(byte) || !byte.is_ascii();
    let letter = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
    let begins = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
    (1..=WITHIN_MAX as usize).contains(&cell.len())
        && cell.iter().all(plain)
        && cell.iter().any(letter)
        && cell.first().is_some_and(begins)
}

/// A name that is no part of a sentence or of code.
fn is_word(cell: &[u8]) -> bool {
    cell.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte))
}

/// The line under the names, and around tables: `----+-----`, `|:---|---:|`.
fn is_rule(line: &[u8]) -> bool {
    line.iter().all(|byte| b"-+|=: ".contains(byte)) && line.contains(&b'-')
}

/// The cells of a line, without blanks and quotes around them. What is quoted may hold the delimiter. A
/// quote that is not closed is none.
fn split(line: &[u8], delimiter: u8) -> Vec<Range<usize>> {
    let mut cells = Vec::new();
    let (mut from, mut quotes) = (0, Quotes::from(0));
    let mut at = 0;
    while let Some(byte) = line.get(at) {
        if quotes.ends_cell(*byte, delimiter) {
            cells.push(trim(line, from..at));
            from = at + 1;
        }
        at += 1;
        if cells.len() > COLUMNS_MAX {
            return cells;
        }
        if at == line.len() && quotes.open {
            // The cell is read again; no other quote follows the one that is open.
            (at, quotes) = (from, Quotes::none());
        }
    }
    cells.push(trim(line, from..line.len()));
    if delimiter == b'|' {
        // `| a | b |` has none at its ends.
        let empty = |cell: Option<&Range<usize>>| cell.is_some_and(Range::is_empty);
        if line.first() == Some(&b'|') && empty(cells.first()) {
            cells.remove(0);
        }
        if line.trim_ascii_end().last() == Some(&b'|') && empty(cells.last()) {
            cells.pop();
        }
    }
    cells
}

fn trim(line: &[u8], cell: Range<usize>) -> Range<usize> {
    let text = line.get(cell.clone()).unwrap_or_default();
    let from = cell.start + (text.len() - text.trim_ascii_start().len());
    let text = text.trim_ascii();
    match text {
        [b'"', .., b'"'] | [b'\'', .., b'\''] | [b'`', .., b'`'] => from + 1..from + text.len() - 1,
        // A stray quote is no part of the value.
        [b'"', rest @ ..] if !rest.is_empty() => from + 1..from + text.len(),
        _ => from..from + text.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<(String, String)> {
        let fields = ["*password".to_owned(), "ssn".to_owned()];
        let names = ByName::new([(0, fields.as_slice())].into_iter());
        let (mut table, mut at, mut found) = (Table::default(), 0, Vec::new());
        for line in text.split('\n') {
            for cell in table.line(line.as_bytes(), at, &names) {
                let column = String::from_utf8(cell.column).unwrap();
                let column = column + if cell.loose { "?" } else { "" };
                found.push((column, text[cell.span].to_owned()));
            }
            at += line.len() + 1;
        }
        found
    }

    fn pair(column: &str, cell: &str) -> (String, String) {
        (column.to_owned(), cell.to_owned())
    }

    #[test]
    fn rows_of_tables() {
        let csv = "id,db_password,\"name\"\r\n1,abc,Ada\r\n2,\"a,b\"\"c\",\"Eve, B\"\n3,x\n\n4,y,z";
        let expected = [pair("db_password", "abc"), pair("db_password", "a,b\"\"c")];
        assert_eq!(cells(csv), expected);
        let psql = " id | ssn   | b\n----+-------+---\n  1 | 12 34 | x\n(1 row)\n  2 | 56 | y";
        assert_eq!(cells(psql), [pair("ssn", "12 34"), pair("ssn", "56")]);
        let mysql = "+----+-----+\n| id | SSN |\n+----+-----+\n|  1 | 12  |\n+----+-----+";
        assert_eq!(cells(mysql), [pair("SSN", "12")]);
        assert_eq!(cells("ssn\tcity\n12\tRome"), [pair("ssn", "12")]);
        assert_eq!(cells("\u{feff},ssn\n0,12"), [pair("ssn", "12")]);
        assert_eq!(cells("ssn;city\n12;Rome\nssn;city\n34;Oslo").len(), 2);
        let odd = "1st,'ssn',`b`\n1,12,x\n2,\"34,y\n3,'5,6',z\n4,78,x";
        assert_eq!(cells(odd), [pair("ssn", "12"), pair("ssn", "34"), pair("ssn", "78")]);
        let blanks = "id, password, city\n1, x, Rome";
        assert_eq!(cells(blanks), [pair("password", "x")]);
        assert_eq!(cells("full name, password\nAda, y"), [pair("password?", "y")]);
        let stray = "1st,'ssn',`b`\n1,2,\"x\n2,'34',y";
        assert_eq!(cells(stray), [pair("ssn", "2"), pair("ssn", "34")]);
    }

    #[test]
    fn what_is_no_table() {
        for text in
            ["id,name\n1,Ada", "ssn\n12", "1,ssn\n2,3", "ssn,a\n1,2,3", "ssn,\ncity,\nhost,"]
        {
            assert_eq!(cells(text), [], "{text}");
        }
    }
}
