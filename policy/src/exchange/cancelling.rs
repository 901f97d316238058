/*! A `notifications/cancelled`: the approval service hears of it first, so that nothing runs that was called off. */

use crate::call::Call;
use crate::digest;
use crate::engine::Engine;
use crate::hold::CancelRequest;
use crate::reason::Reason;
use crate::rule::Effect;
use crate::verdict::Verdict;

use super::event::Now;
use super::refuse::Refused;
use super::response::Response;
use super::step::{ServiceCall, Step, Steps};
use super::{Exchange, State, rate};

/// More than any client has under way.
const CANCELS_PER_MINUTE: (&str, u32) = ("of cancelled calls", 600);

/// A `notifications/cancelled`, and what becomes of it once the service knows.
pub enum Cancelling {
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
        self.state = State::Cancelling(Box::new(match verdict.effect {
            Effect::Allow | Effect::Redact => Cancelling::Release(response, rewritten),
            Effect::Hold => Cancelling::Refuse(Refused::unasked(verdict)),
            Effect::Deny => Cancelling::Refuse(Refused::denied(verdict)),
        }));
        Steps::with(vec![Step::Call(told)], self.flow())
    }

    /// What the service did not take down goes no further: the caller may say it again.
    pub(super) fn on_cancel_answered(&mut self, told: bool) -> Steps {
        match std::mem::take(&mut self.state) {
            State::Cancelling(cancelling) if told => match *cancelling {
                Cancelling::Release(response, rewritten) => self.resume(response, rewritten),
                Cancelling::Refuse(refused) => self.refuse(refused),
            },
            _ => self.refuse(Refused::new(
                Reason::ApprovalUnavailable,
                "the approval service could not be told what is called off",
            )),
        }
    }
}
