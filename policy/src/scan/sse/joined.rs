/*!
Texts that come in pieces, each in an event of its own, read as the one text that their reader sees.

An event waits until the pieces in it are settled, and so do those behind it: in order, and unchanged where
nothing was found. That is one value at most, and the word at hand.
*/

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use super::data::Data;
use super::delta::{Ends, Number, Piece};
use crate::redact::{Edit, Redactions, Seen, apply};
use crate::scan::unescape::{map_back, unescape};
use crate::scan::{Finding, OverBudget, Scanner, StreamScanner};

/// Texts that are open at a time: as many answers as may be asked for at once, twice.
const TEXTS_MAX: usize = 256;
/// A text that no event went on with for so many is over: nothing waits for what never comes.
const PAUSE_MAX: u64 = 256;
const TOO_MANY: OverBudget = OverBudget("too many texts: its events tell of too many at once");
const TOO_LONG: OverBudget = OverBudget("too much held back: a value goes on over too many events");

pub(super) struct Joined {
    scanner: Scanner,
    redactions: Redactions,
    /// Most bytes that wait.
    limit: usize,
    /// By what names them.
    texts: BTreeMap<String, Text>,
    waiting: VecDeque<Event>,
    bytes: usize,
    /// Events with pieces, and texts, so far.
    events: u64,
    begun: u64,
    /// Of texts that are over.
    counts: BTreeMap<String, u32>,
}

struct Text {
    id: u64,
    numbers: Vec<Number>,
    stream: StreamScanner,
    length: usize,
    /// The last event that went on with it.
    last: u64,
}

/// An event, and what was found in it by itself.
pub(super) struct Event {
    pub(super) bytes: Vec<u8>,
    pub(super) edits: Vec<Edit>,
    pub(super) data: Data,
    pieces: Vec<Placed>,
}

/// What the data of an event tells of texts, and what was found in it.
pub(super) struct Told<'a> {
    pub(super) payload: &'a [u8],
    pub(super) pieces: Vec<Piece>,
    pub(super) ends: Ends,
    pub(super) found: Vec<Finding>,
}

/// A piece by its place in the text.
struct Placed {
    text: u64,
    range: Range<usize>,
    /// In the data of the event.
    span: Range<usize>,
}

impl Event {
    pub(super) fn new(bytes: Vec<u8>, edits: Vec<Edit>, data: Data) -> Self {
        Self { bytes, edits, data, pieces: Vec::new() }
    }
}

impl Joined {
    pub(super) fn new(scanner: &Scanner, redactions: Redactions, limit: usize) -> Self {
        Self {
            scanner: scanner.clone(),
            redactions,
            limit,
            texts: BTreeMap::new(),
            waiting: VecDeque::new(),
            bytes: 0,
            events: 0,
            begun: 0,
            counts: BTreeMap::new(),
        }
    }

    /// Takes the next event and gives those that are settled.
    pub(super) fn push(
        &mut self,
        mut event: Event,
        told: Told<'_>,
        seen: &mut Seen,
    ) -> Result<Vec<u8>, OverBudget> {
        let Told { payload, pieces, ends, found } = told;
        let mut edits = Vec::new();
        self.events += u64::from(!pieces.is_empty());
        for piece in pieces {
            let raw = payload.get(piece.span.clone()).unwrap_or_default();
            event.pieces.push(self.read(piece, raw, &found, seen, &mut edits)?);
        }
        self.bytes += event.bytes.len();
        self.waiting.push_back(event);
        self.place(edits);
        let events = self.events;
        self.end(|text| ends.holds(&text.numbers) || text.last + PAUSE_MAX < events, seen)?;
        self.settled()
    }

    /// The stream has ended.
    pub(super) fn finish(&mut self, seen: &mut Seen) -> Result<Vec<u8>, OverBudget> {
        self.end(|_| true, seen)?;
        self.settled()
    }

    /// A byte that belongs to the event before, if that still waits.
    pub(super) fn add_to_last(&mut self, byte: u8) -> bool {
        let Some(last) = self.waiting.back_mut() else { return false };
        last.bytes.push(byte);
        self.bytes += 1;
        true
    }

    pub(super) fn counts(&self) -> BTreeMap<String, u32> {
        let mut counts = self.counts.clone();
        self.texts.values().for_each(|text| add(&mut counts, text.stream.counts()));
        counts
    }

