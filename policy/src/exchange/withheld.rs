/*!
The end of an answer, withheld while people are asked for the calls in it that a model proposes. All of them have
to be approved before the approval of one is used: an answer goes out whole or not at all.
*/

use std::mem;

use crate::answer::HeldProposal;
use crate::engine::Engine;
use crate::reason::Reason;

use super::event::{CallAnswer, Now, RouteName};
use super::held::{Held, Outcome};
use super::journal::Journal;
use super::refuse::Refused;
use super::step::Steps;
use super::{Exchange, State, weight};

pub struct Withheld {
    /// Never none.
    held: Vec<Held>,
    /// For so many of them a hold was asked.
    asked: usize,
    /// Whose turn it is: the service answers about that one.
    turn: usize,
    released: usize,
}

impl Withheld {
    fn new(exchange: &str, proposals: &[HeldProposal], wait_seconds: u32, now: Now) -> Self {
        // One answer, one wait: the shortest that a rule lets any of them have.
        let terms = proposals.iter().filter_map(|proposal| proposal.verdict.terms.as_ref());
        let wait = terms.map(|terms| terms.wait_seconds).fold(wait_seconds, u32::min);
        let held = proposals.iter().map(|HeldProposal { call, verdict, .. }| {
            // Nothing is sent: the answer is here, and was judged by the bundle that still has to be active.
            Held::new(exchange, call.clone(), None, verdict, (wait, None), now)
        });
        Self { held: held.collect(), asked: 0, turn: 0, released: 0 }
    }

    pub fn answered(
        &mut self,
        engine: &Engine,
        answer: Option<CallAnswer<'_>>,
        route: &RouteName,
        fresh: [u8; 16],
        now: Now,
    ) -> Outcome {
        let Some(held) = self.held.get_mut(self.turn) else {
            return self.next(engine, fresh, now);
        };
        match held.answered(engine, answer, route, fresh, now) {
            Outcome::Ask(_) | Outcome::Approved => self.next(engine, fresh, now),
            Outcome::Release => {
                self.released += 1;
                self.next(engine, fresh, now)
            }
            other @ (Outcome::Refuse(..) | Outcome::AskAgain(_)) => other,
        }
    }

    /// Nobody keeps its question.
    pub fn not_kept(&self) -> Option<Outcome> {
        self.held.get(self.turn).map(Held::not_kept)
    }

    /// The question that nobody answered, or the next where the answer was that there is nothing new.
    pub fn due(&mut self, engine: &Engine, now: Now) -> Outcome {
        match self.held.get_mut(self.turn) {
            Some(held) if !held.has_none_yet() => held.ask_again(engine, now),
            // One at least is pending; if not, nothing is approved by that.
            _ => self.next_pending(engine, now).unwrap_or(Outcome::Approved),
        }
    }

    /// First all are asked for, then each that nobody decided yet is waited for in its turn, then all are redeemed.
    fn next(&mut self, engine: &Engine, fresh: [u8; 16], now: Now) -> Outcome {
        if let Some(held) = self.held.get_mut(self.asked) {
            self.turn = self.asked;
            self.asked += 1;
            return held.ask(engine, now);
        }
        if let Some(question) = self.next_pending(engine, now) {
            return question;
        }
        self.turn = self.released;
        match self.held.get_mut(self.turn) {
            Some(held) => held.redeem(engine, fresh, now),
            None => Outcome::Release,
        }
    }

    /// Asks for news of the next that nobody decided, if there is one.
    fn next_pending(&mut self, engine: &Engine, now: Now) -> Option<Outcome> {
        let count = self.held.len();
        let mut after = self.held.iter().enumerate().cycle().skip(self.turn + 1).take(count);
        let (place, _) = after.find(|(_, held)| held.is_pending())?;
        self.turn = place;
        self.held.get_mut(place).map(|held| held.ask(engine, now))
    }

    /// What the caller is told if the one fails whose turn it is.
    fn refused(&self, reason: Reason, detail: &str) -> Refused {
        match self.held.get(self.turn) {
            Some(held) => Refused::hold(reason, detail, held),
            None => Refused::new(reason, detail),
        }
    }

    /// Nobody waits for any of them.
    pub fn left(&self, engine: &mut Engine, exchange: &str, now: Now) {
        if let Some(held) = self.held.first() {
            engine.telling.left(&held.call.principal, exchange, now);
        }
    }

    /// Into the record goes what became of them.
    pub fn ended(&self, journal: &mut Journal, now: Now) {
        journal.answer_waited(&self.held, now);
    }
}

impl Exchange {
    /// Goes on with the end of an answer, or asks people for what is proposed in it.
    pub(super) fn withhold(&mut self, engine: &mut Engine, steps: Steps, now: Now) -> Steps {
        let State::Released(response) = &mut self.state else { return steps };
        let [first, ..] = response.waits_for() else { return steps };
        let proposals = response.waits_for();
        let calls = u32::try_from(proposals.len()).unwrap_or(u32::MAX);
        let bytes = weight::of_answer(response.withheld_bytes(), proposals);
        let taken = engine.holding.take(&engine.limits, &first.call.principal, calls, bytes);
        match taken {
            Ok(place) => self.place = Some(place),
            Err(full) => return response.refuse_withheld(Refused::no_room(full)),
        }
        let proposals = response.waits_for();
        let mut withheld = Withheld::new(&self.id, proposals, self.wait_seconds, now);
        let session = self.journal.record.session.as_ref();
        withheld.held.iter_mut().for_each(|held| held.within(engine, session));
        let question = withheld.next(engine, [0; 16], now);
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
        let outcome = match self.asks(engine, outcome) {
            Ok(steps) => return steps,
            Err(outcome) => outcome,
        };
        let State::Withheld(withheld, mut response) = mem::take(&mut self.state) else {
            return Steps::new(self.flow());
        };
        self.give_place_back(engine);
        withheld.ended(&mut self.journal, now);
        let steps = match outcome {
            Outcome::Release => response.let_go(),
            Outcome::Refuse(reason, detail) => {
                // Nobody waits for the others any more.
                if reason != Reason::Pending && withheld.held.len() > 1 {
                    withheld.left(engine, &self.id, now);
                }
                let ids = withheld.held.iter().map(Held::hold_id);
                let warning = self.unproven(reason, detail, &ids.collect::<Vec<_>>().join(" "));
                let mut steps = response.refuse_withheld(withheld.refused(reason, detail));
                steps.list.extend(warning);
                steps
            }
            Outcome::Ask(_) | Outcome::AskAgain(_) | Outcome::Approved => {
                let detail = "what the answer proposes was not approved";
                response.refuse_withheld(Refused::new(Reason::ApprovalUnavailable, detail))
            }
        };
        self.state = State::Released(response);
        steps
    }
}
