/*! A compiled bundle: rules, patterns and the scanner's automata, with the revision that names them. */

mod automata;
pub mod bounds;
pub mod parts;
pub mod signature;
pub mod wire;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::allowance::Allowance;
use crate::budget::{self, Budget};
use crate::case::{self, Case};
use crate::digest;
use crate::pin::{self, PinSet};
use crate::rule::{DefaultEffect, Rule};
use crate::scan::{Automata, Pattern, PatternSpec, Scanner};
use parts::PartDigests;
use wire::{Cursor, error, section};

/// Why a bundle, a key set or a configuration was not taken. Logged once, never shown to callers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LoadError(pub String);

#[derive(Clone, Debug)]
pub struct Bundle {
    pub name: String,
    pub version: String,
    pub serial: u64,
    /// Unix seconds.
    pub not_after: Option<u64>,
    pub default: DefaultEffect,
    /// Those that routes may name.
    pub sections: Vec<String>,
    /// `sha256:` and the digest of the payload.
    pub revision: String,
    /// Where there are sections.
    pub parts: Option<PartDigests>,
    /// In the order in which they speak, whatever the file's was.
    pub rules: Vec<Rule>,
    pub budgets: Vec<Budget>,
    pub pins: Vec<PinSet>,
    pub scanner: Scanner,
}

/// What the `manifest` section holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub name: String,
    pub version: String,
    /// Only ever rises, from one release of a bundle to the next.
    pub serial: u64,
    /// Unix seconds; from then on it is not activated any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<u64>,
    /// What a request gets that no rule speaks for.
    #[serde(default, skip_serializing_if = "DefaultEffect::is_allow")]
    pub default: DefaultEffect,
    /// Those that routes may name, in the order of their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<String>,
}

impl Bundle {
    /// Stands where none is yet. It has no patterns, so nothing may be shown that it has masked.
    pub fn none() -> Self {
        Self {
            name: String::new(),
            version: String::new(),
            serial: 0,
            not_after: None,
            default: DefaultEffect::Deny,
            sections: Vec::new(),
            revision: String::new(),
            parts: None,
            rules: Vec::new(),
            budgets: Vec::new(),
            pins: Vec::new(),
            scanner: Scanner::empty(),
        }
    }

    pub fn is_none(&self) -> bool {
        self.revision.is_empty()
    }

    /// `now` in Unix seconds.
    pub fn is_expired(&self, now: u64) -> bool {
        self.not_after.is_some_and(|until| now >= until)
    }

    /// What a signature of this bundle states.
    pub fn statement(&self) -> signature::Statement {
        signature::Statement {
            revision: self.revision.clone(),
            serial: self.serial,
            replaces: None,
            parts: self.parts.clone(),
        }
    }

    /// Reads a compiled bundle. Errors if it is damaged, of another format, or not whole.
    pub fn decode(file: &[u8]) -> Result<Self, LoadError> {
        let (payload, digest) = wire::payload(file)?;
        let parts = Parts::read(payload)?;
        let manifest = bounds::manifest(parts.manifest)?;
        let mut rules = bounds::rules(parts.rules, &manifest.sections)?;
        if rules.iter().any(|rule| rule.when.as_ref().is_some_and(|when| !when.is_bounded())) {
            return Err(error("a condition of the bundle is too large"));
        }
        if rules.iter().any(|rule| !rule.allow_findings.iter().all(Allowance::is_sound)) {
            return Err(error(
                "a rule of the bundle leaves findings alone in a way no gateway may",
            ));
        }
        if rules.iter().any(|rule| rule.redact.as_ref().is_some_and(|redact| !redact.is_sound())) {
            return Err(error("a rule of the bundle redacts in a way no gateway may"));
        }
        let budgets: Vec<Budget> = match parts.budgets {
            Some(_) => json(parts.budgets, section::BUDGETS)?,
            None => Vec::new(),
        };
        check_budgets(&budgets, &manifest)?;
        let pins: Vec<PinSet> = match parts.pins {
            Some(_) => json(parts.pins, section::PINS)?,
            None => Vec::new(),
        };
        check_pins(&pins, &manifest)?;
        let mut names = BTreeSet::new();
        if !rules.iter().all(|rule| names.insert(rule.name.as_str())) {
            return Err(error("two rules of the bundle have the same name"));
        }
        let digests = PartDigests::of(&manifest, (&rules, &budgets, &pins), &parts.scanned());
        rules.sort_by(Rule::speaking_order);
        Ok(Self {
            parts: digests,
            name: manifest.name,
            version: manifest.version,
            serial: manifest.serial,
            not_after: manifest.not_after,
            default: manifest.default,
            sections: manifest.sections,
            revision: revision(digest),
            rules,
            budgets,
            pins,
            scanner: parts.scanner()?,
        })
    }
}

