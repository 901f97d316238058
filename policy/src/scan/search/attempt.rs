/*! One run of one pattern: forward from its trigger, and where it may have ended. */

use regex_automata::dfa::Automaton;
use regex_automata::util::primitives::StateID;

use super::window::Window;
use crate::scan::pattern::{Automata, BOUNDARY_MAX, Pattern};

/// What a run reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// What the pattern leaves where it is.
    Label,
    /// What it finds. `loose`: behind a label of words alone.
    Value { loose: bool },
    /// What stands in quotes, whatever it is.
    Quoted { quote: u8, loose: bool },
    /// The value of a member or a cell that has the name, which is all of the text.
    Member,
}

/// A run of one of a pattern's automata.
#[derive(Clone)]
pub(super) struct Attempt {
    pub(super) stage: Stage,
    /// Where a match begins, its lead included.
    pub(super) begin: usize,
    /// The run reads no byte from here on.
    limit: usize,
    /// What it reads next.
    pub(super) at: usize,
    state: StateID,
    over: bool,
    /// The byte read last makes the next one mean something else.
    escaped: bool,
    pub(super) ends: Ends,
    /// How long the match is, once it is one but for what stands around it.
    pub(super) chosen: Option<usize>,
}

impl Attempt {
    /// The first run from a trigger: over the label, or else over the value.
    pub(super) fn new(begin: usize, trigger: usize, pattern: &Pattern) -> Self {
        let (stage, length) = match &pattern.spec.label {
            Some(label) => (Stage::Label, label.max_length),
            None => (Stage::Value { loose: false }, pattern.spec.max_length),
        };
        Self::run(stage, begin, trigger, length, pattern)
    }

    /// The run over a value that begins here.
    pub(super) fn of_value(stage: Stage, begin: usize, pattern: &Pattern) -> Self {
        Self::run(stage, begin, begin, pattern.spec.max_length, pattern)
    }

    fn run(stage: Stage, begin: usize, from: usize, length: u32, pattern: &Pattern) -> Self {
        Self {
            stage,
            begin,
            limit: from.saturating_add(length as usize),
            at: from,
            state: automata(stage, pattern).start,
            over: false,
            escaped: false,
            ends: Ends::default(),
            chosen: None,
        }
    }

    /// Reads what is at hand and tells how many bytes that were.
    pub(super) fn read(&mut self, pattern: &Pattern, window: &Window<'_>) -> usize {
        if self.over {
            return 0;
        }
        if let Stage::Quoted { quote, .. } = self.stage {
            return self.read_quoted(quote, window);
        }
        let dfa = &automata(self.stage, pattern).dfa;
        let tail = pattern.spec.tail.as_ref().filter(|_| self.stage != Stage::Label);
        let from = self.at;
        for &byte in window.slice(from..self.limit) {
            self.state = dfa.next_state(self.state, byte);
            if dfa.is_special_state(self.state) {
                if dfa.is_match_state(self.state) {
                    if tail.is_none_or(|tail| tail.contains(byte)) {
                        self.ends.push(self.at);
                    }
                } else {
                    self.over = true;
                    break;
                }
            }
            self.at += 1;
        }
        let follows = window.slice(self.at..self.at.saturating_add(1)).first().copied();
        let known = tail.is_none() || follows.is_some();
        if !self.over && (window.last || (self.at == self.limit && known)) {
            self.over = true;
            if dfa.is_match_state(dfa.next_eoi_state(self.state))
                && tail.is_none_or(|tail| follows.is_some_and(|byte| tail.contains(byte)))
            {
                self.ends.push(self.at);
            }
        }
        self.at - from
    }

    /// Up to the quote that closes, on the same line.
    fn read_quoted(&mut self, quote: u8, window: &Window<'_>) -> usize {
        let from = self.at;
        for &byte in window.slice(from..self.limit) {
            if byte == quote && !self.escaped {
                self.ends.push(self.at);
            }
            self.over = matches!(byte, b'\r' | b'\n') || (byte == quote && !self.escaped);
            if self.over {
                return self.at - from;
            }
            // Between single quotes a backslash is none.
            self.escaped = byte == b'\\' && quote == b'"' && !self.escaped;
            self.at += 1;
        }
        self.over = window.last || self.at == self.limit;
        self.at - from
    }

    /// Whether the bytes beside the longest match are at hand too.
    pub(super) fn decidable(&self, window: &Window<'_>) -> bool {
        if self.stage == Stage::Label {
            return self.over;
        }
        let needed = self.ends.longest().map_or(0, |end| end.saturating_add(BOUNDARY_MAX));
        self.over && (window.last || window.end() >= needed)
    }
}

fn automata(stage: Stage, pattern: &Pattern) -> &Automata {
    match (stage, &pattern.label) {
        (Stage::Label, Some(label)) => label,
        _ => &pattern.rest,
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

    pub(super) fn longest(&self) -> Option<usize> {
        self.longest_first().next()
    }

    pub(super) fn longest_first(&self) -> impl Iterator<Item = usize> + use<'_> {
        let kept = self.count.min(ENDS);
        (1..=kept).filter_map(|back| self.ring.get((self.count - back) % ENDS).copied())
    }
}
