/*!
The parts of a bundle that signers vouch for one by one: what is meant for all routes, and each section.
A statement carries their digests, so that it goes on speaking for a part that a later release leaves as
it is.
*/

use std::collections::BTreeMap;

use hmac_sha256::Hash;
use serde::{Deserialize, Serialize};

use super::Manifest;
use super::wire::put_block;
use crate::budget::Budget;
use crate::rule::Rule;

/// SHA-256 in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartDigests {
    /// Of everything but the rules and budgets of sections: their names too, so that nobody takes one away.
    pub common: String,
    /// By the name of the section, of all rules and budgets that name it.
    pub sections: BTreeMap<String, String>,
}

impl PartDigests {
    /// `None` where there are no sections: then the revision says it all. `scanned`: patterns and
    /// automata as they lie in the file; they act on all routes, whoever wrote them.
    pub(super) fn of(
        manifest: &Manifest,
        (rules, budgets): (&[Rule], &[Budget]),
        scanned: &[&[u8]],
    ) -> Option<Self> {
        if manifest.sections.is_empty() {
            return None;
        }
        // The only two that a release of one section has to change.
        let lasting = Manifest { version: String::new(), serial: 0, ..manifest.clone() };
        let everywhere = rules.iter().filter(|rule| rule.sections.is_empty());
        let mut common = vec![json(&lasting)?, json(&everywhere.collect::<Vec<_>>())?];
        common.extend(scanned.iter().map(|bytes| bytes.to_vec()));
        common.extend(budgets_where(budgets, |one| one.sections.is_empty())?);
        let of_section = |name: &String| {
            let own = rules.iter().filter(|rule| rule.sections.contains(name));
            let own = json(&own.collect::<Vec<_>>())?;
            let mut pieces = vec![name.clone().into_bytes(), own];
            pieces.extend(budgets_where(budgets, |one| one.sections.contains(name))?);
            Some((name.clone(), digest("section", &pieces)))
        };
        Some(Self {
            common: digest("common", &common),
            sections: manifest.sections.iter().map(of_section).collect::<Option<_>>()?,
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

/// A piece only where there are any: what was signed before there were budgets goes on counting.
fn budgets_where(budgets: &[Budget], own: impl Fn(&Budget) -> bool) -> Option<Option<Vec<u8>>> {
    let own: Vec<&Budget> = budgets.iter().filter(|one| own(one)).collect();
    if own.is_empty() { Some(None) } else { json(&own).map(Some) }
}

fn json(value: &impl Serialize) -> Option<Vec<u8>> {
    serde_json::to_vec(value).ok()
}

/// Each piece with its length before it: no two lists of pieces look alike.
fn digest(kind: &str, pieces: &[Vec<u8>]) -> String {
    let mut framed = Vec::new();
    put_block(&mut framed, kind.as_bytes());
    pieces.iter().for_each(|piece| put_block(&mut framed, piece));
    Hash::hash(&framed).iter().map(|byte| format!("{byte:02x}")).collect()
}
