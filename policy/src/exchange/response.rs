/*!
The upstream's answer on its way back: what is refused at its head, what is taken off, and the body,
redacted as it flows.

A head that went out cannot be taken back, and it cannot wait for the body: Envoy gives no body to a filter
that holds the head. A body that must be refused becomes the protocol's own error in its place, if none of it
went out yet, or a reset.
*/

mod body;
mod flow;
mod head;
mod kept;
mod proof;

use std::collections::BTreeMap;

use crate::answer::{Answer, HeldProposal, ShownTool};
use crate::decide::ResponsePlan;
use crate::engine::{Engine, Place};
use crate::reason::Reason;
use crate::record::part::Part;
use crate::record::{ChangedTool, End, Record, ResponseEdit, ResponseRecord};
use crate::refusal;
use crate::rule::{Mode, Phase, Rule};
use crate::scan::Mend as _;

use super::headers::{self, Headers};
use super::refuse::{Asked, Refused};
use super::spoken;
use super::step::{Flow, Step, Steps};
use body::{Body, Flowing};
use proof::Proof;

pub struct Response {
    plan: ResponsePlan,
    answer: Answer,
    reference: String,
    asked: Asked,
    /// HEAD: the answer's headers speak of a body that never comes.
    bodyless: bool,
    status: u32,
    headers: Headers,
    body: Body,
    proof: Option<(Proof, Place)>,
    refused: Option<Refused>,
    /// What still comes of a body that was refused midway is dropped.
    silenced: bool,
    ended: bool,
    cut: bool,
    /// Of what lists showed.
    told: usize,
    /// The end of the body, until the calls are approved that stand in it.
    withheld: Option<Vec<u8>>,
    /// It was once.
    waited: bool,
    /// Status and body in the place of the upstream's.
    own: Option<(u32, Vec<u8>)>,
    /// Lines that are written while it goes on say what came so far.
    shows: bool,
}

impl Response {
    pub fn new(
        (plan, answer): (ResponsePlan, Answer),
        reference: &str,
        asked: Asked,
        method: &str,
    ) -> Self {
        Self {
            plan,
            answer,
            reference: reference.to_owned(),
            asked,
            bodyless: method == "HEAD",
            status: 0,
            headers: Headers::default(),
            body: Body::default(),
            proof: None,
            refused: None,
            silenced: false,
            ended: false,
            cut: false,
            told: 0,
            withheld: None,
            waited: false,
            own: None,
            shows: false,
        }
    }

    /// Watches whether an MCP server answers from there.
    pub fn watch(&mut self, place: Place) {
        self.proof = self.asked.mcp.as_ref().and_then(Proof::of).map(|proof| (proof, place));
    }

    /// What came so far shows that one does.
    pub fn proves(&mut self, chunk: &[u8], end: bool) -> Option<Place> {
        let plain = self.status == 200 && self.refused.is_none();
        let (proof, place) = self.proof.as_mut().filter(|_| plain)?;
        proof.push(chunk, end).then_some(*place)
    }

    /// What lists in it showed of pinned tools, and was not yet told.
    pub fn shown(&mut self) -> Vec<ShownTool> {
        let all = self.body.listed().map(|listed| listed.shown.as_slice()).unwrap_or_default();
        let new = all.get(self.told..).unwrap_or_default().to_vec();
        self.told = all.len();
        new
    }

    pub fn plan(&self) -> &ResponsePlan {
        &self.plan
    }

    pub fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    pub fn on_headers(
        &mut self,
        engine: &Engine,
        headers: Vec<(String, Vec<u8>)>,
        end_of_stream: bool,
    ) -> Steps {
        if self.refused.is_some() {
            // The gateway's own answer on its way out.
            return Steps::new(Flow::Continue);
        }
        self.status = head::status(&headers);
        self.headers = headers::copy(engine, &headers, Some(&self.plan));
        if let Some((proof, _)) = &mut self.proof {
            proof.begin(&headers);
        }
        let bodyless = self.bodyless || end_of_stream;
        if let Err((reason, detail)) = head::admit(self.status, &headers, bodyless) {
            return self.refuse(Refused::new(reason, detail));
        }
        if !bodyless {
            let answer = self.answer.clone().with_status(self.status);
            self.body = Body::for_headers(engine, &self.plan, &headers, answer);
            let limit = engine.limits.response_body;
            // Later it would be a head without a body.
            if self.body.is_whole() && head::length(&headers).is_some_and(|length| length > limit) {
                return self.refuse(Refused::new(Reason::ResponseTooLarge, body::too_large(limit)));
            }
            self.shows = !self.body.is_whole() && may_show(engine);
        }
        self.ended = end_of_stream;
        let by = (&self.plan, &self.answer);
        Steps::with(head::edits(engine, by, &headers, bodyless), Flow::Continue)
    }

