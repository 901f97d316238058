/*! Rules in words. */

use std::collections::BTreeMap;

use policy::allowance::Allowance;
use policy::redact::Redaction;
use policy::rule::{Effect, Match, Phase, Rule, ScopeTerms};
use serde::Serialize;

/// What a rule is about: `requests with method DELETE and path /orders/**`.
pub fn about(rule: &Rule) -> String {
    let what = match rule.on {
        Phase::Request => "requests",
        Phase::Response => "responses",
        Phase::Proposal => "proposed calls",
    };
    let conditions = conditions(&rule.matches);
    let what = match rule.sections.as_slice() {
        [] => what.to_owned(),
        names => format!("{what} of the section {}", any_of(names)),
    };
    let about = if conditions.is_empty() {
        format!("all {what}")
    } else {
        format!("{what} {}", conditions.join(" and "))
    };
    let about = match &rule.when {
        Some(when) => format!("{about} when `{when}`"),
        None => about,
    };
    match rule.requires_scope.as_slice() {
        [] => about,
        scopes => format!("{about} whose token lacks one of the scopes {}", scopes.join(" ")),
    }
}

/// What becomes of them: `are denied`.
pub fn does(rule: &Rule) -> &'static str {
    match rule.effect {
        Effect::Allow => "pass",
        Effect::Redact => "pass with their findings redacted",
        Effect::Hold => "wait for an approval",
        Effect::Deny => "are denied",
    }
}

/// The same, of the bundle before.
pub fn did(rule: &Rule) -> &'static str {
    match rule.effect {
        Effect::Allow => "passed",
        Effect::Redact => "passed with their findings redacted",
        Effect::Hold => "waited for an approval",
        Effect::Deny => "were denied",
    }
}

/// What stands in the place of what a rule redacts: `their last 4 letters and digits`.
pub fn redaction(rule: &Rule) -> String {
    match rule.redact.clone().unwrap_or_default() {
        Redaction::Token => "`[REDACTED:kind]`".to_owned(),
        Redaction::Fixed { text } => format!("the text `{text}`"),
        Redaction::Hash => "a pseudonym".to_owned(),
        Redaction::Partial { keep_last } => format!("their last {keep_last} letters and digits"),
    }
}

/// What a rule leaves alone, until when and why.
pub fn left_alone(allowance: &Allowance) -> String {
    let Allowance { kind, field, until, reason, .. } = allowance;
    let place = match field.clone().map(String::from) {
        Some(field) => format!("at {field}"),
        None => "of one value".to_owned(),
    };
    format!("{kind} {place} until {until} (Unix seconds), since: {reason}")
}

pub fn terms(rule: &Rule) -> String {
    let Some(hold) = &rule.hold else { return String::new() };
    let sets: Vec<_> = hold.approvers.sets().iter().map(|set| any_of(set)).collect();
    let people = match hold.quorum {
        1 => String::new(),
        quorum => format!(", {quorum} people"),
    };
    let approvers = match sets.as_slice() {
        [] => format!("any approver{people}"),
        sets => format!("approvers of {}{people}", sets.join(" and of ")),
    };
    let reason = if hold.reason_required { ", with a reason" } else { "" };
    let (expiry, wait) = (hold.expiry_seconds, hold.wait_seconds);
    let scope = hold.scope.as_ref().map(reach).unwrap_or_default();
    let glass = match hold.break_glass.as_slice() {
        [] => String::new(),
        groups => format!("; one person of {} may break the glass", any_of(groups)),
    };
    format!(
        "{approvers}{reason}, {expiry} s to decide and {wait} s of waiting at most{scope}{glass}"
    )
}

fn reach(scope: &ScopeTerms) -> String {
    let ScopeTerms { uses, lasts_seconds, free } = scope;
    let free: Vec<_> = free.iter().map(|(at, globs)| format!("{at} {}", any_of(globs))).collect();
    let free = match free.as_slice() {
        [] => String::new(),
        free => format!(" with any {}", free.join(" and ")),
    };
    format!("; an approval may stand for {uses} calls{free} within {lasts_seconds} s")
}

/// The word that stands for a value in a bundle's YAML.
pub fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).ok();
    value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

pub fn conditions(matches: &Match) -> Vec<String> {
    let mut parts = Vec::new();
    let mut say = |lead: &str, list: &[String]| {
        if !list.is_empty() {
            parts.push(format!("{lead} {}", any_of(list)));
        }
    };
    say("on routes of kind", &matches.kind.iter().map(word).collect::<Vec<_>>());
    if let Some(principal) = &matches.principal {
        say("by principals of issuer", &principal.issuer);
        say("by principals named", &principal.subject);
        say("by principals of group", &principal.group);
    }
    if let Some(http) = &matches.http {
        say("with method", &http.method);
        say("with path", &http.path);
        say("with host", &http.host);
        named(&http.header, |name, values| say(&format!("with header {name}"), values));
        named(&http.query, |name, values| say(&format!("with query {name}"), values));
        named(&http.form, |name, values| say(&format!("with form field {name}"), values));
    }
    if let Some(mcp) = &matches.mcp {
        say("with MCP method", &mcp.method);
        say("of the tool", &mcp.tool);
        say("of a tool whose name holds", &mcp.tool_words);
        named(&mcp.arguments, |name, values| say(&format!("with argument {name}"), values));
        say("of the prompt", &mcp.prompt);
        say("of the resource", &mcp.resource);
        say("by clients called", &mcp.client);
        say("by clients of version", &mcp.client_version);
        say("in version of MCP", &mcp.protocol_version);
        say("whose tool is", &mcp.definition.iter().map(word).collect::<Vec<_>>());
    }
    if let Some(openai) = &matches.openai {
        say("for the model", &openai.model);
        say("with a model's tool of type", &openai.tool_type);
        say("with a model's tool", &openai.tool);
        say("with a model's MCP server", &openai.server);
        say("with a model's MCP server called", &openai.server_label);
    }
    if let Some(sql) = &matches.sql {
        say("whose SQL does", &sql.effect.iter().map(word).collect::<Vec<_>>());
        say("whose SQL names the table", &sql.table);
        say("whose SQL names the schema", &sql.schema);
        say("whose SQL names the column", &sql.column);
        say("with SQL at", &sql.at);
    }
    if let Some(shell) = &matches.shell {
        say("whose command does", &shell.effect.iter().map(word).collect::<Vec<_>>());
        say("with a command at", &shell.at);
    }
    named(&matches.body, |at, values| say(&format!("with body value {at}"), values));
    say("that hold", &matches.findings);
    parts
}

fn named(map: &BTreeMap<String, Vec<String>>, mut say: impl FnMut(&str, &[String])) {
    map.iter().for_each(|(name, values)| say(name, values));
}

fn any_of(list: &[String]) -> String {
    match list {
        [all @ .., last] if !all.is_empty() => format!("{} or {last}", all.join(", ")),
        list => list.join(", "),
    }
}
