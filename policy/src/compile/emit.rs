/*! The compiled bundle's file. */

use regex_automata::dfa::StartKind;
use serde::Serialize;

use super::diagnostic::{Diagnostics, Place};
use super::pattern::{Compiled, automaton};
use crate::budget::Budget;
use crate::bundle::Manifest;
use crate::bundle::wire::{self, section};
use crate::case::{self, Case};
use crate::pin::PinSet;
use crate::rule::Rule;

const TRIGGERS_MAX: usize = 8 * 1024 * 1024;

pub(super) fn bundle(
    manifest: &Manifest,
    (rules, budgets, pins): (&[Rule], &[Budget], &[PinSet]),
    patterns: &[Compiled],
    cases: &[Case],
    diagnostics: &mut Diagnostics,
) -> Option<Vec<u8>> {
    let count = rules.len();
    let specs: Vec<_> = patterns.iter().map(|pattern| &pattern.spec).collect();
    let (manifest, rules, specs) = (json(manifest), json(rules), json(&specs));
    let mut sections: Vec<(&str, &[u8])> =
        vec![(section::MANIFEST, &manifest), (section::RULES, &rules), (section::PATTERNS, &specs)];
    let budgets = (!budgets.is_empty()).then(|| json(budgets));
    if let Some(budgets) = &budgets {
        sections.push((section::BUDGETS, budgets));
    }
    let pins = (!pins.is_empty()).then(|| json(pins));
    if let Some(pins) = &pins {
        sections.push((section::PINS, pins));
    }
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
            if pattern.spec.label.is_some() {
                wire::put_block(&mut automata, &pattern.label);
            }
        }
        sections.push((section::TRIGGERS, &triggers));
        sections.push((section::AUTOMATA, &automata));
    }
    let tests = json(cases);
    if !cases.is_empty() {
        if cases.len() > case::MOST || tests.len() > case::MAX_BYTES {
            diagnostics.add_with_help(
                "GH310",
                &Place::default(),
                format!(
                    "{} tests of {} bytes are more than a bundle may carry",
                    cases.len(),
                    tests.len()
                ),
                "a bundle carries 5000 tests of 1 MiB together; build it with `--without-tests`",
            );
            return None;
        }
        if !case::is_bounded(cases, count) {
            let message = format!(
                "{} tests of {count} rules are more work than a gateway does for a bundle",
                cases.len()
            );
            let help = "every test asks every rule: build it with `--without-tests`";
            diagnostics.add_with_help("GH310", &Place::default(), message, help);
            return None;
        }
        sections.push((section::TESTS, &tests));
    }
    Some(wire::write(&sections))
}

/// These types have no value that JSON cannot hold.
fn json<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
