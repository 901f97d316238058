/*!
Rules on responses, settled before the first byte comes: a response flows, so what to redact and
what to refuse must be known while it does.
*/

use super::facts::Facts;
use super::matching;
use crate::rule::{Effect, Mode, Phase, Rule};
use crate::verdict::Contribution;

/// What each kind of finding means in this response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponsePlan {
    rules: Vec<(Contribution, Vec<String>)>,
}

pub fn plan_response(rules: &[Rule], facts: &Facts<'_>) -> ResponsePlan {
    let concerned = rules
        .iter()
        .filter(|rule| rule.on == Phase::Response && matching::concerns(rule, facts))
        .map(|rule| {
            let contribution = Contribution {
                rule: rule.name.clone(),
                effect: rule.effect,
                mode: rule.mode,
                severity: rule.severity,
            };
            (contribution, rule.matches.findings.clone())
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
