/*! A held call judged again, by a bundle that became active while it waited. */

use std::mem;

use crate::call::Call;
use crate::decide::ResponsePlan;
use crate::hold::Terms;
use crate::rule::Effect;

use super::event::{Now, RouteFacts, RouteName};
use super::head::Admitted;
use super::judge;

/// What judging takes beside the call itself.
#[derive(Debug)]
pub struct Again {
    admitted: Admitted,
    route: RouteFacts,
    /// What becomes of the answer, as it was decided when the call came.
    plan: ResponsePlan,
    /// When it was judged first: conditions on the time speak of that.
    judged_at: Now,
}

impl Again {
    pub fn new(
        mut admitted: Admitted,
        route: RouteFacts,
        plan: ResponsePlan,
        judged_at: Now,
    ) -> Self {
        // The principal is known: the token is not needed any more.
        drop(mem::take(&mut admitted.authorization));
        Self { admitted, route, plan, judged_at }
    }

    /// Whether that is the route of then, with the sections it named.
    pub fn is_on(&self, route: &RouteName) -> bool {
        self.route.name == *route
    }

    /// Whether the bundle holds what would go out now for the same rules, under the same terms, has
    /// nothing more to redact in it, and treats the answer alike.
    pub fn holds(&self, by: judge::By<'_>, call: &Call, rules: &[String], terms: &Terms) -> bool {
        let Call { principal, method, body, .. } = call;
        let (route, admitted, body) = (&self.route, &self.admitted, body.as_bytes());
        let at = self.judged_at;
        let judged = judge::judge(by, principal, route, method, admitted, body, at);
        judged.is_ok_and(|judged| {
            let verdict = &judged.verdict;
            verdict.effect == Effect::Hold
                && verdict.deciding().map(|rule| &rule.rule).eq(rules)
                && verdict.terms.as_ref() == Some(terms)
                && judged.rewritten.is_none()
                && judged.plan == self.plan
        })
    }
}
