/*! What becomes of an answer: what is found in it, and what a model proposes. */

use std::sync::Arc;

use super::run::{Outcome, Refused};
use super::{Body, Case};
use crate::answer::{Answer, Asker, JUDGED_MAX};
use crate::bundle::Bundle;
use crate::call::Kind;
use crate::exchange::{Admitted, Judged, Now, RouteName};
use crate::reason::Reason;
use crate::redact::{apply, redact_by};
use crate::rule::{Effect, Mode, Phase};
use crate::scan::{Budget, Findings, Mend, OverBudget, SseStream, scan_body};
use crate::verdict::Contribution;

/// Where the answer is to.
pub struct Asked<'a> {
    pub judged: Judged,
    pub admitted: &'a Admitted,
    pub route: &'a RouteName,
    pub now: Now,
}

pub(super) fn outcome(
    bundle: &Bundle,
    response: &Body,
    asked: &Asked<'_>,
) -> Result<Outcome, Refused> {
    let text = response.text();
    let body = text.as_bytes();
    let found = scan(bundle, body)?;
    let (plan, scanner) = (&asked.judged.plan, &bundle.scanner);
    let redactions = plan.redactions(scanner);
    let treated = redactions.treat(body, response.json.is_some(), &found);
    let (seen, kinds) = (&treated.seen, found.kinds().into_iter());
    let proposed = proposed(bundle, asked, &text)?;
    let mut matched = plan.contributions(seen.hit());
    matched.extend(proposed.rules);
    let effect = plan.effect(seen.hit());
    Ok(Outcome {
        effect: proposed.effect.map_or(effect, |one| effect.max(one)),
        reason: None,
        unavailable: None,
        detail: proposed.detail,
        matched,
        redacted: kinds.filter(|k| seen.redacted(scanner, k)).map(str::to_owned).collect(),
        body: apply(body, &redact_by(&redactions, &treated, scanner, body, &found)),
    })
}

/// What the rules say of calls that an answer proposes.
#[derive(Default)]
pub struct Proposed {
    pub effect: Option<Effect>,
    pub rules: Vec<Contribution>,
    /// Why the answer does not pass.
    detail: Option<String>,
}

pub fn proposed(bundle: &Bundle, asked: &Asked<'_>, text: &str) -> Result<Proposed, Refused> {
    let Asked { judged, admitted, route, now } = asked;
    let rules = bundle.rules.iter().filter(|rule| rule.on == Phase::Proposal);
    let rules: Vec<_> = rules.cloned().collect();
    if judged.call.kind != Kind::Openai || rules.is_empty() {
        return Ok(Proposed::default());
    }
    let asker = Asker {
        // The whole bundle is not asked, so it is not copied.
        bundle: Arc::new(Bundle { rules, scanner: bundle.scanner.clone(), ..Bundle::none() }),
        call: judged.call.without_body(),
        path: admitted.normal_path.clone(),
        host: admitted.host.clone(),
        sections: route.sections.clone(),
        mcp: None,
        said: judged.call.proven,
        now: now.seconds(),
    };
    let mut answer = Answer::new(Kind::Openai, None).to(asker);
    if !is_events(text) {
        answer.data(text.as_bytes());
        answer.finish();
        return Ok(told(&answer));
    }
    let mut stream = SseStream::new(&bundle.scanner, |_| false).mended(Box::new(answer));
    stream.push(text.as_bytes()).and_then(|_| stream.finish()).map_err(over)?;
    Ok(stream.mend().map(told).unwrap_or_default())
}

/// A case names no content type.
fn is_events(text: &str) -> bool {
    ["data:", "event:"].iter().any(|start| text.starts_with(start))
}

fn told(mend: &dyn Mend) -> Proposed {
    let rules = mend.rules().to_vec();
    let detail = mend.refuses().map(|(_, detail)| detail);
    let enforced = rules.iter().filter(|rule| rule.mode == Mode::Enforce);
    let effect = match &detail {
        Some(_) => Some(Effect::Deny),
        None => enforced.map(|rule| rule.effect).max(),
    };
    Proposed { effect, rules, detail }
}

/// How many calls an answer may propose, at most: each is an object.
pub(super) fn calls(case: &Case) -> usize {
    let answer = case.response.as_ref().filter(|_| case.request.kind == Kind::Openai);
    answer.map_or(0, |body| body.text().matches('{').count().min(JUDGED_MAX as usize))
}

fn scan(bundle: &Bundle, body: &[u8]) -> Result<Findings, Refused> {
    scan_body(&bundle.scanner, body, &mut Budget::for_body(body.len())).map_err(over)
}

fn over(error: OverBudget) -> Refused {
    Refused { reason: Reason::OverBudget, detail: error.to_string() }
}
