/*!
The two-stage search over one text, which may arrive in pieces.

Patterns do not see each other: each has a lane in which its runs happen strictly one after the
other, in the order of their triggers. So what a lane finds does not depend on how the text was cut.
*/

use std::collections::VecDeque;
use std::ops::Range;

use regex_automata::dfa::Automaton;
use regex_automata::util::primitives::StateID;

use super::budget::{Meter, OverBudget};
use super::pattern::{BOUNDARY_MAX, Pattern, RESTART_MAX};
use super::{Finding, Scanner, Triggers};

/// The part of a text that is at hand. Offsets count from the beginning of the whole text.
pub(super) struct Window<'a> {
    pub(super) bytes: &'a [u8],
    /// Offset of the first byte at hand.
    pub(super) base: usize,
    /// Nothing follows.
    pub(super) last: bool,
}

impl<'a> Window<'a> {
    pub(super) fn end(&self) -> usize {
        self.base + self.bytes.len()
    }

    /// What of `range` is at hand.
    pub(super) fn slice(&self, range: Range<usize>) -> &'a [u8] {
        let start = range.start.saturating_sub(self.base).min(self.bytes.len());
        let end = range.end.saturating_sub(self.base).min(self.bytes.len()).max(start);
        self.bytes.get(start..end).unwrap_or_default()
    }

    fn before(&self, at: usize) -> &'a [u8] {
        self.slice(at.saturating_sub(BOUNDARY_MAX)..at)
    }

    fn after(&self, at: usize) -> &'a [u8] {
        self.slice(at..at.saturating_add(BOUNDARY_MAX))
    }
}

pub(super) struct Search {
    state: Option<StateID>,
    /// Offset of the byte that stage 1 reads next.
    at: usize,
    lanes: Vec<Lane>,
    found: Vec<Finding>,
    touched: bool,
}

#[derive(Default)]
struct Lane {
    /// No run of this pattern begins before this offset.
    clear: usize,
    /// A run that needs more text than is at hand.
    open: Option<Box<Attempt>>,
    /// Where later triggers of this pattern begin, while a run is open.
    waiting: VecDeque<usize>,
}

impl Search {
    pub(super) fn new(scanner: &Scanner) -> Self {
        let mut lanes = Vec::new();
        lanes.resize_with(scanner.0.patterns.len(), Lane::default);
        Self { state: None, at: 0, lanes, found: Vec::new(), touched: false }
    }

    /// Makes it ready for another text.
    pub(super) fn reset(&mut self) {
        self.state = None;
        self.at = 0;
        self.found.clear();
        if std::mem::take(&mut self.touched) {
            self.lanes.iter_mut().for_each(|lane| *lane = Lane::default());
        }
    }

    /// Takes the findings so far: sorted by where they begin, the longer first.
    pub(super) fn take(&mut self) -> Vec<Finding> {
        let mut found = std::mem::take(&mut self.found);
        found.sort_by(|a, b| {
            (a.span.start, b.span.end, a.pattern).cmp(&(b.span.start, a.span.end, b.pattern))
        });
        found
    }

    /// Reads all of the window that was not read before.
    pub(super) fn advance(
        &mut self,
        scanner: &Scanner,
        window: &Window<'_>,
        meter: &mut impl Meter,
    ) -> Result<(), OverBudget> {
        let Some(Triggers { dfa, start }) = &scanner.0.triggers else {
            self.at = window.end();
            return Ok(());
        };
        self.resume(scanner, window, meter)?;
        let mut state = self.state.unwrap_or(*start);
        let from = self.at;
        for (offset, &byte) in window.slice(from..window.end()).iter().enumerate() {
            state = dfa.next_state(state, byte);
            if dfa.is_special_state(state) {
                if dfa.is_match_state(state) {
                    // The automaton tells of a match one byte late.
                    self.triggered(scanner, state, from + offset, window, meter)?;
                } else {
                    state = *start;
                }
            }
        }
        self.at = window.end();
        if window.last {
            let end = dfa.next_eoi_state(state);
            if dfa.is_match_state(end) {
                self.triggered(scanner, end, self.at, window, meter)?;
            }
        }
        self.state = Some(state);
        Ok(())
    }

    fn triggered(
        &mut self,
        scanner: &Scanner,
        state: StateID,
        end: usize,
        window: &Window<'_>,
        meter: &mut impl Meter,
    ) -> Result<(), OverBudget> {
        let Some(triggers) = &scanner.0.triggers else { return Ok(()) };
        self.touched = true;
        for n in 0..triggers.dfa.match_len(state) {
            let number = triggers.dfa.match_pattern(state, n).as_usize();
            let Some(pattern) = scanner.0.patterns.get(number) else { continue };
            let Some(lane) = self.lanes.get_mut(number) else { continue };
            let trigger = end.saturating_sub(pattern.spec.trigger as usize);
            if lane.open.is_some() {
                lane.waiting.push_back(trigger);
            } else {
                let mut task = Task { number: number as u16, pattern, window, meter };
                lane.begin(trigger, &mut task, &mut self.found)?;
            }
        }
        Ok(())
    }

