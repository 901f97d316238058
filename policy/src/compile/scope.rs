/*! How far an approval may reach: what a rule may let stand. */

use super::diagnostic::Diagnostics;
use super::document::Part;
use super::places;
use super::yaml::Value;
use crate::rule::{Rule, ScopeTerms};

pub(super) fn check(rule: &Rule, part: &Part, diagnostics: &mut Diagnostics) {
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

#[cfg(test)]
mod tests;
