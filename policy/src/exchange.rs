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
mod answering;
mod authorization_server;
mod cancelling;
mod dry_run;
mod event;
mod followed;
mod head;
mod headers;
mod held;
mod hold_status;
mod journal;
mod judge;
mod killed;
mod masked_target;
mod masked_text;
mod method_override;
mod patience;
mod rate;
mod receiving;
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

use crate::bundle::Bundle;
use crate::engine::{Engine, HoldPlace};
use crate::hold::Earlier;
use crate::record::{End, Ended, Record};
use crate::refusal::{self, LocalResponse};
use crate::rule::Effect;
use cancelling::Cancelling;
use held::Held;
use journal::Journal;
use receiving::Receiving;
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
            Event::Killed => {
                let flow = self.flow();
                self.on_kill(engine, now).unwrap_or_else(|| Steps::new(flow))
            }
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
                let mut steps =
                    self.respond(|response| response.on_body(engine, chunk, end_of_stream));
                steps.list.extend(self.show(engine, now));
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

    /// Before it goes on.
    fn asks_service(&self) -> bool {
        matches!(self.state, State::Held(..) | State::Cancelling(_) | State::Inquiring(_))
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

#[cfg(test)]
#[cfg(feature = "compile")]
mod tests;
