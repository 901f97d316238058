/*! Rules: their shape, and what shape alone cannot say. */

use std::collections::BTreeMap;

use super::diagnostic::Diagnostics;
use super::document::{Part, Parts};
use super::shape::{Field, Shape, optional, required};
use super::{suggest, variants};
use crate::call::Kind;
use crate::rule::{Effect, Mode, Phase, Rule, Severity, Unparsed};
use crate::sql::SqlEffect;

pub(super) const RULE: &[Field] = &[
    required("name", Shape::Name),
    optional("description", Shape::Text),
    optional("severity", Shape::OneOf(variants::of::<Severity>)),
    required("on", Shape::OneOf(variants::of::<Phase>)),
    optional("match", Shape::Record(MATCH)),
    required("effect", Shape::OneOf(variants::of::<Effect>)),
    optional("hold", Shape::Record(HOLD)),
    optional("unparsed", Shape::OneOf(variants::of::<Unparsed>)),
    optional("message", Shape::Text),
    optional("mode", Shape::OneOf(variants::of::<Mode>)),
    optional("tags", Shape::List(&Shape::Name)),
];

const MATCH: &[Field] = &[
    optional("kind", Shape::List(&Shape::OneOf(variants::of::<Kind>))),
    optional("principal", Shape::Record(PRINCIPAL)),
    optional("http", Shape::Record(HTTP)),
    optional("mcp", Shape::Record(MCP)),
    optional("sql", Shape::Record(SQL)),
    optional("findings", Shape::List(&Shape::Name)),
];

const TEXTS: Shape = Shape::List(&Shape::Text);

const PRINCIPAL: &[Field] =
    &[optional("issuer", TEXTS), optional("subject", TEXTS), optional("group", TEXTS)];

const HTTP: &[Field] = &[
    optional("method", TEXTS),
    optional("path", TEXTS),
    optional("host", TEXTS),
    optional("header", Shape::Map(&TEXTS)),
    optional("query", Shape::Map(&TEXTS)),
];

const MCP: &[Field] = &[optional("method", TEXTS), optional("tool", TEXTS)];

const SQL: &[Field] = &[
    required("effect", Shape::List(&Shape::OneOf(variants::of::<SqlEffect>))),
    optional("at", TEXTS),
];

const HOLD: &[Field] = &[
    optional("approvers", TEXTS),
    Field { name: "expiry", shape: Shape::Duration, required: false, lowered: "expiry_seconds" },
    Field { name: "wait", shape: Shape::Duration, required: false, lowered: "wait_seconds" },
    optional("reason_required", Shape::Flag),
];

pub(super) fn check_all(parts: &Parts, diagnostics: &mut Diagnostics) -> Vec<Rule> {
    let kinds: Vec<&str> =
        parts.patterns.iter().filter_map(|p| p.json.get("kind")?.as_str()).collect();
    let mut names: BTreeMap<&str, &Part> = BTreeMap::new();
    let mut rules = Vec::new();
    for part in &parts.rules {
        let Some(rule) = lower(part, diagnostics) else { continue };
        if let Some(name) = part.json.get("name").and_then(|name| name.as_str())
            && let Some(first) = names.insert(name, part)
        {
            let place = &first.node.place;
            diagnostics.add_with_help(
                "GH111",
                part.node.place_of("name"),
                format!("there are two rules named `{name}`"),
                format!("the other is at {}:{}", place.file, place.line),
            );
        }
        check(&rule, part, &kinds, diagnostics);
        rules.push(rule);
    }
    rules
}

fn lower(part: &Part, diagnostics: &mut Diagnostics) -> Option<Rule> {
    match serde_json::from_value(part.json.clone()) {
        Ok(rule) => Some(rule),
        Err(error) => {
            diagnostics.add("GH104", &part.node.place, format!("the rule cannot be read: {error}"));
            None
        }
    }
}

fn check(rule: &Rule, part: &Part, kinds: &[&str], diagnostics: &mut Diagnostics) {
    let node = &part.node;
    let mut refuse = |field: &str, message: &str, help: &str| {
        diagnostics.add_with_help("GH113", node.place_of(field), message, help);
    };
    if rule.hold.is_some() && rule.effect != Effect::Hold {
        refuse("hold", "`hold` needs `effect: hold`", "remove `hold` or change the effect");
    }
    if rule.effect == Effect::Hold && rule.on == Phase::Response {
        refuse("effect", "a response cannot be held", "use `deny` or `redact`, or `on: request`");
    }
    if rule.on == Phase::Response && rule.matches.findings.is_empty() {
        refuse("on", "a rule on responses needs findings", "name kinds in `match.findings`");
    } else if rule.effect == Effect::Redact && rule.matches.findings.is_empty() {
        refuse("effect", "`redact` needs findings to redact", "name kinds in `match.findings`");
    }
    if rule.matches.kind.contains(&Kind::Auto) {
        refuse("match", "no call is of the kind `auto`", "name http, mcp or openai");
    }
    if rule.unparsed.is_some() && rule.matches.sql.is_none() {
        refuse("unparsed", "`unparsed` needs `match.sql`", "it says what unreadable SQL gets");
    }
    if rule.matches.sql.is_some() && rule.on == Phase::Response {
        refuse("match", "responses are not read as SQL", "use `on: request`");
    }
    let findings = node.get("match").and_then(|matches| matches.get("findings"));
    for entry in findings.map(|findings| findings.entries()).unwrap_or_default() {
        let kind = entry.text().unwrap_or_default();
        if !kinds.contains(&kind) {
            let mut known = kinds.to_vec();
            known.sort_unstable();
            known.dedup();
            let help = match known.as_slice() {
                [] => "no pattern is in this bundle".to_owned(),
                known => suggest::help(kind, known.iter().copied()),
            };
            let message = format!("no pattern finds `{kind}`");
            diagnostics.add_with_help("GH112", &entry.place, message, help);
        }
    }
}
