/*!
Finding what must not pass: two-stage scanning in linear time.

Stage 1 is one dense automaton over all *triggers*: the short, fixed-length head that the compiler
derived from each pattern. It reads every byte once. Stage 2 runs one small automaton, anchored at a
trigger, then the pattern's boundaries and its validator. One automaton over whole patterns is not
possible: counted repetitions make it grow beyond any size.

Everything here reads bytes of strangers: no input makes it panic, and the work per byte is bounded
(see [`Budget`]).
*/

mod body;
mod budget;
mod bytes;
mod context;
mod encoded;
mod fields;
mod findings;
mod json;
mod label;
mod lines;
mod markup;
mod parts;
mod pattern;
#[cfg(feature = "compile")]
mod possible;
mod rows;
mod runs;
mod search;
mod sse;
mod stream;
mod table;
mod unescape;
mod unit;
mod validate;
mod view;

use std::ops::Range;
use std::sync::Arc;

use regex_automata::dfa::dense::DFA;
use regex_automata::util::primitives::StateID;

pub(crate) use body::{holds_json, scan_url};
pub use body::{scan_body, scan_called};
pub use budget::{Budget, OverBudget};
pub use bytes::ByteSet;
pub use context::{Context, WITHIN, WITHIN_MAX, WORDS_MAX};
pub use fields::{FIELDS_MAX, QUALIFIERS, normal as normal_field};
pub use findings::Findings;
pub use label::{LABEL_MAX, Label};
pub use pattern::{BOUNDARY_MAX, PatternSpec, RESTART_MAX, TRIGGER_MAX};
pub use sse::{Mend, SseStream};
pub use stream::StreamScanner;
pub(crate) use unescape::unescape;
pub use validate::Validator;

pub(crate) use findings::{Form, Found};
use label::ByName;
use pattern::Start;
pub(crate) use pattern::{Automata, Pattern};
use search::{Search, Window};
pub(crate) use view::plain as plain_view;

/// One match of one pattern; `span` counts bytes of the text that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub pattern: u16,
    pub span: Range<usize>,
}

/// The patterns of a bundle, ready to search. Cheap to clone.
#[derive(Clone)]
pub struct Scanner(Arc<Inner>);

pub(crate) struct Inner {
    triggers: Option<Triggers>,
    patterns: Vec<Pattern>,
    /// By pattern.
    starts: Vec<Start>,
    kinds: Arc<[String]>,
    /// No pattern matches a shorter text.
    shortest: usize,
    /// The longest trigger.
    reach: usize,
    /// How many bytes before a match its boundaries, context and fields may look at.
    behind: usize,
    /// Some pattern asks for what is around a match.
    contextual: bool,
    /// Patterns that go by the name of a member.
    by_name: ByName,
    /// What the names of columns are asked for.
    columns: ByName,
}

struct Triggers {
    dfa: DFA<Vec<u32>>,
    start: StateID,
}

impl Scanner {
    /// A scanner that finds nothing.
    pub fn empty() -> Self {
        Self::assemble(None, Vec::new())
    }

    /// `triggers` reports the index of a pattern where the pattern's trigger ends.
    pub(crate) fn new(triggers: DFA<Vec<u32>>, patterns: Vec<Pattern>) -> Option<Self> {
        let start = pattern::start_of(&triggers, regex_automata::Anchored::No)?;
        Some(Self::assemble(Some(Triggers { dfa: triggers, start }), patterns))
    }

    fn assemble(triggers: Option<Triggers>, patterns: Vec<Pattern>) -> Self {
        let kinds = patterns.iter().map(|pattern| pattern.spec.kind.clone()).collect();
        let shortest = patterns.iter().map(|p| p.spec.shortest()).min().unwrap_or(0);
        let reach = patterns.iter().map(|p| p.spec.trigger as usize).max().unwrap_or(0);
        let behind = patterns.iter().map(|p| p.spec.reach_before()).max().unwrap_or(0);
        let contextual = patterns.iter().any(|p| p.spec.asks_for_place());
        let named = patterns.iter().enumerate().filter_map(|(number, pattern)| {
            let named = pattern.spec.label.as_ref().is_some_and(|label| label.named);
            named.then_some((u16::try_from(number).ok()?, pattern.spec.fields.as_slice()))
        });
        let by_name = ByName::new(named);
        let names: Vec<_> = patterns.iter().map(|pattern| pattern.spec.names()).collect();
        let columns = ByName::new((0..).zip(names.iter().map(Vec::as_slice)));
        Self(Arc::new(Inner {
            triggers,
            starts: patterns.iter().map(Pattern::start).collect(),
            patterns,
            kinds,
            shortest,
            reach,
            behind,
            contextual,
            by_name,
            columns,
        }))
    }

