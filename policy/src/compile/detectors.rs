/*! Every pattern of bundles as a page of Markdown, made from their YAML. */

use serde_json::Value as Json;

use super::Source;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::document::{self, Part, Parts};
use super::yaml::{Node, Value};

const HEAD: &str = "\
# Detectors

<!-- Written by `make gen`; change the YAML in policy-bundles instead. -->

What the patterns of the bundles that come with Gatehouse find. A finding alone does nothing: rules name
its kind. *Counts* tells what else a match needs, besides the check: a field, a word near it, an
entropy. A pattern without any counts everywhere.

Examples that look like secrets are shown with their middle cut out.
";

/// Members that have a line of their own, and those that say how to search and not what counts.
#[rustfmt::skip]
const TOLD: &[&str] = &[
    "name", "kind", "description", "regex", "min_length", "max_length", "not_before", "not_after",
    "validate", "min_entropy", "fields", "context", "source", "examples",
];
const EXAMPLES: usize = 4;
/// Characters that are left of an example before and after the cut.
const HEAD_LEFT: usize = 24;
const TAIL_LEFT: usize = 4;

/// Of bundles without patterns nothing is told.
pub fn detectors(sources: &[Source]) -> Result<String, Vec<Diagnostic>> {
    let mut diagnostics = Diagnostics::default();
    let parts = document::read(sources, &mut diagnostics);
    if !diagnostics.is_empty() {
        return Err(diagnostics.sorted());
    }
    let mut page = HEAD.to_owned();
    for (index, (_, bundles)) in parts.bundles.iter().enumerate() {
        let patterns: Vec<&Part> =
            parts.patterns.iter().filter(|part| part.source == index + 1).collect();
        if let (Some(Some(bundle)), false) = (bundles.first(), patterns.is_empty()) {
            section(bundle, &patterns, &parts, &mut page);
        }
    }
    Ok(page)
}

fn section(bundle: &Part, patterns: &[&Part], parts: &Parts, page: &mut String) {
    let text = |name: &str| bundle.node.get(name).and_then(Node::text).unwrap_or_default();
    page.push_str(&format!("\n## Bundle `{}`\n\n{}\n", text("name"), text("description")));
    for part in patterns {
        pattern(part, parts, page);
    }
}

fn pattern(part: &Part, parts: &Parts, page: &mut String) {
    let node = &part.node;
    let text = |name: &str| node.get(name).and_then(Node::text).unwrap_or_default();
    page.push_str(&format!("\n### `{}`\n\n", text("name")));
    if !text("description").is_empty() {
        page.push_str(&format!("{}\n\n", text("description")));
    }
    let kind = text("kind");
    line(page, "kind", &format!("`{kind}`, {}", acted_on(kind, part.source, parts)));
    let checks = [node.get("validate").map(shown), entropy(node)];
    line(page, "check", &checks.into_iter().flatten().collect::<Vec<_>>().join(", "));
    line(page, "counts", &counts(node));
    line(page, "source", &node.get("source").map(sources).unwrap_or_default());
    if let Some(examples) = node.get("examples") {
        line(page, "finds", &some(examples.get("match")));
        line(page, "passes over", &some(examples.get("no_match")));
    }
}

fn line(page: &mut String, what: &str, said: &str) {
    if !said.is_empty() {
        page.push_str(&format!("* {what}: {said}\n"));
    }
}

/// What the rules of the same bundle do with this kind.
fn acted_on(kind: &str, source: usize, parts: &Parts) -> String {
    let about = |rule: &&Part| {
        let findings = rule.json.pointer("/match/findings");
        rule.source == source && findings.is_some_and(|findings| names(findings, kind))
    };
    let acts = parts.rules.iter().filter(about).map(|rule| {
        let word = |name: &str| rule.json.get(name).and_then(Json::as_str).unwrap_or_default();
        let kinds = match rule.json.pointer("/match/kind") {
            Some(Json::Array(kinds)) => kinds.iter().filter_map(Json::as_str).collect(),
            kind => kind.and_then(Json::as_str).into_iter().collect::<Vec<_>>(),
        };
        let only = kinds.iter().map(|kind| format!(" of kind `{kind}`")).collect::<String>();
        format!("{} in {}s{only}", word("effect"), word("on"))
    });
    let mut acts: Vec<String> = acts.collect();
    acts.sort();
    acts.dedup();
    if acts.is_empty() { "for rules of your own".to_owned() } else { acts.join(", ") }
}

