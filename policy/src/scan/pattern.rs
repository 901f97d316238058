/*! One pattern as it lies in a bundle, and the automata that run it. */

use std::ops::Range;

use regex_automata::Anchored;
use regex_automata::dfa::{Automaton, dense::DFA};
use regex_automata::util::{primitives::StateID, start};
use serde::{Deserialize, Serialize};

use super::bytes::ByteSet;
use super::context::Context;
use super::fields;
use super::label::Label;
use super::search::Window;
use super::validate::Validator;

/// Longest trigger, in bytes.
pub const TRIGGER_MAX: usize = 16;
/// How many bytes beside a finding its boundaries may look at.
pub const BOUNDARY_MAX: usize = 4;
/// A run that failed may be followed by another inside the bytes it read only if runs are at most
/// this long: then the work per byte stays bounded.
pub const RESTART_MAX: u32 = 256;

/// What a bundle says of a pattern beside its automata. A match is an optional *lead*, which is
/// read backwards from the trigger, and the *rest*, which begins with the trigger. With a *label* lead
/// and trigger are the label's, and the match is what follows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatternSpec {
    pub name: String,
    pub kind: String,
    /// Bytes of the trigger.
    pub trigger: u32,
    /// Shortest match, lead included.
    pub min_length: u32,
    /// Most bytes a run reads from the trigger on.
    pub max_length: u32,
    /// Most bytes of the lead; 0 if there is none.
    pub lead: u32,
    /// Every byte that a lead may hold.
    pub lead_bytes: ByteSet,
    /// Sequences that must not stand right before a match.
    pub not_before: Vec<Vec<ByteSet>>,
    /// Sequences that must not stand right after it.
    pub not_after: Vec<Vec<ByteSet>>,
    pub validate: Option<Validator>,
    /// Bits of Shannon entropy per byte that a match needs.
    pub min_entropy: Option<f64>,
    /// Words of which one has to stand near a match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    /// Names of fields, of which a match has to stand in one; or else has to have context.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// What stands before the match and is left where it is: with one, the trigger is the label's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// What has to stand right after a match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail: Option<ByteSet>,
}

impl PatternSpec {
    /// How many bytes beside a match decide whether it is one.
    pub(super) fn reach_beside(&self) -> usize {
        self.context.as_ref().map_or(0, Context::reach).max(BOUNDARY_MAX)
    }

    /// How many bytes before a match decide whether it is one.
    pub(super) fn reach_before(&self) -> usize {
        let fields = if self.fields.is_empty() { 0 } else { fields::REACH };
        let validator = self.validate.map_or(0, Validator::reach_before);
        self.reach_beside().max(fields).max(validator)
    }

    /// A match does not count everywhere.
    pub(super) fn asks_for_place(&self) -> bool {
        self.context.is_some() || !self.fields.is_empty()
    }

    /// A shorter match than the longest is another value: a placeholder without its last letter is none.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.validate, Some(Validator::Secret | Validator::RandomSecret))
    }

    /// What a column may be called whose cells are to be read by themselves.
    pub(super) fn names(&self) -> Vec<String> {
        let words = self.context.iter().flat_map(|context| &context.words);
        let words = words.map(|word| format!("*{}", fields::normal(word)));
        self.fields.iter().cloned().chain(words).collect()
    }

    /// Bytes of the shortest text that holds a match.
    pub(super) fn shortest(&self) -> usize {
        let labelled = self.label.as_ref().is_some_and(|label| !label.named);
        self.min_length as usize + if labelled { self.trigger as usize } else { 0 }
    }

    /// Most bytes of what begins with the trigger: the label where there is one.
    fn first_length(&self) -> u32 {
        self.label.as_ref().map_or(self.max_length, |label| label.max_length)
    }

    /// Whether a match counts where it stands, and the steps it took to see.
    pub(super) fn counts(&self, span: &Range<usize>, window: &Window<'_>) -> (bool, usize) {
        let named = self.label.as_ref().is_some_and(|label| label.named);
        if named || !self.asks_for_place() {
            return (true, 0);
        }
        let (held, steps) = fields::hold(&self.fields, span.start, window);
        match &self.context {
            Some(context) if !held => {
                let (counts, more) = context.counts(span, window);
                (counts, steps + more)
            }
            _ => (held, steps),
        }
    }
}

