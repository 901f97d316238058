/*! The data of an event: the values of its lines, joined by line feeds. */

use std::borrow::Cow;
use std::ops::Range;

/// Where the value of a `data` field begins in its line.
pub(super) fn value_of(line: &[u8]) -> Option<usize> {
    field(line, b"data")
}

/// The same of an `id`.
pub(super) fn id_of(line: &[u8]) -> Option<usize> {
    field(line, b"id")
}

/// The same of an `event`.
pub(super) fn name_of(line: &[u8]) -> Option<usize> {
    field(line, b"event")
}

fn field(line: &[u8], name: &[u8]) -> Option<usize> {
    match line.strip_prefix(name)? {
        [] => Some(name.len()),
        [b':', b' ', ..] => Some(name.len() + 2),
        [b':', ..] => Some(name.len() + 1),
        _ => None,
    }
}

#[derive(Default)]
pub(super) struct Data {
    /// Where each value begins in the joined data, and its span in the event.
    values: Vec<(usize, Range<usize>)>,
    length: usize,
}

impl Data {
    pub(super) fn add(&mut self, event: &[u8], span: Range<usize>) {
        if !self.values.is_empty() {
            self.length += 1;
        }
        let span = span.start.min(event.len())..span.end.min(event.len());
        self.values.push((self.length, span.clone()));
        self.length += span.len();
    }

    pub(super) fn payload<'a>(&self, event: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        let text = |span: &Range<usize>| event.get(span.clone()).unwrap_or_default();
        match self.values.as_slice() {
            [] => None,
            [(_, span)] => Some(text(span).into()),
            values => {
                let parts: Vec<&[u8]> = values.iter().map(|(_, span)| text(span)).collect();
                Some(parts.join(&b'\n').into())
            }
        }
    }

    /// A span of the data as a span of the event; what lies between its lines goes with it.
    pub(super) fn map(&self, span: Range<usize>) -> Range<usize> {
        let place = |offset: usize| {
            let index = self.values.partition_point(|(begin, _)| *begin <= offset);
            let (begin, value) =
                self.values.get(index.saturating_sub(1)).cloned().unwrap_or_default();
            (value.start + (offset - begin.min(offset))).min(value.end)
        };
        place(span.start)..place(span.end.saturating_sub(1)) + 1
    }
}
