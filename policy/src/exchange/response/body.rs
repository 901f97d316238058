/*!
The body of a response, redacted as it flows.

Text and event streams go out as they come, less what may still become a finding. JSON and forms have to be
whole before they can be read, so they are taken out of Envoy's hands piece by piece and go out at the
end: Envoy's own buffer would cut the connection at its limit.
*/

use crate::answer::{Answer, HeldProposal, Listed, ProposedCall};
use crate::call::Kind;
use crate::content_type;
use crate::custody::{self, CustodyStream};
use crate::decide::ResponsePlan;
use crate::digest::BodyDigest;
use crate::engine::Engine;
use crate::reason::Reason;
use crate::record::part::{Part, Side};
use crate::record::{BodyRecord, FindingCount, Taken};
use crate::redact::{self, Seen};
use crate::scan::{self, Budget, Findings, Mend};
use crate::verdict::Contribution;

use super::super::journal;
use super::super::masked_target::form_tells;
use super::super::masked_text::{in_parts, masked, text_of};
use super::flow::Flow;
use super::head::value;

#[derive(Default)]
pub struct Body {
    mode: Mode,
    size: u64,
    digest: Option<BodyDigest>,
    custody: CustodyStream,
    /// It is called text: then no byte of it is NUL, as every other byte of UTF-16 would be.
    text: bool,
    /// It is called JSON.
    json: bool,
    /// In lower case.
    content_type: String,
    /// Of what is read whole.
    answer: Answer,
    /// Bytes that already went to the caller.
    sent: bool,
    /// It was read whole, and is none.
    not_text: bool,
    summary: Summary,
    /// For the parts of the summary.
    taken: Taken,
}

#[derive(Default)]
enum Mode {
    /// Nothing comes, or nothing came.
    #[default]
    None,
    /// Not JSON by its name; the first byte tells.
    Undecided,
    Whole(Vec<u8>),
    Flowing(Box<Flow>),
    Done,
}

/// Of a picture, say, or of text in another encoding: what was looked for in it is not what it says.
pub const NOT_TEXT: &str = "response body: it is not text, not recorded";

pub fn too_large(limit: usize) -> String {
    format!("the response is over {limit} bytes and must be read whole")
}

pub fn too_large_to_wait(limit: usize) -> String {
    format!("the model says over {limit} bytes after a call that has to be approved")
}

pub enum Flowing {
    Out(Vec<u8>),
    /// The rest of a body in which calls stand that have to be approved.
    Held(Vec<u8>),
    Refused(Reason, String),
}

/// What the record says of the body.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub body: BodyRecord,
    /// What is behind its text.
    pub parts: Vec<Part>,
    pub findings: Vec<FindingCount>,
    /// What the rules of the plan saw.
    pub seen: Seen,
    /// Those that spoke of calls a model proposes.
    pub rules: Vec<Contribution>,
    pub not_inspected: Vec<String>,
}

impl Body {
    pub fn for_headers(
        engine: &Engine,
        plan: &ResponsePlan,
        headers: &[(String, Vec<u8>)],
        answer: Answer,
    ) -> Self {
        let content_type = value(headers, "content-type").unwrap_or_default().to_ascii_lowercase();
        let media = content_type.split(';').next().unwrap_or_default().trim();
        let form = content_type::says_form(&content_type);
        let mcp_or_model = matches!(answer.kind, Kind::Mcp | Kind::Openai);
        let mode = if media == "text/event-stream" {
            Mode::Flowing(Box::new(Flow::events(engine, plan, answer.clone())))
        } else if media.ends_with("json") || form || mcp_or_model {
            Mode::Whole(Vec::new())
        } else {
            Mode::Undecided
        };
        let text = media.starts_with("text/")
            || form
            || ["json", "xml", "javascript", "yaml", "csv"].iter().any(|end| media.ends_with(end));
        let json = media.ends_with("json");
        Self {
            mode,
            text,
            json,
            content_type,
            answer,
            digest: Some(BodyDigest::new(&engine.digest_key)),
            ..Self::default()
        }
    }