pub(crate) struct Pattern {
    pub(super) spec: PatternSpec,
    pub(super) rest: Automata,
    pub(super) lead: Option<Automata>,
    pub(super) label: Option<Automata>,
}

/// The little of a pattern that is asked at each of its triggers, of which most are none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    /// Bytes of the trigger.
    pub(super) trigger: u32,
    /// Which single bytes right before it rule it out, as inside of long numbers and words. With a lead
    /// the match begins elsewhere.
    pub(super) barred: ByteSet,
}

pub(crate) struct Automata {
    pub(super) dfa: DFA<Vec<u32>>,
    pub(super) start: StateID,
}

impl Automata {
    pub(crate) fn new(dfa: DFA<Vec<u32>>) -> Option<Self> {
        let start = start_of(&dfa, Anchored::Yes)?;
        Some(Self { dfa, start })
    }
}

/// Where a search begins. There are no look-arounds, so what stands before does not matter.
pub(crate) fn start_of(dfa: &DFA<Vec<u32>>, anchored: Anchored) -> Option<StateID> {
    dfa.start_state(&start::Config::new().anchored(anchored)).ok()
}

impl Pattern {
    pub(crate) fn new(
        spec: PatternSpec,
        rest: Automata,
        lead: Option<Automata>,
        label: Option<Automata>,
    ) -> Option<Self> {
        let sound = lead.is_some() == (spec.lead > 0)
            && label.is_some() == spec.label.is_some()
            && spec.label.as_ref().is_none_or(|label| label.is_sound(&spec.fields))
            && spec.lead <= RESTART_MAX
            && spec.trigger > 0
            && spec.trigger as usize <= TRIGGER_MAX
            && spec.trigger <= spec.first_length()
            && spec.min_length > 0
            && sequences_fit(&spec.not_before)
            && sequences_fit(&spec.not_after)
            && fields::are_sound(&spec.fields)
            && spec.context.as_ref().is_none_or(Context::is_sound);
        sound.then_some(Self { spec, rest, lead, label })
    }

    pub(super) fn start(&self) -> Start {
        let single = |sequence: &Vec<ByteSet>| match sequence.as_slice() {
            [set] if self.lead.is_none() => *set,
            _ => ByteSet::EMPTY,
        };
        let barred = self.spec.not_before.iter().map(single).fold(ByteSet::EMPTY, ByteSet::union);
        Start { trigger: self.spec.trigger, barred }
    }

    pub(super) fn memory(&self) -> usize {
        let others = self.lead.iter().chain(&self.label);
        self.rest.dfa.memory_usage() + others.map(|one| one.dfa.memory_usage()).sum::<usize>()
    }

    /// `before` ends where the match begins.
    pub(super) fn may_begin(&self, before: &[u8]) -> bool {
        !self.spec.not_before.iter().any(|sequence| {
            before.len() >= sequence.len()
                && before.iter().rev().zip(sequence.iter().rev()).all(|(b, set)| set.contains(*b))
        })
    }

    /// `after` begins where the match ends.
    pub(super) fn may_end(&self, after: &[u8]) -> bool {
        !self.spec.not_after.iter().any(|sequence| {
            after.len() >= sequence.len()
                && after.iter().zip(sequence).all(|(byte, set)| set.contains(*byte))
        })
    }
}

fn sequences_fit(sequences: &[Vec<ByteSet>]) -> bool {
    sequences.iter().all(|sequence| !sequence.is_empty() && sequence.len() <= BOUNDARY_MAX)
}