fn check_budgets(budgets: &[Budget], manifest: &Manifest) -> Result<(), LoadError> {
    if budgets.len() > budget::MOST || !budgets.iter().all(Budget::is_sound) {
        return Err(error("a budget of the bundle is none that a gateway can keep"));
    }
    if budgets.iter().any(|budget| budget.sections.len() > bounds::SECTIONS_OF_RULE) {
        return Err(error("a budget of the bundle names more than 128 sections"));
    }
    let mut named = budgets.iter().flat_map(|budget| &budget.sections);
    if named.any(|name| !manifest.sections.contains(name)) {
        return Err(error("a budget is in a section that the bundle does not declare"));
    }
    let mut names = BTreeSet::new();
    if !budgets.iter().all(|budget| names.insert(budget.name.as_str())) {
        return Err(error("two budgets of the bundle have the same name"));
    }
    Ok(())
}

fn check_pins(pins: &[PinSet], manifest: &Manifest) -> Result<(), LoadError> {
    if let Some(why) = pin::unsound(pins) {
        return Err(error(why));
    }
    if pins.iter().any(|set| set.sections.len() > bounds::SECTIONS_OF_RULE) {
        return Err(error("a pin set of the bundle names more than 128 sections"));
    }
    let mut named = pins.iter().flat_map(|set| &set.sections);
    if named.any(|name| !manifest.sections.contains(name)) {
        return Err(error("a pin set is in a section that the bundle does not declare"));
    }
    Ok(())
}

/// What a file says of itself, without reading the rest of it: rules and automata may be anything
/// until it is known who signed them.
pub fn summary(file: &[u8]) -> Result<(Manifest, signature::Statement), LoadError> {
    let (payload, digest) = wire::payload(file)?;
    let manifest = bounds::manifest(Parts::read(payload)?.manifest)?;
    let revision = revision(digest);
    let serial = manifest.serial;
    let statement = signature::Statement { revision, serial, replaces: None, parts: None };
    Ok((manifest, statement))
}

/// The cases that go with a compiled bundle; none where it was built without.
pub fn cases(file: &[u8]) -> Result<Vec<Case>, LoadError> {
    let (payload, _) = wire::payload(file)?;
    let Some(tests) = Parts::read(payload)?.tests else { return Ok(Vec::new()) };
    if tests.len() > case::MAX_BYTES {
        return Err(error("the tests of the bundle are larger than 1 MiB"));
    }
    let cases: Vec<Case> = json(Some(tests), section::TESTS)?;
    match cases.len() > case::MOST {
        true => Err(error("the bundle has more than 5000 tests")),
        false => Ok(cases),
    }
}

/// Of a condition: one pattern, which may match the empty text.
pub(crate) fn automaton(bytes: &[u8]) -> Option<regex_automata::dfa::dense::DFA<Vec<u32>>> {
    automata::read_any(bytes, 1).ok()
}

fn revision(digest: [u8; 32]) -> String {
    format!("sha256:{}", digest::hex(&digest))
}

