/*!
The end of an answer, withheld while people are asked for the calls in it that a model proposes. All of them have
to be approved before the approval of one is used: an answer goes out whole or not at all.
*/

use std::collections::VecDeque;
use std::mem;

use crate::answer::HeldProposal;
use crate::engine::Engine;
use crate::reason::Reason;

use super::event::{CallAnswer, Now, RouteName};
use super::held::{Held, Outcome};
use super::journal::Journal;
use super::refuse::Refused;
use super::step::{Step, Steps};
use super::{Exchange, State};

pub struct Withheld {
    /// Never none.
    held: Vec<Held>,
    /// What was not asked yet, of the last of them.
    questions: VecDeque<Outcome>,
    /// Whose turn it is: the service answers about that one.
    turn: usize,
    released: usize,
}

impl Withheld {
    fn new(
        engine: &Engine,
        exchange: &str,
        proposals: &[HeldProposal],
        wait_seconds: u32,
        now: Now,
    ) -> Self {
        let (held, questions) = proposals
            .iter()
            .map(|HeldProposal { call, verdict, .. }| {
                // Nothing is sent: the answer is here, and was judged by the bundle that still has to be active.
                let wait = (wait_seconds, None);
                let held = Held::new(exchange, call.clone(), None, verdict, wait, now);
                let question = held.ask(engine, verdict, None, None);
                (held, question)
            })
            .unzip();
        Self { held, questions, turn: 0, released: 0 }
    }

    pub fn answered(
        &mut self,
        engine: &Engine,
        answer: Option<CallAnswer<'_>>,
        route: &RouteName,
        fresh: [u8; 16],
        now: Now,
    ) -> Outcome {
        let Some(held) = self.held.get_mut(self.turn) else { return self.next(fresh, now) };
        match held.answered(engine, answer, route, now) {
            Outcome::Ask(_) | Outcome::Approved => self.next(fresh, now),
            Outcome::Release => {
                self.released += 1;
                self.next(fresh, now)
            }
            refuse @ Outcome::Refuse(..) => refuse,
        }
    }

    /// First all are asked for, then each that nobody decided yet is waited for in its turn, then all are redeemed.
    fn next(&mut self, fresh: [u8; 16], now: Now) -> Outcome {
        let count = self.held.len();
        if let Some(question) = self.questions.pop_front() {
            self.turn = count - self.questions.len() - 1;
            return question;
        }
        let mut after = self.held.iter().enumerate().cycle().skip(self.turn + 1).take(count);
        let pending = after.find(|(_, held)| held.is_pending()).map(|(place, _)| place);
        self.turn = pending.unwrap_or(self.released);
        match self.held.get_mut(self.turn) {
            Some(held) if pending.is_some() => held.wait_on(now),
            Some(held) => held.redeem(fresh),
            None => Outcome::Release,
        }
    }

    /// What the caller is told if the one fails whose turn it is.
    fn refused(&self, reason: Reason, detail: &str) -> Refused {
        match self.held.get(self.turn) {
            Some(held) => Refused::hold(reason, detail, held),
            None => Refused::new(reason, detail),
        }
    }

    /// Back to the principal goes its place for calls on hold, and into the record what became of them.
    pub fn ended(&self, engine: &mut Engine, journal: &mut Journal, now: Now) {
        if let Some(held) = self.held.first() {
            engine.give_hold_back(&held.call.principal);
        }
        journal.answer_waited(&self.held, now);
    }
}

impl Exchange {
    /// Goes on with the end of an answer, or asks people for what is proposed in it.
    pub(super) fn withhold(&mut self, engine: &mut Engine, steps: Steps, now: Now) -> Steps {
        let State::Released(response) = &mut self.state else { return steps };
        let [first, ..] = response.waits_for() else { return steps };
        if !engine.take_hold(&first.call.principal) {
            return response.refuse_withheld(Refused::hold_limit());
        }
        let proposals = response.waits_for();
        let mut withheld = Withheld::new(engine, &self.id, proposals, self.wait_seconds, now);
        let question = withheld.next([0; 16], now);
        if let State::Released(response) = mem::take(&mut self.state) {
            self.state = State::Withheld(Box::new(withheld), response);
        }
        let mut list = steps.list;
        // All there is of the record if the VM does not live to the end of the wait.
        list.push(self.journal.write());
        let asked = self.on_withheld(engine, question, now);
        list.extend(asked.list);
        Steps::with(list, asked.flow)
    }

    pub(super) fn on_withheld(&mut self, engine: &mut Engine, outcome: Outcome, now: Now) -> Steps {
        if let Outcome::Ask(call) = outcome {
            return Steps::with(vec![Step::Call(call)], self.flow());
        }
        let State::Withheld(withheld, mut response) = mem::take(&mut self.state) else {
            return Steps::new(self.flow());
        };
        withheld.ended(engine, &mut self.journal, now);
        let steps = match outcome {
            Outcome::Release => response.let_go(),
            Outcome::Refuse(reason, detail) => {
                // Nobody waits for the others any more.
                if reason != Reason::Pending && withheld.held.len() > 1 {
                    engine.note_left(self.id.clone());
                }
                response.refuse_withheld(withheld.refused(reason, detail))
            }
            Outcome::Ask(_) | Outcome::Approved => {
                let detail = "what the answer proposes was not approved";
                response.refuse_withheld(Refused::new(Reason::ApprovalUnavailable, detail))
            }
        };
        self.state = State::Released(response);
        steps
    }
}
