/*!
What else the leaves of JSON are called than the members that hold them: by the member beside theirs, as in
`{"name": "password", "value": ..}`, by the object that wraps them, as in `{"password": {"value": ..}}`, or by
a list of columns, as in `{"columns": ["id", "password"], "rows": [[1, ..]]}`.

An object and an array are known when they end, so that it does not matter which member comes first. What
is kept until then is less than the leaves themselves.
*/

use std::ops::Range;

use super::words::{is_list, is_name, is_row, is_sort, is_the_name, is_value};
use super::{Leaf, Member};
use crate::scan::context;
use crate::scan::label::ByName;

/// Names of one object that count, in their order.
const NAMES_MAX: usize = 4;
/// Columns of a row.
const COLUMNS_MAX: usize = 256;
/// Fewer columns are pairs more often than the first row of a table.
const HEAD_MIN: usize = 3;
/// How many objects further out the rows may be that a list of columns is for.
const LEVELS_MAX: u8 = 2;

/// Where in a row a leaf stands: how deep the array lies, and which entry of it the leaf is or is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::scan) struct Cell {
    row: u16,
    column: u16,
}

pub(super) struct Named<'a> {
    text: &'a [u8],
    wanted: &'a ByName,
    stopped: bool,
    open: Vec<Frame>,
    /// The leaves that may be what something beside them is called.
    values: Vec<usize>,
    rows: Vec<Rows>,
    lists: Vec<List>,
    /// The leaves that have another name, and it.
    pub(super) also: Vec<(usize, Member)>,
}

/// An object or array that has begun. The numbers tell what there was before it.
struct Frame {
    object: bool,
    /// The member that it is the value of, or is a part of.
    member: Member,
    /// Entries of an array that have ended.
    entries: u32,
    /// Those that are arrays.
    arrays: u32,
    /// What an object is called; or all entries of an array that may list columns.
    names: Vec<Member>,
    /// It has a name of its own, and does not only wrap a value.
    is_named: bool,
    lists_columns: bool,
    /// The first row of an array of them, if it names columns.
    head: Option<List>,
    leaves: usize,
    values: usize,
    rows: usize,
    lists: usize,
}

/// Arrays of the same length that follow each other, by their leaves.
struct Rows {
    leaves: Range<usize>,
    width: u32,
    depth: u16,
}

/// The columns that some pattern asks for, and how many there are.
struct List {
    names: Vec<Member>,
    columns: Vec<Option<Member>>,
    levels: u8,
}

impl<'a> Named<'a> {
    pub(super) fn new(text: &'a [u8], wanted: &'a ByName) -> Self {
        let none = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (open, values, rows, lists, also) = none;
        Self { text, wanted, stopped: wanted.is_empty(), open, values, rows, lists, also }
    }

    /// Nothing is named in what nests too deep: an object is looked at once for each one that it is in.
    pub(super) fn stop(&mut self) {
        self.stopped = true;
        self.open.clear();
    }

    /// An object or array begins; there are so many leaves before it.
    pub(super) fn begin(&mut self, object: bool, member: Member, leaves: usize) {
        if self.stopped {
            return;
        }
        let first = self.open.last().is_some_and(|parent| !parent.object && parent.entries == 0);
        self.open.push(Frame {
            object,
            member,
            entries: 0,
            arrays: 0,
            names: Vec::new(),
            is_named: false,
            lists_columns: !object && (first || is_list(member.of(self.text))),
            head: None,
            leaves,
            values: self.values.len(),
            rows: self.rows.len(),
            lists: self.lists.len(),
        });
    }

    /// Where a leaf stands that is read now, as the value of this member.
    pub(super) fn cell(&self, member: Member) -> Cell {
        let is_array = |frame: &&Frame| !frame.object;
        let mut outward = self.open.iter().rev();
        let inner = outward.next();
        let array = inner.filter(is_array).or_else(|| {
            let outer = outward.next().filter(is_array);
            outer.filter(|_| is_value(member.of(self.text)))
        });
        let Some(array) = array else { return Cell::default() };
        let row = outward.len() + 1;
        match (u16::try_from(row), u16::try_from(array.entries)) {
            (Ok(row), Ok(column)) => Cell { row, column },
            _ => Cell::default(),
        }
    }

