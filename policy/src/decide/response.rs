/*!
Rules on responses, settled before the first byte comes: a response flows, so what to redact and
what to refuse must be known while it does.
*/

use super::facts::Facts;
use super::matching::{self, Matched};
use crate::allowance::Allowance;
use crate::call::Kind;
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
    message: Option<String>,
    kinds: Vec<String>,
    redaction: Redaction,
    /// Those in force.
    allowances: Vec<Allowance>,
}

type Concerns = fn(&Rule, &Facts<'_>) -> bool;
type Asked = fn(&Rule, &Facts<'_>) -> Matched;

/// `now` in Unix seconds.
pub fn plan_response(rules: &[Rule], facts: &Facts<'_>, now: u64) -> ResponsePlan {
    let on_responses = rules.iter().filter(|rule| rule.on == Phase::Response);
    // What is asked is about the request, so its answer is known by now.
    let (concerns, asked): (Concerns, Asked) = match answers_another(facts) {
        true => (matching::concerns_place, matching::when),
        false => (matching::concerns, matching::asked),
    };
    let concerned = on_responses.filter(|rule| concerns(rule, facts)).filter_map(|rule| {
        let effect = match asked(rule, facts) {
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
        let allowances = Allowance::live(&rule.allow_findings, now);
        let kinds = rule.matches.findings.clone();
        let message = rule.message.clone();
        Some(Planned { rule: contribution, message, kinds, redaction, allowances })
    });
    ResponsePlan { rules: concerned.collect(), pseudonyms: None }
}

/// What comes may answer a message that was sent before, of any tool: a stream that is taken up again, or the
/// result of a task.
fn answers_another(facts: &Facts<'_>) -> bool {
    match &facts.protocol.mcp {
        Some(call) => call.method.starts_with("tasks/"),
        None => facts.protocol.kind == Kind::Mcp || facts.call.header("last-event-id").is_some(),
    }
}

impl ResponsePlan {
    pub fn with(self, pseudonyms: Option<Pseudonyms>) -> Self {
        Self { pseudonyms, ..self }
    }

    /// What becomes of findings in a body or a header: a rule for each of the plan's.
    pub fn redactions(&self, scanner: &Scanner) -> Redactions {
        let pseudonyms = self.pseudonyms.clone();
        self.rules.iter().fold(Redactions::new(scanner, pseudonyms), |all, planned| {
            let Planned { rule, message: _, kinds, redaction, allowances } = planned;
            let redacts = rule.mode == Mode::Enforce && rule.effect >= Effect::Redact;
            let finds = |kind: &str| kinds.iter().any(|one| one == kind);
            all.rule(finds, redacts.then(|| redaction.clone()), allowances.clone())
        })
    }

    /// The rule that refuses a response in which these rules found something. A response cannot wait
    /// for an approver, so hold refuses too.
    pub fn denying(&self, hit: &[bool]) -> Option<&Contribution> {
        self.hit(hit).find(|rule| rule.mode == Mode::Enforce && rule.effect >= Effect::Hold)
    }

    /// What whoever gets that instead is told.
    pub fn denial(&self, hit: &[bool]) -> Option<String> {
        let Contribution { rule, .. } = self.denying(hit)?;
        let speaks = self.rules.iter().find(|planned| planned.rule.rule == *rule);
        let message = speaks.and_then(|planned| planned.message.as_deref());
        let message = message.map(|message| format!(". {message}")).unwrap_or_default();
        Some(format!("rule `{rule}` denies the response{message}"))
    }

    /// The effect on a response in which these rules found something: deny wins over redact, redact
    /// over allow, and what no rule names passes.
    pub fn effect(&self, hit: &[bool]) -> Effect {
        let enforced = self.hit(hit).filter(|rule| rule.mode == Mode::Enforce);
        enforced.map(|rule| rule.effect).max().unwrap_or(Effect::Allow)
    }

    /// Every rule that found something, in shadow too.
    pub fn contributions(&self, hit: &[bool]) -> Vec<Contribution> {
        self.hit(hit).cloned().collect()
    }

    /// Which rules find something in an answer with these kinds, whatever the values are.
    pub fn hit_by(&self, kinds: &[String]) -> Vec<bool> {
        let hit = |planned: &Planned| planned.kinds.iter().any(|kind| kinds.contains(kind));
        self.rules.iter().map(hit).collect()
    }

    /// Whether a finding of this kind is redacted.
    pub fn masks(&self, kind: &str) -> bool {
        self.rules.iter().any(|Planned { rule, kinds, .. }| {
            rule.mode == Mode::Enforce
                && rule.effect >= Effect::Redact
                && kinds.iter().any(|one| one == kind)
        })
    }

    fn hit(&self, hit: &[bool]) -> impl Iterator<Item = &Contribution> {
        self.rules.iter().zip(hit).filter(|(_, hit)| **hit).map(|(planned, _)| &planned.rule)
    }
}
