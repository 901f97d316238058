/*!
A dry run: the call is judged like any other, its caller is told what would become of it, and that is all.
Nothing is sent, held, redeemed or charged. Since it shows what the rules say without a trace at the
upstream, each is recorded, and a principal has so many of them a minute, over all workers.
*/

use crate::engine::Engine;
use crate::principal::Principal;
use crate::refusal;
use crate::rule::Effect;
use crate::verdict::Verdict;

use super::event::{Now, RouteFacts};
use super::rate;
use super::refuse::Refused;
use super::step::{Step, Steps};
use super::{Exchange, State};

pub const HEADER: &str = "x-gatehouse-dry-run";

/// Takes one of the principal's dry runs of this minute; if there is none left, what it is told.
pub fn take(engine: &mut Engine, principal: &Principal, now: Now) -> Option<Refused> {
    let limit = engine.limits.dry_runs_per_minute;
    rate::take(engine, principal, ("dry runs", limit), now).map(Refused::over_dry_runs)
}

impl Exchange {
    /// What would become of a call that is not made.
    pub(super) fn tell(&mut self, verdict: &Verdict, route: &RouteFacts) -> Steps {
        let refused = match verdict.effect {
            Effect::Deny => return self.refuse(Refused::denied(verdict)),
            Effect::Hold if self.asks_for_list() => return self.refuse(Refused::unasked(verdict)),
            Effect::Hold if !route.replay_off => return self.refuse(Refused::unsafe_route()),
            Effect::Hold => Some(Refused::would_hold(verdict)),
            Effect::Allow | Effect::Redact => None,
        };
        self.state = State::Refused;
        self.journal.told();
        let refusal = refused.map(|refused| refused.refusal(&self.id));
        let answer = refusal::dry_run(verdict.effect, refusal.as_ref(), &self.id);
        self.journal.said(&answer);
        Steps::with(vec![self.journal.write(), Step::Respond(answer)], self.flow())
    }
}