    /// Goes on with what waited for more text.
    fn resume(
        &mut self,
        scanner: &Scanner,
        window: &Window<'_>,
        meter: &mut impl Meter,
    ) -> Result<(), OverBudget> {
        if !self.touched {
            return Ok(());
        }
        for (number, (lane, pattern)) in self.lanes.iter_mut().zip(&scanner.0.patterns).enumerate()
        {
            let Some(attempt) = lane.open.take() else { continue };
            let mut task = Task { number: number as u16, pattern, window, meter };
            lane.go_on(attempt, &mut task, &mut self.found)?;
            while lane.open.is_none()
                && let Some(trigger) = lane.waiting.pop_front()
            {
                lane.begin(trigger, &mut task, &mut self.found)?;
            }
        }
        Ok(())
    }

    /// No finding that is still to come begins before this offset.
    pub(super) fn settled(&self, scanner: &Scanner, window: &Window<'_>) -> usize {
        let Some(triggers) = &scanner.0.triggers else { return self.at };
        let partial = self.partial(scanner, triggers, window);
        let mut settled = self.at - partial;
        for (lane, pattern) in self.lanes.iter().zip(&scanner.0.patterns) {
            if let Some(attempt) = &lane.open {
                settled = settled.min(attempt.begin);
            }
            let ends = (self.at - partial..=self.at).chain(lane.waiting.front().copied());
            if pattern.spec.lead > 0 {
                settled =
                    ends.map(|end| earliest_lead(pattern, end, window)).fold(settled, usize::min);
            }
        }
        settled
    }

    /// How many of the last bytes may belong to a trigger that has begun: the shortest end of the
    /// text that brings the automaton to where it is.
    fn partial(&self, scanner: &Scanner, triggers: &Triggers, window: &Window<'_>) -> usize {
        let reach = scanner.0.reach.min(window.bytes.len());
        let now = self.state.unwrap_or(triggers.start);
        let leads_here = |count: &usize| {
            let tail = window.slice(self.at - count..self.at);
            tail.iter().fold(triggers.start, |state, &b| triggers.dfa.next_state(state, b)) == now
        };
        (0..=reach).find(leads_here).unwrap_or(reach)
    }
}

/// The first byte that a lead which ends at `end` may have.
fn earliest_lead(pattern: &Pattern, end: usize, window: &Window<'_>) -> usize {
    let before = window.slice(end.saturating_sub(pattern.spec.lead as usize)..end);
    let lead = before.iter().rev().take_while(|byte| pattern.spec.lead_bytes.contains(**byte));
    end - lead.count()
}

/// What the lanes need while they run.
struct Task<'a, 'w, M> {
    number: u16,
    pattern: &'a Pattern,
    window: &'a Window<'w>,
    meter: &'a mut M,
}

impl Lane {
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
            Some(begin) => {
                let state = task.pattern.rest.start;
                let attempt = Attempt {
                    begin,
                    limit: trigger.saturating_add(task.pattern.spec.max_length as usize),
                    at: trigger,
                    state,
                    over: false,
                    ends: Ends::default(),
                };
                self.go_on(Box::new(attempt), task, found)
            }
            None => Ok(()),
        }
    }

    fn go_on(
        &mut self,
        mut attempt: Box<Attempt>,
        task: &mut Task<'_, '_, impl Meter>,
        found: &mut Vec<Finding>,
    ) -> Result<(), OverBudget> {
        let steps = attempt.read(task.pattern, task.window);
        task.meter.charge(task.number, steps, attempt.at)?;
        if !attempt.decidable(task.window) {
            self.open = Some(attempt);
            return Ok(());
        }
        let begin = attempt.begin;
        let may_end = |end: &usize| task.pattern.may_end(task.window.after(*end));
        let ends: Vec<usize> = attempt.ends.longest_first().filter(may_end).collect();
        if let Some(longest) = ends.first() {
            let text = task.window.slice(begin..*longest);
            let lengths = ends.iter().map(|end| end - begin);
            let (length, work) = task.pattern.spec.choose(text, lengths);
            task.meter.charge(task.number, work, attempt.at)?;
            if let Some(length) = length {
                found.push(Finding { pattern: task.number, span: begin..begin + length });
                self.clear = begin + length;
                return Ok(());
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

/// A run of a pattern's automaton from one trigger.
struct Attempt {
    begin: usize,
    /// The run reads no byte from here on.
    limit: usize,
    at: usize,
    state: StateID,
    over: bool,
    ends: Ends,
}

impl Attempt {
    /// Reads what is at hand and tells how many bytes that were.
    fn read(&mut self, pattern: &Pattern, window: &Window<'_>) -> usize {
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
    fn decidable(&self, window: &Window<'_>) -> bool {
        let needed = self.ends.longest().map_or(0, |end| end.saturating_add(BOUNDARY_MAX));
        self.over && (window.last || window.end() >= needed)
    }
}

const ENDS: usize = 8;

/// The last few ends of matches: a shorter one counts where the longest is no finding, such as the
/// card number before a security code.
#[derive(Default)]
struct Ends {
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

    fn longest_first(&self) -> impl Iterator<Item = usize> + use<'_> {
        let kept = self.count.min(ENDS);
        (1..=kept).filter_map(|back| self.ring.get((self.count - back) % ENDS).copied())
    }
}
