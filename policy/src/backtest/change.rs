/*! In what two outcomes differ for callers. */

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Outcome, Stop, Treated};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    pub what: What,
    pub of: Side,
    /// Of findings.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub kinds: BTreeSet<String>,
    /// That decide now; none where nothing does any more.
    pub rules: BTreeSet<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It would be denied.
    Deny,
    /// People would be asked.
    Hold,
    /// It was held or denied, and would pass.
    Pass,
    Mask,
    /// What was masked would pass as it is.
    Unmask,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Request,
    Response,
}

pub fn changes(before: &Outcome, after: &Outcome) -> Vec<Change> {
    let mut changes = of_side(Side::Request, &before.request, &after.request);
    // Of what is denied now there is no answer.
    if let (Some(before), Some(after)) = (&before.response, &after.response) {
        changes.extend(of_side(Side::Response, before, after));
    }
    changes
}

fn of_side(of: Side, before: &Treated, after: &Treated) -> Vec<Change> {
    let change = |what, kinds| Change { what, of, kinds, rules: after.rules.clone() };
    let mut changes = Vec::new();
    if before.stops != after.stops {
        let what = match after.stops {
            Some(Stop::Deny) => What::Deny,
            Some(Stop::Hold) => What::Hold,
            None => What::Pass,
        };
        changes.push(change(what, BTreeSet::new()));
    }
    // What is denied goes nowhere, masked or not.
    if [before, after].iter().any(|one| one.stops == Some(Stop::Deny)) {
        return changes;
    }
    let differ = |a: &Treated, b: &Treated| -> BTreeSet<String> {
        a.masked.difference(&b.masked).cloned().collect()
    };
    for (what, kinds) in
        [(What::Mask, differ(after, before)), (What::Unmask, differ(before, after))]
    {
        if !kinds.is_empty() {
            changes.push(change(what, kinds));
        }
    }
    changes
}