    /// A string that is a value. `leaf`: the number that it has if it is one.
    pub(super) fn string(&mut self, span: &Range<usize>, member: Member, leaf: Option<usize>) {
        let text = self.text;
        let Some((frame, outer)) = self.open.split_last_mut() else { return };
        if let Some(rows) = outer.last_mut().filter(|_| !frame.object) {
            rows.unless_repeated(frame.entries, Member::new(span), text);
        }
        if frame.object && is_name(member.of(text)) {
            frame.is_named |= !is_sort(member.of(text));
            if is_the_name(member.of(text)) {
                frame.names.insert(0, Member::new(span));
            } else {
                frame.names.push(Member::new(span));
            }
            frame.names.truncate(NAMES_MAX);
        } else if frame.lists_columns {
            frame.name_column(Member::new(span));
        }
        self.value(member, leaf);
    }

    /// Any value that is neither object nor array.
    pub(super) fn value(&mut self, member: Member, leaf: Option<usize>) {
        if let Some(leaf) = leaf
            && !self.open.is_empty()
            && is_value(member.of(self.text))
        {
            self.values.push(leaf);
        }
    }

    /// A value of the innermost object or array has ended.
    pub(super) fn entry(&mut self) {
        if let Some(frame) = self.open.last_mut() {
            frame.entries = frame.entries.saturating_add(1);
        }
    }

    /// The innermost object or array ends.
    pub(super) fn end(&mut self, leaves: &[Leaf]) {
        let Some(frame) = self.open.pop() else { return };
        if frame.object { self.end_object(frame, leaves) } else { self.end_array(frame, leaves) }
    }

    fn end_object(&mut self, frame: Frame, leaves: &[Leaf]) {
        self.name_values(&frame);
        if self.lists.len() > frame.lists {
            self.name_rows(&frame, leaves);
        }
        if let Some(array) = self.open.last_mut()
            && array.lists_columns
            && let Some(name) = frame.names.first()
        {
            array.name_column(*name);
        }
    }

    /// Values are called what is beside them, or else what the object that wraps them is called.
    fn name_values(&mut self, frame: &Frame) {
        if self.values.len() == frame.values {
            return;
        }
        let mut asking = Vec::new();
        let names = frame.names.iter().chain([&frame.member]);
        for name in names.filter(|name| !name.of(self.text).is_empty()) {
            let new = self.wanted.of(&context::member(name.of(self.text)));
            let new: Vec<u16> = new.into_iter().filter(|one| !asking.contains(one)).collect();
            if !new.is_empty() {
                let values = self.values.iter().skip(frame.values);
                self.also.extend(values.map(|leaf| (*leaf, *name)));
                asking.extend(new);
            }
        }
        // In `{"key": .., "value": {"stringValue": ..}}` they are for the object around.
        let wraps = asking.is_empty() && !frame.is_named && is_value(frame.member.of(self.text));
        if !wraps {
            self.values.truncate(frame.values);
        }
    }

