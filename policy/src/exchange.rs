/*!
One exchange from its first header to its log line: events in, steps out.

```text
New ──headers──► Receiving ──whole body──► Released ──► response, redacted as it flows
 │                  │            ├──────► Held ──grant──► Released
 │                  │            └──────► Cancelling ─────► Released
 ├──► Inquiring ──answer──► Refused
 │                  │                            Released ──► Withheld ──► Released: its end, or a refusal
 └────refusal───────┴──────────────────────┴──────────► Refused
```

INVARIANT: what a callback tells Envoy derives from the state alone (`flow`). Before the verdict and
on hold that is Pause in every callback but the request's headers, where a body still has to come:
there the buffer filter behind this one keeps the head.
*/

mod again;
mod authorization_server;
mod cancelling;
mod dry_run;
mod event;
mod head;
mod headers;
mod held;
mod hold_status;
mod journal;
mod judge;
mod masked_target;
mod masked_text;
mod method_override;
mod patience;
mod rate;
mod refuse;
mod response;
mod sealed;
mod spend;
mod spoken;
mod step;
mod tally;
mod target;
mod waiting;
mod weight;
mod withheld;

pub use event::{CallAnswer, Event, Now, RequestHead, RouteFacts, RouteName};
pub(crate) use head::{Admitted, admit};
pub(crate) use judge::{By, Judged, Known, judge};
pub use step::{Flow, ServiceCall, Step, Steps};
pub use tally::COUNTERS;

use std::sync::Arc;

use crate::answer::{Answer, Asker, ShownTool};
use crate::bundle::Bundle;
use crate::call::Kind;
use crate::engine::{Engine, HoldPlace, Shown, id};
use crate::hold::Earlier;
use crate::identity::Peer;
use crate::pin::PinSet;
use crate::principal::Principal;
use crate::protocol::List;
use crate::reason::Reason;
use crate::record::{End, Ended, Record};
use crate::refusal::{self, LocalResponse};
use crate::rule::Effect;
use crate::seal::Seal;
use crate::session::{JoinedBy, Session};
use again::Again;
use cancelling::Cancelling;
use held::Held;
use journal::Journal;
use refuse::{Asked, Refused};
use response::Response;
use spend::Spending;
use withheld::Withheld;

#[derive(Default)]
pub struct Exchange {
    id: String,
    /// What was active when it began: it is judged, redacted and recorded by one bundle to its end.
    bundle: Option<Arc<Bundle>>,
    /// Where it goes, from the verdict on.
    route: RouteName,
    state: State,
    asked: Asked,
    /// Where the caller learns who gives out tokens.
    document_url: Option<String>,
    spending: Spending,
    /// Its caller is told what would become of the call, and the call is not made.
    dry_run: bool,
    /// How long it waits for people.
    wait_seconds: u32,
    /// Something it asks the approval service waits to be asked again.
    keeps_question: bool,
    /// What it asks for in a few words, unmasked; empty until that is known.
    action: String,
    /// What it takes while it is on hold.
    place: Option<HoldPlace>,
    journal: Journal,
}

#[derive(Default)]
enum State {
    #[default]
    New,
    Receiving(Box<Receiving>),
    Held(Box<Held>, Box<Response>),
    /// The service hears first of what the caller calls off, so that nothing held for it runs.
    Cancelling(Box<Cancelling>),
    /// Its caller asks what became of this hold.
    Inquiring(String),
    Released(Box<Response>),
    /// The end of the answer waits for people, who are asked for what it proposes.
    Withheld(Box<Withheld>, Box<Response>),
    Refused,
}

/// A call whose body is still coming.
struct Receiving {
    principal: Principal,
    admitted: Admitted,
    route: RouteFacts,
    method: String,
    /// `None` on a route that says it is plain HTTP.
    seal: Option<Seal>,
}

