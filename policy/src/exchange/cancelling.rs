/*! A `notifications/cancelled`: the approval service hears of it first, so that nothing runs that was called off. */

use crate::call::Call;
use crate::digest;
use crate::engine::Engine;
use crate::hold::CancelRequest;
use crate::principal::Principal;
use crate::reason::Reason;
use crate::rule::Effect;
use crate::verdict::Verdict;

use super::event::{CallAnswer, Now};
use super::patience::Patience;
use super::refuse::Refused;
use super::response::Response;
use super::step::{ServiceCall, Step, Steps};
use super::{Exchange, State, rate, weight};

/// More than any client has under way.
const CANCELS_PER_MINUTE: (&str, u32) = ("of cancelled calls", 600);

/// A `notifications/cancelled`, and what becomes of it once the service knows.
pub struct Cancelling {
    told: ServiceCall,
    principal: Principal,
    patience: Patience,
    then: Then,
}

impl Cancelling {
    /// The service, for as long as the caller waits.
    pub fn asks(&self, now: Now) -> ServiceCall {
        ServiceCall { timeout_ms: self.patience.question_ms(now), ..self.told.clone() }
    }

    /// By the gateway itself.
    pub fn told_later(&self, engine: &mut Engine, now: Now) {
        engine.telling.called_off(&self.principal, self.told.clone(), now);
    }
}

enum Then {
    Release(Box<Response>, Option<Vec<u8>>),
    Refuse(Refused),
}

impl Exchange {
    /// What to tell the service of a call that calls off another.
    pub(super) fn cancels(&self, engine: &Engine, call: &Call) -> Option<ServiceCall> {
        let id = self.asked.mcp.as_ref()?.cancels.as_deref()?;
        let cancel_key = digest::cancel_key(call, id, self.run_id(), &engine.digest_key);
        ServiceCall::post("/v1/cancel", &CancelRequest { cancel_key })
    }

    /// Whatever the upstream may hear of it, the wait that it calls off is the gateway's own.
    pub(super) fn cancel(
        &mut self,
        engine: &mut Engine,
        (told, call): (ServiceCall, &Call),
        verdict: &Verdict,
        (response, rewritten): (Box<Response>, Option<Vec<u8>>),
        now: Now,
    ) -> Steps {
        // Each is a question to the service.
        if let Some(seconds) = rate::take(engine, &call.principal, CANCELS_PER_MINUTE, now) {
            return self.refuse(Refused::over_budget(CANCELS_PER_MINUTE.0, seconds));
        }
        let bytes = weight::of_call(call, self.asked.mcp.as_ref(), rewritten.as_ref());
        let then = match verdict.effect {
            Effect::Allow | Effect::Redact => Then::Release(response, rewritten),
            Effect::Hold => Then::Refuse(Refused::unasked(verdict)),
            Effect::Deny => Then::Refuse(Refused::denied(verdict)),
        };
        // What calls off another call waits itself.
        match engine.holding.take_cancel(&engine.limits, &call.principal, bytes) {
            Ok(place) => self.place = Some(place),
            Err(full) => return self.refuse(Refused::no_room(full)),
        }
        // Nobody is asked: who says this waits no longer than who says nothing.
        let wait = self.wait_seconds.min(engine.limits.wait_seconds);
        let patience = Patience::new(wait, now);
        let cancelling = Cancelling { told, principal: call.principal.clone(), patience, then };
        let step = Step::Call(cancelling.asks(now));
        self.state = State::Cancelling(Box::new(cancelling));
        Steps::with(vec![step], self.flow())
    }

    /// What the service did not take down goes no further. It is told on; the caller may say it again, too.
    pub(super) fn on_cancel_answered(
        &mut self,
        engine: &mut Engine,
        answer: Option<CallAnswer<'_>>,
        fresh: [u8; 16],
        now: Now,
    ) -> Steps {
        let answer = answer.filter(CallAnswer::is_one);
        if let (None, State::Cancelling(cancelling)) = (&answer, &mut self.state)
            && let Some(at) = cancelling.patience.notice(now).again(fresh, now)
            && let Some(steps) = self.keep(engine, at)
        {
            return steps;
        }
        self.asked_again(engine);
        self.give_place_back(engine);
        let taken = answer.is_some_and(|answer| (200..300).contains(&answer.status));
        match std::mem::take(&mut self.state) {
            State::Cancelling(cancelling) if taken => match cancelling.then {
                Then::Release(response, rewritten) => self.resume(response, rewritten, now),
                Then::Refuse(refused) => self.refuse(refused),
            },
            state => {
                if let (None, State::Cancelling(cancelling)) = (answer, state) {
                    cancelling.told_later(engine, now);
                }
                self.refuse(Refused::new(
                    Reason::ApprovalUnavailable,
                    "the approval service could not be told what is called off",
                ))
            }
        }
    }
}
