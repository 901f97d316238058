/*! Findings that rules leave alone: what each allowance has to say. */

use serde_json::Value as Json;

use super::diagnostic::Diagnostics;
use super::document::{Part, Parts};
use super::pattern::Compiled;
use super::shape::{Field, Shape, optional, required};
use super::yaml::Node;
use crate::allowance::{Allowance, Pointer, Value};
use crate::rule::{Effect, Rule};

/// A shorter salt might be met by chance in another bundle.
const SALT_MIN: usize = 16;

pub(super) const ALLOWANCE: &[Field] = &[
    required("kind", Shape::Name, "The kind of finding, one of the rule's."),
    optional(
        "field",
        Shape::Text,
        "Where it may stand: a JSON pointer such as `/items/*/email`, in which `*` is any one step. It counts only in a body that is called JSON and is one JSON value, never in text or in JSON that is packed into a string.",
    ),
    optional(
        "value",
        Shape::Text,
        "Or what may be found: the digest of the value that `gatehouse bundle hash` prints.",
    ),
    required("until", Shape::Instant, "From then on it is left alone no more."),
    required("reason", Shape::Text, "Why, for the people who audit."),
];

pub(super) fn lower(
    part: &Part,
    rule: &Rule,
    parts: &Parts,
    patterns: &[Compiled],
    diagnostics: &mut Diagnostics,
) -> Vec<Allowance> {
    let written = part.json.get("allow_findings").and_then(Json::as_array);
    let nodes = part.node.get("allow_findings").map(Node::entries).unwrap_or_default();
    let mut allowances = Vec::new();
    for (written, node) in written.into_iter().flatten().zip(nodes) {
        let salt = parts.salt(part.source);
        match one(written, rule, salt, patterns) {
            Ok(allowance) => allowances.push(allowance),
            Err((field, message, help)) => {
                diagnostics.add_with_help("GH134", node.place_of(field), message, help);
            }
        }
    }
    allowances
}

type Mistake = (&'static str, String, &'static str);

fn one(
    written: &Json,
    rule: &Rule,
    salt: Option<&str>,
    patterns: &[Compiled],
) -> Result<Allowance, Mistake> {
    let text = |name: &str| written.get(name).and_then(Json::as_str);
    let kind = text("kind").unwrap_or_default().to_owned();
    if !rule.matches.findings.contains(&kind) {
        let message = format!("the rule does not name `{kind}`");
        return Err(("kind", message, "name one of the kinds in `match.findings`"));
    }
    if rule.effect == Effect::Allow {
        let message = "a rule that allows has nothing to leave alone".to_owned();
        return Err((
            "kind",
            message,
            "put `allow_findings` on the rule that redacts, holds or denies",
        ));
    }
    let reason = text("reason").unwrap_or_default().trim().to_owned();
    if reason.is_empty() {
        return Err((
            "reason",
            "the reason is empty".to_owned(),
            "say why, for the people who audit",
        ));
    }
    let (field, value) = match (text("field"), text("value")) {
        (Some(field), None) => (Some(pointer(field)?), None),
        (None, Some(digest)) => (None, Some(value(digest, &kind, salt, patterns)?)),
        _ => {
            let message = "an allowance names either a `field` or a `value`".to_owned();
            return Err(("kind", message, "make two of it, or say where findings may stand"));
        }
    };
    let until = written.get("until").and_then(Json::as_u64).unwrap_or_default();
    Ok(Allowance { kind, field, value, until, reason })
}

fn pointer(text: &str) -> Result<Pointer, Mistake> {
    Pointer::try_from(text.to_owned())
        .map_err(|why| ("field", why.to_owned(), "write it as `/items/*/email`"))
}

fn value(
    digest: &str,
    kind: &str,
    salt: Option<&str>,
    patterns: &[Compiled],
) -> Result<Value, Mistake> {
    let help = "print it by `gatehouse bundle hash`, which reads the value from its input";
    let printed = digest.strip_prefix("blake2b-256:").is_some_and(|tag| tag.len() == 43);
    if !printed {
        return Err(("value", "this is not the digest of a value".to_owned(), help));
    }
    if patterns.iter().any(|pattern| pattern.spec.kind == kind && pattern.guessable) {
        let message = format!("`{kind}` has so few values that its digest tells which one it is");
        return Err(("value", message, "name the field in which it may stand"));
    }
    match salt.filter(|salt| salt.len() >= SALT_MIN) {
        Some(salt) => Ok(Value { salt: salt.to_owned(), digest: digest.to_owned() }),
        None => {
            let message = format!("values need `bundle.salt`, {SALT_MIN} characters or more");
            Err(("value", message, "put random text there, such as `openssl rand -hex 16` prints"))
        }
    }
}

#[cfg(test)]
mod tests;
