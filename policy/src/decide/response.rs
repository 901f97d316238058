/*!
Rules on responses, settled before the first byte comes: a response flows, so what to redact and
what to refuse must be known while it does.
*/

use super::facts::Facts;
use super::matching::{self, Matched};
use crate::rule::{Effect, Mode, Phase, Rule};
use crate::verdict::Contribution;

/// What each kind of finding means in this response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponsePlan {
    rules: Vec<(Contribution, Vec<String>)>,
}

pub fn plan_response(rules: &[Rule], facts: &Facts<'_>) -> ResponsePlan {
    let on_responses = rules.iter().filter(|rule| rule.on == Phase::Response);
    let concerned =
        on_responses.filter(|rule| matching::concerns(rule, facts)).filter_map(|rule| {
            // Conditions on responses ask about the request, so their answer is known by now.
            let effect = match matching::when(rule, facts) {
                Matched::No => return None,
                Matched::Yes => rule.effect,
                Matched::Unparsed(_) | Matched::Unavailable => Effect::Deny,
            };
            let contribution = Contribution {
                rule: rule.name.clone(),
                effect,
                mode: rule.mode,
                severity: rule.severity,
            };
            Some((contribution, rule.matches.findings.clone()))
        });
    ResponsePlan { rules: concerned.collect() }
}

impl ResponsePlan {
    /// Deny wins over redact; redact over allow; a kind that no rule names passes.
    pub fn effect(&self, kind: &str) -> Effect {
        self.enforced(kind).map(|rule| rule.effect).max().unwrap_or(Effect::Allow)
    }

    pub fn redacts(&self, kind: &str) -> bool {
        self.effect(kind) >= Effect::Redact
    }

    /// The rule that refuses a response with this kind of finding in it. A response cannot wait
    /// for an approver, so hold refuses too.
    pub fn denying(&self, kind: &str) -> Option<&Contribution> {
        self.enforced(kind).find(|rule| rule.effect >= Effect::Hold)
    }

    /// Every rule that names a kind that was found, in shadow too.
    pub fn contributions(&self, found: &[String]) -> Vec<Contribution> {
        self.rules
            .iter()
            .filter(|(_, kinds)| kinds.iter().any(|kind| found.contains(kind)))
            .map(|(rule, _)| rule.clone())
            .collect()
    }

    fn enforced(&self, kind: &str) -> impl Iterator<Item = &Contribution> {
        self.rules
            .iter()
            .filter(move |(rule, kinds)| {
                rule.mode == Mode::Enforce && kinds.iter().any(|k| k == kind)
            })
            .map(|(rule, _)| rule)
    }
}
