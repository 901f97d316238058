/*! A body that flows: one stream for the caller, redacted by the rules, and one for the record,
redacted with all packs, until the record and its parts are full. */

use crate::answer::{Answer, HeldProposal, Listed, ProposedCall};
use crate::decide::ResponsePlan;
use crate::engine::Engine;
use crate::reason::Reason;
use crate::record::part::Part;
use crate::redact::Seen;
use crate::scan::{OverBudget, Scanner, SseStream, StreamScanner};
use crate::verdict::Contribution;

use super::super::journal::findings;
use super::body::{Flowing, NOT_TEXT, Summary, too_large_to_wait};
use super::kept::Kept;

pub struct Flow {
    out: Stream,
    copy: Option<Stream>,
    kept: Kept,
    /// From the first call on that has to be approved, to the end.
    withheld: Vec<u8>,
    withheld_limit: usize,
    ended: bool,
    scanner: Scanner,
}

enum Stream {
    Text(Box<StreamScanner>),
    Events(Box<SseStream>),
}

impl Flow {
    pub fn text(engine: &Engine, plan: &ResponsePlan) -> Self {
        let scanner = &engine.bundle.scanner;
        Self::new(
            engine,
            Stream::Text(Box::new(StreamScanner::by(scanner, plan.redactions(scanner)))),
            Stream::Text(Box::new(StreamScanner::new(scanner, |_| true))),
        )
    }

    pub fn events(engine: &Engine, plan: &ResponsePlan, answer: Answer) -> Self {
        let scanner = &engine.bundle.scanner;
        let stream =
            SseStream::by(scanner, plan.redactions(scanner)).mended(Box::new(answer.in_events()));
        Self::new(
            engine,
            Stream::Events(Box::new(stream)),
            Stream::Events(Box::new(SseStream::new(scanner, |_| true))),
        )
    }

    fn new(engine: &Engine, out: Stream, copy: Stream) -> Self {
        Self {
            out,
            copy: Some(copy),
            kept: Kept::new(engine),
            withheld: Vec::new(),
            withheld_limit: engine.limits.response_body,
            ended: false,
            scanner: engine.bundle.scanner.clone(),
        }
    }

    pub fn push(&mut self, plan: &ResponsePlan, chunk: &[u8], end: bool) -> Flowing {
        self.ended = end;
        self.keep_copy(chunk, end);
        let Ok(bytes) = self.out.push(chunk, end) else {
            let detail = "reading the response took too much work".to_owned();
            return Flowing::Refused(Reason::OverBudget, detail);
        };
        if let Some((reason, detail)) = self.out.refuses() {
            return Flowing::Refused(reason, detail);
        }
        if let Some(detail) = plan.denial(self.out.seen().hit()) {
            return Flowing::Refused(Reason::ResponseDenied, detail);
        }
        if self.held().is_empty() {
            return Flowing::Out(bytes);
        }
        self.withheld.extend(bytes);
        match self.withheld.len() > self.withheld_limit {
            true => {
                Flowing::Refused(Reason::ResponseTooLarge, too_large_to_wait(self.withheld_limit))
            }
            false if end => Flowing::Held(std::mem::take(&mut self.withheld)),
            false => Flowing::Out(Vec::new()),
        }
    }

    pub fn held(&self) -> &[HeldProposal] {
        self.out.held()
    }

    pub fn has_sealed(&self) -> bool {
        match &self.out {
            Stream::Text(_) => false,
            Stream::Events(stream) => stream.mend().is_some_and(|mend| mend.has_sealed()),
        }
    }

    pub fn calls(&self) -> &[ProposedCall] {
        match &self.out {
            Stream::Text(_) => &[],
            Stream::Events(stream) => stream.mend().map_or(&[], |mend| mend.calls()),
        }
    }

    pub fn is_events(&self) -> bool {
        matches!(self.out, Stream::Events(_))
    }

    pub fn listed(&self) -> Option<&Listed> {
        match &self.out {
            Stream::Text(_) => None,
            Stream::Events(stream) => stream.mend()?.listed(),
        }
    }

    /// Asked when no more can come: what is left in the stream never left it.
    pub fn holds_back(&mut self) -> bool {
        if self.ended {
            return false;
        }
        let rest = self.out.push(b"", true);
        let judged = self.out.refuses().is_none() && self.held().is_empty();
        !judged || !matches!(rest, Ok(rest) if rest.is_empty())
    }

    pub fn summary(&self) -> Summary {
        let counts = self.out.counts();
        let text = self.kept.text();
        let not_text = text.is_none().then(|| NOT_TEXT.to_owned());
        let whole = self.copy.is_some() && self.ended;
        let (body, parts) = self.kept.record(text.unwrap_or_default(), whole);
        Summary {
            body,
            parts,
            findings: findings(counts, &self.scanner, self.out.seen()),
            seen: self.out.seen().clone(),
            rules: self.out.rules().to_vec(),
            not_inspected: not_text.into_iter().collect(),
        }
    }

    fn keep_copy(&mut self, chunk: &[u8], end: bool) {
        let Some(copy) = &mut self.copy else { return };
        match copy.push(chunk, end) {
            Ok(bytes) if self.kept.push(&bytes) => {}
            _ => self.copy = None,
        }
    }

    /// Parts to show while it goes on, to lines that Envoy writes each `every` milliseconds.
    pub fn show(&mut self, now: u64, every: u64) -> Option<Vec<Part>> {
        self.kept.show(now, every)
    }
}

impl Stream {
    fn push(&mut self, chunk: &[u8], end: bool) -> Result<Vec<u8>, OverBudget> {
        let mut bytes = match self {
            Stream::Text(stream) => stream.push(chunk)?,
            Stream::Events(stream) => stream.push(chunk)?,
        };
        if end {
            bytes.extend(match self {
                Stream::Text(stream) => stream.finish()?,
                Stream::Events(stream) => stream.finish()?,
            });
        }
        Ok(bytes)
    }

    fn refuses(&self) -> Option<(Reason, String)> {
        match self {
            Stream::Text(_) => None,
            Stream::Events(stream) => stream.mend()?.refuses(),
        }
    }

    fn rules(&self) -> &[Contribution] {
        match self {
            Stream::Text(_) => &[],
            Stream::Events(stream) => stream.mend().map_or(&[], |mend| mend.rules()),
        }
    }

    fn held(&self) -> &[HeldProposal] {
        match self {
            Stream::Text(_) => &[],
            Stream::Events(stream) => stream.mend().map_or(&[], |mend| mend.held()),
        }
    }

    fn seen(&self) -> &Seen {
        match self {
            Stream::Text(stream) => stream.seen(),
            Stream::Events(stream) => stream.seen(),
        }
    }

    fn counts(&self) -> Vec<(String, u32)> {
        match self {
            Stream::Text(stream) => stream.counts(),
            Stream::Events(stream) => stream.counts(),
        }
    }
}