#[derive(Default)]
struct Parts<'a> {
    manifest: Option<&'a [u8]>,
    rules: Option<&'a [u8]>,
    budgets: Option<&'a [u8]>,
    pins: Option<&'a [u8]>,
    patterns: Option<&'a [u8]>,
    triggers: Option<&'a [u8]>,
    automata: Option<&'a [u8]>,
    tests: Option<&'a [u8]>,
}

impl<'a> Parts<'a> {
    fn read(payload: &'a [u8]) -> Result<Self, LoadError> {
        let mut parts = Self::default();
        for (name, data) in wire::sections(payload)? {
            parts.put(name, data)?;
        }
        Ok(parts)
    }

    fn put(&mut self, name: &str, data: &'a [u8]) -> Result<(), LoadError> {
        let place = match name {
            section::MANIFEST => &mut self.manifest,
            section::RULES => &mut self.rules,
            section::BUDGETS => &mut self.budgets,
            section::PINS => &mut self.pins,
            section::PATTERNS => &mut self.patterns,
            section::TRIGGERS => &mut self.triggers,
            section::AUTOMATA => &mut self.automata,
            section::TESTS => &mut self.tests,
            _ => return Err(error("the bundle has a section this gateway does not know")),
        };
        match place.replace(data) {
            None => Ok(()),
            Some(_) => Err(error("the bundle has a section twice")),
        }
    }

    fn scanned(&self) -> [&'a [u8]; 3] {
        [self.patterns, self.triggers, self.automata].map(Option::unwrap_or_default)
    }

    /// The automata of a pattern are two blocks, its rest and its lead, which may be empty, and a third
    /// where it has a label.
    fn scanner(&self) -> Result<Scanner, LoadError> {
        let specs: Vec<PatternSpec> = json(self.patterns, section::PATTERNS)?;
        if specs.is_empty() {
            return Ok(Scanner::empty());
        }
        if specs.len() > usize::from(u16::MAX) {
            return Err(error("the bundle has too many patterns"));
        }
        let unfit = || error("a pattern of the bundle does not fit its automata");
        let triggers = self.triggers.ok_or_else(|| missing(section::TRIGGERS))?;
        let triggers = automata::read(triggers, specs.len())?;
        let mut blocks = Cursor(self.automata.ok_or_else(|| missing(section::AUTOMATA))?);
        let mut patterns = Vec::with_capacity(specs.len());
        for spec in specs {
            let rest = Automata::new(automata::read(blocks.block()?, 1)?).ok_or_else(unfit)?;
            let lead = match blocks.block()? {
                [] => None,
                bytes => Some(Automata::new(automata::read(bytes, 1)?).ok_or_else(unfit)?),
            };
            let label = match &spec.label {
                None => None,
                Some(_) => {
                    Some(Automata::new(automata::read(blocks.block()?, 1)?).ok_or_else(unfit)?)
                }
            };
            patterns.push(Pattern::new(spec, rest, lead, label).ok_or_else(unfit)?);
        }
        if !blocks.0.is_empty() {
            return Err(unfit());
        }
        Scanner::new(triggers, patterns).ok_or_else(unfit)
    }
}

fn json<T: for<'de> Deserialize<'de>>(data: Option<&[u8]>, name: &str) -> Result<T, LoadError> {
    let data = data.ok_or_else(|| missing(name))?;
    serde_json::from_slice(data).map_err(|cause| {
        // It quotes what a stranger may have written, and goes into a log.
        let cause: String =
            cause.to_string().chars().take(200).flat_map(char::escape_debug).collect();
        LoadError(format!("the section `{name}` of the bundle cannot be read: {cause}"))
    })
}

fn missing(name: &str) -> LoadError {
    LoadError(format!("the bundle has no section `{name}`"))
}

#[cfg(test)]
#[cfg(feature = "compile")]
mod tests;
