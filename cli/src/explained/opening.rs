/*! A rule that lets one call pass where no rule speaks for it. */

use anyhow::Result;
use policy::backtest;
use policy::compile::{Source, written};
use policy::record::Record;
use serde_json::{Value as Json, json};

use super::allow::Allow;
use super::change::{Change, one_line};
use super::exception::{self, Exception};
use crate::bundle::is_built_in;

/// In the first list of rules that is the author's, or in a bundle of its own.
pub fn open(record: &Record, sources: &mut Vec<Source>, allow: &mut Allow) -> Result<Change> {
    let rule = opening(record, &mut allow.wider)?;
    let name = rule.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
    let all = written::rules(sources);
    // A bundle that was just told of is no file that anybody has.
    let told = |file: &str| {
        allow.changes.iter().any(|one| one.file.is_none() && one.beside_name() == file)
    };
    let own = all
        .iter()
        .find(|one| one.before.trim() == "-" && !is_built_in(&one.source) && !told(&one.file));
    let change = match own {
        Some(first) => {
            let text = format!("{}{}", first.before, one_line(&rule)?);
            let (file, line) = (Some(first.file.clone()), Some(first.lines.0));
            Change { rule: name, file, line, remove: 0, text, in_place_of: None }
        }
        None => {
            let text = format!(
                "bundle: {{name: {name}, version: \"1\"}}\nrules:\n  - {}\n",
                one_line(&rule)?
            );
            Change { rule: name, file: None, line: None, remove: 0, text, in_place_of: None }
        }
    };
    change.apply(sources)?;
    Ok(change)
}

/// That names the path where it can: only so it opens an endpoint of a model's API.
fn opening(record: &Record, wider: &mut Vec<String>) -> Result<Json> {
    let Exception { condition, wider: more } = exception::of(record, None);
    wider.extend(more);
    let mut http = json!({ "method": record.request.method });
    if let Some((host, path)) = backtest::place(record) {
        for (name, value) in [("host", host), ("path", path)] {
            if !value.contains(['*', '?', '\\', '[', '{']) {
                http[name] = value.into();
            }
        }
    }
    let mut matches = json!({ "http": http });
    if let (Some(mcp), false) = (&record.request.mcp, record.kind_guessed) {
        matches["mcp"] = json!({ "method": mcp.method });
    }
    let tail: String = record.exchange.chars().filter(char::is_ascii_alphanumeric).collect();
    let tail: String = tail.chars().rev().take(8).collect::<String>().to_lowercase();
    Ok(json!({
        "name": format!("allow-{}", if tail.is_empty() { "call" } else { &tail }),
        "on": "request",
        "match": matches,
        "when": condition,
        "effect": "allow",
    }))
}
