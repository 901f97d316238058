/*! How far one approval reaches beyond the call it was given for. */

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decimal::{self, Plain};
use crate::glob;
use crate::json::{Node, steps};
use crate::rule::ScopeTerms;

/// Longer values are not compared; a call that has one waits for an approval of its own.
const VALUE_LIMIT: usize = 1024;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    pub uses: u32,
    pub lasts_seconds: u32,
    /// What may differ, by JSON pointer: a value has to fit one glob of each list.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub free: BTreeMap<String, Vec<Vec<String>>>,
}

impl Scope {
    /// What both allow.
    pub fn and(self, mut other: Self) -> Self {
        let both = self.free.into_iter().filter_map(|(pointer, mut globs)| {
            globs.extend(other.free.remove(&pointer)?);
            globs.sort();
            globs.dedup();
            Some((pointer, globs))
        });
        Self {
            free: both.collect(),
            uses: self.uses.min(other.uses),
            lasts_seconds: self.lasts_seconds.min(other.lasts_seconds),
        }
    }

    /// What kind of value stands at each place that is free; `None` if one is missing, or not within
    /// what it may be. Names count as they are written: for a server that ignores their case another
    /// spelling is another member, and that is not free.
    pub fn kinds(&self, body: &Node<'_>) -> Option<Vec<(&str, &'static str)>> {
        let kind = |(pointer, globs): (&'_ String, &Vec<Vec<String>>)| {
            let value = steps(pointer).try_fold(body, |node, name| node.get(&name))?;
            let (kind, text) = match value {
                Node::Text(text) => ("text", text.as_ref()),
                Node::Number(literal) => ("number", *literal),
                Node::Bool(true) => ("boolean", "true"),
                Node::Bool(false) => ("boolean", "false"),
                Node::Null | Node::Array(_) | Node::Object(_) => return None,
            };
            let fits = |text: &str| globs.iter().all(|list| glob::matches_any(list, text));
            // `9e9` is no short number: how it is written out counts as well.
            let written_out = match decimal::plain(text) {
                _ if kind != "number" && !text.contains(['e', 'E']) => true,
                Plain::NoNumber => true,
                Plain::Number(plain) => fits(&plain),
                Plain::TooLong => false,
            };
            let within = text.len() <= VALUE_LIMIT && fits(text) && written_out;
            within.then_some(kind)
        };
        self.free.iter().map(|one| Some((one.0.as_str(), kind(one)?))).collect()
    }

    /// Whether the member at this path of names is free.
    pub fn frees(&self, path: &[&str]) -> bool {
        self.free.keys().any(|pointer| steps(pointer).eq(path.iter().copied()))
    }
}

impl From<ScopeTerms> for Scope {
    fn from(ScopeTerms { uses, lasts_seconds, free }: ScopeTerms) -> Self {
        let free = free.into_iter().map(|(pointer, globs)| (pointer, vec![globs])).collect();
        Self { uses, lasts_seconds, free }
    }
}

#[cfg(test)]
mod tests;
