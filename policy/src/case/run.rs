/*! One case, judged like a call. */

use super::response::{self, Asked};
use super::{Case, compare};
use crate::bundle::Bundle;
use crate::exchange::{By, Known, admit, judge};
use crate::pin::{Observed, PinSet, ToolDigest};
use crate::reason::Reason;
use crate::rule::Effect;
use crate::verdict::Contribution;

/// Stands for the deployment's: a pseudonym in a case is always the same.
const KEY: &[u8] = &[0; 32];

/// How a case went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// What differs from what the case expects, one line each; none: it passed.
    pub failures: Vec<String>,
    /// Names of the rules that matched.
    pub matched: Vec<String>,
}

/// What the bundle made of it.
pub(super) struct Outcome {
    pub(super) effect: Effect,
    /// Of a request that is held or denied.
    pub(super) reason: Option<Reason>,
    /// As in a verdict.
    pub(super) unavailable: Option<String>,
    /// Why an answer does not pass that proposes calls.
    pub(super) detail: Option<String>,
    /// Every rule that matched, also those that another outweighs.
    pub(super) matched: Vec<Contribution>,
    pub(super) redacted: Vec<String>,
    pub(super) body: Vec<u8>,
}

/// The call came to no rule.
pub struct Refused {
    pub(super) reason: Reason,
    pub(super) detail: String,
}

pub fn run(bundle: &Bundle, case: &Case) -> Ran {
    match outcome(bundle, case) {
        Ok(outcome) => Ran {
            matched: outcome.matched.iter().map(|rule| rule.rule.clone()).collect(),
            failures: compare::failures(&case.expect, outcome),
        },
        Err(refused) => {
            Ran { failures: compare::refusal_failures(&case.expect, &refused), matched: Vec::new() }
        }
    }
}

/// Through the admission and the judgement of real calls.
fn outcome(bundle: &Bundle, case: &Case) -> Result<Outcome, Refused> {
    let body = case.request.text();
    let head = case.request.head(&body);
    let refused = |reason, detail: &str| Refused { reason, detail: detail.to_owned() };
    let admitted = admit(&head).map_err(|(reason, detail)| refused(reason, detail))?;
    let principal = case.principal.verified();
    let (route, method, now) = (&head.route, &head.method, case.request.moment());
    let changed = case.request.mcp.as_ref().is_some_and(|mcp| mcp.definition.is_some());
    // No definition has this digest.
    let another = Observed::Digest(ToolDigest([0; 32]));
    let observed = |_: &PinSet, _: &str| if changed { another } else { Observed::Nothing };
    let by = By { bundle, key: KEY, observed: &observed, known: Known::default() };
    let judged = judge(by, &principal, route, method, &admitted, body.as_bytes(), now)
        .map_err(|unreadable| refused(unreadable.reason, &unreadable.detail))?;
    if let Some(answer) = &case.response {
        let asked = Asked { judged, admitted: &admitted, route: &route.name, now };
        return response::outcome(bundle, answer, &asked);
    }
    let redacted = judged.findings.kinds().into_iter();
    let verdict = judged.verdict;
    Ok(Outcome {
        effect: verdict.effect,
        reason: verdict.reason,
        unavailable: verdict.unavailable,
        detail: None,
        redacted: redacted
            .filter(|kind| verdict.redact.contains_key(*kind))
            .map(str::to_owned)
            .collect(),
        matched: verdict.contributions,
        body: judged.rewritten.unwrap_or(body.into_bytes()),
    })
}