    /// Before any of it went out.
    fn refuse(&mut self, refused: Refused) -> Steps {
        let answer = refused.render(&self.reference, &self.asked);
        self.own = Some((answer.status, answer.body.clone().into_bytes()));
        self.refused = Some(refused);
        Steps::with(vec![Step::Respond(answer)], Flow::Pause)
    }

    pub fn on_body(&mut self, engine: &Engine, chunk: &[u8], end_of_stream: bool) -> Steps {
        if self.silenced {
            return Steps::with(vec![Step::ReplaceResponseChunk(Vec::new())], Flow::Continue);
        }
        if self.refused.is_some() {
            return Steps::new(Flow::Continue);
        }
        self.ended = end_of_stream;
        match self.body.push(engine, &self.plan, chunk, end_of_stream) {
            Flowing::Out(bytes) if bytes == chunk => Steps::new(Flow::Continue),
            Flowing::Out(bytes) => {
                Steps::with(vec![Step::ReplaceResponseChunk(bytes)], Flow::Continue)
            }
            Flowing::Held(bytes) => {
                self.withheld = Some(bytes);
                self.waited = true;
                Steps::with(vec![Step::ReplaceResponseChunk(Vec::new())], Flow::Pause)
            }
            Flowing::Refused(reason, detail) => self.refuse_midway(Refused::new(reason, detail)),
        }
    }

    /// People may have to be asked for what is in it.
    pub fn may_wait(&self) -> bool {
        self.answer.is_judged()
    }

    /// Calls for which people have to be asked now: no more of the body comes.
    pub fn waits_for(&self) -> &[HeldProposal] {
        match self.withheld {
            Some(_) => self.body.held(),
            None => &[],
        }
    }

    pub fn withheld_bytes(&self) -> usize {
        self.withheld.as_ref().map_or(0, Vec::len)
    }

    /// What was withheld goes out.
    pub fn let_go(&mut self) -> Steps {
        let bytes = self.withheld.take().unwrap_or_default();
        Steps::with(vec![Step::ReplaceResponseChunk(bytes), Step::ResumeResponse], Flow::Continue)
    }

    /// Something else goes out in its place.
    pub fn refuse_withheld(&mut self, refused: Refused) -> Steps {
        self.withheld = None;
        let mut steps = self.refuse_midway(refused);
        if !self.cut {
            steps.list.push(Step::ResumeResponse);
        }
        steps
    }

    /// Nothing of it is still to come.
    pub fn is_over(&self) -> bool {
        self.refused.is_some() || self.ended
    }

    /// In the middle, and in no callback that brings some of it.
    pub fn stop(&mut self, refused: Refused) -> Steps {
        if self.status == 0 {
            return self.refuse(refused);
        }
        self.refused = Some(refused);
        self.silenced = true;
        self.cut = true;
        Steps::with(vec![Step::ResetResponse], Flow::Pause)
    }

    pub fn on_trailers(&mut self, engine: &Engine, trailers: &[(String, Vec<u8>)]) -> Steps {
        self.ended = true;
        if self.refused.is_none() && self.body.holds_back() {
            // At the trailers nothing can be added to the body any more, and what is held back
            // must not be lost in silence.
            let detail = "the response ended in trailers while a part of it was held back";
            self.refused = Some(Refused::new(Reason::ResponseUnreadable, detail));
            self.cut = true;
            return Steps::with(vec![Step::ResetResponse], Flow::Pause);
        }
        Steps::with(head::trailer_edits(engine, &self.plan, trailers), Flow::Continue)
    }

