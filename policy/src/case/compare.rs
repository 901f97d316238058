/*! What differs from what a case expects. */

use serde_json::Value as Json;

use super::Expect;
use super::run::{Outcome, Refused};
use crate::reason::Reason;
use crate::rule::{Effect, Mode};
use crate::verdict::Contribution;

/// The call came to no rule.
pub(super) fn refusal_failures(expect: &Expect, refused: &Refused) -> Vec<String> {
    let (got, detail) = (refused.reason.code(), &refused.detail);
    match expect.refusal {
        Some(wanted) if wanted == refused.reason => Vec::new(),
        Some(wanted) => {
            let wanted = wanted.code();
            vec![format!("expected the refusal `{wanted}`, got `{got}`: {detail}")]
        }
        None => vec![format!("the request is refused as `{got}`: {detail}")],
    }
}

pub(super) fn failures(expect: &Expect, outcome: Outcome) -> Vec<String> {
    let mut failures = Vec::new();
    let decides =
        |rule: &&Contribution| rule.effect == outcome.effect && rule.mode == Mode::Enforce;
    let deciding = outcome.matched.iter().filter(decides).map(|rule| rule.rule.clone());
    let deciding: Vec<String> = deciding.collect();
    if let Some(wanted) = expect.refusal {
        let (wanted, got) = (wanted.code(), word(outcome.effect));
        return vec![format!("expected the refusal `{wanted}`, got the effect `{got}`")];
    }
    if let Some(wanted) = expect.effect.filter(|wanted| *wanted != outcome.effect) {
        let (wanted, got) = (word(wanted), word(outcome.effect));
        let by = by(&deciding, &outcome);
        failures.push(format!("expected `{wanted}`, got `{got}` {by}"));
    }
    let mut differ = |what: &str, wanted: &Option<Vec<String>>, got: Vec<String>| {
        let sorted = |list: &[String]| {
            let mut list = list.to_vec();
            list.sort();
            list
        };
        if let Some(wanted) = wanted.as_deref().map(sorted)
            && wanted != sorted(&got)
        {
            let (wanted, got) = (wanted.join(", "), sorted(&got).join(", "));
            failures.push(format!("expected {what} [{wanted}], got [{got}]"));
        }
    };
    differ("rules", &expect.rules, deciding);
    differ("redacted", &expect.redacted, outcome.redacted.clone());
    let body = String::from_utf8_lossy(&outcome.body);
    let as_json = || serde_json::from_slice::<Json>(&outcome.body).ok();
    let body_fits = match (&expect.body.body, &expect.body.json) {
        (Some(wanted), _) => *wanted == body,
        (None, Some(wanted)) => as_json().as_ref() == Some(wanted),
        (None, None) => true,
    };
    if !body_fits {
        failures.push(format!("the body became {body}"));
    }
    if !failures.is_empty() {
        failures.extend(in_shadow(expect, &outcome));
    }
    failures
}

/// Who decided, and why where it is not what the rules say.
fn by(deciding: &[String], outcome: &Outcome) -> String {
    let rules = match deciding {
        [] => "by no rule".to_owned(),
        rules => format!("by [{}]", rules.join(", ")),
    };
    if let Some(detail) = &outcome.detail {
        return format!("{rules}: {detail}");
    }
    match (outcome.reason, &outcome.unavailable) {
        (Some(Reason::NoRule), _) => {
            format!("{rules} (`no_rule`): none lets the call pass, and `default` is deny")
        }
        (Some(Reason::FactUnavailable), Some(fact)) => {
            format!("{rules} (`fact_unavailable`): it needs {fact}")
        }
        (Some(Reason::Denied) | None, _) => rules,
        (Some(reason), _) => format!("{rules} (`{}`)", reason.code()),
    }
}

/// Rules that the case may have been written for, and that do nothing yet.
fn in_shadow(expect: &Expect, outcome: &Outcome) -> Option<String> {
    let named = |rule: &&Contribution| {
        expect.rules.as_ref().is_some_and(|names| names.contains(&rule.rule))
            || expect.effect == Some(rule.effect)
    };
    let shadow = outcome.matched.iter().filter(|rule| rule.mode == Mode::Shadow);
    let names: Vec<String> = shadow.filter(named).map(|rule| format!("`{}`", rule.rule)).collect();
    (!names.is_empty()).then(|| format!("in shadow, so not acted on: {}", names.join(", ")))
}

/// As in YAML.
fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::Allow => "allow",
        Effect::Redact => "redact",
        Effect::Hold => "hold",
        Effect::Deny => "deny",
    }
}
