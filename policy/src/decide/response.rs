/*!
Rules on responses, settled before the first byte comes: a response flows, so what to redact and
what to refuse must be known while it does.
*/

use super::facts::Facts;
use super::matching::{self, Matched};
use crate::digest::Pseudonyms;
use crate::redact::{Redaction, Redactions};
use crate::rule::{Effect, Mode, Phase, Rule};
use crate::scan::Scanner;
use crate::verdict::Contribution;

/// What each kind of finding means in this response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponsePlan {
    rules: Vec<Planned>,
    pseudonyms: Option<Pseudonyms>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Planned {
    rule: Contribution,
    kinds: Vec<String>,
    redaction: Redaction,
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
            // What is refused is redacted, too, where nothing can be refused any more.
            let redaction = match effect {
                Effect::Redact => rule.redact.clone().unwrap_or_default(),
                _ => Redaction::Token,
            };
            Some(Planned { rule: contribution, kinds: rule.matches.findings.clone(), redaction })
        });
    ResponsePlan { rules: concerned.collect(), pseudonyms: None }
}

impl ResponsePlan {
    pub fn with(self, pseudonyms: Pseudonyms) -> Self {
        Self { pseudonyms: Some(pseudonyms), ..self }
    }

    /// What becomes of findings in a body or a header.
    pub fn redactions(&self, scanner: &Scanner) -> Redactions {
        Redactions::new(scanner, |kind| self.redaction(kind), self.pseudonyms.clone())
    }

    fn redaction(&self, kind: &str) -> Option<Redaction> {
        let redacting = self.enforced(kind).filter(|planned| planned.rule.effect >= Effect::Redact);
        redacting.map(|planned| planned.redaction.clone()).reduce(Redaction::join)
    }

    /// Deny wins over redact; redact over allow; a kind that no rule names passes.
    pub fn effect(&self, kind: &str) -> Effect {
        self.enforced(kind).map(|planned| planned.rule.effect).max().unwrap_or(Effect::Allow)
    }

    pub fn redacts(&self, kind: &str) -> bool {
        self.effect(kind) >= Effect::Redact
    }

    /// The rule that refuses a response with this kind of finding in it. A response cannot wait
    /// for an approver, so hold refuses too.
    pub fn denying(&self, kind: &str) -> Option<&Contribution> {
        self.enforced(kind).map(|planned| &planned.rule).find(|rule| rule.effect >= Effect::Hold)
    }

    /// Every rule that names a kind that was found, in shadow too.
    pub fn contributions(&self, found: &[String]) -> Vec<Contribution> {
        self.rules
            .iter()
            .filter(|planned| planned.kinds.iter().any(|kind| found.contains(kind)))
            .map(|planned| planned.rule.clone())
            .collect()
    }

    fn enforced(&self, kind: &str) -> impl Iterator<Item = &Planned> {
        self.rules.iter().filter(move |planned| {
            planned.rule.mode == Mode::Enforce && planned.kinds.iter().any(|k| k == kind)
        })
    }
}
