/*! What differs from what a case expects. */

use serde_json::Value as Json;

use super::Expect;
use super::run::{Outcome, Refused};
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
        let rules = deciding.join(", ");
        failures.push(format!("expected `{wanted}`, got `{got}` by [{rules}]"));
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
    differ("redacted", &expect.redacted, outcome.redacted);
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
    failures
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