    pub fn push(
        &mut self,
        engine: &Engine,
        plan: &ResponsePlan,
        chunk: &[u8],
        end: bool,
    ) -> Flowing {
        self.size += chunk.len() as u64;
        if let Some(digest) = &mut self.digest {
            digest.update(chunk);
        }
        if self.text && chunk.contains(&0) {
            let detail = "the response is called text and holds bytes that are none".to_owned();
            return Flowing::Refused(Reason::ResponseUnreadable, detail);
        }
        let chunk = &self.custody.push(&engine.custody, chunk, end);
        self.decide_mode(engine, plan, chunk);
        let limit = engine.limits.response_body;
        let flowing = match &mut self.mode {
            Mode::None | Mode::Undecided | Mode::Done => Flowing::Out(chunk.to_vec()),
            Mode::Whole(body) => {
                if body.len() + chunk.len() > limit {
                    Flowing::Refused(Reason::ResponseTooLarge, too_large(limit))
                } else {
                    body.extend_from_slice(chunk);
                    if end { self.read_whole(engine, plan) } else { Flowing::Out(Vec::new()) }
                }
            }
            Mode::Flowing(flow) => flow.push(plan, chunk, end),
        };
        // It is written back into what Envoy keeps.
        if matches!(&flowing, Flowing::Held(bytes) if bytes.len() > limit) {
            return Flowing::Refused(Reason::ResponseTooLarge, too_large_to_wait(limit));
        }
        if matches!(&flowing, Flowing::Out(bytes) if !bytes.is_empty()) {
            self.sent = true;
        }
        flowing
    }

    /// Something is held back that the caller should have got.
    pub fn holds_back(&mut self) -> bool {
        if self.custody.holds_back() {
            return true;
        }
        match &mut self.mode {
            Mode::Whole(body) => !body.is_empty(),
            Mode::Flowing(flow) => flow.holds_back(),
            Mode::None | Mode::Undecided | Mode::Done => false,
        }
    }

    /// Calls in it that have to be approved.
    pub fn held(&self) -> &[HeldProposal] {
        match &self.mode {
            Mode::Flowing(flow) => flow.held(),
            _ => self.answer.held(),
        }
    }

    /// A part of it did.
    pub fn went_out(&self) -> bool {
        self.sent
    }

    /// Some id in it left sealed.
    pub fn has_sealed(&self) -> bool {
        match &self.mode {
            Mode::Flowing(flow) => flow.has_sealed(),
            _ => self.answer.has_sealed(),
        }
    }

    /// Calls that a model proposes in it.
    pub fn calls(&self) -> &[ProposedCall] {
        match &self.mode {
            Mode::Flowing(flow) => flow.calls(),
            _ => self.answer.calls(),
        }
    }

    pub fn listed(&self) -> Option<&Listed> {
        match &self.mode {
            Mode::Flowing(flow) => flow.listed(),
            _ => self.answer.listed(),
        }
    }

    /// Parts to show while it goes on, to lines that Envoy writes each `every` milliseconds.
    pub fn show(&mut self, now: u64, every: u64) -> Option<Vec<Part>> {
        match &mut self.mode {
            Mode::Flowing(flow) => flow.show(now, every),
            _ => None,
        }
    }

    /// It has to be at hand as a whole before any of it goes out.
    pub fn is_whole(&self) -> bool {
        matches!(self.mode, Mode::Whole(_))
    }

    pub fn is_events(&self) -> bool {
        matches!(&self.mode, Mode::Flowing(flow) if flow.is_events())
    }

    /// Nothing of it went out, or only whole events did: an error can still stand in its place. A plain
    /// caller reads one only where JSON was promised: in any other form it would pass for what was asked for.
    pub fn may_be_replaced(&self) -> bool {
        match self.answer.kind {
            Kind::Mcp | Kind::Openai => !self.sent || self.is_events(),
            Kind::Http | Kind::Auto => !self.sent && self.json,
        }
    }

