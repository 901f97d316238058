/*! Terms of a hold: whose approval, how long, and how far it may reach. */

use super::diagnostic::Diagnostics;
use super::document::Part;
use super::places;
use super::shape::{Field, Shape, optional, required};
use super::yaml::{Node, Value};
use crate::rule::{Rule, ScopeTerms};

const TEXTS: Shape = Shape::List(&Shape::Text);

const APPROVERS: &[Field] = &[
    optional("any", TEXTS, "Groups of which one has to approve."),
    optional(
        "all",
        TEXTS,
        "Groups of which each has to approve; one person may stand for several.",
    ),
];

pub(super) const HOLD: &[Field] = &[
    optional(
        "approvers",
        Shape::Either(&Shape::Record(APPROVERS), &TEXTS),
        "Groups whose members may decide; a list is any of them. Absent: every approver. Where several rules hold a call all of them have to be satisfied.",
    ),
    optional("quorum", Shape::Count, "How many different people have to approve; 1 if it is not said. A denial ends the hold at once."),
    optional("expiry", Shape::Duration, "How long the hold may be decided, and an approval be used; 10 minutes if it is not said.")
        .lowered("expiry_seconds"),
    optional("wait", Shape::Duration, "The longest a caller is kept waiting in silence, whatever it asks for; 2 minutes if it is not said.")
        .lowered("wait_seconds"),
    optional("reason_required", Shape::Flag, "Whether the approver has to write a reason."),
    optional(
        "break_glass",
        TEXTS,
        "Groups of which one person may let the call pass at once, whoever else is asked for; on the console, with a reason. Absent: nobody. Where several rules hold a call all of them have to allow it.",
    ),
    optional(
        "scope",
        Shape::Record(SCOPE),
        "Lets an approver approve calls like the one on hold as well, by a standing grant. Absent: an approval is for that call, once.",
    ),
];

const SCOPE: &[Field] = &[
    required(
        "uses",
        Shape::Count,
        "How many calls one approval lets pass, the one on hold among them; 2 to 1000.",
    ),
    required("lasts", Shape::Duration, "How long after the approval, 7 days at most.")
        .lowered("lasts_seconds"),
    optional(
        "free",
        Shape::Map(&TEXTS),
        "Globs for values of a JSON body that may differ from call to call, by their JSON pointer: `/params/arguments/amount` is an argument of a tool. They have to be there; everything else has to be the same, headers too. Absent: nothing may differ.",
    ),
];

pub(super) fn check(rule: &Rule, part: &Part, diagnostics: &mut Diagnostics) {
    approvers(part, diagnostics);
    glass(part, diagnostics);
    let scope = rule.hold.as_ref().and_then(|hold| hold.scope.as_ref());
    let node = part.node.get("hold").and_then(|hold| hold.get("scope"));
    let (Some(scope), Some(node)) = (scope, node) else { return };
    let mut refuse = |field: &str, message: &str, help: &str| {
        diagnostics.add_with_help("GH113", node.place_of(field), message, help);
    };
    if !(2..=ScopeTerms::USES_MAX).contains(&scope.uses) {
        let help = "leave `scope` out for one call, or say how many";
        refuse("uses", "a standing grant is for 2 to 1000 calls", help);
    }
    if !(1..=ScopeTerms::LASTS_MAX).contains(&scope.lasts_seconds) {
        refuse("lasts", "a standing grant lasts 1 second to 7 days", "write `1h` or `7d`");
    }
    if scope.free.len() > ScopeTerms::FREE_MAX {
        let help = "what differs in so many places is not one kind of call";
        refuse("free", "at most 16 values may be free", help);
    }
    let Some(Value::Map(members)) = node.get("free").map(|free| &free.value) else { return };
    for (key, values) in members {
        let pointer = key.text().unwrap_or_default();
        if pointer.is_empty() || pointer.split('/').any(|name| name == "*") {
            let message = format!("`{pointer}` is no single value");
            let help = "name each value by itself, as `/order/amount`";
            diagnostics.add_with_help("GH113", &key.place, message, help);
        } else {
            places::pointer_at(pointer, key, diagnostics);
        }
        if values.entries().is_empty() {
            let message = format!("no call is within this scope: `{pointer}` has no values");
            let help = "name the values, or `*` for whatever is there";
            diagnostics.add_with_help("GH114", &key.place, message, help);
        }
    }
}

/// An empty list would ask for nobody in particular, which is every approver: the contrary of what it looks like.
fn approvers(part: &Part, diagnostics: &mut Diagnostics) {
    let named = part.node.get("hold").and_then(|hold| hold.get("approvers"));
    let Some(named) = named else { return };
    let mut nobody = |node: &Node| {
        let help = "name a group, or leave `approvers` out where every approver may decide";
        diagnostics.add_with_help("GH113", &node.place, "`approvers` names nobody", help);
    };
    let lists: Vec<&Node> = match &named.value {
        Value::Map(members) if members.is_empty() => return nobody(named),
        Value::Map(members) => members.iter().map(|(_, list)| list).collect(),
        _ => vec![named],
    };
    let unnamed = |group: &Node| group.text().is_some_and(|name| name.trim().is_empty());
    for list in lists {
        let groups = list.entries();
        if groups.is_empty() || groups.iter().any(unnamed) {
            nobody(list);
        }
    }
}

fn glass(part: &Part, diagnostics: &mut Diagnostics) {
    let groups = part.node.get("hold").and_then(|hold| hold.get("break_glass"));
    let Some(groups) = groups else { return };
    let unnamed = |group: &Node| group.text().is_some_and(|name| name.trim().is_empty());
    if groups.entries().is_empty() || groups.entries().iter().any(unnamed) {
        let help = "name a group, or leave `break_glass` out";
        diagnostics.add_with_help("GH113", &groups.place, "nobody could break the glass", help);
    }
}

#[cfg(test)]
mod tests;
