/*!
Texts that come in pieces, each in an event of its own, read as the one text that their reader sees.

An event waits until the pieces in it are settled, and so do those behind it: in order, and unchanged where
nothing was found. That is one value at most, and the word at hand.
*/

use std::collections::{BTreeMap, VecDeque};

use super::data::Data;
use super::delta::{self, Ends, Piece};
use super::text::{Placed, Text};
use crate::redact::{Edit, Redactions, Seen, apply};
use crate::scan::unescape::map_back;
use crate::scan::{Finding, OverBudget, Scanner};

/// Texts that are open at a time: as many answers as may be asked for at once, twice.
const TEXTS_MAX: usize = 256;
/// A text is over if others went on for so many events, or nothing did for a few: nothing waits for what
/// never comes.
const PAUSE_MAX: u64 = 256;
const IDLE_MAX: u64 = 8;
/// What an event takes besides its bytes.
const EVENT_BYTES: usize = 256;
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
    /// The number of the first event that waits.
    first: u64,
    /// Events with pieces so far, and those without since the last one.
    events: u64,
    idle: u64,
    /// Of texts that are over.
    counts: BTreeMap<String, u32>,
}

/// An event, and what is to change in it.
pub(super) struct Event {
    pub(super) bytes: Vec<u8>,
    pub(super) edits: Vec<Edit>,
    pub(super) data: Data,
    /// Pieces in it that are not settled.
    open: usize,
}

/// What the data of an event tells of texts, and what was found in it.
pub(super) struct Told<'a> {
    pub(super) payload: &'a [u8],
    pub(super) pieces: Vec<Piece>,
    pub(super) ends: Ends,
    pub(super) found: Vec<Finding>,
}

impl Event {
    pub(super) fn new(bytes: Vec<u8>, edits: Vec<Edit>, data: Data) -> Self {
        Self { bytes, edits, data, open: 0 }
    }

    fn size(&self) -> usize {
        self.bytes.len() + EVENT_BYTES
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
            first: 0,
            events: 0,
            idle: 0,
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
        if pieces.is_empty() {
            self.idle += 1;
        } else {
            self.events += 1;
            self.idle = 0;
            self.end_others(&pieces, seen)?;
        }
        event.open = pieces.len();
        self.bytes += event.size();
        self.waiting.push_back(event);
        for piece in pieces {
            let raw = payload.get(piece.span.clone()).unwrap_or_default();
            self.read(piece, raw, &found, seen)?;
        }
        let (events, idle) = (self.events, self.idle > IDLE_MAX);
        let over =
            |text: &Text| idle || ends.holds(&text.numbers) || text.last + PAUSE_MAX < events;
        self.end(|_, text| over(text), seen)?;
        self.settled()
    }

    /// The stream has ended.
    pub(super) fn finish(&mut self, seen: &mut Seen) -> Result<Vec<u8>, OverBudget> {
        self.end(|_, _| true, seen)?;
        self.settled()
    }

    /// Nothing goes on, so that no event ends anything.
    pub(super) fn is_idle(&self) -> bool {
        self.texts.is_empty()
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
        self.texts.values().for_each(|text| add(&mut counts, text.counts()));
        counts
    }

    /// Reads a piece of a text of the last event.
    fn read(
        &mut self,
        Piece { text: name, numbers, span }: Piece,
        raw: &[u8],
        found: &[Finding],
        seen: &mut Seen,
    ) -> Result<(), OverBudget> {
        if self.texts.len() >= TEXTS_MAX && !self.texts.contains_key(&name) {
            let oldest = self.texts.values().map(|text| text.last).min();
            self.end(|_, text| Some(text.last) == oldest, seen)?;
        }
        let event = self.first + self.waiting.len().saturating_sub(1) as u64;
        let new = || Text::new(&self.scanner, self.redactions.clone(), numbers);
        let text = self.texts.entry(name).or_insert_with(new);
        text.last = self.events;
        let edits = text.push(event, &span, raw, found)?;
        seen.add(text.seen());
        place(&mut self.waiting, self.first, text.parts(edits));
        let settled = text.settled();
        self.settle(settled);
        Ok(())
    }

    /// In one choice of an answer one text follows the other.
    fn end_others(&mut self, pieces: &[Piece], seen: &mut Seen) -> Result<(), OverBudget> {
        let choices: Vec<_> = pieces.iter().filter_map(|one| delta::choice(&one.numbers)).collect();
        if choices.is_empty() || self.texts.len() < 2 {
            return Ok(());
        }
        let named = |name: &str| pieces.iter().any(|piece| piece.text == name);
        let same =
            |text: &Text| delta::choice(&text.numbers).is_some_and(|of| choices.contains(&of));
        self.end(|name, text| same(text) && !named(name), seen)
    }

    fn end(
        &mut self,
        over: impl Fn(&str, &Text) -> bool,
        seen: &mut Seen,
    ) -> Result<(), OverBudget> {
        let ended: Vec<Text> = self
            .texts
            .extract_if(.., |name, text| over(name, text))
            .map(|(_, text)| text)
            .collect();
        for mut text in ended {
            let edits = text.finish()?;
            seen.add(text.seen());
            add(&mut self.counts, text.counts());
            place(&mut self.waiting, self.first, text.parts(edits));
            let settled = text.settled();
            self.settle(settled);
        }
        Ok(())
    }

    /// Takes note of pieces that are settled, by the numbers of their events.
    fn settle(&mut self, events: Vec<u64>) {
        for event in events {
            if let Some(event) = at(&mut self.waiting, self.first, event) {
                event.open = event.open.saturating_sub(1);
            }
        }
    }

    /// The events whose pieces are settled.
    fn settled(&mut self) -> Result<Vec<u8>, OverBudget> {
        let mut output = Vec::new();
        while let Some(event) = self.waiting.pop_front_if(|event| event.open == 0) {
            self.first += 1;
            self.bytes = self.bytes.saturating_sub(event.size());
            match merged(event.edits).as_slice() {
                [] => output.extend_from_slice(&event.bytes),
                edits => output.append(&mut apply(&event.bytes, edits)),
            }
        }
        if self.bytes > self.limit { Err(TOO_LONG) } else { Ok(output) }
    }
}

fn at(waiting: &mut VecDeque<Event>, first: u64, event: u64) -> Option<&mut Event> {
    waiting.get_mut(usize::try_from(event.checked_sub(first)?).ok()?)
}

/// Gives each event its parts of the edits of a text.
fn place(waiting: &mut VecDeque<Event>, first: u64, parts: Vec<(Placed, Vec<Edit>)>) {
    for (Placed { event, span, .. }, mut parts) in parts {
        let Some(Event { bytes, edits, data, .. }) = at(waiting, first, event) else { continue };
        let Some(payload) = data.payload(bytes) else { continue };
        let raw = payload.get(span.clone()).unwrap_or_default();
        map_back(raw, parts.iter_mut().map(|part| &mut part.span));
        edits.extend(parts.into_iter().map(|Edit { span: part, replacement }| {
            let part = part.start + span.start..part.end + span.start;
            Edit { span: data.map(part), replacement }
        }));
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