impl Exchange {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn on(&mut self, engine: &mut Engine, event: Event<'_>, now: Now) -> Steps {
        let bundle = self.bundle.get_or_insert_with(|| Arc::clone(engine.active()));
        engine.bundle = Arc::clone(bundle);
        match event {
            Event::RequestHeaders(head) => self.on_request_headers(engine, &head, now),
            Event::RequestBodyGrew { size, upstream_attempts } => {
                match refuse::early(engine, size, upstream_attempts) {
                    Some(refused) if self.is_receiving() => self.refuse(refused),
                    _ => Steps::new(self.flow()),
                }
            }
            Event::RequestBody { body, upstream_attempts } => {
                self.on_request_body(engine, body, upstream_attempts, now)
            }
            Event::CallAnswered { answer, route, fresh } => {
                self.on_call_answered(engine, answer, &route, fresh, now)
            }
            Event::CallDue => self.on_call_due(engine, now),
            Event::ResponseHeaders { .. } if self.asks_service() => {
                // Envoy answers in our place: too long a wait, say. Whatever comes of the question changes nothing.
                self.left(engine, now);
                self.state = State::New;
                Steps::new(Flow::Continue)
            }
            Event::ResponseHeaders { headers, end_of_stream } => {
                self.answer_comes(end_of_stream, now);
                self.respond(|response| response.on_headers(engine, headers, end_of_stream))
            }
            Event::ResponseBody { chunk, end_of_stream } => {
                self.answer_ends(end_of_stream, now);
                self.spend(engine, chunk.len(), end_of_stream, now);
                self.learn(engine, chunk, end_of_stream);
                let steps = self.respond(|response| response.on_body(engine, chunk, end_of_stream));
                self.remember(engine);
                self.withhold(engine, steps, now)
            }
            Event::ResponseTrailers { trailers } => {
                self.answer_ends(true, now);
                self.spend(engine, 0, true, now);
                self.learn(engine, b"", true);
                self.respond(|response| response.on_trailers(engine, &trailers))
            }
            Event::Log(ended) => self.on_log(engine, ended.as_ref(), now),
        }
    }

    fn on_request_headers(&mut self, engine: &mut Engine, head: &RequestHead, now: Now) -> Steps {
        self.id = id("x", head.fresh);
        self.asked = Asked { kind: head.route.kind, mcp: None };
        self.journal.open(engine, &self.id, head, now);
        if let Some(steps) = self.on_oauth(engine, head) {
            return steps;
        }
        if engine.bundle.is_none() {
            let detail = "the gateway has no bundle yet; it asks for one";
            return self.refuse(Refused::new(Reason::NoBundle, detail));
        }
        if engine.is_unsafe_install() && !head.end_of_stream {
            return self.refuse(refuse::unsafe_install());
        }
        let mut admitted = match head::admit(head) {
            Ok(admitted) => admitted,
            Err((reason, detail)) => {
                // It may be meant for an authorization server, at a path that has no single meaning.
                self.journal.without_query();
                return self.refuse(Refused::new(reason, detail));
            }
        };
        self.journal.admitted(engine, head, &admitted);
        let tokens: Vec<&[u8]> = admitted.authorization.iter().map(Vec::as_slice).collect();
        let peer = Peer { uri_san: head.uri_san.as_deref(), connection: head.connection };
        let verified = engine.identity.verify(&tokens, peer, now.seconds());
        let principal = match verified {
            Ok(principal) => principal,
            Err(unauthorized) => return self.refuse(Refused::unauthorized(&unauthorized)),
        };
        self.journal.called_by(engine, &principal);
        let session = admitted.session(&engine.digest_key, &principal);
        self.journal.joined(&session);
        admitted.session = Some(session);
        if let Some(hold) = hold_status::asked(&admitted.normal_path) {
            return self.ask_for_status(engine, &principal, hold, head, now);
        }
        if admitted.said.dry_run {
            self.journal.record.dry_run = true;
            if let Some(refused) = dry_run::take(engine, &principal, now) {
                return self.refuse(refused);
            }
            self.dry_run = true;
        }
        if let Some(name) = head.route.name.sections.unknown_to(&engine.bundle) {
            return self.refuse(Refused::unknown_section(name));
        }
        let mut steps = head::edits(head);
        let seals = head.route.kind != Kind::Http;
        let cluster = &head.route.name.cluster;
        let seal = seals.then(|| Seal::new(&engine.digest_key, &principal, cluster));
        if let Some(seal) = &seal {
            match sealed::open_head(seal, head, &mut admitted) {
                Ok(opened) => steps.extend(opened),
                Err((reason, detail)) => return self.refuse(Refused::new(reason, detail)),
            }
        }
        self.state = State::Receiving(Box::new(Receiving {
            principal,
            admitted,
            route: head.route.clone(),
            method: head.method.clone(),
            seal,
        }));
        steps.push(Step::SetRoute(head.route.name.clone()));
        if head.end_of_stream {
            let judged = self.on_request_body(engine, b"", 0, now);
            steps.extend(judged.list);
            return Steps::with(steps, judged.flow);
        }
        // All there is of the record if the VM does not live to the end of the exchange.
        steps.push(self.journal.write());
        // The one callback that lets go before the verdict: the buffer filter keeps the head.
        Steps::with(steps, Flow::Continue)
    }

