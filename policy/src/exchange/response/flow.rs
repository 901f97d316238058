/*! A body that flows: one stream for the caller, redacted by the rules, and one for the record,
redacted with all packs, until the record is full. */

use crate::answer::{Answer, Listed};
use crate::decide::ResponsePlan;
use crate::engine::Engine;
use crate::reason::Reason;
use crate::record::BodyRecord;
use crate::redact::Seen;
use crate::scan::{OverBudget, Scanner, SseStream, StreamScanner};
use crate::verdict::Contribution;

use super::super::journal::{cut, findings};
use super::body::{Flowing, Summary};

pub struct Flow {
    out: Stream,
    copy: Option<Stream>,
    copied: Vec<u8>,
    limit: usize,
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
        let limit = engine.record.body_limit;
        let scanner = engine.bundle.scanner.clone();
        Self { out, copy: Some(copy), copied: Vec::new(), limit, ended: false, scanner }
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
        match plan.denial(self.out.seen().hit()) {
            Some(detail) => Flowing::Refused(Reason::ResponseDenied, detail),
            None => Flowing::Out(bytes),
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
        !self.ended && !matches!(self.out.push(b"", true), Ok(rest) if rest.is_empty())
    }

    pub fn summary(&self) -> Summary {
        let counts = self.out.counts();
        let text = String::from_utf8_lossy(&self.copied);
        Summary {
            body: BodyRecord {
                truncated: self.copy.is_none() || text.len() > self.limit || !self.ended,
                text: cut(&text, self.limit).to_owned(),
                ..BodyRecord::default()
            },
            findings: findings(counts, &self.scanner, self.out.seen()),
            seen: self.out.seen().clone(),
            rules: self.out.rules().to_vec(),
            not_inspected: Vec::new(),
        }
    }

    fn keep_copy(&mut self, chunk: &[u8], end: bool) {
        let Some(copy) = &mut self.copy else { return };
        match copy.push(chunk, end) {
            Ok(bytes) => self.copied.extend_from_slice(&bytes),
            Err(_) => self.copy = None,
        }
        if self.copied.len() > self.limit {
            self.copy = None;
        }
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
