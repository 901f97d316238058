/*! What a bundle makes of a call that was recorded, and of its answer. */

use std::collections::BTreeSet;

use super::call::{Version, principal, versions};
use super::masked::{reads_names, reads_unmarked};
use super::{CannotTell, Outcome, Stop, Treated, recorded};
use crate::allowance::Allowance;
use crate::bundle::Bundle;
use crate::call::Kind;
use crate::case::{Asked, proposed};
use crate::decide::ResponsePlan;
use crate::exchange::{Admitted, By, Judged, Known, Now, admit, judge};
use crate::pin::{Observed, PinSet};
use crate::record::{FindingCount, Record, ResponseRecord};
use crate::rule::{Effect, Mode, Phase};
use crate::scan::{Budget, scan_called};
use crate::verdict::Contribution;

/// Stands for the deployment's: nothing of it is left to be seen.
const KEY: &[u8] = &[0; 32];

/// A call as it was judged once more.
struct Anew {
    judged: Judged,
    admitted: Admitted,
    version: Version,
}

pub fn outcome(bundle: &Bundle, record: &Record) -> Result<Outcome, CannotTell> {
    if recorded::outcome(record).is_none() {
        return Err(CannotTell::ReadOtherwise);
    }
    let body = kinds(&record.request.findings);
    if allows(bundle, Phase::Request, &body, record) {
        return Err(CannotTell::AllowanceDecides);
    }
    if reads_unmarked(bundle, record) || reads_names(bundle, record, &principal(record)?) {
        return Err(CannotTell::MaskedDecides);
    }
    let mut all = Vec::new();
    for version in versions(record)? {
        all.push(anew(bundle, record, &body, version)?);
    }
    let mut outcomes = all.iter().map(|one| request(bundle, &one.judged, &body));
    let first = outcomes.next().ok_or(CannotTell::ReadOtherwise)?;
    if outcomes.any(|other| other != first) {
        return Err(CannotTell::MaskedDecides);
    }
    let answered = record.response.status != 0 && first.stops != Some(Stop::Deny);
    let mut responses = Vec::new();
    for asked in all.into_iter().filter(|_| answered) {
        responses.push(response(bundle, record, asked)?);
    }
    let mut responses = responses.into_iter();
    let response = responses.next();
    if responses.any(|other| Some(&other) != response.as_ref()) {
        return Err(CannotTell::MaskedDecides);
    }
    Ok(Outcome { request: first, response })
}

fn anew(
    bundle: &Bundle,
    record: &Record,
    body: &[&str],
    version: Version,
) -> Result<Anew, CannotTell> {
    let now = Now { unix_ms: record.started_ms };
    let admitted = admit(&version.head).map_err(|_| CannotTell::ReadOtherwise)?;
    let principal = principal(record)?;
    // As if it was listed as it is pinned: what lists showed is in no record.
    let observed = |_: &PinSet, _: &str| Observed::Nothing;
    let target = kinds(&record.request.path_findings);
    let by = By { bundle, key: KEY, observed: &observed, known: Known { body, target: &target } };
    let (route, method) = (&version.head.route, &version.head.method);
    let judged = judge(by, &principal, route, method, &admitted, version.body.as_bytes(), now)
        .map_err(|_| CannotTell::ReadOtherwise)?;
    Ok(Anew { judged, admitted, version })
}

fn request(bundle: &Bundle, judged: &Judged, known: &[&str]) -> Treated {
    let verdict = &judged.verdict;
    let known = bundle.scanner.looked_for(known);
    let found = judged.findings.kinds().into_iter().chain(known);
    let masked = found.filter(|kind| verdict.redact.contains_key(*kind));
    let redacts = verdict
        .contributions
        .iter()
        .filter(|rule| rule.effect == Effect::Redact && rule.mode == Mode::Enforce);
    Treated {
        stops: Stop::of(verdict.effect),
        masked: masked.map(str::to_owned).collect(),
        rules: verdict.deciding().chain(redacts).map(|rule| rule.rule.clone()).collect(),
        shadow: in_shadow(&verdict.contributions),
    }
}

fn response(bundle: &Bundle, record: &Record, anew: Anew) -> Result<Treated, CannotTell> {
    let body = &record.response.body;
    let now = Now { unix_ms: record.started_ms };
    let Anew { judged, admitted, version } = anew;
    let known = kinds(&record.response.findings);
    if allows(bundle, Phase::Response, &known, record) {
        return Err(CannotTell::AllowanceDecides);
    }
    let plan = judged.plan.clone();
    let mut treated = by_plan(bundle, &plan, known, &record.response)?;
    let asks = bundle.rules.iter().any(|rule| rule.on == Phase::Proposal);
    if asks && judged.call.kind == Kind::Openai {
        if body.truncated {
            return Err(CannotTell::AnswerCut);
        }
        let asked = Asked { judged, admitted: &admitted, route: &version.head.route.name, now };
        let proposed =
            proposed(bundle, &asked, &body.text).map_err(|_| CannotTell::ReadOtherwise)?;
        treated.stops = treated.stops.max(proposed.effect.and_then(Stop::of));
        let deciding = proposed.rules.iter().filter(|rule| rule.mode == Mode::Enforce);
        treated.rules.extend(deciding.map(|rule| rule.rule.clone()));
        treated.shadow.extend(in_shadow(&proposed.rules));
    }
    Ok(treated)
}

/// By what was found in it when it came, and what patterns find in what is left.
fn by_plan(
    bundle: &Bundle,
    plan: &ResponsePlan,
    known: Vec<&str>,
    response: &ResponseRecord,
) -> Result<Treated, CannotTell> {
    let text = response.body.text.as_bytes();
    let named = response.headers.iter().find(|header| header.name == "content-type");
    let content_type = named.map_or("", |header| header.value.as_str());
    // What takes too long to be read was not read by then.
    let found = scan_called(&bundle.scanner, content_type, text, &mut Budget::for_body(text.len()))
        .map_err(|_| CannotTell::ReadOtherwise)?;
    let mut kinds: Vec<String> = found.kinds().into_iter().map(str::to_owned).collect();
    kinds.extend(bundle.scanner.looked_for(&known).into_iter().map(str::to_owned));
    let hit = plan.hit_by(&kinds);
    let rules = plan.contributions(&hit);
    let enforced = rules.iter().filter(|rule| rule.mode == Mode::Enforce);
    Ok(Treated {
        // An answer cannot wait for people.
        stops: plan.denying(&hit).map(|_| Stop::Deny),
        masked: kinds.into_iter().filter(|kind| plan.masks(kind)).collect(),
        rules: enforced.map(|rule| rule.rule.clone()).collect(),
        shadow: in_shadow(&rules),
    })
}

fn in_shadow(rules: &[Contribution]) -> BTreeSet<String> {
    let shadow = rules.iter().filter(|rule| rule.mode == Mode::Shadow);
    shadow.map(|rule| rule.rule.clone()).collect()
}

fn kinds(findings: &[FindingCount]) -> Vec<&str> {
    findings.iter().map(|one| one.kind.as_str()).collect()
}

/// A rule would look at the values of what was found.
fn allows(bundle: &Bundle, on: Phase, kinds: &[&str], record: &Record) -> bool {
    bundle.rules.iter().filter(|rule| rule.on == on).any(|rule| {
        !Allowance::live(&rule.allow_findings, record.started_ms / 1000).is_empty()
            && rule.matches.findings.iter().any(|kind| kinds.contains(&kind.as_str()))
    })
}
