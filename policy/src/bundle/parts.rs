/*!
The parts of a bundle that signers vouch for one by one: what is meant for all routes, and each section.
A statement carries their digests, so that it goes on speaking for a part that a later release leaves as
it is.
*/

use std::collections::{BTreeMap, BTreeSet};

use hmac_sha256::Hash;
use serde::{Deserialize, Serialize};

use super::Manifest;
use crate::budget::Budget;
use crate::digest;
use crate::pin::PinSet;
use crate::rule::Rule;

/// SHA-256 in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartDigests {
    /// Of everything but the rules, budgets and pins of sections: their names too, so that nobody takes one away.
    pub common: String,
    /// By the name of the section, of all rules, budgets and pins that name it.
    pub sections: BTreeMap<String, String>,
}

impl PartDigests {
    /// `None` where there are no sections: then the revision says it all. `scanned`: patterns and
    /// automata as they lie in the file; they act on all routes, whoever wrote them.
    pub(super) fn of(
        manifest: &Manifest,
        (rules, budgets, pins): (&[Rule], &[Budget], &[PinSet]),
        scanned: &[&[u8]],
    ) -> Option<Self> {
        if manifest.sections.is_empty() {
            return None;
        }
        // The only two that a release of one section has to change.
        let lasting = Manifest { version: String::new(), serial: 0, ..manifest.clone() };
        let mut common = Digest::new("common");
        let mut sections: BTreeMap<&str, Digest> = BTreeMap::new();
        for name in &manifest.sections {
            let mut digest = Digest::new("section");
            digest.put(name.as_bytes());
            sections.insert(name, digest);
        }
        common.put(&json(&lasting)?);
        scanned.iter().for_each(|bytes| common.put(bytes));
        // Each is written once, however many sections it names.
        let rules = rules.iter().map(|rule| (&rule.sections, json(rule)));
        let budgets = budgets.iter().map(|budget| (&budget.sections, json(budget)));
        let pins = pins.iter().map(|pins| (&pins.sections, json(pins)));
        for (named, written) in rules.chain(budgets).chain(pins) {
            let digest = Hash::hash(&written?);
            if named.is_empty() {
                common.put(&digest);
            }
            for name in named.iter().collect::<BTreeSet<_>>() {
                sections.get_mut(name.as_str())?.put(&digest);
            }
        }
        let sections = sections.into_iter();
        Some(Self {
            common: common.end(),
            sections: sections.map(|(name, digest)| (name.to_owned(), digest.end())).collect(),
        })
    }

    /// `None`: the common part.
    pub fn get(&self, section: Option<&str>) -> Option<&str> {
        match section {
            None => Some(&self.common),
            Some(name) => self.sections.get(name).map(String::as_str),
        }
    }
}

fn json(value: &impl Serialize) -> Option<Vec<u8>> {
    #[cfg(test)]
    tests::WRITTEN.with(|written| written.set(written.get() + 1));
    serde_json::to_vec(value).ok()
}

/// Of pieces, each with its length before it: no two lists of pieces look alike.
struct Digest(Hash);

impl Digest {
    fn new(kind: &str) -> Self {
        let mut digest = Self(Hash::new());
        digest.put(kind.as_bytes());
        digest
    }

    fn put(&mut self, piece: &[u8]) {
        self.0.update((piece.len() as u64).to_le_bytes());
        self.0.update(piece);
    }

    fn end(self) -> String {
        digest::hex(&self.0.finalize())
    }
}

#[cfg(test)]
mod tests;