    fn end_array(&mut self, frame: Frame, leaves: &[Leaf]) {
        if let Some(parent) = self.open.last_mut() {
            parent.arrays = parent.arrays.saturating_add(1);
        }
        let complete = frame.lists_columns && frame.names.len() == frame.entries as usize;
        let list = complete.then(|| self.list(&frame.names)).flatten();
        let depth = self.open.len() + 1;
        let from_rows = self.open.last().map_or(0, |parent| parent.rows);
        let may_be_row = match (self.open.last(), self.open.iter().rev().nth(1)) {
            (Some(parent), _) if !parent.object => true,
            (Some(_), Some(outer)) => !outer.object && is_row(frame.member.of(self.text)),
            _ => false,
        };
        if let Some(list) = list {
            if is_list(frame.member.of(self.text)) && self.open.last().is_some_and(|p| p.object) {
                self.lists.push(list);
                return;
            }
            if let Some(parent) = self.open.last_mut()
                && !parent.object
                && parent.entries == 0
                && list.columns.len() >= HEAD_MIN
            {
                parent.head = Some(list);
                return;
            }
        }
        if let Some(head) = frame.head {
            self.name_cells(vec![head], frame.rows, leaves);
            return;
        }
        // What holds nothing but arrays is a list of rows, in any other the arrays are cells.
        if may_be_row && frame.arrays < frame.entries {
            self.rows.truncate(frame.rows);
        } else {
            return;
        }
        if (1..=COLUMNS_MAX).contains(&(frame.entries as usize)) {
            self.row(frame.leaves..leaves.len(), frame.entries, depth, from_rows);
        }
    }

    fn row(&mut self, leaves: Range<usize>, width: u32, depth: usize, from: usize) {
        let Ok(depth) = u16::try_from(depth) else { return };
        if leaves.is_empty() {
            return;
        }
        let known = self.rows.len() > from;
        match self.rows.last_mut().filter(|rows| {
            known && rows.width == width && rows.depth == depth && rows.leaves.end == leaves.start
        }) {
            Some(rows) => rows.leaves.end = leaves.end,
            None => self.rows.push(Rows { leaves, width, depth }),
        }
    }

    /// The columns, if some pattern asks for one of them.
    fn list(&self, names: &[Member]) -> Option<List> {
        let wanted = |name: &Member| {
            let asked = !self.wanted.of(&context::member(name.of(self.text))).is_empty();
            asked.then_some(*name)
        };
        let columns: Vec<_> = names.iter().map(wanted).collect();
        let names = names.to_vec();
        columns.iter().any(Option::is_some).then_some(List { names, columns, levels: 0 })
    }

    fn name_rows(&mut self, frame: &Frame, leaves: &[Leaf]) {
        let lists = self.lists.split_off(frame.lists);
        let lists = self.name_cells(lists, frame.rows, leaves).into_iter();
        let further = lists.filter(|list| list.levels < LEVELS_MAX);
        self.lists.extend(further.map(|list| List { levels: list.levels + 1, ..list }));
    }

    /// Gives the cells of rows their names, and back the lists that are for none of them.
    fn name_cells(&mut self, lists: Vec<List>, from: usize, leaves: &[Leaf]) -> Vec<List> {
        let rows = self.rows.split_off(from);
        let mut by_width = std::collections::BTreeMap::new();
        for list in lists {
            by_width.insert(list.columns.len(), (list, false));
        }
        for rows in rows {
            let Some((list, used)) = by_width.get_mut(&(rows.width as usize)) else {
                self.rows.push(rows);
                continue;
            };
            *used = true;
            for number in rows.leaves {
                let Some(cell) = leaves.get(number).map(|leaf| leaf.cell) else { continue };
                let column = list.columns.get(usize::from(cell.column)).copied().flatten();
                if let Some(name) = column.filter(|_| cell.row == rows.depth) {
                    self.also.push((number, name));
                }
            }
        }
        by_width.into_values().filter(|(_, used)| !used).map(|(list, _)| list).collect()
    }
}

impl Frame {
    /// A row with a cell of the first one in the same column is of its sort: that names nothing.
    fn unless_repeated(&mut self, column: u32, cell: Member, text: &[u8]) {
        let same = |head: &List| {
            let name = head.names.get(column as usize);
            name.is_some_and(|name| name.of(text) == cell.of(text))
        };
        if self.head.as_ref().is_some_and(same) {
            self.head = None;
        }
    }

    fn name_column(&mut self, name: Member) {
        if self.names.len() == self.entries as usize && self.names.len() < COLUMNS_MAX {
            self.names.push(name);
        } else {
            self.lists_columns = false;
            self.names = Vec::new();
        }
    }
}
