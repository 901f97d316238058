/*! A backtest for people. */

use std::collections::{BTreeMap, BTreeSet};

use policy::backtest::{Change, Side, What};

use super::Report;
use crate::print::{clean, count, table};

/// How many, and of which kinds.
type Total<'r> = (u64, BTreeMap<&'r str, u64>);

pub fn human(report: &Report) -> String {
    let mut lines = vec![format!(
        "{} judged once more, of {}, by {}",
        count(report.judged, "exchange"),
        report.exchanges,
        clean(&report.revision)
    )];
    let mut totals: BTreeMap<(What, Side), Total<'_>> = BTreeMap::new();
    for change in report.different.iter().flat_map(|one| &one.changes) {
        let (total, kinds) = totals.entry((change.what, change.of)).or_default();
        *total += 1;
        for kind in &change.kinds {
            *kinds.entry(kind).or_default() += 1;
        }
    }
    for ((what, side), (total, kinds)) in &totals {
        let kinds: Vec<String> = kinds.iter().map(|(kind, n)| format!("{kind} {n}")).collect();
        let kinds =
            if kinds.is_empty() { String::new() } else { format!("  ({})", kinds.join(", ")) };
        lines.push(format!("  {:<32} {total}{}", word(*what, *side), clean(&kinds)));
    }
    if totals.is_empty() {
        lines.push("nothing would be different".to_owned());
    }
    if report.before_rules > 0 {
        lines.push(format!("{} refused before any rule was asked", report.before_rules));
    }
    for (why, number) in &report.cannot_tell {
        lines.push(format!("nobody can tell of {number}: {}", why.words()));
    }
    for (rule, number) in &report.shadow {
        lines.push(format!("in shadow, `{}` matches {number}", clean(rule)));
    }
    if !report.different.is_empty() {
        let rows: Vec<Vec<String>> = report.different.iter().map(row).collect();
        lines.push(String::new());
        lines.push(table(&["REF", "WHO", "CALL", "WAS", "WOULD"], &rows).trim_end().to_owned());
    }
    lines.join("\n")
}

fn row(one: &super::Different) -> Vec<String> {
    let would: Vec<String> = one.changes.iter().map(would).collect();
    vec![
        one.exchange.clone(),
        one.subject.clone().unwrap_or_else(|| "-".to_owned()),
        one.call.clone(),
        one.verdict.clone(),
        would.join("; "),
    ]
}

fn would(change: &Change) -> String {
    let mut text = word(change.what, change.of).to_owned();
    if !change.kinds.is_empty() {
        text.push_str(&format!(" {}", joined(&change.kinds)));
    }
    if !change.rules.is_empty() {
        text.push_str(&format!(" by {}", joined(&change.rules)));
    }
    text
}

fn joined(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn word(what: What, side: Side) -> &'static str {
    match (what, side) {
        (What::Deny, Side::Request) => "newly deny",
        (What::Hold, Side::Request) => "newly hold",
        (What::Pass, Side::Request) => "no longer stop",
        (What::Mask, Side::Request) => "newly mask in the request",
        (What::Unmask, Side::Request) => "no longer mask in the request",
        (What::Deny, Side::Response) => "newly refuse the answer",
        (What::Hold, Side::Response) => "newly hold the answer",
        (What::Pass, Side::Response) => "no longer stop the answer",
        (What::Mask, Side::Response) => "newly mask in the answer",
        (What::Unmask, Side::Response) => "no longer mask in the answer",
    }
}
