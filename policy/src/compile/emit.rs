/*! The compiled bundle's file. */

use regex_automata::dfa::StartKind;
use serde::Serialize;

use super::diagnostic::{Diagnostics, Place};
use super::pattern::{Compiled, automaton};
use crate::bundle::Manifest;
use crate::bundle::wire::{self, section};
use crate::rule::Rule;

const TRIGGERS_MAX: usize = 1024 * 1024;

pub(super) fn bundle(
    manifest: &Manifest,
    rules: &[Rule],
    patterns: &[Compiled],
    diagnostics: &mut Diagnostics,
) -> Option<Vec<u8>> {
    let specs: Vec<_> = patterns.iter().map(|pattern| &pattern.spec).collect();
    let (manifest, rules, specs) = (json(manifest), json(rules), json(&specs));
    let mut sections: Vec<(&str, &[u8])> =
        vec![(section::MANIFEST, &manifest), (section::RULES, &rules), (section::PATTERNS, &specs)];
    let heads: Vec<_> = patterns.iter().map(|pattern| pattern.trigger.clone()).collect();
    let mut automata = Vec::new();
    let triggers;
    if !patterns.is_empty() {
        match automaton(&heads, StartKind::Unanchored, false, TRIGGERS_MAX) {
            Ok(bytes) => triggers = bytes,
            Err(_) => {
                diagnostics.add_with_help(
                    "GH205",
                    &Place::default(),
                    "the triggers of all patterns together make too large an automaton",
                    "use fewer patterns, or such that begin with literal text",
                );
                return None;
            }
        }
        for pattern in patterns {
            wire::put_block(&mut automata, &pattern.rest);
            wire::put_block(&mut automata, &pattern.lead);
        }
        sections.push((section::TRIGGERS, &triggers));
        sections.push((section::AUTOMATA, &automata));
    }
    Some(wire::write(&sections))
}

/// These types have no value that JSON cannot hold.
fn json<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
