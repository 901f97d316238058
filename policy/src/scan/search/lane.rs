/*! The runs of one pattern, strictly one after the other. */

use std::collections::VecDeque;

use regex_automata::dfa::Automaton;

use super::attempt::{Attempt, Stage};
use super::bare;
use super::window::Window;
use crate::scan::Finding;
use crate::scan::budget::{Meter, OverBudget};
use crate::scan::label::{is_loose, may_follow_loosely};
use crate::scan::pattern::{BOUNDARY_MAX, Pattern, RESTART_MAX};
use crate::scan::validate::Validator;

/// So many bytes of a value tell whether it is one.
const WHOLE_MAX: usize = 16 * 1024;

#[derive(Clone, Default)]
pub(super) struct Lane {
    /// No run of this pattern begins before this offset.
    clear: usize,
    /// A run that needs more text than is at hand.
    open: Option<Box<Attempt>>,
    /// Where later triggers of this pattern begin, while a run is open.
    waiting: VecDeque<usize>,
}

/// What the lanes need while they run.
pub(super) struct Task<'a, 'w, M> {
    pub(super) number: u16,
    pub(super) pattern: &'a Pattern,
    pub(super) window: &'a Window<'w>,
    pub(super) meter: &'a mut M,
}

impl Lane {
    /// Runs the pattern from a trigger, or lets the trigger wait for the run that is open.
    pub(super) fn triggered(
        &mut self,
        trigger: usize,
        task: &mut Task<'_, '_, impl Meter>,
        found: &mut Vec<Finding>,
    ) -> Result<(), OverBudget> {
        if self.open.is_some() {
            self.waiting.push_back(trigger);
            return Ok(());
        }
        self.begin(trigger, task, found)
    }

    /// Runs the pattern over the value of a member or a cell that has one of its names.
    pub(super) fn named(
        &mut self,
        task: &mut Task<'_, '_, impl Meter>,
        found: &mut Vec<Finding>,
    ) -> Result<(), OverBudget> {
        let blank = |byte: &&u8| byte.is_ascii_whitespace();
        let begin = task.window.bytes.iter().take_while(blank).count();
        let value = task.window.bytes.get(begin..).unwrap_or_default().trim_ascii_end();
        let span = begin..begin + value.len();
        let spec = &task.pattern.spec;
        if !spec.label.as_ref().is_some_and(|label| label.whole) {
            let attempt = Attempt::of_value(Stage::Member, begin, task.pattern);
            return self.go_on(attempt, task, found);
        }
        let value = value.get(..WHOLE_MAX).unwrap_or(value);
        let (length, work) = spec.choose_whole(value, std::iter::once(value.len()));
        task.meter.charge(task.number, work, begin)?;
        if length.is_some() {
            self.clear = span.end;
            found.push(Finding { pattern: task.number, span });
        }
        Ok(())
    }

    /// Goes on with what waited for more text.
    pub(super) fn resume(
        &mut self,
        task: &mut Task<'_, '_, impl Meter>,
        found: &mut Vec<Finding>,
    ) -> Result<(), OverBudget> {
        let Some(attempt) = self.open.take() else { return Ok(()) };
        self.go_on(*attempt, task, found)?;
        while self.open.is_none()
            && let Some(trigger) = self.waiting.pop_front()
        {
            self.begin(trigger, task, found)?;
        }
        Ok(())
    }

    /// Where the run that is open began, and where the first trigger that waits for it begins.
    pub(super) fn pending(&self) -> (Option<usize>, Option<usize>) {
        (self.open.as_ref().map(|attempt| attempt.begin), self.waiting.front().copied())
    }

    fn begin(
        &mut self,
        trigger: usize,
        task: &mut Task<'_, '_, impl Meter>,
        found: &mut Vec<Finding>,
    ) -> Result<(), OverBudget> {
        if trigger < self.clear {
            return Ok(());
        }
        let (begin, steps) = lead(task.pattern, trigger, self.clear, task.window);
        task.meter.charge(task.number, steps + 1, trigger)?;
        match begin {
            Some(begin) => self.go_on(Attempt::new(begin, trigger, task.pattern), task, found),
            None => Ok(()),
        }
    }