    /// Reads a piece of a text and adds what is to change in it, and in pieces before.
    fn read(
        &mut self,
        Piece { text: name, numbers, span }: Piece,
        raw: &[u8],
        found: &[Finding],
        seen: &mut Seen,
        edits: &mut Vec<(u64, Edit)>,
    ) -> Result<Placed, OverBudget> {
        if self.texts.len() >= TEXTS_MAX && !self.texts.contains_key(&name) {
            return Err(TOO_MANY);
        }
        let text = self.texts.entry(name).or_insert_with(|| Text {
            id: self.begun,
            numbers,
            stream: StreamScanner::by(&self.scanner, self.redactions.clone()),
            length: 0,
            last: 0,
        });
        self.begun = self.begun.max(text.id + 1);
        let begin = text.length;
        let place = |at: usize| begin + unescape(raw.get(..at - span.start).unwrap_or(raw)).len();
        let within =
            found.iter().filter(|one| span.start <= one.span.start && one.span.end <= span.end);
        let known: Vec<_> =
            within.map(|one| (one.pattern, place(one.span.start)..place(one.span.end))).collect();
        let more = unescape(raw);
        text.length += more.len();
        text.last = self.events;
        let new = text.stream.edits(&more, known.into_iter(), false)?;
        seen.add(text.stream.seen());
        edits.extend(new.into_iter().map(|edit| (text.id, edit)));
        Ok(Placed { text: text.id, range: begin..text.length, span })
    }

    fn end(&mut self, over: impl Fn(&Text) -> bool, seen: &mut Seen) -> Result<(), OverBudget> {
        let mut edits = Vec::new();
        for (_, mut text) in self.texts.extract_if(.., |_, text| over(text)) {
            let new = text.stream.edits(b"", std::iter::empty(), true)?;
            seen.add(text.stream.seen());
            add(&mut self.counts, text.stream.counts());
            edits.extend(new.into_iter().map(|edit| (text.id, edit)));
        }
        self.place(edits);
        Ok(())
    }

    /// Gives each event its part of edits of texts: the first what stands in the place of a finding.
    fn place(&mut self, edits: Vec<(u64, Edit)>) {
        for (id, Edit { span, replacement }) in edits {
            let mut replacement = Some(replacement);
            for event in &mut self.waiting {
                let Event { bytes, edits, data, pieces } = event;
                for piece in pieces.iter().filter(|piece| piece.text == id) {
                    let from = span.start.max(piece.range.start);
                    let to = span.end.min(piece.range.end);
                    if from >= to {
                        continue;
                    }
                    let Some(payload) = data.payload(bytes) else { continue };
                    let raw = payload.get(piece.span.clone()).unwrap_or_default();
                    let mut part = from - piece.range.start..to - piece.range.start;
                    map_back(raw, std::iter::once(&mut part));
                    let part = part.start + piece.span.start..part.end + piece.span.start;
                    let replacement = replacement.take().unwrap_or_default();
                    edits.push(Edit { span: data.map(part), replacement });
                }
            }
        }
    }

    /// The events whose pieces are settled.
    fn settled(&mut self) -> Result<Vec<u8>, OverBudget> {
        let left = |id: u64| {
            let text = self.texts.values().find(|text| text.id == id);
            text.map_or(usize::MAX, |text| text.stream.left())
        };
        let is_settled =
            |piece: &Placed| piece.range.is_empty() || piece.range.end <= left(piece.text);
        let settled = |event: &&Event| event.pieces.iter().all(is_settled);
        let count = self.waiting.iter().take_while(settled).count();
        let mut output = Vec::new();
        for Event { bytes, edits, .. } in self.waiting.drain(..count) {
            self.bytes = self.bytes.saturating_sub(bytes.len());
            match merged(edits).as_slice() {
                [] => output.extend_from_slice(&bytes),
                edits => output.append(&mut apply(&bytes, edits)),
            }
        }
        if self.bytes > self.limit { Err(TOO_LONG) } else { Ok(output) }
    }
}

/// What was found in an event by itself may lie in what was found in a text.
fn merged(mut edits: Vec<Edit>) -> Vec<Edit> {
    edits.sort_by_key(|edit| (edit.span.start, std::cmp::Reverse(edit.span.end)));
    let mut merged: Vec<Edit> = Vec::new();
    for edit in edits {
        match merged.last_mut() {
            Some(last) if edit.span.start < last.span.end => {
                last.span.end = last.span.end.max(edit.span.end);
                if last.replacement.is_empty() {
                    last.replacement = edit.replacement;
                }
            }
            _ => merged.push(edit),
        }
    }
    merged
}

fn add(counts: &mut BTreeMap<String, u32>, more: Vec<(String, u32)>) {
    for (kind, count) in more {
        *counts.entry(kind).or_default() += count;
    }
}
