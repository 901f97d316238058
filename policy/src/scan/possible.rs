/*! Whether a text of a given form can be, or begin, what a pattern finds: asked at compile time only. */

use std::collections::BTreeSet;

use regex_automata::dfa::Automaton;

use super::pattern::Automata;
use super::{ByteSet, Scanner};

impl Scanner {
    /// The name of a pattern that may find something which begins in a text that has one byte of each
    /// set in turn, whatever follows it. Sound: boundaries and validators are left out.
    pub(crate) fn may_begin_in(&self, text: &[ByteSet]) -> Option<&str> {
        let from = |at: usize| text.get(at..).unwrap_or_default();
        let found = self.0.patterns.iter().find(|pattern| {
            (0..text.len()).any(|at| match &pattern.label {
                // Where only the begin of a label is left, no value is.
                Some(label) => matches(label, from(at)),
                None => matches_or_goes_on(&pattern.rest, from(at)),
            })
        });
        found.map(|pattern| pattern.spec.name.as_str())
    }
}

fn matches(automata: &Automata, text: &[ByteSet]) -> bool {
    run(automata, text).0
}

/// Whether some text of this form has a match at its begin, or is the begin of one.
fn matches_or_goes_on(automata: &Automata, text: &[ByteSet]) -> bool {
    let (matches, goes_on) = run(automata, text);
    matches || goes_on
}

fn run(automata: &Automata, text: &[ByteSet]) -> (bool, bool) {
    let dfa = &automata.dfa;
    let mut states = BTreeSet::from([automata.start]);
    for set in text {
        let bytes = (0..=u8::MAX).filter(|byte| set.contains(*byte));
        let next = bytes.flat_map(|byte| states.iter().map(move |s| dfa.next_state(*s, byte)));
        let next: BTreeSet<_> = next.filter(|state| !dfa.is_dead_state(*state)).collect();
        if next.iter().any(|state| dfa.is_match_state(*state)) {
            return (true, true);
        }
        states = next;
    }
    (false, !states.is_empty())
}