    fn on_request_body(
        &mut self,
        engine: &mut Engine,
        body: &[u8],
        upstream_attempts: u64,
        now: Now,
    ) -> Steps {
        let receiving = match std::mem::take(&mut self.state) {
            State::Receiving(receiving) => receiving,
            other => {
                self.state = other;
                return Steps::new(self.flow());
            }
        };
        self.journal.record.timings.body_ms = self.journal.since(now);
        if let Some(refused) = refuse::early(engine, body.len(), upstream_attempts) {
            return self.refuse(refused);
        }
        let charged = spend::charge(engine, &receiving, body, now);
        self.journal.record.verdict.budgets = charged.exceeded;
        if let Some(refused) = charged.refused {
            self.asked = spend::asked(&receiving, body);
            if let Some(run) = self.asked.mcp.as_ref().and_then(|mcp| mcp.run.as_deref()) {
                let key = &engine.digest_key;
                self.journal.joined(&Session::of_run(key, &receiving.principal, run));
            }
            self.journal.not_read(engine, body, "request body: over a budget, refused unread");
            return self.refuse(refused);
        }
        self.spending = charged.spending;
        let at = (receiving.route.kind, receiving.admitted.normal_path.as_str());
        let opened = receiving.seal.as_ref().map(|seal| sealed::open_body(seal, at, body));
        let opened = match opened.transpose() {
            Ok(opened) => opened.flatten(),
            Err((reason, detail)) => {
                self.asked = spend::asked(&receiving, body);
                self.journal.not_read(engine, body, "request body: names what is not the caller's");
                return self.refuse(Refused::new(reason, detail));
            }
        };
        let body = opened.as_deref().unwrap_or(body);
        let Receiving { principal, mut admitted, route, method, seal } = *receiving;
        seal.iter().for_each(|seal| sealed::open_name(seal, &mut admitted));
        let RouteName { route: named, cluster, .. } = &route.name;
        let observed = |set: &PinSet, tool: &str| {
            engine.definitions.observed(Shown { route: named, cluster, set: &set.name, tool })
        };
        let by = By {
            bundle: &engine.bundle,
            key: &engine.digest_key,
            observed: &observed,
            known: Known::default(),
        };
        let judged = judge::judge(by, &principal, &route, &method, &admitted, body, now);
        let mut judged = match judged {
            Ok(judged) => judged,
            Err(unreadable) => {
                self.asked.kind = unreadable.kind;
                self.journal.not_read(engine, body, "request body: unreadable, refused");
                return self.refuse(Refused::new(unreadable.reason, unreadable.detail));
            }
        };
        self.asked = Asked { kind: judged.call.kind, mcp: judged.mcp.clone() };
        self.action = action(&judged);
        self.journal.judged(engine, body, &judged, now);
        judged.rewritten = judged.rewritten.or(opened);
        if let Some(refused) = judged.rewritten.as_ref().and_then(|own| refuse::grown(engine, own))
        {
            return self.refuse(refused);
        }
        admitted.session.clone_from(&judged.session);
        self.follow(engine, judged, admitted, (route, seal), now)
    }

