/*!
Bundle × facts → verdict. Precedence is deny > hold > redact > allow; the order of rules means
nothing. A fact that a rule needs and cannot get is a deny, never "no match". Shadow rules are
computed and reported, never acted on.
*/

mod endpoint;
mod facts;
mod matching;
mod may_pass;
mod model;
mod named;
mod narrow;
mod resource;
mod response;
mod step_up;
mod unavailable;
mod values;

pub use facts::Facts;
pub use matching::concerns;
pub(crate) use matching::{is_at, is_by};
pub use may_pass::may_pass;
pub use response::{ResponsePlan, plan_response};

use crate::hold::Terms;
use crate::reason::Reason;
use crate::redact::ByKind;
use crate::rule::{DefaultEffect, Effect, Mode, Phase, Rule, Unparsed};
use crate::verdict::{Contribution, Verdict};
use matching::Matched;
use step_up::StepUp;

/// What the request rules say. Kinds of finding that only a redact rule names do not raise the
/// effect: the call passes, redacted.
///
/// Where the default is deny, a rule has to allow or hold the call. One that redacts says nothing of
/// who may call: the caller chooses what can be found in a call.
pub fn decide_request<'a>(rules: &'a [Rule], default: DefaultEffect, facts: &Facts<'a>) -> Verdict {
    decide(rules, Phase::Request, default, facts)
}

/// What the rules say of a call that a model proposes. Without one it passes: it is judged when it is made.
pub fn decide_proposal<'a>(rules: &'a [Rule], facts: &Facts<'a>) -> Verdict {
    decide(rules, Phase::Proposal, DefaultEffect::Allow, facts)
}

fn decide<'a>(rules: &'a [Rule], on: Phase, default: DefaultEffect, facts: &Facts<'a>) -> Verdict {
    let mut verdict = Verdict::allow();
    let mut spoken_for = default.is_allow();
    let mut open = endpoint::is_open(facts);
    let mut lacking = None;
    let mut step_up = StepUp::default();
    for rule in rules.iter().filter(|rule| rule.on == on) {
        let matched = matching::matches(rule, facts);
        let (effect, reason) = match matched {
            Matched::No => continue,
            Matched::Yes => (rule.effect, Reason::Denied),
            Matched::Unparsed(Unparsed::Hold) => (rule.effect.max(Effect::Hold), Reason::Denied),
            Matched::Unparsed(Unparsed::Deny) => (Effect::Deny, Reason::Denied),
            Matched::Unavailable => (Effect::Deny, Reason::FactUnavailable),
        };
        open |= matched == Matched::Yes && endpoint::opens(rule);
        spoken_for |= rule.mode == Mode::Enforce && effect != Effect::Redact;
        if rule.mode == Mode::Enforce && reason == Reason::FactUnavailable {
            lacking.get_or_insert(rule);
        }
        step_up.add(rule, effect, reason);
        add(&mut verdict, rule, effect, reason);
        let acted_on = rule.mode == Mode::Enforce;
        if let (Matched::Unparsed(_), true, Some(terms)) = (matched, acted_on, &mut verdict.terms) {
            // Of SQL or a command that cannot be read nobody knows whether it is like what was approved.
            terms.scope = None;
        }
    }
    if verdict.effect == Effect::Deny
        && let Some(scopes) = step_up.scopes()
    {
        (verdict.reason, verdict.scopes) = (Some(Reason::InsufficientScope), scopes);
    }
    if !open && verdict.effect != Effect::Deny {
        (verdict.effect, verdict.reason) = (Effect::Deny, Some(Reason::EndpointNotAllowed));
        (verdict.message, verdict.description, verdict.terms) = (None, None, None);
    } else if !spoken_for {
        (verdict.effect, verdict.reason) = (Effect::Deny, Some(Reason::NoRule));
        (verdict.message, verdict.description) = (None, None);
    }
    // Only for the answer, once all is decided: asking again costs work.
    if verdict.reason == Some(Reason::FactUnavailable) {
        verdict.unavailable = lacking.and_then(|rule| unavailable::name(rule, facts));
    }
    verdict
}

fn add(verdict: &mut Verdict, rule: &Rule, effect: Effect, reason: Reason) {
    verdict.contributions.push(Contribution {
        rule: rule.name.clone(),
        effect,
        mode: rule.mode,
        severity: rule.severity,
    });
    if rule.mode == Mode::Shadow {
        return;
    }
    if effect == Effect::Redact {
        redact(&mut verdict.redact, rule);
    }
    if effect == Effect::Hold && verdict.effect <= Effect::Hold {
        let own = Terms::from(rule.hold.clone().unwrap_or_default());
        verdict.terms = Some(match verdict.terms.take() {
            Some(terms) => terms.and(own),
            None => own,
        });
    }
    if effect > verdict.effect {
        verdict.effect = effect;
        verdict.reason = (effect >= Effect::Hold).then_some(reason);
        verdict.message.clone_from(&rule.message);
        verdict.description = (!rule.description.is_empty()).then(|| rule.description.clone());
    }
}

/// Two rules redact the same kind: the stronger way.
fn redact(kinds: &mut ByKind, rule: &Rule) {
    for kind in &rule.matches.findings {
        let own = rule.redact.clone().unwrap_or_default();
        let joined = match kinds.remove(kind) {
            Some(other) => own.join(other),
            None => own,
        };
        kinds.insert(kind.clone(), joined);
    }
}

#[cfg(test)]
mod tests;
