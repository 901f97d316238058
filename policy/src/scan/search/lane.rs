/*! The runs of one pattern, strictly one after the other. */

use std::collections::VecDeque;

use regex_automata::dfa::Automaton;

use super::attempt::Attempt;
use super::window::Window;
use crate::scan::Finding;
use crate::scan::budget::{Meter, OverBudget};
use crate::scan::pattern::{BOUNDARY_MAX, Pattern, RESTART_MAX};

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
        if !attempt.decidable(task.pattern, task.window) {
            self.open = Some(Box::new(attempt));
            return Ok(());
        }
        let begin = attempt.begin;
        let may_end = |end: &usize| task.pattern.may_end(task.window.after(*end));
        let ends: Vec<usize> = attempt.ends.longest_first().filter(may_end).collect();
        if let Some(longest) = ends.first() {
            let text = task.window.slice(begin..longest.saturating_add(BOUNDARY_MAX));
            let lengths = ends.iter().map(|end| end - begin);
            let (length, work) = task.pattern.spec.choose(text, lengths);
            task.meter.charge(task.number, work, attempt.at)?;
            if let Some(length) = length {
                let span = begin..begin + length;
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