    fn refuse_midway(&mut self, refused: Refused) -> Steps {
        let refusal = refused.refusal(&self.reference);
        self.refused = Some(refused);
        self.silenced = true;
        let mcp = self.asked.mcp.as_ref();
        let events = self.body.is_events();
        let in_place = if self.body.may_be_replaced() {
            refusal::in_place(&refusal, self.asked.kind, mcp, events)
        } else {
            None
        };
        match in_place {
            Some(bytes) => {
                self.own = Some((self.status, bytes.clone()));
                Steps::with(vec![Step::ReplaceResponseChunk(bytes)], Flow::Continue)
            }
            None => {
                self.cut = true;
                let nothing = Step::ReplaceResponseChunk(Vec::new());
                Steps::with(vec![nothing, Step::ResetResponse], Flow::Pause)
            }
        }
    }

    /// In the place of the upstream's answer, or of the rest of it.
    pub fn said(&self) -> Option<(u32, Vec<u8>)> {
        self.own.clone()
    }

    fn edits(&self, record: &ResponseRecord) -> Vec<ResponseEdit> {
        let redacted = record.findings.iter().chain(&record.header_findings);
        // Of what was replaced from its begin on nothing else was changed.
        let shown = self.own.is_none() || self.body.went_out();
        let sealed = shown && (self.answer.has_sealed() || self.body.has_sealed());
        let edits = [
            (shown && redacted.into_iter().any(|one| one.redacted), ResponseEdit::Redacted),
            (record.hidden > 0, ResponseEdit::Hidden),
            (self.waited, ResponseEdit::Withheld),
            (self.own.is_some(), ResponseEdit::Replaced),
            (sealed, ResponseEdit::Sealed),
        ];
        edits.into_iter().filter(|(is_so, _)| *is_so).map(|(_, edit)| edit).collect()
    }

    pub fn shows(&self) -> bool {
        self.shows
    }

    /// Parts for the lines that Envoy writes while it goes on. A text is most often over before the first of them.
    pub fn show(&mut self, engine: &Engine, began: u64, now: u64) -> Option<Vec<Part>> {
        let every = engine.record.lines_every_ms;
        let early = !self.body.is_events() && now < began.saturating_add(every / 2);
        if !self.shows || self.ended || self.refused.is_some() || early {
            return None;
        }
        self.body.show(now, every)
    }

    /// What the record says of the response, and what is behind its text.
    pub fn write(&self, engine: &Engine, record: &mut Record) -> Vec<Part> {
        record.response.status = self.status;
        let Headers { list, cut, findings } = self.headers.clone();
        record.response.headers = list;
        record.response.headers_cut = cut;
        record.response.header_findings = findings;
        let summary = self.body.summary();
        record.response.body = summary.body;
        record.response.findings = summary.findings;
        let calls = self.body.calls().iter();
        record.response.calls = calls.map(|call| spoken::proposed(engine, call)).collect();
        if let Some(listed) = self.body.listed() {
            record.response.hidden = listed.hidden;
            let changed = listed.shown.iter().filter(|shown| !shown.pinned);
            let changed: BTreeMap<_, _> = changed
                .map(|ShownTool { set, tool, mode, .. }| ((set.clone(), tool.clone()), *mode))
                .collect();
            record.response.changed = changed
                .into_iter()
                .map(|((pins, tool), mode)| ChangedTool { pins, tool, mode })
                .collect();
        }
        record.response.edits = self.edits(&record.response);
        record.not_inspected.extend(summary.not_inspected);
        record.verdict.rules.extend(self.plan.contributions(summary.seen.hit()));
        record.verdict.rules.extend(summary.rules);
        if let Some(refused) = &self.refused {
            record.verdict.reason = Some(refused.reason);
            record.verdict.detail = Some(refused.detail.clone());
        }
        record.end = match (&self.refused, self.cut, self.ended) {
            (_, true, _) => End::Reset,
            (Some(_), false, _) => End::Refused,
            (None, false, true) if self.withheld.is_none() => End::Complete,
            (None, false, _) => End::Aborted,
        };
        summary.parts
    }
}

/// What a rule on answers wants to be in no record is only known at their end.
fn may_show(engine: &Engine) -> bool {
    let none = |rule: &Rule| {
        rule.on != Phase::Request && rule.mode == Mode::Enforce && rule.record.is_some()
    };
    let record = &engine.record;
    record.parts_limit > 0 && record.lines_every_ms > 0 && !engine.bundle.rules.iter().any(none)
}
