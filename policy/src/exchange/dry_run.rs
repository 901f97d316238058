/*!
A dry run: the call is judged like any other, its caller is told what would become of it, and that is all.
Nothing is sent, held, redeemed or charged. Since it shows what the rules say without a trace at the
upstream, each is recorded, and a principal has so many of them a minute, over all workers.
*/

use crate::budget::{Budget, Spent, Window};
use crate::engine::Engine;
use crate::principal::Principal;
use crate::refusal;
use crate::rule::Effect;
use crate::verdict::Verdict;

use super::event::{Now, RouteFacts};
use super::refuse::Refused;
use super::step::{Step, Steps};
use super::{Exchange, State};

pub const HEADER: &str = "x-gatehouse-dry-run";

const WINDOW_SECONDS: u64 = 60;

/// Takes one of the principal's dry runs of this minute; if there is none left, what it is told.
pub fn take(engine: &mut Engine, principal: &Principal, now: Now) -> Option<Refused> {
    let limit = Budget {
        // No budget of a bundle has a name with a blank in it.
        name: "dry runs".to_owned(),
        requests: Some(u64::from(engine.limits.dry_runs_per_minute)),
        per_seconds: WINDOW_SECONDS,
        ..Budget::default()
    };
    let account = engine.ledger.account(&limit, principal);
    let sight = engine.ledger.look(&account);
    let (one, seconds) = (Spent { requests: 1, bytes: 0 }, now.seconds());
    let added = engine.ledger.add(&account, sight, one, seconds, |spent| limit.over(spent, 0));
    let (_, until) = added.err()?;
    Some(Refused::over_dry_runs(Window::new(seconds, WINDOW_SECONDS).seconds_to(until)))
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
        Steps::with(vec![self.journal.write(), Step::Respond(answer)], self.flow())
    }
}
