/*!
Text that flows: redacted as it passes, holding back only what may still become a finding.

The text is read as it is and, from the first spelling in it on, as its view decodes it; what was
found in either is redacted in the text.
*/

mod map;
mod side;
mod tally;

use std::cmp::Reverse;

use super::body::scan_part;
use super::budget::OverBudget;
use super::parts::Parts;
use super::unit::Unit;
use super::{Finding, Form, Found, Scanner, view};
use crate::redact::{Place, Redactions, Seen};
use map::Map;
use side::Side;
use tally::Tally;

/// However the text is cut into chunks, what comes out in all is the same.
pub struct StreamScanner {
    scanner: Scanner,
    redactions: Redactions,
    text: Side,
    view: Option<Box<(Side, Map)>>,
    parts: Parts,
    /// Offset of the first byte that has not left.
    sent: usize,
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

    /// Each kind found and how often, sorted by kind.
    pub fn counts(&self) -> Vec<(String, u32)> {
        self.tally.counts()
    }

    pub(crate) fn seen(&self) -> &Seen {
        &self.seen
    }

    fn step(&mut self, last: bool) -> Result<Vec<u8>, OverBudget> {
        self.read(last)?;
        self.found.sort_by_key(|one| (one.span.start, Reverse(one.span.end), one.pattern));
        let settled = if last { self.text.end() } else { self.settled() };
        self.tally.settle(settled);
        let output = self.release(settled);
        self.text.forget(&self.scanner, self.sent);
        if let Some((side, map)) = self.view.as_deref_mut() {
            side.forget(&self.scanner, map.forget(self.sent));
        }
        Ok(output)
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
        self.tally.add(Finding { pattern, span: span.clone() });
        let raw = self.text.slice(span.start, span.end);
        if let Some(redaction) = self.redactions.treat_text(pattern, raw, &mut self.seen) {
            self.found.push(Place { pattern, span, form, redaction });
        }
    }

    /// No finding that is still to come begins before this offset of the text.
    fn settled(&self) -> usize {
        let text = self.text.settled(&self.scanner).min(self.parts.settled());
        let Some((side, map)) = self.view.as_deref() else { return text };
        map.floor(text.min(map.begin_in_text(side.settled(&self.scanner))))
    }

    /// What lies before `settled` and in no finding that reaches beyond it.
    fn release(&mut self, settled: usize) -> Vec<u8> {
        let mut output = Vec::new();
        let mut findings = std::mem::take(&mut self.found).into_iter().peekable();
        while let Some(finding) = findings.next_if(|f| f.span.start < settled) {
            let mut group = vec![finding];
            let mut span = group.first().map(|f| f.span.clone()).unwrap_or_default();
            while let Some(next) = findings.next_if(|f| f.span.start < span.end) {
                span.end = span.end.max(next.span.end);
                group.push(next);
            }
            if span.end > settled {
                self.copy(span.start, &mut output);
                self.found = group;
                break;
            }
            self.copy(span.start, &mut output);
            let raw = self.text.slice(span.start, span.end);
            output.extend_from_slice(self.redactions.replacement(&group, raw).as_bytes());
            self.sent = span.end;
        }
        if self.found.is_empty() {
            self.copy(settled, &mut output);
        }
        self.found.extend(findings);
        output
    }

    /// Sends the text up to `end`.
    fn copy(&mut self, end: usize, output: &mut Vec<u8>) {
        output.extend_from_slice(self.text.slice(self.sent, end));
        self.sent = self.sent.max(end);
    }
}
