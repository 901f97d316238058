/*!
Text that flows: redacted as it passes, holding back only what may still become a finding.

The text is read as it is and, from the first spelling in it on, as its view decodes it; what was
found in either is redacted in the text.
*/

mod map;
mod side;
mod tally;

use std::cmp::Reverse;
use std::ops::Range;

use super::body::{holds_json, scan_part};
use super::budget::OverBudget;
use super::parts::Parts;
use super::unit::Unit;
use super::{Finding, Form, Found, Scanner, view};
use crate::redact::{Edit, Place, Redactions, Seen, apply};
use map::Map;
use side::Side;
use tally::Tally;

/// How many known findings may lie in each other.
const KNOWN_MAX: usize = 32;

/// However the text is cut into chunks, what comes out in all is the same.
pub struct StreamScanner {
    scanner: Scanner,
    redactions: Redactions,
    text: Side,
    view: Option<Box<(Side, Map)>>,
    parts: Parts,
    /// Offset of the first byte that has not left.
    sent: usize,
    /// What others have found and treated, sorted: findings within are none of this one's.
    known: Vec<(u16, Range<usize>)>,
    /// How long it waits for a line or a run to end.
    patience: usize,
    /// It begins like JSON, in which a number stays one.
    json: bool,
    /// Findings that wait until nothing can begin before their end, each with what becomes of it.
    found: Vec<Place>,
    seen: Seen,
    /// All findings, redacted or not.
    tally: Tally,
}

impl StreamScanner {
    pub fn new(scanner: &Scanner, kinds: impl Fn(&str) -> bool) -> Self {
        Self::by(scanner, Redactions::tokens(scanner, kinds))
    }

    pub fn by(scanner: &Scanner, redactions: Redactions) -> Self {
        Self {
            seen: redactions.nothing_seen(),
            redactions,
            text: Side::new(scanner),
            view: None,
            parts: Parts::default(),
            sent: 0,
            known: Vec::new(),
            patience: usize::MAX,
            json: false,
            found: Vec::new(),
            tally: Tally::new(scanner.kind_names()),
            scanner: scanner.clone(),
        }
    }