    fn go_on(
        &mut self,
        mut attempt: Attempt,
        task: &mut Task<'_, '_, impl Meter>,
        found: &mut Vec<Finding>,
    ) -> Result<(), OverBudget> {
        let steps = attempt.read(task.pattern, task.window);
        task.meter.charge(task.number, steps, attempt.at)?;
        if !attempt.decidable(task.window) {
            self.open = Some(Box::new(attempt));
            return Ok(());
        }
        if attempt.stage == Stage::Label {
            let Some(end) = attempt.ends.longest() else { return Ok(()) };
            let label = task.pattern.spec.label.as_ref();
            let text = task.window.slice(attempt.begin..end);
            let named = label.is_some_and(|label| label.named);
            // `arn:aws:secretsmanager:us-west-2:1234:secret:name`: a part of a path.
            if named && text.ends_with(b":") && task.window.byte_before(attempt.begin) == Some(b':')
            {
                return Ok(());
            }
            let loose = named && is_loose(text);
            let stage = match opened(text).filter(|_| label.is_some_and(|label| label.whole)) {
                Some(quote) => Stage::Quoted { quote, loose },
                None => Stage::Value { loose },
            };
            return self.go_on(Attempt::of_value(stage, end, task.pattern), task, found);
        }
        if let Stage::Quoted { loose, .. } = attempt.stage
            && attempt.ends.longest().is_none()
        {
            // The quote is none, as in `the user's password`.
            let value = Attempt::of_value(Stage::Value { loose }, attempt.begin, task.pattern);
            return self.go_on(value, task, found);
        }
        let begin = attempt.begin;
        let may_end = |end: &usize| {
            task.pattern.may_end(task.window.after(*end))
                && match attempt.stage {
                    Stage::Member => {
                        task.window.slice(*end..usize::MAX).iter().all(u8::is_ascii_whitespace)
                    }
                    Stage::Value { loose } | Stage::Quoted { loose, .. } => {
                        !loose || may_follow_loosely(task.window.slice(begin..*end))
                    }
                    Stage::Label => false,
                }
        };
        let most = if task.pattern.spec.is_whole() { 1 } else { usize::MAX };
        let ends = attempt.ends.longest_first().filter(may_end).take(most);
        let mut ends: Vec<usize> = ends.collect();
        if let (Stage::Value { .. }, [end]) = (attempt.stage, ends.as_mut_slice())
            && task.pattern.spec.label.as_ref().is_some_and(|label| label.whole)
        {
            let before = task.window.slice(begin.saturating_sub(BOUNDARY_MAX)..begin);
            *end = begin + bare::length(before, task.window.slice(begin..*end));
        }
        if let Some(longest) = ends.first() {
            let text = task.window.slice(begin..longest.saturating_add(BOUNDARY_MAX));
            let lengths = ends.iter().map(|end| end - begin);
            let spec = &task.pattern.spec;
            let length = match attempt.chosen {
                Some(length) => Some(length),
                None => {
                    let before = spec.validate.map_or(0, Validator::reach_before);
                    let before = task.window.slice(begin.saturating_sub(before)..begin);
                    let (length, work) = match attempt.stage {
                        Stage::Quoted { .. } => spec.choose_whole(text, lengths),
                        _ => spec.choose(before, text, lengths),
                    };
                    task.meter.charge(task.number, work, attempt.at)?;
                    length
                }
            };
            let needed = length.map(|length| begin + length + spec.reach_beside());
            if !task.window.last && needed.is_some_and(|needed| task.window.end() < needed) {
                attempt.chosen = length;
                self.open = Some(Box::new(attempt));
                return Ok(());
            }
            if let Some(length) = length {
                // What is longer than the pattern's longest match may be cut in the middle of a character.
                let behind = task.window.slice(begin + length..begin + length + BOUNDARY_MAX);
                let rest = behind.iter().take_while(|byte| (0x80..0xc0).contains(*byte)).count();
                let span = begin..begin + length + if rest < BOUNDARY_MAX { rest } else { 0 };
                let (counts, work) = task.pattern.spec.counts(&span, task.window);
                task.meter.charge(task.number, work, attempt.at)?;
                if counts {
                    self.clear = span.end;
                    found.push(Finding { pattern: task.number, span });
                    return Ok(());
                }
            }
        }
        if task.pattern.spec.max_length > RESTART_MAX {
            self.clear = attempt.at;
        }
        Ok(())
    }
}

/// The quote that a label ends with. One behind a backslash is closed by such a one, which the view reads.
fn opened(label: &[u8]) -> Option<u8> {
    match label {
        [.., b'\\', _] => None,
        [.., quote @ (b'"' | b'\'' | b'`')] => Some(*quote),
        _ => None,
    }
}

/// Where a match whose trigger begins at `trigger` begins itself, and the steps it took to see.
fn lead(
    pattern: &Pattern,
    trigger: usize,
    clear: usize,
    window: &Window<'_>,
) -> (Option<usize>, usize) {
    let may_begin = |at: usize| pattern.may_begin(window.before(at));
    let Some(lead) = &pattern.lead else {
        return (may_begin(trigger).then_some(trigger), 0);
    };
    let first = trigger.saturating_sub(pattern.spec.lead as usize).max(clear);
    let (mut at, mut state, mut begin) = (trigger, lead.start, None);
    let mut dead = false;
    for &byte in window.slice(first..trigger).iter().rev() {
        state = lead.dfa.next_state(state, byte);
        if lead.dfa.is_match_state(state) && may_begin(at) {
            begin = Some(at);
        }
        if lead.dfa.is_dead_state(state) || lead.dfa.is_quit_state(state) {
            dead = true;
            break;
        }
        at -= 1;
    }
    if !dead && lead.dfa.is_match_state(lead.dfa.next_eoi_state(state)) && may_begin(at) {
        begin = Some(at);
    }
    (begin, trigger - at)
}
