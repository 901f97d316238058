/*!
Server-sent events, masked event by event: a stream that never ends is never held back as a whole.

The data of an event is read as a body, over all its lines; other lines are plain text. Strings that go on
from event to event are read as one text, too. Outside of findings every byte stays: names, comments, line
ends. Format: the HTML standard, "Server-sent events", section "Parsing an event stream".
*/

mod data;
mod delta;
mod joined;
mod lines;
mod mend;
mod text;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use super::{Budget, Findings, OverBudget, Scanner, scan_body};
use crate::redact::{self, Edit, Redactions, Seen, redact_by};
use data::{Data, id_of, name_of, value_of};
use joined::{Event, Joined, Told};
use lines::{Lines, lines};
pub use mend::Mend;

const EVENT_MAX: usize = 1024 * 1024;
/// Events wait for a value in them to end: the longest has 64 KiB, in pieces of a few bytes.
const WAITING_MAX: usize = 8 * EVENT_MAX;
const TOO_LONG: OverBudget = OverBudget("too large an event");
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// However the stream is cut into chunks, what comes out in all is the same.
pub struct SseStream {
    scanner: Scanner,
    redactions: Redactions,
    mend: Option<Box<dyn Mend>>,
    /// Most bytes of one event.
    limit: usize,
    /// The event that has not ended.
    event: Vec<u8>,
    lines: Lines,
    joined: Joined,
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
            joined: Joined::new(scanner, redactions.clone(), WAITING_MAX),
            redactions,
            scanner: scanner.clone(),
            mend: None,
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

    /// What is changed in events besides what is redacted.
    pub fn mended(self, mend: Box<dyn Mend>) -> Self {
        Self { mend: Some(mend), ..self }
    }

    pub fn mend(&self) -> Option<&dyn Mend> {
        self.mend.as_deref()
    }

    /// Takes the next piece of the stream and gives the events that ended in it.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<u8>, OverBudget> {
        let mut output = Vec::new();
        for &byte in chunk {
            if self.lines.belongs_to_last_event(byte) {
                if !self.joined.add_to_last(byte) {
                    output.push(byte);
                }
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
        self.mend.iter_mut().for_each(|mend| mend.finish());
        output.append(&mut self.joined.finish(&mut self.seen)?);
        Ok(output)
    }

    /// Each kind found and how often, sorted by kind.
    pub fn counts(&self) -> Vec<(String, u32)> {
        let mut counts = self.joined.counts();
        for (kind, count) in &self.counts {
            *counts.entry(kind.clone()).or_default() += count;
        }
        counts.into_iter().collect()
    }

    pub(crate) fn seen(&self) -> &Seen {
        &self.seen
    }

    fn flush(&mut self, output: &mut Vec<u8>) -> Result<(), OverBudget> {
        let bytes = std::mem::take(&mut self.event);
        let mark = std::mem::take(&mut self.first) && bytes.starts_with(BYTE_ORDER_MARK);
        let (mut data, mut edits) = (Data::default(), Vec::new());
        for line in lines(&bytes, if mark { BYTE_ORDER_MARK.len() } else { 0 }) {
            let text = bytes.get(line.clone()).unwrap_or_default();
            match value_of(text) {
                Some(value) => data.add(&bytes, line.start + value..line.end),
                None => {
                    let name = name_of(text).and_then(|at| text.get(at..));
                    if let (Some(name), Some(mend)) = (name, &mut self.mend) {
                        mend.event_name(name);
                    }
                    let (found, _) = self.read(text, false, |_| true)?;
                    let shift = |Edit { span, replacement }| Edit {
                        span: span.start + line.start..span.end + line.start,
                        replacement,
                    };
                    // An id in which something is redacted is none any more.
                    let id = self.id(text, line.start).filter(|_| found.is_empty());
                    edits.extend(found.into_iter().map(shift).chain(id));
                }
            }
        }
        let payload = data.payload(&bytes).map(Cow::into_owned).unwrap_or_default();
        let told = !self.joined.is_idle() || delta::may_hold(&payload);
        let (pieces, ends) = if told { delta::read(&payload) } else { Default::default() };
        // What a piece begins or ends with goes on in others: its text decides.
        let whole = |span: &Range<usize>| {
            let next = pieces.partition_point(|piece| piece.span.start <= span.start);
            let piece = next.checked_sub(1).and_then(|last| pieces.get(last));
            piece.is_none_or(|piece| !piece.has_at_an_end(span))
        };
        let (more, findings) = self.read(&payload, true, whole)?;
        let mend = self.mend.as_mut().map(|mend| mend.data(&payload)).unwrap_or_default();
        let more = redact::joined(more, mend);
        edits.extend(more.into_iter().map(|edit| Edit { span: data.map(edit.span), ..edit }));
        let event = Event::new(bytes, edits, data);
        let told = Told { payload: &payload, pieces, ends, found: findings.iter().collect() };
        output.append(&mut self.joined.push(event, told, &mut self.seen)?);
        Ok(())
    }

    /// What its id becomes, if the line that begins there is one.
    fn id(&self, line: &[u8], start: usize) -> Option<Edit> {
        let value = id_of(line).and_then(|at| line.get(at..))?;
        let replacement = self.mend.as_ref()?.event_id(value)?;
        Some(Edit { span: start + line.len() - value.len()..start + line.len(), replacement })
    }

    /// The edits of one text, and what was found in it and `counts`. `json`: it is data, which may be JSON.
    fn read(
        &mut self,
        text: &[u8],
        json: bool,
        counts: impl Fn(&Range<usize>) -> bool,
    ) -> Result<(Vec<Edit>, Findings), OverBudget> {
        let mut findings = scan_body(&self.scanner, text, &mut Budget::for_body(text.len()))?;
        findings.found.retain(|one| counts(&one.span));
        for (kind, count) in findings.counts() {
            *self.counts.entry(kind).or_default() += count;
        }
        let treated = self.redactions.treat(text, json, &findings);
        self.seen.add(&treated.seen);
        let edits = redact_by(&self.redactions, &treated, &self.scanner, text, &findings);
        Ok((edits, findings))
    }
}

#[cfg(test)]
#[cfg(feature = "compile")]
mod tests;
