/*!
Server-sent events, masked event by event: a stream that never ends is never held back as a whole.

The data of an event is read as a body, over all its lines; other lines are plain text. Outside of
findings every byte stays: names, comments, line ends. Format: the HTML standard, "Server-sent
events", section "Parsing an event stream".
*/

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Budget, Findings, OverBudget, Scanner, scan_body};
use crate::redact::{Edit, Redactions, Seen, apply, redact_by};

const EVENT_MAX: usize = 1024 * 1024;
const TOO_LONG: OverBudget = OverBudget("too large an event");
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// However the stream is cut into chunks, what comes out in all is the same.
pub struct SseStream {
    scanner: Scanner,
    redactions: Redactions,
    /// Most bytes of one event.
    limit: usize,
    /// The event that has not ended.
    event: Vec<u8>,
    lines: Lines,
    first: bool,
    counts: BTreeMap<String, u32>,
    seen: Seen,
}

impl SseStream {
    pub fn new(scanner: &Scanner, kinds: impl Fn(&str) -> bool) -> Self {
        Self::by(scanner, Redactions::tokens(scanner, kinds))
    }

    pub fn by(scanner: &Scanner, redactions: Redactions) -> Self {
        Self {
            seen: redactions.nothing_seen(),
            redactions,
            scanner: scanner.clone(),
            limit: EVENT_MAX,
            event: Vec::new(),
            lines: Lines::default(),
            first: true,
            counts: BTreeMap::new(),
        }
    }

    /// The most bytes that one event may have; one MiB if not said.
    pub fn with_limit(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    /// Takes the next piece of the stream and gives the events that ended in it.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<u8>, OverBudget> {
        let mut output = Vec::new();
        for &byte in chunk {
            if self.lines.belongs_to_last_event(byte) {
                output.push(byte);
                continue;
            }
            self.event.push(byte);
            if self.event.len() > self.limit {
                return Err(TOO_LONG);
            }
            if self.lines.ends_event(byte) {
                self.flush(&mut output)?;
            }
        }
        Ok(output)
    }

    /// The stream has ended: gives the rest, which readers ignore but a log may not.
    pub fn finish(&mut self) -> Result<Vec<u8>, OverBudget> {
        let mut output = Vec::new();
        self.flush(&mut output)?;
        Ok(output)
    }

    /// Each kind found and how often, sorted by kind.
    pub fn counts(&self) -> Vec<(String, u32)> {
        self.counts.iter().map(|(kind, count)| (kind.clone(), *count)).collect()
    }

    pub(crate) fn seen(&self) -> &Seen {
        &self.seen
    }

    fn flush(&mut self, output: &mut Vec<u8>) -> Result<(), OverBudget> {
        let event = std::mem::take(&mut self.event);
        let mark = std::mem::take(&mut self.first) && event.starts_with(BYTE_ORDER_MARK);
        let edits = self.edits(&event, if mark { BYTE_ORDER_MARK.len() } else { 0 })?;
        if edits.is_empty() {
            output.extend_from_slice(&event);
        } else {
            output.append(&mut apply(&event, &edits));
        }
        Ok(())
    }

    fn edits(&mut self, event: &[u8], from: usize) -> Result<Vec<Edit>, OverBudget> {
        let mut data = Data::default();
        let mut edits = Vec::new();
        for line in lines(event, from) {
            let text = event.get(line.clone()).unwrap_or_default();
            match data_of(text) {
                Some(value) => data.add(event, line.start + value..line.end),
                None => edits.append(&mut self.read(text, line.start, false)?),
            }
        }
        if let Some(payload) = data.payload(event) {
            let found = self.read(&payload, 0, true)?;
            edits.extend(found.into_iter().map(|edit| Edit { span: data.map(edit.span), ..edit }));
        }
        edits.sort_by_key(|edit| edit.span.start);
        Ok(edits)
    }

    /// The edits of one text that begins at `offset`. `json`: it is data, which may be JSON.
    fn read(&mut self, text: &[u8], offset: usize, json: bool) -> Result<Vec<Edit>, OverBudget> {
        let findings: Findings = scan_body(&self.scanner, text, &mut Budget::for_body(text.len()))?;
        for (kind, count) in findings.counts() {
            *self.counts.entry(kind).or_default() += count;
        }
        let treated = self.redactions.treat(text, json, &findings);
        self.seen.add(&treated.seen);
        let mut edits = redact_by(&self.redactions, &treated, &self.scanner, text, &findings);
        for Edit { span, .. } in &mut edits {
            *span = span.start + offset..span.end + offset;
        }
        Ok(edits)
    }
}

/// Finds the ends of events byte by byte.
#[derive(Default)]
struct Lines {
    /// The line at hand has no byte yet.
    empty: bool,
    after_return: bool,
    /// The last event ended with a carriage return, which may be the half of a line end.
    event_ended_by_return: bool,
}

impl Lines {
    fn belongs_to_last_event(&mut self, byte: u8) -> bool {
        let belongs = std::mem::take(&mut self.event_ended_by_return) && byte == b'\n';
        if belongs {
            self.after_return = false;
        }
        belongs
    }

    fn ends_event(&mut self, byte: u8) -> bool {
        let half = std::mem::take(&mut self.after_return) && byte == b'\n';
        if half {
            return false;
        }
        let ends_line = byte == b'\n' || byte == b'\r';
        self.after_return = byte == b'\r';
        let ends_event = ends_line && self.empty;
        self.empty = ends_line;
        self.event_ended_by_return = ends_event && byte == b'\r';
        ends_event
    }
}

/// Spans of the lines of an event, without their ends.
fn lines(event: &[u8], from: usize) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = from;
    std::iter::from_fn(move || {
        let rest = event.get(at..).filter(|rest| !rest.is_empty())?;
        let length = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let line = at..at + length.unwrap_or(rest.len());
        // The two halves of CR LF give an empty line between them, which holds nothing.
        at = line.end + 1;
        Some(line)
    })
}

/// Where the value of a `data` field begins in its line.
fn data_of(line: &[u8]) -> Option<usize> {
    let rest = line.strip_prefix(b"data")?;
    match rest {
        [] => Some(4),
        [b':', b' ', ..] => Some(6),
        [b':', ..] => Some(5),
        _ => None,
    }
}

/// The data of an event: the values of its lines, joined by line feeds.
#[derive(Default)]
struct Data {
    /// Where each value begins in the joined data, and its span in the event.
    values: Vec<(usize, Range<usize>)>,
    length: usize,
}

impl Data {
    fn add(&mut self, event: &[u8], span: Range<usize>) {
        if !self.values.is_empty() {
            self.length += 1;
        }
        let span = span.start.min(event.len())..span.end.min(event.len());
        self.values.push((self.length, span.clone()));
        self.length += span.len();
    }

    fn payload<'a>(&self, event: &'a [u8]) -> Option<std::borrow::Cow<'a, [u8]>> {
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
    fn map(&self, span: Range<usize>) -> Range<usize> {
        let place = |offset: usize| {
            let index = self.values.partition_point(|(begin, _)| *begin <= offset);
            let (begin, value) =
                self.values.get(index.saturating_sub(1)).cloned().unwrap_or_default();
            (value.start + (offset - begin.min(offset))).min(value.end)
        };
        place(span.start)..place(span.end.saturating_sub(1)) + 1
    }
}