    pub fn summary(&self) -> Summary {
        let mut summary = match &self.mode {
            Mode::Flowing(flow) => flow.summary(),
            _ => self.summary.clone(),
        };
        summary.body.size = self.size;
        if self.not_text {
            summary.not_inspected.push(NOT_TEXT.to_owned());
        }
        if summary.rules.is_empty() {
            summary.rules = self.answer.rules().to_vec();
        }
        if self.custody.found > 0 {
            let kind = custody::KIND.to_owned();
            let count = self.custody.found;
            summary.findings.push(FindingCount { kind, count, redacted: true, allowed: false });
        }
        if summary.body.digest.is_empty()
            && let Some(digest) = self.digest.clone()
        {
            summary.body.digest = digest.finish();
        }
        if let Mode::Whole(body) = &self.mode
            && !body.is_empty()
        {
            summary
                .not_inspected
                .push("response body: it did not come whole, not passed on".into());
        }
        summary
    }

    fn decide_mode(&mut self, engine: &Engine, plan: &ResponsePlan, chunk: &[u8]) {
        if !matches!(self.mode, Mode::Undecided) {
            return;
        }
        match chunk.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{' | b'[') => self.mode = Mode::Whole(Vec::new()),
            Some(_) => self.mode = Mode::Flowing(Box::new(Flow::text(engine, plan))),
            None if chunk.is_empty() => {}
            // Only white space so far: it is kept in order with what follows.
            None => self.mode = Mode::Flowing(Box::new(Flow::text(engine, plan))),
        }
    }

    fn read_whole(&mut self, engine: &Engine, plan: &ResponsePlan) -> Flowing {
        let Mode::Whole(body) = std::mem::replace(&mut self.mode, Mode::Done) else {
            return Flowing::Out(Vec::new());
        };
        let scanner = &engine.bundle.scanner;
        let mut budget = Budget::for_body(body.len());
        let found = scan::scan_called(scanner, &self.content_type, &body, &mut budget);
        let Ok(findings) = found else {
            self.summary.not_inspected.push("response body: over budget, refused".into());
            let detail = "reading the response took too much work".to_owned();
            return Flowing::Refused(Reason::OverBudget, detail);
        };
        let mend = self.answer.data(&body);
        self.answer.finish();
        if text_of(&body).is_none() {
            self.not_text = true;
        }
        if let Some((reason, detail)) = self.answer.refuses() {
            self.keep(engine, &body, &findings);
            return Flowing::Refused(reason, detail);
        }
        if findings.is_empty() {
            self.keep(engine, &body, &findings);
            return self.out(if mend.is_empty() { body } else { redact::apply(&body, &mend) });
        }
        let redactions = plan.redactions(scanner);
        let treated = redactions.treat(&body, self.json, &findings);
        self.keep(engine, &body, &findings);
        self.summary.findings = journal::findings(findings.counts(), scanner, &treated.seen);
        self.summary.seen = treated.seen.clone();
        if let Some(detail) = plan.denial(treated.seen.hit()) {
            return Flowing::Refused(Reason::ResponseDenied, detail);
        }
        let edits = redact::redact_by(&redactions, &treated, scanner, &body, &findings);
        let edits = redact::joined(edits, mend);
        self.out(if edits.is_empty() { body } else { redact::apply(&body, &edits) })
    }

    /// For the record.
    fn keep(&mut self, engine: &Engine, body: &[u8], findings: &Findings) {
        let (mut record, rest) = masked(engine, body, findings);
        if form_tells(engine, &self.content_type, &format!("{}{rest}", record.text)) {
            record.without_text();
            let why = "response body: it cannot be masked, not recorded";
            self.summary.not_inspected.push(why.into());
            self.summary.body = record;
            return;
        }
        self.taken = engine.parts_room.begin();
        if self.taken.more(rest.len()) {
            self.summary.parts = in_parts(Side::Response, &rest, [], record.text.len());
        } else {
            record.parts_truncated = false;
        }
        self.summary.body = record;
    }

    fn out(&self, body: Vec<u8>) -> Flowing {
        match self.answer.held() {
            [] => Flowing::Out(body),
            _ => Flowing::Held(body),
        }
    }
}
