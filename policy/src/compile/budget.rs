/*! Budgets: their shape, and what shape alone cannot say. */

use std::collections::BTreeMap;

use super::diagnostic::Diagnostics;
use super::document::{Part, Parts};
use super::extend::Flat;
use super::rule::{PRINCIPAL, in_shadow, inherited_from};
use super::shape::{Field, Shape, optional, required};
use super::{sections, variants};
use crate::budget::{Budget, LONGEST, MOST, SHORTEST};
use crate::call::Kind;
use crate::rule::Mode;

pub(super) const BUDGET: &[Field] = &[
    required(
        "name",
        Shape::Name,
        "Names the budget in refusals and records. What was spent is counted under it, so a release that keeps the name and `per` goes on with what was spent.",
    ),
    optional("description", Shape::Text, "What the budget is for."),
    optional(
        "sections",
        Shape::List(&Shape::Name),
        "The budget is meant for routes that name one of these sections of the bundle. Absent: for every route.",
    ),
    optional(
        "match",
        Shape::Record(MATCH),
        "Which calls draw on it. Every part that is present must hold; a list holds if one of its entries does. Absent: every call.",
    ),
    optional("requests", Shape::Count, "How many requests each principal may make in a window."),
    optional(
        "bytes",
        Shape::Size,
        "How many bytes each principal may move in a window, in bodies of requests and responses together. A response under way is not cut: the next call is refused.",
    ),
    required(
        "per",
        Shape::Duration,
        "Length of the window, `1s` to `31d`. Windows begin at whole multiples of it since 1970 in UTC: with `1h` at each full hour.",
    )
    .lowered("per_seconds"),
    optional(
        "mode",
        Shape::OneOf(variants::of::<Mode>),
        "`shadow`: computed and recorded, never acted on.",
    ),
];

const MATCH: &[Field] = &[
    optional(
        "kind",
        Shape::List(&Shape::OneOf(variants::of::<Kind>)),
        "The protocol the route speaks. On a route that does not say, a call is of kind `http` besides what its body looks like, and of every kind where that cannot be read.",
    ),
    optional("principal", Shape::Record(PRINCIPAL), "Who calls."),
    optional("http", Shape::Record(PLACE), "Where the request goes."),
];

const TEXTS: Shape = Shape::List(&Shape::Text);

const PLACE: &[Field] = &[
    optional("method", TEXTS, "Methods, in any case."),
    optional(
        "path",
        TEXTS,
        "Globs for the path as the upstream sees it, as in rules, in any case.",
    ),
    optional("host", TEXTS, "Globs for the host as the upstream sees it."),
];

pub(super) fn check_all(
    parts: &Parts,
    flat: &[Flat],
    diagnostics: &mut Diagnostics,
) -> Vec<Budget> {
    let mut names: BTreeMap<String, &Part> = BTreeMap::new();
    let mut budgets = Vec::new();
    for part in &parts.budgets {
        let mut budget: Budget = match serde_json::from_value(part.json.clone()) {
            Ok(budget) => budget,
            Err(error) => {
                let message = format!("the budget cannot be read: {error}");
                diagnostics.add("GH104", &part.node.place, message);
                continue;
            }
        };
        if let Some(first) = names.insert(budget.name.clone(), part) {
            let place = &first.node.place;
            let message = format!("there are two budgets named `{}`", budget.name);
            let help = format!("the other is at {}:{}", place.file, place.line);
            diagnostics.add_with_help("GH111", part.node.place_of("name"), message, help);
        }
        check(&budget, part, diagnostics);
        sections::check(part, parts, flat, diagnostics);
        budget.from = inherited_from(part, parts, flat);
        if in_shadow(part.source, parts, flat) {
            budget.mode = Mode::Shadow;
        }
        budgets.push(budget);
    }
    if let Some(part) = parts.budgets.get(MOST) {
        let message = format!("{} budgets are more than a bundle may have", parts.budgets.len());
        let help = format!("a bundle has at most {MOST}; join those for the same calls");
        diagnostics.add_with_help("GH135", &part.node.place, message, help);
    }
    budgets
}

fn check(budget: &Budget, part: &Part, diagnostics: &mut Diagnostics) {
    let node = &part.node;
    let mut refuse = |field: &str, message: String, help: &str| {
        diagnostics.add_with_help("GH135", node.place_of(field), message, help);
    };
    if budget.requests.is_none() && budget.bytes.is_none() {
        let message = format!("the budget `{}` limits nothing", budget.name);
        refuse("name", message, "say `requests`, `bytes`, or both");
    }
    for (field, limit) in [("requests", budget.requests), ("bytes", budget.bytes)] {
        if limit == Some(0) {
            let help = "a rule with `effect: deny` lets nothing pass";
            refuse(field, format!("`{field}: 0` lets nothing pass"), help);
        }
    }
    if !(SHORTEST..=LONGEST).contains(&budget.per_seconds) {
        let message = "a window is one second to 31 days long".to_owned();
        refuse("per", message, "write it as `1m`, `1h` or `1d`");
    }
    if budget.matches.kind.contains(&Kind::Auto) {
        let message = "no call is of the kind `auto`".to_owned();
        refuse("match", message, "name http, mcp or openai");
    }
}

#[cfg(test)]
mod tests;