    /// Does what the verdict says.
    fn follow(
        &mut self,
        engine: &mut Engine,
        judged: Judged,
        admitted: Admitted,
        (route, seal): (RouteFacts, Option<Seal>),
        now: Now,
    ) -> Steps {
        if self.dry_run {
            return self.tell(&judged.verdict, &route);
        }
        let Judged { mut call, verdict, plan, rewritten, .. } = judged;
        self.route = route.name.clone();
        self.wait_seconds = admitted.said.wait_seconds.unwrap_or(engine.limits.wait_seconds);
        let seal =
            seal.filter(|_| sealed::gives_out(call.kind, &call.method, &admitted.normal_path));
        let mut answer = Answer::new(call.kind, seal).said(route.kind == Kind::Mcp);
        if matches!(call.kind, Kind::Mcp | Kind::Openai) {
            answer = answer.to(Asker {
                bundle: Arc::clone(&engine.bundle),
                call: call.without_body(),
                path: admitted.normal_path.clone(),
                host: admitted.host.clone(),
                sections: route.name.sections.clone(),
                mcp: self.asked.mcp.clone(),
                said: call.proven,
                now: now.seconds(),
            });
        }
        let mut response =
            Box::new(Response::new((plan, answer), &self.id, self.asked.clone(), &call.method));
        // Messages are posted; the same path may answer GET as another service does.
        if call.kind == Kind::Mcp && !call.proven && call.method == "POST" {
            let place = engine.spoken.place(&call);
            call.proven = engine.spoken.knows(place);
            if !call.proven {
                response.watch(place);
            }
        }
        if let Some(told) = self.cancels(engine, &call) {
            return self.cancel(engine, (told, &call), &verdict, (response, rewritten), now);
        }
        match verdict.effect {
            Effect::Allow | Effect::Redact => self.release(response, rewritten, now),
            Effect::Deny => self.refuse(Refused::denied(&verdict)),
            Effect::Hold if self.asks_for_list() => self.refuse(Refused::unasked(&verdict)),
            Effect::Hold if !route.replay_off => self.refuse(Refused::unsafe_route()),
            Effect::Hold => {
                let bytes = weight::of_call(&call, self.asked.mcp.as_ref(), rewritten.as_ref());
                let taken = engine.holding.take(&engine.limits, &call.principal, 1, bytes);
                let place = match taken {
                    Ok(place) => place,
                    Err(full) => return self.refuse(Refused::no_room(full)),
                };
                let wait = self.wait_seconds;
                let again = Again::new(admitted, route, response.plan().clone(), now);
                let wait = (wait, Some(again));
                let mut held = Held::new(&self.id, call, rewritten, &verdict, wait, now);
                held.within(engine, self.journal.record.session.as_ref());
                held.called(engine, self.asked.mcp.as_ref(), self.run_id());
                let outcome = held.ask(engine, now);
                self.state = State::Held(Box::new(held), response);
                self.place = Some(place);
                // All there is of the record if the VM does not live to the end of the hold.
                let record = self.journal.write();
                let mut steps = self.proceed(engine, outcome, now);
                steps.list.insert(0, record);
                steps
            }
        }
    }

    fn asks_for_list(&self) -> bool {
        let mcp = self.asked.mcp.as_ref().filter(|call| call.id.is_some());
        mcp.is_some_and(|call| List::asked_by(call).is_some())
    }

    /// Of the session, where the caller named its run. Traces and tokens may differ from message to message.
    fn run_id(&self) -> Option<&str> {
        let session = self.journal.record.session.as_ref();
        let run = session.filter(|session| session.joined_by == JoinedBy::Run);
        run.map(|session| session.id.as_str())
    }

    fn release(&mut self, response: Box<Response>, rewritten: Option<Vec<u8>>, now: Now) -> Steps {
        self.journal.record.timings.released_ms = self.journal.since(now);
        self.state = State::Released(response);
        let mut steps = Steps::new(self.flow());
        steps.list.extend(rewritten.map(Step::ReplaceRequestBody));
        steps.list.push(Step::SetVerdict("allow"));
        steps.list.push(self.journal.write());
        steps
    }

    /// With something about the gateway itself.
    fn answer(&mut self, answer: LocalResponse) -> Steps {
        self.journal.said(&answer);
        self.state = State::Refused;
        self.journal.record.end = End::Answered;
        Steps::with(vec![self.journal.write(), Step::Respond(answer)], self.flow())
    }

    fn refuse(&mut self, refused: Refused) -> Steps {
        let refused = refused.with_document(self.document_url.as_deref());
        self.state = State::Refused;
        self.journal.refused(&refused);
        let answer = match self.dry_run {
            true => refusal::dry_run(Effect::Deny, Some(&refused.refusal(&self.id)), &self.id),
            false => refused.render(&self.id, &self.asked),
        };
        self.journal.said(&answer);
        Steps::with(vec![self.journal.write(), Step::Respond(answer)], self.flow())
    }

    /// The rules have just been asked: it has to be told when.
    pub fn was_judged(&self) -> bool {
        let timings = &self.journal.record.timings;
        timings.body_ms.is_some() && timings.judged_ms.is_none()
    }

    pub fn judged_at(&mut self, now: Now) {
        if !self.was_judged() {
            return;
        }
        let since = self.journal.since(now);
        let timings = &mut self.journal.record.timings;
        timings.judged_ms = since;
        // Released at once, it was released then.
        timings.released_ms = timings.released_ms.and(since);
    }

