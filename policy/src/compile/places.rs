/*! Places that rules name in bodies: pointers, arguments and fields, and the values that are asked for. */

use std::collections::BTreeMap;

use super::diagnostic::Diagnostics;
use super::document::Part;
use super::yaml::{Node, Value};
use crate::json::folded;
use crate::rule::Rule;

pub(super) fn check(rule: &Rule, part: &Part, diagnostics: &mut Diagnostics) {
    let Some(matches) = part.node.get("match") else { return };
    if let Some(sql) = &rule.matches.sql {
        let entries = matches.get("sql").and_then(|sql| sql.get("at")).map(Node::entries);
        for (pointer, entry) in sql.at.iter().zip(entries.unwrap_or_default()) {
            pointer_at(pointer, entry, diagnostics);
        }
    }
    if let Some(shell) = &rule.matches.shell {
        let node = matches.get("shell").and_then(|shell| shell.get("at"));
        for (pointer, entry) in shell.at.iter().zip(node.map(Node::entries).unwrap_or_default()) {
            pointer_at(pointer, entry, diagnostics);
        }
        if shell.at.is_empty() {
            let message = format!("no call can match `{}`: `at` names no place", rule.name);
            let help = "say where the command is, as in `at: /command`";
            diagnostics.add_with_help("GH114", part.node.place_of("match"), message, help);
        }
    }
    let places = [
        ("body", matches.get("body")),
        ("form", matches.get("http").and_then(|http| http.get("form"))),
        ("arguments", matches.get("mcp").and_then(|mcp| mcp.get("arguments"))),
    ];
    for (field, node) in places {
        let Some(Value::Map(members)) = node.map(|node| &node.value) else { continue };
        let mut known: BTreeMap<String, &str> = BTreeMap::new();
        for (key, values) in members {
            let name = key.text().unwrap_or_default();
            if field == "body" {
                pointer_at(name, key, diagnostics);
            }
            if values.entries().is_empty() {
                let message = format!("no call can match `{}`: `{name}` has no values", rule.name);
                let help = "name the values, or `*` for whatever is there";
                diagnostics.add_with_help("GH114", &key.place, message, help);
            }
            // Fields of forms are told apart by their case.
            let same = if field == "form" { name.to_owned() } else { folded(name) };
            if let Some(other) = known.insert(same, name) {
                let message = format!("`{name}` is the same place as `{other}`");
                let help = "names are compared without their case; put both into one list";
                diagnostics.add_with_help("GH111", &key.place, message, help);
            }
        }
    }
}

/// RFC 6901; the empty one is the whole body.
pub(super) fn pointer_at(pointer: &str, node: &Node, diagnostics: &mut Diagnostics) {
    let escaped = pointer.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    let help = if !pointer.is_empty() && !pointer.starts_with('/') {
        format!("write it from its first `/` on, as `/{}`", pointer.replace('.', "/"))
    } else if !escaped {
        "write `~0` for `~` and `~1` for `/` within a name".to_owned()
    } else {
        return;
    };
    let message = format!("`{pointer}` is not a JSON pointer");
    diagnostics.add_with_help("GH119", &node.place, message, help);
}

#[cfg(test)]
mod tests;
