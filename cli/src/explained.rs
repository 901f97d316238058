/*!
How a recorded call came to its end by the rules, where the bundle that judged it is at hand: where they are written,
which parts of them held, what was found, and what would let the call pass.
*/

mod allow;
mod change;
mod exception;
mod findings;
mod opening;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use policy::backtest::{self, Part};
use policy::budget::{Budget, Window};
use policy::compile::written::{self, Written};
use policy::reason::Reason;
use policy::record::Record;
use policy::rule::{Effect, Mode, ScopeTerms};
use serde::Serialize;

pub use allow::{Allow, Tried};
pub use change::Change;
pub use findings::{FalseFinding, Found, Side};

use crate::bundle::kept::AtHand;
use allow::Asked;

#[derive(Debug, Default, Serialize)]
pub struct Explained {
    /// Rules that had a part in it.
    pub rules: Vec<RuleTold>,
    pub budgets: Vec<BudgetTold>,
    pub found: Vec<Found>,
    /// Scopes that the token lacks: with them it passes.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub scopes: BTreeSet<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<Allow>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_change: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct RuleTold {
    pub rule: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<Lines>,
    /// Each part by itself, as of the request, or of what an answer proposes.
    pub parts: Vec<Part>,
    /// Approvals of it may stand for calls like it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<ScopeTerms>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lines {
    pub file: String,
    pub from: u32,
    pub to: u32,
}

#[derive(Debug, Serialize)]
pub struct BudgetTold {
    pub budget: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<Lines>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    pub per_seconds: u64,
    /// When the window of the call ended, in Unix seconds: from then on it counts anew.
    pub window_ends: u64,
}

/// `now` in Unix seconds.
pub fn explained(
    at_hand: &AtHand,
    record: &Record,
    known: Option<&FalseFinding>,
    now: u64,
) -> Explained {
    let rules = written::rules(&at_hand.sources);
    let budgets = written::budgets(&at_hand.sources);
    let mut told = Explained {
        rules: names(record).iter().map(|name| rule(at_hand, record, name, &rules)).collect(),
        budgets: record
            .verdict
            .budgets
            .iter()
            .filter_map(|one| at_hand.bundle.budgets.iter().find(|own| own.name == one.budget))
            .map(|budget| window(budget, record, &budgets))
            .collect(),
        found: findings::of(record),
        ..Explained::default()
    };
    match record.verdict.reason {
        Some(Reason::InsufficientScope) => told.scopes = scopes(at_hand, record),
        Some(reason) if !by_rules(reason) => {
            told.no_change = Some("no rule of the bundle decided that".to_owned());
        }
        _ if at_hand.sources.is_empty() => {
            told.no_change = Some(
                "only the compiled bundle is at hand: name the folder it was built from by --bundle"
                    .to_owned(),
            );
        }
        _ if record.verdict.reason.is_some() || touched(record) => {
            let asked = Asked { at_hand, record, found: &told.found, known, now };
            match asked.allow() {
                Ok(allow) => told.allow = Some(allow),
                Err(why) => told.no_change = Some(format!("no change of it compiles: {why:#}")),
            }
        }
        _ => {}
    }
    told
}

/// Held, or masked: there is something that another bundle would do otherwise.
fn touched(record: &Record) -> bool {
    record.holds().next().is_some()
        || record.verdict.rules.iter().any(|rule| {
            rule.mode == Mode::Enforce && matches!(rule.effect, Effect::Hold | Effect::Redact)
        })
}

/// Reasons that a change of rules does something about.
fn by_rules(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Denied
            | Reason::NoRule
            | Reason::EndpointNotAllowed
            | Reason::FactUnavailable
            | Reason::Pending
            | Reason::HoldDenied
            | Reason::HoldExpired
            | Reason::HoldUsed
            | Reason::ResponseDenied
    )
}

/// Of the call, and of what the answer proposed.
fn names(record: &Record) -> Vec<String> {
    let mut names: Vec<String> =
        record.verdict.rules.iter().map(|rule| rule.rule.clone()).collect();
    for name in record.response.calls.iter().flat_map(|call| &call.rules) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn rule(at_hand: &AtHand, record: &Record, name: &str, all: &[Written]) -> RuleTold {
    let own = at_hand.bundle.rules.iter().find(|rule| rule.name == name);
    RuleTold {
        rule: name.to_owned(),
        written: lines(all, name),
        parts: backtest::parts(&at_hand.bundle, record, name),
        standing: own.and_then(|rule| rule.hold.as_ref()?.scope.clone()),
    }
}

fn lines(all: &[Written], name: &str) -> Option<Lines> {
    let one = all.iter().find(|one| one.name == name)?;
    Some(Lines { file: one.file.clone(), from: one.lines.0, to: one.lines.1 })
}

fn window(budget: &Budget, record: &Record, all: &[Written]) -> BudgetTold {
    BudgetTold {
        budget: budget.name.clone(),
        written: lines(all, &budget.name),
        requests: budget.requests,
        bytes: budget.bytes,
        per_seconds: budget.per_seconds,
        window_ends: Window::new(record.started_ms / 1000, budget.per_seconds).end(),
    }
}

/// Of the rules that ask for scopes and denied it, what its token has not.
fn scopes(at_hand: &AtHand, record: &Record) -> BTreeSet<String> {
    let denied = |name: &str| {
        let of_it = record.verdict.rules.iter().find(|one| one.rule == name);
        of_it.is_some_and(|one| one.effect == Effect::Deny && one.mode == Mode::Enforce)
    };
    let rules = at_hand.bundle.rules.iter().filter(|rule| denied(&rule.name));
    let wanted = rules.flat_map(|rule| &rule.requires_scope);
    wanted.filter(|scope| !record.scopes.contains(scope)).cloned().collect()
}
