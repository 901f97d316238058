/*! Text that flows: redacted as it passes, holding back only what may still become a finding. */

use super::budget::{FlowMeter, OverBudget};
use super::pattern::BOUNDARY_MAX;
use super::search::{Search, Window};
use super::{Finding, Scanner};
use crate::redact::mark;

/// However the text is cut into chunks, what comes out in all is the same.
pub struct StreamScanner {
    scanner: Scanner,
    /// Per pattern, whether its findings are redacted.
    chosen: Vec<bool>,
    search: Search,
    meter: FlowMeter,
    /// The text from `base` on: a little that has left already, as context, and what is held back.
    text: Vec<u8>,
    base: usize,
    /// Offset of the first byte that has not left.
    sent: usize,
    /// Findings that wait until nothing can begin before their end.
    found: Vec<Finding>,
    /// How many findings of each pattern there were, redacted or not.
    counts: Vec<u32>,
}

impl StreamScanner {
    pub fn new(scanner: &Scanner, kinds: impl Fn(&str) -> bool) -> Self {
        let chosen: Vec<bool> = scanner.0.kinds.iter().map(|kind| kinds(kind)).collect();
        Self {
            search: Search::new(scanner),
            meter: FlowMeter::new(chosen.len()),
            counts: vec![0; chosen.len()],
            scanner: scanner.clone(),
            chosen,
            text: Vec::new(),
            base: 0,
            sent: 0,
            found: Vec::new(),
        }
    }

    /// Takes the next piece of the text and gives what can leave by now.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<u8>, OverBudget> {
        self.text.extend_from_slice(chunk);
        self.step(false)
    }

    /// The text has ended: gives the rest.
    pub fn finish(&mut self) -> Result<Vec<u8>, OverBudget> {
        self.step(true)
    }

    /// Each kind found and how often, sorted by kind.
    pub fn counts(&self) -> Vec<(String, u32)> {
        let mut counts = std::collections::BTreeMap::<&str, u32>::new();
        for (kind, count) in self.scanner.0.kinds.iter().zip(&self.counts).filter(|(_, n)| **n > 0)
        {
            *counts.entry(kind).or_default() += count;
        }
        counts.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect()
    }

    fn step(&mut self, last: bool) -> Result<Vec<u8>, OverBudget> {
        let window = Window { bytes: &self.text, base: self.base, last };
        self.search.advance(&self.scanner, &window, &mut self.meter)?;
        for finding in self.search.take() {
            let number = usize::from(finding.pattern);
            if let Some(count) = self.counts.get_mut(number) {
                *count += 1;
            }
            if self.chosen.get(number).copied().unwrap_or(true) {
                self.found.push(finding);
            }
        }
        // A later chunk may find what begins before an earlier finding.
        self.found.sort_by_key(|f| (f.span.start, std::cmp::Reverse(f.span.end), f.pattern));
        let settled = if last { window.end() } else { self.search.settled(&self.scanner, &window) };
        let output = self.release(settled);
        self.forget();
        Ok(output)
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
            let kind = group.first().map_or("", |first| self.scanner.kind(first.pattern));
            output.extend_from_slice(mark(kind).as_bytes());
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
        let window = Window { bytes: &self.text, base: self.base, last: false };
        output.extend_from_slice(window.slice(self.sent..end));
        self.sent = self.sent.max(end);
    }

    /// Drops what no boundary can ask for any more.
    fn forget(&mut self) {
        let keep = self.sent.saturating_sub(BOUNDARY_MAX).max(self.base);
        self.text.drain(..(keep - self.base).min(self.text.len()));
        self.base = keep;
    }
}
