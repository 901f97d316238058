/*!
How much a bundle may hold. Who signs sections only, or signs nothing, may still write any file: what
it costs to find out that nobody may take it has a bound.
*/

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use super::wire::{error, section};
use super::{LoadError, Manifest, json};
use crate::rule::Rule;

/// Bytes of the section `manifest`, which is read before any signature is looked at.
pub const MANIFEST_BYTES: usize = 64 * 1024;
/// Bytes of the name, and of the version: both are in each report of a gateway.
pub const TEXT: usize = 100;
/// Sections that routes may name.
pub const SECTIONS: usize = 128;
pub const RULES: usize = 10_000;
/// Sections that one rule names.
pub const SECTIONS_OF_RULE: usize = 128;
/// Entries of one rule's `allow_findings`.
pub const ALLOWANCES: usize = 64;

/// What the manifest says, without reading more of the file.
pub(super) fn manifest(data: Option<&[u8]>) -> Result<Manifest, LoadError> {
    if data.is_some_and(|data| data.len() > MANIFEST_BYTES) {
        return Err(error("the section `manifest` of the bundle is larger than 64 KiB"));
    }
    let manifest: Manifest = json(data, section::MANIFEST)?;
    if manifest.name.len().max(manifest.version.len()) > TEXT {
        return Err(error("the name or the version of the bundle is longer than 100 bytes"));
    }
    if manifest.sections.len() > SECTIONS {
        return Err(error("the bundle declares more than 128 sections"));
    }
    Ok(manifest)
}

/// The rules, none of which names a section that is not declared.
pub(super) fn rules(data: Option<&[u8]>, declared: &[String]) -> Result<Vec<Rule>, LoadError> {
    let Rules(rules) = json(data, section::RULES)?;
    if rules.iter().any(|rule| rule.sections.len() > SECTIONS_OF_RULE) {
        return Err(error("a rule of the bundle names more than 128 sections"));
    }
    if rules.iter().any(|rule| rule.allow_findings.len() > ALLOWANCES) {
        return Err(error("a rule of the bundle has more than 64 entries in `allow_findings`"));
    }
    let declared: BTreeSet<&str> = declared.iter().map(String::as_str).collect();
    let mut named = rules.iter().flat_map(|rule| &rule.sections);
    if named.any(|name| !declared.contains(name.as_str())) {
        return Err(error("a rule is in a section that the bundle does not declare"));
    }
    Ok(rules)
}

/// Read no further than they may go: a rule takes far more memory than its text.
struct Rules(Vec<Rule>);

impl<'de> Deserialize<'de> for Rules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Rules;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rules")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Rules, A::Error> {
        let mut rules = Vec::new();
        while let Some(rule) = list.next_element()? {
            if rules.len() == RULES {
                return Err(A::Error::custom("it holds more than 10000 rules"));
            }
            rules.push(rule);
        }
        Ok(Rules(rules))
    }
}

#[cfg(test)]
mod tests;
