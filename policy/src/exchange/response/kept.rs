/*!
The masked copy of a body that flows: the text of its record, and what is behind it, cut into parts. Where a
cut is hangs on nothing but when and how much came: the text is masked as one before it is cut.
*/

use crate::engine::Engine;
use crate::record::part::{PART_MOST, Part, Side};
use crate::record::{BodyRecord, Taken};

use super::super::masked_text::{cut, in_parts, text_of};

/// So often within half of Envoy's interval what came is shown: whoever sends a byte at a time makes no more work than that.
const SHOWN_AT_ONCE: u32 = 8;

/// So many parts may be as short as what came within half an interval; of the rest there are no more than that again.
const SHORT_PARTS: usize = 64;

/// Intervals after which what is shown is surely in a line: the clock may be set, and a worker may be late.
const SHOWN_FOR: u64 = 3;

pub struct Kept {
    bytes: Vec<u8>,
    /// Of the record's own text.
    first: usize,
    /// Of that and of all parts.
    most: usize,
    taken: Taken,
    /// More came than is kept.
    full: bool,
    shown: Shown,
}

/// What lines say of it while it goes on.
#[derive(Default)]
struct Shown {
    pieces: Vec<Piece>,
    /// In Unix milliseconds: since when the last one grows.
    since: u64,
    /// How often it was shown since then.
    times: u32,
}

#[derive(Clone, Copy)]
struct Piece {
    from: usize,
    to: usize,
    /// When it was shown last.
    at: u64,
}

impl Kept {
    pub fn new(engine: &Engine) -> Self {
        let first = engine.record.body_limit;
        Self {
            bytes: Vec::new(),
            first,
            most: first.saturating_add(engine.record.parts_limit),
            taken: engine.parts_room.begin(),
            full: false,
            shown: Shown::default(),
        }
    }

    /// Whether more is wanted.
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        let before = self.bytes.len();
        let fits = bytes.len().min(self.most.saturating_sub(before));
        let beyond = (before + fits).saturating_sub(self.first.max(before));
        let fits = if self.taken.more(beyond) { fits } else { fits - beyond };
        self.bytes.extend_from_slice(bytes.get(..fits).unwrap_or_default());
        self.full |= fits < bytes.len();
        !self.full
    }

    /// `None`: it is not text.
    pub fn text(&self) -> Option<&str> {
        text_of(&self.bytes)
    }

    /// What the record says of it. `whole`: nothing is missing but what had no room.
    pub fn record(&self, text: &str, whole: bool) -> (BodyRecord, Vec<Part>) {
        let own = cut(text, self.first);
        let cuts = self.shown.pieces.iter().map(|piece| piece.to);
        let rest = in_parts(Side::Response, text, cuts.chain([own.len()]), 0);
        let rest: Vec<Part> =
            rest.into_iter().filter(|part| part.from >= own.len() as u64).collect();
        let record = BodyRecord {
            text: own.to_owned(),
            truncated: self.full || own.len() < text.len() || !whole,
            parts_truncated: !rest.is_empty() && (self.full || !whole),
            ..BodyRecord::default()
        };
        (record, rest)
    }

    /// Parts to show in the lines that Envoy writes each `every` milliseconds while it goes on. `None`: those that
    /// are shown are enough for now.
    pub fn show(&mut self, now: u64, every: u64) -> Option<Vec<Part>> {
        let half = (every / 2).max(1);
        let last = self.shown.pieces.last();
        let (begin, known) = last.map_or((0, 0), |piece| (piece.from, piece.to));
        // The clock may be set back.
        let over = now.abs_diff(self.shown.since) >= half;
        if self.bytes.len() == known || !over && self.shown.times >= SHOWN_AT_ONCE {
            return None;
        }
        if over {
            (self.shown.since, self.shown.times) = (now, 0);
        }
        self.shown.times += 1;
        let text = text_of(self.bytes.get(begin..)?)?;
        let end = begin + text.len();
        if end == known {
            return None;
        }
        let short = self.shown.pieces.len() < SHORT_PARTS;
        let long = short || end - begin >= self.most / SHORT_PARTS;
        if (over && long) || self.shown.pieces.is_empty() {
            self.shown.pieces.push(Piece { from: known, to: known, at: now });
        }
        self.grow(end, now);
        let gone = now.saturating_sub(every.saturating_mul(SHOWN_FOR));
        let pieces = self.shown.pieces.iter().zip(0_u32..);
        let left = pieces.filter(|(piece, _)| piece.at >= gone);
        Some(left.filter_map(|(piece, n)| self.part(n, piece.from, piece.to)).collect())
    }

    /// The last piece up to `end`, and more of them where that is too long, or goes past the record's own text.
    fn grow(&mut self, end: usize, now: u64) {
        let own = self.own_end();
        while let Some(last) = self.shown.pieces.last_mut() {
            let mut to = end.min(last.from + PART_MOST);
            if last.from < own {
                to = to.min(own);
            }
            let text = self.bytes.get(last.from..to).and_then(text_of).unwrap_or_default();
            (last.to, last.at) = (last.from + text.len(), now);
            let from = last.to;
            if from >= end || text.is_empty() {
                break;
            }
            self.shown.pieces.push(Piece { from, to: from, at: now });
        }
    }

    /// Where the record's own text ends, if it is that long by now.
    fn own_end(&self) -> usize {
        match self.bytes.len() > self.first {
            true => self.bytes.get(..self.first).and_then(text_of).map_or(0, str::len),
            false => usize::MAX,
        }
    }

    fn part(&self, n: u32, from: usize, to: usize) -> Option<Part> {
        let text = text_of(self.bytes.get(from..to)?)?.to_owned();
        Some(Part { of: Side::Response, n, from: from as u64, text })
    }
}
