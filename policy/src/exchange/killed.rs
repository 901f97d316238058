/*! The kill switch: whoever is killed begins nothing more, and what of theirs is under way ends. */

use crate::engine::Engine;
use crate::reason::Reason;

use super::event::Now;
use super::refuse::Refused;
use super::step::Steps;
use super::{Exchange, State};

const DETAIL: &str = "an operator has stopped this caller";

impl Exchange {
    /// Known to its host as one to be told.
    pub fn is_killed(&self, engine: &Engine) -> bool {
        let record = &self.journal.record;
        record.verdict.kill.is_none()
            && self.is_under_way()
            && engine.killed.of(&record.caller, &record.token).is_some()
    }

    /// The refusal, if its caller or the token is killed by now.
    pub(super) fn killed(&mut self, engine: &Engine) -> Option<Refused> {
        let record = &mut self.journal.record;
        let kill = engine.killed.of(&record.caller, &record.token)?;
        record.verdict.kill = Some(kill.id.clone());
        Some(Refused::new(Reason::Killed, DETAIL))
    }

    /// Where there is something to end; `None` if it goes on as it was.
    pub(super) fn on_kill(&mut self, engine: &mut Engine, now: Now) -> Option<Steps> {
        if !self.is_killed(engine) {
            return None;
        }
        let refused = self.killed(engine)?;
        // Nobody is asked any more for what waits for people, and the service hears that its caller is gone.
        self.left(engine, now);
        Some(match std::mem::take(&mut self.state) {
            State::Withheld(_, mut response) => {
                let steps = response.refuse_withheld(refused);
                self.state = State::Released(response);
                steps
            }
            State::Released(mut response) => {
                let steps = response.stop(refused);
                self.state = State::Released(response);
                steps
            }
            _ => self.refuse(refused),
        })
    }

    fn is_under_way(&self) -> bool {
        match &self.state {
            State::Released(response) => !response.is_over(),
            State::Receiving(_)
            | State::Held(..)
            | State::Cancelling(_)
            | State::Inquiring(_)
            | State::Withheld(..) => true,
            State::New | State::Refused => false,
        }
    }
}