    /// Takes the next piece of the text and gives what can leave by now.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<u8>, OverBudget> {
        self.text.push(chunk);
        self.step(false)
    }

    /// The text has ended: gives the rest.
    pub fn finish(&mut self) -> Result<Vec<u8>, OverBudget> {
        self.step(true)
    }

    /// For text that comes in many pieces, each of which costs who waits for it.
    pub(super) fn in_pieces(self, patience: usize) -> Self {
        Self { patience, ..self }
    }

    /// As `push` and, with `last`, `finish`, for whoever has the text: what is to change in it up to `left`,
    /// in offsets of the whole text. `known` are findings in it that are treated already.
    pub(super) fn edits(
        &mut self,
        chunk: &[u8],
        known: Vec<(u16, Range<usize>)>,
        last: bool,
    ) -> Result<Vec<Edit>, OverBudget> {
        if self.text.end() == 0 {
            self.json = holds_json(chunk);
        }
        self.known.extend(known);
        self.text.push(chunk);
        let edits = self.advance(last)?;
        self.forget();
        Ok(edits)
    }

    /// How far the text is settled.
    pub(super) fn left(&self) -> usize {
        self.sent
    }

    /// Each kind found and how often, sorted by kind.
    pub fn counts(&self) -> Vec<(String, u32)> {
        self.tally.counts()
    }

    pub(crate) fn seen(&self) -> &Seen {
        &self.seen
    }

    fn step(&mut self, last: bool) -> Result<Vec<u8>, OverBudget> {
        let from = self.sent;
        let mut edits = self.advance(last)?;
        for Edit { span, .. } in &mut edits {
            *span = span.start.saturating_sub(from)..span.end.saturating_sub(from);
        }
        let output = apply(self.text.slice(from, self.sent), &edits);
        self.forget();
        Ok(output)
    }

    fn advance(&mut self, last: bool) -> Result<Vec<Edit>, OverBudget> {
        self.read(last)?;
        self.found.sort_by_key(|one| (one.span.start, Reverse(one.span.end), one.pattern));
        let settled = if last { self.text.end() } else { self.settled() };
        self.tally.settle(settled);
        Ok(self.release(settled))
    }

    fn forget(&mut self) {
        self.text.forget(&self.scanner, self.sent);
        if let Some((side, map)) = self.view.as_deref_mut() {
            side.forget(&self.scanner, map.forget(self.sent));
        }
        self.known.retain(|(_, span)| span.end > self.sent);
    }

    /// Reads what is at hand, but for the last bytes if they may begin a spelling.
    fn read(&mut self, last: bool) -> Result<(), OverBudget> {
        let mut at = self.text.read();
        while let Some(unit) = view::next(self.text.slice(at, self.text.end()), last) {
            let next = at + unit.raw_len();
            if let Some((side, map)) = self.view.as_deref_mut() {
                side.push(unit.text());
                map.push(&unit);
            } else if let Unit::Spelled(spelled) = unit {
                self.search_text(at, false)?;
                let (mut side, mut map) = (self.text.fork(), Map::new(self.text.base(), at));
                side.push(spelled.text());
                map.push(&Unit::Spelled(spelled));
                self.view = Some(Box::new((side, map)));
            }
            at = next;
        }
        self.search_text(at, last)?;
        self.search_view(last)?;
        self.search_parts(last)
    }

    /// Cells of tables and what stands for other text.
    fn search_parts(&mut self, last: bool) -> Result<(), OverBudget> {
        let window = self.text.window(last);
        let mut found = Vec::new();
        for part in self.parts.advance(&window, &self.scanner.0.columns) {
            found.append(&mut scan_part(&self.scanner, part, &window)?);
        }
        found.into_iter().for_each(|found| self.keep_in_text(found));
        Ok(())
    }

    fn search_text(&mut self, end: usize, last: bool) -> Result<(), OverBudget> {
        for Finding { pattern, span } in self.text.search(&self.scanner, end, last)? {
            self.keep_in_text(Found { pattern, span, form: Form::Text });
        }
        Ok(())
    }

    /// Keeps what was found in the text itself, whole spellings of it.
    fn keep_in_text(&mut self, mut found: Found) {
        if let Some((_, map)) = self.view.as_deref()
            && !matches!(found.form, Form::Encoded(..))
        {
            found.span = map.floor(found.span.start)..map.ceil(found.span.end);
        }
        self.keep(found);
    }

    fn search_view(&mut self, last: bool) -> Result<(), OverBudget> {
        let Some((side, map)) = self.view.as_deref_mut() else { return Ok(()) };
        let mut found = side.search(&self.scanner, side.end(), last)?;
        for Finding { span, .. } in &mut found {
            *span = map.begin_in_text(span.start)..map.end_in_text(span.end);
        }
        for Finding { pattern, span } in found {
            self.keep(Found { pattern, span, form: Form::Text });
        }
        Ok(())
    }

    fn keep(&mut self, Found { pattern, span, form }: Found) {
        if self.is_known(pattern, &span) {
            return;
        }
        self.tally.add(Finding { pattern, span: span.clone() });
        let raw = self.text.slice(span.start, span.end);
        if let Some(redaction) = self.redactions.treat_text(pattern, raw, &mut self.seen) {
            self.found.push(Place { pattern, span, form, redaction });
        }
    }

    fn is_known(&self, pattern: u16, span: &Range<usize>) -> bool {
        let kind = self.scanner.kind(pattern);
        let next = self.known.partition_point(|(_, known)| known.start <= span.start);
        let before = self.known.iter().take(next).rev().take(KNOWN_MAX);
        before
            .filter(|(_, known)| span.end <= known.end)
            .any(|(one, _)| self.scanner.kind(*one) == kind)
    }

    /// No finding that is still to come begins before this offset of the text.
    fn settled(&self) -> usize {
        let read = self.text.read();
        let parts = self.parts.settled(read).max(read.saturating_sub(self.patience));
        let text = self.text.settled(&self.scanner).min(parts);
        let Some((side, map)) = self.view.as_deref() else { return text };
        map.floor(text.min(map.begin_in_text(side.settled(&self.scanner))))
    }

    /// What is to change before `settled`, but for findings that reach beyond it.
    fn release(&mut self, settled: usize) -> Vec<Edit> {
        let mut edits = Vec::new();
        let mut findings = std::mem::take(&mut self.found).into_iter().peekable();
        while let Some(finding) = findings.next_if(|f| f.span.start < settled) {
            let mut group = vec![finding];
            let mut span = group.first().map(|f| f.span.clone()).unwrap_or_default();
            while let Some(next) = findings.next_if(|f| f.span.start < span.end) {
                span.end = span.end.max(next.span.end);
                group.push(next);
            }
            if span.end > settled {
                self.sent = self.sent.max(span.start);
                self.found = group;
                break;
            }
            let raw = self.text.slice(span.start, span.end);
            let replacement = if self.json && self.is_number(&span) {
                "0".to_owned()
            } else {
                self.redactions.replacement(&group, raw)
            };
            self.sent = self.sent.max(span.end);
            edits.push(Edit { span, replacement });
        }
        if self.found.is_empty() {
            self.sent = self.sent.max(settled);
        }
        self.found.extend(findings);
        edits
    }

    /// Whether a finding is a number of JSON: digits behind what stands before a value.
    fn is_number(&self, span: &Range<usize>) -> bool {
        let before = self.text.slice(self.text.base(), span.start).trim_ascii_end();
        let raw = self.text.slice(span.start, span.end);
        let digits = raw.strip_prefix(b"-").unwrap_or(raw);
        matches!(before.last(), Some(b':' | b'[' | b','))
            && digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
    }
}
