/*! One case, judged like a call. */

use super::{Case, compare};
use crate::bundle::Bundle;
use crate::exchange::{Now, admit, judge};
use crate::redact::{apply, redact_by};
use crate::rule::Effect;
use crate::scan::{Budget, Findings, scan_body};
use crate::verdict::Contribution;

/// Stands for the deployment's: a pseudonym in a case is always the same.
const KEY: &[u8] = &[0; 32];
/// So early that no allowance of a rule has ended: what a case shows does not change by itself.
const AT: Now = Now { unix_ms: 0 };

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
    /// Every rule that matched, also those that another outweighs.
    pub(super) matched: Vec<Contribution>,
    pub(super) redacted: Vec<String>,
    pub(super) body: Vec<u8>,
}

pub fn run(bundle: &Bundle, case: &Case) -> Ran {
    match outcome(bundle, case) {
        Ok(outcome) => Ran {
            matched: outcome.matched.iter().map(|rule| rule.rule.clone()).collect(),
            failures: compare::failures(&case.expect, outcome),
        },
        Err(message) => Ran { failures: vec![message], matched: Vec::new() },
    }
}

/// Through the admission and the judgement of real calls.
fn outcome(bundle: &Bundle, case: &Case) -> Result<Outcome, String> {
    let body = case.request.text();
    let head = case.request.head(&body);
    let refused = |detail: &str| format!("the request is refused: {detail}");
    let admitted = admit(&head).map_err(|(_, detail)| refused(detail))?;
    let principal = case.principal.verified();
    let (route, method) = (&head.route, &head.method);
    let judged = judge((bundle, KEY), &principal, route, method, &admitted, body.as_bytes(), AT)
        .map_err(|unreadable| refused(&unreadable.detail))?;
    if let Some(response) = &case.response {
        let body = response.text().into_bytes();
        let found = scan(bundle, &body)?;
        let (plan, scanner) = (judged.plan, &bundle.scanner);
        let redactions = plan.redactions(scanner);
        let treated = redactions.treat(&body, response.json.is_some(), &found);
        let (seen, kinds) = (&treated.seen, found.kinds().into_iter());
        return Ok(Outcome {
            effect: plan.effect(seen.hit()),
            matched: plan.contributions(seen.hit()),
            redacted: kinds.filter(|k| seen.redacted(scanner, k)).map(str::to_owned).collect(),
            body: apply(&body, &redact_by(&redactions, &treated, scanner, &body, &found)),
        });
    }
    let redacted = judged.findings.kinds().into_iter();
    let verdict = judged.verdict;
    Ok(Outcome {
        effect: verdict.effect,
        redacted: redacted
            .filter(|kind| verdict.redact.contains_key(*kind))
            .map(str::to_owned)
            .collect(),
        matched: verdict.contributions,
        body: judged.rewritten.unwrap_or(body.into_bytes()),
    })
}

fn scan(bundle: &Bundle, body: &[u8]) -> Result<Findings, String> {
    scan_body(&bundle.scanner, body, &mut Budget::for_body(body.len())).map_err(|e| e.to_string())
}