    /// The kind of finding a pattern makes, such as `payment-card`. Several patterns may share one.
    pub fn kind(&self, pattern: u16) -> &str {
        self.pattern(pattern).map_or("", |pattern| pattern.spec.kind.as_str())
    }

    /// The pattern's own name, such as `github-fine-grained-token`.
    pub fn name(&self, pattern: u16) -> &str {
        self.pattern(pattern).map_or("", |pattern| pattern.spec.name.as_str())
    }

    /// Whether a match is borne out by a digit that follows from the others.
    pub(crate) fn has_check_digit(&self, pattern: u16) -> bool {
        let validator = self.pattern(pattern).and_then(|pattern| pattern.spec.validate);
        validator.is_some_and(Validator::has_check_digit)
    }

    /// Every kind once, sorted.
    pub fn kinds(&self) -> Vec<&str> {
        let mut kinds: Vec<&str> = self.0.kinds.iter().map(String::as_str).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// Those of these kinds that it looks for.
    pub fn looked_for<'k>(&self, kinds: &[&'k str]) -> Vec<&'k str> {
        let own = if kinds.is_empty() { Vec::new() } else { self.kinds() };
        kinds.iter().filter(|kind| own.contains(kind)).copied().collect()
    }

    /// What the patterns say of themselves, in the order of their numbers.
    pub fn specs(&self) -> impl Iterator<Item = &PatternSpec> {
        self.0.patterns.iter().map(|pattern| &pattern.spec)
    }

    /// Bytes of the automaton of stage 1, which every byte of a body passes, and of all of stage 2.
    pub fn memory(&self) -> (usize, usize) {
        let triggers = self.0.triggers.as_ref().map_or(0, |triggers| triggers.dfa.memory_usage());
        (triggers, self.0.patterns.iter().map(Pattern::memory).sum())
    }

    /// Findings in plain text, sorted by where they begin; those of different patterns may overlap.
    pub fn scan_text(&self, text: &[u8], budget: &mut Budget) -> Result<Vec<Finding>, OverBudget> {
        let mut search = Search::new();
        search.advance(
            self,
            &Window { bytes: text, base: 0, last: true, member: &[], value: false },
            budget,
        )?;
        Ok(search.take())
    }

    /// The kinds found in named values, each by itself, where some pattern asks for names.
    pub(crate) fn kinds_in_fields(
        &self,
        fields: impl Iterator<Item = (String, String)>,
        budget: &mut Budget,
    ) -> Result<Vec<&str>, OverBudget> {
        let mut kinds = Vec::new();
        if !self.0.contextual {
            return Ok(kinds);
        }
        let mut search = Search::new();
        for (name, value) in fields {
            let member = context::member(name.as_bytes());
            search.reset();
            let bytes = value.as_bytes();
            let window = Window { bytes, base: 0, last: true, member: &member, value: true };
            search.advance(self, &window, budget)?;
            kinds.extend(search.take().iter().map(|finding| self.kind(finding.pattern)));
        }
        Ok(kinds)
    }

    /// Whether what is called so is a value of some pattern, whatever it looks like.
    pub(crate) fn names_a_value(&self, name: &str) -> bool {
        !self.0.by_name.is_empty() && !self.0.by_name.of(name.as_bytes()).is_empty()
    }

    fn pattern(&self, index: u16) -> Option<&Pattern> {
        self.0.patterns.get(usize::from(index))
    }

    fn kind_names(&self) -> Arc<[String]> {
        Arc::clone(&self.0.kinds)
    }
}

impl std::fmt::Debug for Scanner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scanner").field("patterns", &self.0.patterns.len()).finish()
    }
}

#[cfg(test)]
#[cfg(feature = "compile")]
pub(crate) mod tests;
