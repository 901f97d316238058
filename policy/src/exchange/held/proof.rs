/*! What a redemption brings, checked: only a pair that proves this call, this exchange and this bundle lets it go. */

use crate::call::Call;
use crate::digest;
use crate::engine::{Engine, Shown};
use crate::grant::Expected;
use crate::hold::RedeemResponse;
use crate::pin::PinSet;
use crate::reason::Reason;

use super::super::event::{CallAnswer, Now, RouteName};
use super::super::judge::{By, Known};
use super::{Held, Outcome, parse, unavailable, unknown};

impl Held {
    pub(super) fn heard_grant(
        &mut self,
        engine: &Engine,
        answer: &CallAnswer<'_>,
        route: &RouteName,
        (nonce, lost): (&str, bool),
        now: Now,
    ) -> Outcome {
        let parsed: Option<RedeemResponse> =
            if answer.status == 200 { parse(answer.body) } else { None };
        let Some(pair) = parsed else {
            if lost {
                return unknown();
            }
            return unavailable("the approval service did not answer with a grant");
        };
        let digest = digest::grant_digest(&self.call, &engine.digest_key);
        let scope = self.terms.scope.as_ref();
        let standing =
            scope.and_then(|scope| digest::standing_key(&self.call, scope, &engine.digest_key));
        let expected = Expected {
            hold: self.hold(),
            digest: &digest,
            exchange: &self.exchange,
            nonce,
            rules: &self.rules,
            standing_key: standing.as_deref(),
            terms: &self.terms,
            owners: &self.call.principal.owners,
            now: now.seconds(),
        };
        match engine.grant_keys.check_with_end(&pair.grant, &pair.receipt, &expected) {
            Err(_) => Outcome::Refuse(Reason::GrantInvalid, "the grant does not prove an approval"),
            Ok((grant, _)) if grant.revision != engine.bundle.revision => {
                Outcome::Refuse(Reason::GrantInvalid, "the grant was made under another bundle")
            }
            Ok(_) if !self.stands(engine) => {
                let detail = "the bundle changed, and the new one judges the call in another way";
                Outcome::Refuse(Reason::GrantInvalid, detail)
            }
            Ok(_) if !self.again.as_ref().is_none_or(|again| again.is_on(route)) => {
                Outcome::Refuse(Reason::RouteUnsafe, "the route changed while the call was on hold")
            }
            Ok((grant, until)) => {
                self.granted_until = Some(until);
                self.approvals = grant.approvals;
                self.break_glass = grant.break_glass;
                self.standing = grant.standing.map(|one| one.id);
                Outcome::Release
            }
        }
    }

    /// Whether the bundle that is active by now makes the same of the call.
    fn stands(&self, engine: &Engine) -> bool {
        let active = engine.active();
        let Call { route, cluster, .. } = &self.call;
        let observed = |set: &PinSet, tool: &str| {
            engine.definitions.observed(Shown { route, cluster, set: &set.name, tool })
        };
        let by = By {
            bundle: active,
            key: &engine.digest_key,
            observed: &observed,
            known: Known::default(),
        };
        active.revision == engine.bundle.revision
            || self
                .again
                .as_ref()
                .is_some_and(|again| again.holds(by, &self.call, &self.rules, &self.terms))
    }
}
