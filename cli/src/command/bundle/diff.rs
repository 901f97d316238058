/*! `gatehouse bundle diff`: what changes for callers from one bundle to another. */

mod words;

use std::path::PathBuf;
use std::process::ExitCode;
use std::slice::from_ref;

use anyhow::Result;
use clap::Args;
use policy::bundle::Bundle;
use policy::rule::{DefaultEffect, Effect, Mode, Rule};
use policy::scan::PatternSpec;
use serde::Serialize;
use serde_json::json;

use crate::bundle::load;
use crate::print::{self, Format};
pub use words::word;
use words::{about, did, does, terms};
pub use words::{conditions, left_alone, redaction};

#[derive(Args)]
pub struct Arguments {
    /// The bundle in force: compiled, a folder or a YAML file.
    #[arg(value_name = "FROM")]
    from: PathBuf,
    /// The bundle to come.
    #[arg(value_name = "TO")]
    to: PathBuf,
}

/// One sentence of the difference.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Change {
    /// Name of the rule or pattern.
    name: String,
    change: &'static str,
    text: String,
}

pub fn run(arguments: &Arguments, format: Format) -> Result<ExitCode> {
    let from = Bundle::decode(&load(from_ref(&arguments.from))?)?;
    let to = Bundle::decode(&load(from_ref(&arguments.to))?)?;
    let changes = changes(&from, &to);
    print::out(&match format {
        Format::Json => print::json(&json!({
            "from": from.revision, "to": to.revision,
            "from_serial": from.serial, "to_serial": to.serial,
            "changes": changes,
        }))?,
        Format::Human => human(&from, &to, &changes),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn human(from: &Bundle, to: &Bundle, changes: &[Change]) -> String {
    let mut text = format!("from {}\nto   {}\n", title(from), title(to));
    if from.revision != to.revision && to.serial <= from.serial {
        text +=
            "the serial does not rise: a gateway that runs the first takes the second for older\n";
    }
    if changes.is_empty() {
        return text + "nothing changes for callers";
    }
    for Change { name, change, text: told } in changes {
        text += &format!("\n{change} {}\n  {}\n", print::clean(name), print::clean(told));
    }
    text.trim_end().to_owned()
}

fn title(bundle: &Bundle) -> String {
    let (name, version) = (print::clean(&bundle.name), print::clean(&bundle.version));
    format!("{name} {version}, serial {}, {}", bundle.serial, bundle.revision)
}

fn changes(from: &Bundle, to: &Bundle) -> Vec<Change> {
    let mut changes = default_changed(from, to);
    changes.extend(sections_changed(from, to));
    changes.extend(compare(&from.rules, &to.rules, |rule| &rule.name, rule_added, rule_changed));
    changes.extend(compare(
        &from.budgets,
        &to.budgets,
        |budget| &budget.name,
        super::budget::told,
        super::budget::changed,
    ));
    changes.extend(compare(
        &from.pins,
        &to.pins,
        |set| &set.name,
        super::pin_words::told,
        super::pin_words::changed,
    ));
    let (old, new): (Vec<_>, Vec<_>) =
        (from.scanner.specs().collect(), to.scanner.specs().collect());
    changes.extend(compare(&old, &new, |spec| &spec.name, pattern_added, pattern_changed));
    changes
}

fn default_changed(from: &Bundle, to: &Bundle) -> Vec<Change> {
    if from.default == to.default {
        return Vec::new();
    }
    let text = match to.default {
        DefaultEffect::Allow => {
            "requests that no rule speaks for pass now, before they were denied"
        }
        DefaultEffect::Deny => {
            "requests that no rule speaks for are denied now, before they passed"
        }
    };
    vec![Change { name: "default".to_owned(), change: "changed", text: text.to_owned() }]
}

fn sections_changed(from: &Bundle, to: &Bundle) -> Vec<Change> {
    let added = |_: &String| "routes may name this section".to_owned();
    let mut changes = compare(&from.sections, &to.sections, |name| name, added, |_, _| None);
    for gone in changes.iter_mut().filter(|change| change.change == "removed") {
        gone.text = "every call on a route that names this section is refused".to_owned();
    }
    changes
}

/// What is gone, what is new, and what is there in both and differs.
fn compare<T>(
    old: &[T],
    new: &[T],
    name: impl Fn(&T) -> &String,
    describe: impl Fn(&T) -> String,
    differ: impl Fn(&T, &T) -> Option<String>,
) -> Vec<Change> {
    let find = |list: &'_ [T], one: &T| list.iter().position(|other| name(other) == name(one));
    let mut changes = Vec::new();
    for gone in old.iter().filter(|one| find(new, one).is_none()) {
        let text = format!("no longer: {}", describe(gone));
        changes.push(Change { name: name(gone).clone(), change: "removed", text });
    }
    for one in new {
        let before = find(old, one).and_then(|at| old.get(at));
        let (change, text) = match before {
            None => ("added", Some(describe(one))),
            Some(before) => ("changed", differ(before, one)),
        };
        changes.extend(text.map(|text| Change { name: name(one).clone(), change, text }));
    }
    changes
}

fn rule_added(rule: &Rule) -> String {
    match rule.mode {
        Mode::Enforce => format!("{} {}{}", about(rule), does(rule), becoming(rule)),
        Mode::Shadow => {
            format!("only recorded (shadow): {} {}{}", about(rule), does(rule), becoming(rule))
        }
    }
}

fn becoming(rule: &Rule) -> String {
    rule.redact.as_ref().map_or(String::new(), |_| format!(" to {}", redaction(rule)))
}

/// `no`, or which.
fn alone(rule: &Rule) -> String {
    let each = rule.allow_findings.iter().map(left_alone);
    let each: Vec<String> = each.collect();
    if each.is_empty() { "no".to_owned() } else { format!("these ({})", each.join("; ")) }
}

fn rule_changed(before: &Rule, now: &Rule) -> Option<String> {
    let mut parts = Vec::new();
    if about(before) != about(now) {
        parts.push(format!("was about {}, is about {}", about(before), about(now)));
    }
    if before.effect != now.effect {
        parts.push(format!("what it matches: they {} now, before they {}", does(now), did(before)));
    }
    if before.mode != now.mode {
        parts.push(match now.mode {
            Mode::Enforce => "is enforced from now on, and was only recorded".to_owned(),
            Mode::Shadow => "is only recorded from now on (shadow), and was enforced".to_owned(),
        });
    }
    if now.effect == Effect::Redact && redaction(before) != redaction(now) {
        parts.push(format!("findings become {} now, before {}", redaction(now), redaction(before)));
    }
    if before.hold != now.hold && now.hold.is_some() {
        parts.push(format!("a hold now has {}", terms(now)));
    }
    if before.allow_findings != now.allow_findings {
        parts.push(format!("leaves {} findings alone", alone(now)));
    }
    if before.unparsed != now.unparsed {
        let gets = now
            .unparsed
            .as_ref()
            .map_or("is left to other rules".into(), |one| format!("gets `{}`", word(one)));
        let what = match (&now.matches.sql, &now.matches.shell) {
            (None, Some(_)) => "a command",
            (Some(_), Some(_)) => "SQL or a command",
            _ => "SQL",
        };
        parts.push(format!("{what} that cannot be read {gets}"));
    }
    if before.message != now.message {
        parts.push("tells callers something else".to_owned());
    }
    if before.severity != now.severity {
        parts.push(format!("its severity is `{}` now", word(&now.severity)));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn pattern_added(spec: &&PatternSpec) -> String {
    format!("finds `{}`", spec.kind)
}

fn pattern_changed(before: &&PatternSpec, now: &&PatternSpec) -> Option<String> {
    if before.kind != now.kind {
        return Some(format!("found `{}`, finds `{}`", before.kind, now.kind));
    }
    (before != now).then(|| format!("finds `{}` by other rules than before", now.kind))
}

#[cfg(test)]
mod tests;
