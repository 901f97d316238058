/*! One run of one pattern: forward from its trigger, and where it may have ended. */

use regex_automata::dfa::Automaton;
use regex_automata::util::primitives::StateID;

use super::window::Window;
use crate::scan::pattern::Pattern;

/// A run of a pattern's automaton from one trigger.
#[derive(Clone)]
pub(super) struct Attempt {
    /// Where a match begins, its lead included.
    pub(super) begin: usize,
    /// The run reads no byte from here on.
    limit: usize,
    /// What it reads next.
    pub(super) at: usize,
    state: StateID,
    over: bool,
    pub(super) ends: Ends,
}

impl Attempt {
    pub(super) fn new(begin: usize, trigger: usize, pattern: &Pattern) -> Self {
        Self {
            begin,
            limit: trigger.saturating_add(pattern.spec.max_length as usize),
            at: trigger,
            state: pattern.rest.start,
            over: false,
            ends: Ends::default(),
        }
    }

    /// Reads what is at hand and tells how many bytes that were.
    pub(super) fn read(&mut self, pattern: &Pattern, window: &Window<'_>) -> usize {
        if self.over {
            return 0;
        }
        let dfa = &pattern.rest.dfa;
        let from = self.at;
        for &byte in window.slice(from..self.limit) {
            self.state = dfa.next_state(self.state, byte);
            if dfa.is_special_state(self.state) {
                if dfa.is_match_state(self.state) {
                    self.ends.push(self.at);
                } else {
                    self.over = true;
                    break;
                }
            }
            self.at += 1;
        }
        if !self.over && (self.at == self.limit || window.last) {
            self.over = true;
            if dfa.is_match_state(dfa.next_eoi_state(self.state)) {
                self.ends.push(self.at);
            }
        }
        self.at - from
    }

    /// Whether the bytes beside the longest match are at hand too.
    pub(super) fn decidable(&self, pattern: &Pattern, window: &Window<'_>) -> bool {
        let beside = pattern.spec.reach_beside();
        let needed = self.ends.longest().map_or(0, |end| end.saturating_add(beside));
        self.over && (window.last || window.end() >= needed)
    }
}

const ENDS: usize = 8;

/// The last few ends of matches: a shorter one counts where the longest is no finding, such as the
/// card number before a security code.
#[derive(Clone, Default)]
pub(super) struct Ends {
    ring: [usize; ENDS],
    count: usize,
}

impl Ends {
    fn push(&mut self, end: usize) {
        if let Some(slot) = self.ring.get_mut(self.count % ENDS) {
            *slot = end;
        }
        self.count += 1;
    }

    fn longest(&self) -> Option<usize> {
        self.longest_first().next()
    }

    pub(super) fn longest_first(&self) -> impl Iterator<Item = usize> + use<'_> {
        let kept = self.count.min(ENDS);
        (1..=kept).filter_map(|back| self.ring.get((self.count - back) % ENDS).copied())
    }
}
