/*!
Findings that a rule leaves alone: by the field they stand in, or by a keyed digest of their value, until
a moment and for a reason.

A field counts only where every reader sees the same one: in a body that is one JSON value without
doubled names and is called JSON. Never in text, nor in JSON that is packed into a string.
*/

mod field;

use serde::{Deserialize, Serialize};

use crate::digest::allowed_value;
use crate::scan::{Findings, Scanner, plain_view};
pub use field::Pointer;

/// One exception of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    pub kind: String,
    /// Either the field in which findings of the kind may stand,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Pointer>,
    /// or the value that may be found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Unix seconds; from then on it is none any more.
    pub until: u64,
    pub reason: String,
}

/// The salt is in the bundle: it keeps digests from being looked up in tables and compared between
/// bundles, and hides nothing of a value that can be guessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    pub salt: String,
    pub digest: String,
}

impl Allowance {
    /// Those in force.
    pub fn live(all: &[Self], now: u64) -> Vec<Self> {
        all.iter().filter(|one| now < one.until).cloned().collect()
    }

    /// Whether a gateway may follow it, whoever compiled it.
    pub fn is_sound(&self) -> bool {
        self.field.is_some() != self.value.is_some()
    }
}

/// What an author writes for a value: the same however it is spelled.
pub fn digest(salt: &str, kind: &str, raw: &[u8]) -> String {
    allowed_value(salt, kind, plain_view(raw).trim_ascii())
}

/// Whether a finding that stands in text is left alone.
pub fn allows_text(allowances: &[Allowance], kind: &str, raw: &[u8]) -> bool {
    let mut last: Option<(&str, String)> = None;
    let values =
        allowances.iter().filter(|one| one.kind == kind).filter_map(|one| one.value.as_ref());
    values.into_iter().any(|value| {
        // The values of one bundle have one salt.
        let known = last.take().filter(|(salt, _)| *salt == value.salt);
        let (salt, own) = known.unwrap_or_else(|| (&value.salt, digest(&value.salt, kind, raw)));
        let allows = own == value.digest;
        last = Some((salt, own));
        allows
    })
}

/// Of each finding in a body whether it is left alone. `json`: the body is called JSON.
pub fn allowed(
    allowances: &[Allowance],
    scanner: &Scanner,
    body: &[u8],
    json: bool,
    findings: &Findings,
) -> Vec<bool> {
    if allowances.is_empty() {
        return vec![false; findings.found.len()];
    }
    let fields: Vec<(&str, &Pointer)> = allowances
        .iter()
        .filter_map(|one| Some((one.kind.as_str(), one.field.as_ref()?)))
        .collect();
    let leaves = match json && !fields.is_empty() && !findings.is_empty() {
        true => field::leaves(body, &fields).unwrap_or_default(),
        false => Vec::new(),
    };
    let found = findings.found.iter().map(|found| {
        let kind = scanner.kind(found.pattern);
        let raw = body.get(found.span.clone()).unwrap_or_default();
        let next = leaves.partition_point(|leaf| leaf.span.end < found.span.end);
        leaves
            .get(next)
            .is_some_and(|leaf| leaf.span.start <= found.span.start && leaf.kinds.contains(&kind))
            || allows_text(allowances, kind, raw)
    });
    found.collect()
}

#[cfg(test)]
#[cfg(feature = "compile")]
mod tests;
