/*! What a record says that became of its exchange. */

use std::collections::BTreeSet;

use super::{Outcome, Stop, Treated, is_by_rules};
use crate::reason::Reason;
use crate::record::{FindingCount, Record};
use crate::rule::{Effect, Mode};
use crate::verdict::Contribution;

pub fn outcome(record: &Record) -> Option<Outcome> {
    let effect = record.verdict.effect.filter(|_| !record.kind.is_empty())?;
    let answered = record.response.status != 0;
    let stops = match effect {
        Effect::Allow | Effect::Redact => None,
        Effect::Deny => Some(Stop::Deny),
        // A refused answer has this effect, too.
        Effect::Hold => waited(record).then_some(Stop::Hold),
    };
    let rules = |wanted: Mode| -> BTreeSet<String> {
        let all = record.verdict.rules.iter().filter(|rule| rule.mode == wanted);
        all.map(|rule| rule.rule.clone()).collect()
    };
    let (enforced, shadow) = (rules(Mode::Enforce), rules(Mode::Shadow));
    let request = Treated {
        stops,
        masked: masked(&record.request.findings),
        rules: enforced.clone(),
        shadow: shadow.clone(),
    };
    let response = answered.then(|| Treated {
        stops: answer_stopped(record),
        masked: masked(&record.response.findings),
        rules: enforced,
        shadow,
    });
    Some(Outcome { request, response: response.filter(|_| is_whole(record)) })
}

/// Whether people were asked, or nobody was there to be.
fn waited(record: &Record) -> bool {
    let holds = |rule: &Contribution| (rule.effect, rule.mode) == (Effect::Hold, Mode::Enforce);
    record.hold.is_some() || (record.response.status == 0 && record.verdict.rules.iter().any(holds))
}

/// No rule was asked about an answer that could not be read.
fn is_whole(record: &Record) -> bool {
    let reason = record.verdict.reason;
    reason.is_none_or(is_answers)
}

fn is_answers(reason: Reason) -> bool {
    is_by_rules(reason) || matches!(reason, Reason::ResponseDenied) || is_holds(reason)
}

fn is_holds(reason: Reason) -> bool {
    matches!(reason, Reason::HoldDenied | Reason::HoldExpired | Reason::HoldUsed | Reason::Pending)
}

fn answer_stopped(record: &Record) -> Option<Stop> {
    match record.verdict.reason {
        _ if !record.response.holds.is_empty() => Some(Stop::Hold),
        Some(_) => Some(Stop::Deny),
        None => None,
    }
}

fn masked(findings: &[FindingCount]) -> BTreeSet<String> {
    findings.iter().filter(|one| one.redacted).map(|one| one.kind.clone()).collect()
}
