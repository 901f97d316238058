/*! An exchange that waits for the approval service: what it hears, and what it asks again. */

use crate::engine::{Engine, HoldPlace};
use crate::reason::Reason;

use super::event::{CallAnswer, Now, RouteName};
use super::held::Outcome;
use super::refuse::Refused;
use super::response::Response;
use super::step::{Step, Steps};
use super::{Exchange, State};

impl Exchange {
    pub(super) fn on_call_answered(
        &mut self,
        engine: &mut Engine,
        answer: Option<CallAnswer<'_>>,
        route: &RouteName,
        fresh: [u8; 16],
        now: Now,
    ) -> Steps {
        if let Some(steps) = self.on_kill(engine, now) {
            return steps;
        }
        match &mut self.state {
            State::Held(held, _) => {
                let outcome = match held.answered(engine, answer, route, fresh, now) {
                    Outcome::Approved => held.redeem(engine, fresh, now),
                    other => other,
                };
                self.proceed(engine, outcome, now)
            }
            State::Withheld(withheld, _) => {
                let outcome = withheld.answered(engine, answer, route, fresh, now);
                self.on_withheld(engine, outcome, now)
            }
            State::Inquiring(_) => self.on_status(answer),
            State::Cancelling(_) => self.on_cancel_answered(engine, answer, fresh, now),
            _ => {
                // Nobody waits for it any more, and now nothing is under way either.
                self.give_place_back(engine);
                Steps::new(self.flow())
            }
        }
    }

    /// Nobody answered the last time.
    pub(super) fn on_call_due(&mut self, engine: &mut Engine, now: Now) -> Steps {
        self.asked_again(engine);
        match &mut self.state {
            State::Held(held, _) => {
                let outcome = held.ask_again(engine, now);
                self.proceed(engine, outcome, now)
            }
            State::Withheld(withheld, _) => {
                let outcome = withheld.due(engine, now);
                self.on_withheld(engine, outcome, now)
            }
            State::Cancelling(cancelling) => {
                Steps::with(vec![Step::Call(cancelling.asks(now))], self.flow())
            }
            _ => Steps::new(self.flow()),
        }
    }

    /// What there is to do as long as something is asked; else what came out of it.
    pub(super) fn asks(&mut self, engine: &mut Engine, outcome: Outcome) -> Result<Steps, Outcome> {
        match outcome {
            Outcome::Ask(call) => Ok(Steps::with(vec![Step::Call(call)], self.flow())),
            Outcome::AskAgain(at) => match self.keep(engine, at) {
                Some(steps) => Ok(steps),
                None => Err(match &self.state {
                    State::Held(held, _) => held.not_kept(),
                    State::Withheld(withheld, _) => {
                        withheld.not_kept().unwrap_or(Outcome::Approved)
                    }
                    _ => Outcome::Approved,
                }),
            },
            other => Err(other),
        }
    }

    /// Waits until a question may be asked again, if there is room for one more that does.
    pub(super) fn keep(&mut self, engine: &mut Engine, at: u64) -> Option<Steps> {
        if !self.keeps_question && !engine.keep_question(self.cancels_something()) {
            return None;
        }
        self.keeps_question = true;
        Some(Steps::with(vec![Step::CallAgain(at)], self.flow()))
    }

    fn cancels_something(&self) -> bool {
        matches!(self.state, State::Cancelling(_))
    }

    pub(super) fn asked_again(&mut self, engine: &mut Engine) {
        if std::mem::take(&mut self.keeps_question) {
            engine.question_asked(self.cancels_something());
        }
    }

    pub(super) fn proceed(&mut self, engine: &mut Engine, outcome: Outcome, now: Now) -> Steps {
        let outcome = match self.asks(engine, outcome) {
            Ok(steps) => return steps,
            Err(outcome) => outcome,
        };
        let State::Held(held, response) = std::mem::take(&mut self.state) else {
            return Steps::new(self.flow());
        };
        self.give_place_back(engine);
        self.journal.hold_ended(&held, now);
        match outcome {
            Outcome::Refuse(reason, detail) => {
                let mut steps = self.refuse(Refused::hold(reason, detail, &held));
                steps.list.extend(self.unproven(reason, detail, &held.hold_id()));
                steps
            }
            Outcome::Release => self.resume(response, held.rewritten, now),
            Outcome::Ask(_) | Outcome::AskAgain(_) | Outcome::Approved => {
                let detail = "the approval was not used for the call";
                self.refuse(Refused::hold(Reason::ApprovalUnavailable, detail, &held))
            }
        }
    }

    /// The service takes the approval for used, and its people believe that the call passed.
    pub(super) fn unproven(&self, reason: Reason, detail: &str, hold: &str) -> Option<Step> {
        let told = || {
            format!(
                "an approval was taken and the call refused: {detail}; hold {hold}, exchange {}. Compare the \
                 service's keys and digest key with this gateway's",
                self.id
            )
        };
        (reason == Reason::GrantInvalid).then(|| Step::Warn(told()))
    }

    /// Releases outside of the callback that paused.
    pub(super) fn resume(
        &mut self,
        response: Box<Response>,
        rewritten: Option<Vec<u8>>,
        now: Now,
    ) -> Steps {
        let mut steps = self.release(response, rewritten, now);
        steps.list.push(Step::Resume);
        steps
    }

    pub(super) fn give_place_back(&mut self, engine: &mut Engine) {
        if let Some(place) = self.place.take() {
            engine.holding.give_back(place);
        }
    }

    /// For its host, which gives it back when the question is answered that is still under way: a caller that goes
    /// leaves it behind, and who comes and goes must not have more of them under way than calls on hold.
    pub fn take_place(&mut self) -> Option<HoldPlace> {
        self.place.take()
    }

    /// Bytes that it keeps while it is on hold.
    pub fn held_bytes(&self) -> usize {
        self.place.as_ref().map_or(0, HoldPlace::bytes)
    }

    /// The caller went away, or was answered by Envoy.
    pub(super) fn left(&mut self, engine: &mut Engine, now: Now) {
        self.asked_again(engine);
        match &self.state {
            State::Held(held, _) => {
                self.journal.hold_ended(held, now);
                engine.telling.left(&held.call.principal, &self.id, now);
            }
            State::Withheld(withheld, _) => {
                withheld.ended(&mut self.journal, now);
                withheld.left(engine, &self.id, now);
            }
            // Who called something off and went need not say it again.
            State::Cancelling(cancelling) => cancelling.told_later(engine, now),
            _ => {}
        }
    }
}