    fn answer_comes(&mut self, end_of_stream: bool, now: Now) {
        if matches!(self.state, State::Released(_)) {
            let since = self.journal.since(now);
            self.journal.record.timings.answered_ms = since;
            self.answer_ends(end_of_stream, now);
        }
    }

    fn answer_ends(&mut self, end_of_stream: bool, now: Now) {
        if end_of_stream && self.journal.record.timings.answered_ms.is_some() {
            let since = self.journal.since(now);
            self.journal.record.timings.answer_end_ms = since;
        }
    }

    fn respond(&mut self, act: impl FnOnce(&mut Response) -> Steps) -> Steps {
        match &mut self.state {
            State::Released(response) => act(response),
            // Our own answer on its way out, or Envoy's: nothing of the upstream is in it. Of an answer that is
            // withheld nothing more comes.
            State::New
            | State::Receiving(_)
            | State::Held(..)
            | State::Cancelling(_)
            | State::Inquiring(_)
            | State::Withheld(..)
            | State::Refused => Steps::new(Flow::Continue),
        }
    }

    /// Whether the time matters for what an upstream answers.
    pub fn is_timed(&self) -> bool {
        let waits = matches!(&self.state, State::Released(response) if response.may_wait());
        waits || self.asks_service() || self.spending.is_counting()
    }

    /// Before it goes on.
    fn asks_service(&self) -> bool {
        matches!(self.state, State::Held(..) | State::Cancelling(_) | State::Inquiring(_))
    }

    /// Bytes of the upstream; the gateway's own answers cost nothing.
    fn spend(&mut self, engine: &mut Engine, bytes: usize, last: bool, now: Now) {
        if let State::Released(response) = &self.state
            && !response.is_refused()
        {
            self.spending.more(engine, bytes, last, now);
        }
    }

    /// What the upstream shows of itself.
    fn learn(&mut self, engine: &mut Engine, chunk: &[u8], last: bool) {
        if let State::Released(response) = &mut self.state
            && let Some(place) = response.proves(chunk, last)
        {
            engine.spoken.learn(place);
        }
    }

    /// What a list showed of pinned tools, before its caller can call one.
    fn remember(&mut self, engine: &mut Engine) {
        let State::Released(response) = &mut self.state else { return };
        for shown in response.shown() {
            let RouteName { route, cluster, .. } = &self.route;
            let ShownTool { set, tool, digest, pinned, .. } = &shown;
            engine.definitions.learn(Shown { route, cluster, set, tool }, *digest, *pinned);
        }
    }

    fn on_log(&mut self, engine: &mut Engine, ended: Option<&Ended>, now: Now) -> Steps {
        self.spending.more(engine, 0, true, now);
        self.left(engine, now);
        self.give_place_back(engine);
        let state = std::mem::take(&mut self.state);
        self.journal.close(engine, &state, ended, now);
        self.remember_for_approvers(engine);
        let mut steps = self.journal.write_linked(engine);
        steps.extend(tally::counters(&self.journal.record).map(Step::Count));
        Steps::with(steps, Flow::Continue)
    }

    /// Those that come later in the session.
    fn remember_for_approvers(&mut self, engine: &mut Engine) {
        let Record { session, verdict, started_ms, .. } = &self.journal.record;
        let (Some(session), Some(effect)) = (session, verdict.effect) else { return };
        if !self.dry_run && !self.action.is_empty() {
            let action = std::mem::take(&mut self.action);
            engine
                .sessions
                .remember(&session.id, Earlier { at: started_ms / 1000, action, effect });
        }
    }

    fn is_receiving(&self) -> bool {
        matches!(self.state, State::Receiving(_))
    }

    fn flow(&self) -> Flow {
        match self.state {
            State::Released(_) => Flow::Continue,
            State::New
            | State::Receiving(_)
            | State::Held(..)
            | State::Cancelling(_)
            | State::Inquiring(_)
            | State::Withheld(..)
            | State::Refused => Flow::Pause,
        }
    }
}

/// The tool, what else a message of MCP asks for, or method and path.
fn action(judged: &Judged) -> String {
    match &judged.mcp {
        Some(mcp) => Earlier::short(mcp.tool.as_ref().unwrap_or(&mcp.method)),
        None => Earlier::short(&format!("{} {}", judged.call.method, judged.call.path_only())),
    }
}

#[cfg(test)]
#[cfg(feature = "compile")]
mod tests;