fn names(findings: &Json, kind: &str) -> bool {
    match findings {
        Json::Array(kinds) => kinds.iter().any(|one| one == kind),
        one => one == kind,
    }
}

fn entropy(node: &Node) -> Option<String> {
    let bits = node.get("min_entropy").map(plain)?;
    Some(format!("an entropy of {bits} bits per byte"))
}

/// Members that came later than this page are told as they are written.
fn counts(node: &Node) -> String {
    let mut said = Vec::new();
    if let Some(fields) = node.get("fields") {
        said.push(format!("in the fields {}", shown(fields)));
    }
    if let Some(words) = node.get("context").and_then(|context| context.get("words")) {
        said.push(format!("near {}", shown(words)));
    }
    let Value::Map(members) = &node.value else { return said.join(" or ") };
    let mut said = vec![said.join(" or ")];
    for (key, value) in members {
        let name = key.text().unwrap_or_default();
        if !TOLD.contains(&name) {
            said.push(format!("`{name}`: {}", shown(value)));
        }
    }
    said.retain(|one| !one.is_empty());
    said.join("; ")
}

fn shown(node: &Node) -> String {
    if let Value::Map(members) = &node.value {
        let inner = members.iter().map(|(key, value)| format!("{} {}", plain(key), shown(value)));
        return inner.collect::<Vec<_>>().join(", ");
    }
    node.entries().iter().map(|one| code(&plain(one))).collect::<Vec<_>>().join(", ")
}

fn sources(node: &Node) -> String {
    node.entries().iter().map(|one| format!("<{}>", plain(one))).collect::<Vec<_>>().join(", ")
}

fn plain(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => text.clone(),
        Value::Flag(flag) => flag.to_string(),
        Value::Whole(number) => number.to_string(),
        Value::Number(number) => number.to_string(),
        Value::List(_) => node.joined(),
        Value::Null | Value::Map(_) => String::new(),
    }
}

fn some(list: Option<&Node>) -> String {
    let entries = list.map(Node::entries).unwrap_or_default();
    let cut: Vec<String> = entries.iter().take(EXAMPLES).map(|one| code(&example(one))).collect();
    cut.join(", ")
}

/// In one piece only if it stands so in the YAML.
fn example(node: &Node) -> String {
    let Value::List(pieces) = &node.value else { return plain(node) };
    let first = pieces.first().map(plain).unwrap_or_default();
    let [_, .., last] = pieces.as_slice() else { return first };
    let head: String = first.chars().take(HEAD_LEFT).collect();
    let last = plain(last);
    let tail = last.chars().rev().take(TAIL_LEFT).collect::<Vec<_>>().into_iter().rev();
    format!("{head}…{}", tail.collect::<String>())
}

/// As code of Markdown, in one line.
fn code(text: &str) -> String {
    let text = text.replace('\n', "\\n").replace('\t', "\\t");
    if text.contains('`') || text.is_empty() {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}

#[cfg(test)]
mod tests {
    use super::super::bundles::folder;
    use super::super::document;
    use super::*;

    #[test]
    fn no_example_that_is_written_in_pieces_stands_in_the_page_in_one() {
        let sources = ["secrets", "personal-data"].map(folder);
        let page = detectors(&sources).unwrap();
        let parts = document::read(&sources, &mut Diagnostics::default());
        let mut tried = 0;
        for part in &parts.patterns {
            assert!(page.contains(&format!("### `{}`", part.json["name"].as_str().unwrap())));
            let found = part.node.get("examples").and_then(|examples| examples.get("match"));
            for example in found.map(Node::entries).unwrap_or_default() {
                if matches!(example.value, Value::List(_)) {
                    assert!(!page.contains(&example.joined()), "{}", example.joined());
                    tried += 1;
                }
            }
        }
        assert!(tried > 30, "{tried}");
    }

    #[test]
    fn what_a_pattern_asks_for_is_told() {
        let text = "bundle: {name: a, version: '1'}\npatterns: [{name: p, kind: k, regex: 'key-[0-9]{9}', \
                    min_entropy: 2.5, fields: [pin, code], context: {words: [badge]}}]";
        let file = super::super::SourceFile { path: String::new(), text: text.to_owned() };
        let page = detectors(&[Source { files: vec![file], ..Source::default() }]).unwrap();
        let told = "### `p`\n\n* kind: `k`, for rules of your own\n\
                    * check: an entropy of 2.5 bits per byte\n\
                    * counts: in the fields `pin`, `code` or near `badge`\n";
        assert!(page.ends_with(told), "{page}");
    }
}
