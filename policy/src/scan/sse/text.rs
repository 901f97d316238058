/*! A text that comes in pieces: where each piece lies in it and in the events. */

use std::collections::VecDeque;
use std::ops::Range;

use super::delta::Number;
use crate::redact::{Edit, Redactions, Seen};
use crate::scan::unescape::{map_forth, unescape};
use crate::scan::{Finding, OverBudget, Scanner, StreamScanner};

/// What may go on for ever, a line of a table or a run of base64, is waited for no longer: in pieces of a few
/// bytes it would be thousands of events.
const PATIENCE: usize = 4 * 1024;

pub(super) struct Text {
    pub(super) numbers: Vec<Number>,
    /// The last event that went on with it.
    pub(super) last: u64,
    stream: StreamScanner,
    length: usize,
    /// Those that are not settled, in order.
    pieces: VecDeque<Placed>,
}

/// A piece by its place in the text.
#[derive(Clone)]
pub(super) struct Placed {
    /// The number of its event.
    pub(super) event: u64,
    /// In the data of the event.
    pub(super) span: Range<usize>,
    range: Range<usize>,
}

impl Text {
    pub(super) fn new(scanner: &Scanner, redactions: Redactions, numbers: Vec<Number>) -> Self {
        let stream = StreamScanner::by(scanner, redactions).in_pieces(PATIENCE);
        Self { numbers, last: 0, stream, length: 0, pieces: VecDeque::new() }
    }

    /// Reads a piece that lies at `span` of the data of an event, in which something was found already, and
    /// gives what is to change in the text.
    pub(super) fn push(
        &mut self,
        event: u64,
        span: &Range<usize>,
        raw: &[u8],
        found: &[Finding],
    ) -> Result<Vec<Edit>, OverBudget> {
        let from = found.partition_point(|one| one.span.start < span.start);
        let within = found.iter().skip(from).take_while(|one| one.span.start < span.end);
        let mut known: Vec<(u16, Range<usize>)> = within
            .filter(|one| one.span.end <= span.end)
            .map(|one| (one.pattern, one.span.start - span.start..one.span.end - span.start))
            .collect();
        map_forth(raw, known.iter_mut().map(|(_, span)| span));
        for (_, span) in &mut known {
            *span = span.start + self.length..span.end + self.length;
        }
        let more = unescape(raw);
        let range = self.length..self.length + more.len();
        self.length = range.end;
        self.pieces.push_back(Placed { event, span: span.clone(), range });
        self.stream.edits(&more, known, false)
    }

    /// The text is over.
    pub(super) fn finish(&mut self) -> Result<Vec<Edit>, OverBudget> {
        self.stream.edits(b"", Vec::new(), true)
    }

    pub(super) fn seen(&self) -> &Seen {
        self.stream.seen()
    }

    pub(super) fn counts(&self) -> Vec<(String, u32)> {
        self.stream.counts()
    }

    /// The edits by pieces, in offsets of the piece's own text: the first one that a finding lies in gets what
    /// stands in its place.
    pub(super) fn parts(&self, edits: Vec<Edit>) -> Vec<(Placed, Vec<Edit>)> {
        let mut parts: Vec<(Placed, Vec<Edit>)> = Vec::new();
        for Edit { span, replacement } in edits {
            let mut replacement = Some(replacement);
            let from = self.pieces.partition_point(|piece| piece.range.end <= span.start);
            let pieces = self.pieces.iter().skip(from);
            for piece in pieces.take_while(|piece| piece.range.start < span.end) {
                let range = &piece.range;
                if range.is_empty() {
                    continue;
                }
                let part = span.start.max(range.start) - range.start
                    ..span.end.min(range.end) - range.start;
                let part = Edit { span: part, replacement: replacement.take().unwrap_or_default() };
                match parts.last_mut().filter(|(last, _)| last.range == *range) {
                    Some((_, parts)) => parts.push(part),
                    None => parts.push((piece.clone(), vec![part])),
                }
            }
        }
        parts
    }

    /// The events of the pieces that have become settled.
    pub(super) fn settled(&mut self) -> Vec<u64> {
        let left = self.stream.left();
        std::iter::from_fn(|| self.pieces.pop_front_if(|piece| piece.range.end <= left))
            .map(|piece| piece.event)
            .collect()
    }
}
