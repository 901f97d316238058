/*! What rules and budgets had to do with a call, and what would let it pass, in lines for people. */

use policy::backtest::Held;
use policy::condition::Rfc3339;
use policy::record::Record;

use crate::explained::{BudgetTold, Change, Explained, Found, Lines, RuleTold, Side, Tried};
use crate::print::count;

type Told = Vec<(&'static str, String)>;

pub fn rule(told: &Explained, name: &str) -> Told {
    let Some(rule) = told.rules.iter().find(|rule| rule.rule == name) else { return Vec::new() };
    let RuleTold { written, parts, .. } = rule;
    let mut lines = vec![("", at(written.as_ref()))];
    let of = |held: fn(&Held) -> bool| -> Vec<&str> {
        parts.iter().filter(|part| held(&part.held)).map(|part| part.name.as_str()).collect()
    };
    for (what, names) in [
        ("held", of(|held| *held == Held::Yes)),
        ("did not hold", of(|held| *held == Held::No)),
        ("is not there, or cannot be read", of(|held| *held == Held::Unreadable)),
    ] {
        if !names.is_empty() {
            lines.push(("", format!("  {what}: {}", names.join(", "))));
        }
    }
    let unknown = parts.iter().find_map(|part| match part.held {
        Held::CannotTell(why) => Some(why),
        _ => None,
    });
    if let Some(why) = unknown {
        let names = of(|held| matches!(held, Held::CannotTell(_))).join(", ");
        lines.push(("", format!("  nobody can tell of {names}: {}", why.words())));
    }
    lines
}

fn at(written: Option<&Lines>) -> String {
    match written {
        Some(Lines { file, from, to }) if from == to => format!("  at {file}:{from}"),
        Some(Lines { file, from, to }) => format!("  at {file}:{from}-{to}"),
        None => String::new(),
    }
}

pub fn budget(told: &Explained, name: &str) -> Told {
    let Some(budget) = told.budgets.iter().find(|one| one.budget == name) else {
        return Vec::new();
    };
    let BudgetTold { written, requests, bytes, per_seconds, window_ends, .. } = budget;
    let limits = [requests.map(|n| count(n, "request")), bytes.map(|n| count(n, "byte"))];
    let limits: Vec<String> = limits.into_iter().flatten().collect();
    let ends = Rfc3339(i64::try_from(*window_ends).unwrap_or(i64::MAX));
    vec![
        ("", at(written.as_ref())),
        (
            "",
            format!(
                "  {} in {per_seconds} s for each caller; counted anew from {ends} on",
                limits.join(" and ")
            ),
        ),
    ]
}

pub fn found(told: &Explained) -> Told {
    let one = |found: &Found| {
        let side = match found.of {
            Side::Request => "request",
            Side::Response => "response",
        };
        let at = found.field.as_ref().map(|field| format!(" at {field}")).unwrap_or_default();
        ("found", format!("{} in the {side}'s {}{at}", found.kind, found.part))
    };
    told.found.iter().map(one).collect()
}

pub fn allow(told: &Explained, record: &Record) -> Told {
    let mut lines = Told::new();
    if !told.scopes.is_empty() {
        let scopes: Vec<&str> = told.scopes.iter().map(String::as_str).collect();
        lines.push(("allow", format!("a token with these scopes, too: {}", scopes.join(" "))));
    }
    for hold in record.holds().filter(|hold| hold.status == "pending") {
        lines.push(("allow", format!("once: gatehouse approvals approve {}", hold.hold)));
    }
    for (rule, scope) in told.rules.iter().filter_map(|rule| Some((rule, rule.standing.as_ref()?)))
    {
        lines.push((
            "allow",
            format!(
                "{} like it by one approval: `approve --standing`, as {} says, for {} s",
                count(u64::from(scope.uses), "call"),
                rule.rule,
                scope.lasts_seconds
            ),
        ));
    }
    if let Some(allow) = &told.allow {
        for change in &allow.changes {
            lines.push(("allow", place(change)));
            lines.extend(change.text.lines().map(|line| ("", format!("| {line}"))));
        }
        if !allow.wider.is_empty() {
            let wider = allow.wider.join("; ");
            lines.push(("", format!("whatever is in these lets it pass, too: {wider}")));
        }
        let names = |rules: &std::collections::BTreeSet<String>| -> String {
            rules.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
        };
        if !allow.changes.is_empty() {
            let tried = match &allow.tried {
                Tried::Passes => "tried on this record: it passes".to_owned(),
                Tried::Held(rules) => {
                    format!("tried on this record: people are asked by {}", names(rules))
                }
                Tried::Denied(rules) => {
                    format!("tried on this record: still denied by {}", names(rules))
                }
                Tried::CannotTell(why) => {
                    format!("it compiles; not tried on this record: {}", why.words())
                }
            };
            lines.push(("", tried));
        }
    }
    lines.extend(told.no_change.iter().map(|why| ("allow", format!("no change is told: {why}"))));
    lines
}

fn place(change: &Change) -> String {
    let Change { rule, file, line, remove, in_place_of, .. } = change;
    match (file, line, remove) {
        (Some(file), Some(line), 0) => format!("rule {rule}: before line {line} of {file}, put"),
        (Some(file), Some(line), 1) => {
            format!("rule {rule}: in place of line {line} of {file}, put")
        }
        (Some(file), Some(line), many) => {
            let to = line + many - 1;
            format!("rule {rule}: in place of lines {line} to {to} of {file}, put")
        }
        _ => match in_place_of {
            Some(other) => {
                format!(
                    "a bundle of your own, in place of {other}; name it by --bundle, and the others"
                )
            }
            None => {
                "a bundle of your own, beside the others; name all of them by --bundle".to_owned()
            }
        },
    }
}
