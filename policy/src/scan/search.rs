/*!
The two-stage search over one text, which may arrive in pieces.

Patterns do not see each other: each has a lane in which its runs happen strictly one after the
other, in the order of their triggers. So what a lane finds does not depend on how the text was cut.
*/

mod attempt;
mod bare;
mod lane;
mod members;
mod window;

use regex_automata::dfa::Automaton;
use regex_automata::util::primitives::StateID;

use super::budget::{Meter, OverBudget};
use super::pattern::Pattern;
use super::{Finding, Scanner, Triggers};
use lane::{Lane, Task};
use members::Members;
pub(super) use window::Window;

/// Sorts by where they begin, the longer first.
pub(super) fn sort(found: &mut [Finding]) {
    found.sort_by_key(|one| (one.span.start, std::cmp::Reverse(one.span.end), one.pattern));
}

/// A copy goes on by itself from where this one is.
#[derive(Clone)]
pub(in crate::scan) struct Search {
    state: Option<StateID>,
    /// Offset of the byte that stage 1 reads next.
    at: usize,
    /// Empty until there is a trigger.
    lanes: Vec<Lane>,
    found: Vec<Finding>,
    members: Members,
}

impl Search {
    pub(in crate::scan) fn new() -> Self {
        Self {
            state: None,
            at: 0,
            lanes: Vec::new(),
            found: Vec::new(),
            members: Members::default(),
        }
    }

    /// Makes it ready for another text.
    pub(super) fn reset(&mut self) {
        self.state = None;
        self.at = 0;
        self.found.clear();
        self.lanes.clear();
    }

    /// Takes the findings so far, sorted.
    pub(in crate::scan) fn take(&mut self) -> Vec<Finding> {
        let mut found = std::mem::take(&mut self.found);
        sort(&mut found);
        found
    }

    /// Reads all of the window that was not read before.
    pub(in crate::scan) fn advance(
        &mut self,
        scanner: &Scanner,
        window: &Window<'_>,
        meter: &mut impl Meter,
    ) -> Result<(), OverBudget> {
        let Some(Triggers { dfa, start }) = &scanner.0.triggers else {
            self.at = window.end();
            return Ok(());
        };
        if self.state.is_none() && window.value && !scanner.0.by_name.is_empty() {
            self.named(scanner, window, meter)?;
        }
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

    /// What the name of the member says that its value is.
    fn named(
        &mut self,
        scanner: &Scanner,
        window: &Window<'_>,
        meter: &mut impl Meter,
    ) -> Result<(), OverBudget> {
        for &number in self.members.of(window.member, &scanner.0.by_name) {
            let Some(pattern) = scanner.pattern(number) else { continue };
            let Some(lane) = lane(&mut self.lanes, scanner, number.into()) else { continue };
            let mut task = Task { number, pattern, window, meter };
            lane.named(&mut task, &mut self.found)?;
        }
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
        for n in 0..triggers.dfa.match_len(state) {
            let number = triggers.dfa.match_pattern(state, n).as_usize();
            let Some(start) = scanner.0.starts.get(number) else { continue };
            let trigger = end.saturating_sub(start.trigger as usize);
            if window.byte_before(trigger).is_some_and(|byte| start.barred.contains(byte)) {
                continue;
            }
            let Some(pattern) = scanner.0.patterns.get(number) else { continue };
            let Some(lane) = lane(&mut self.lanes, scanner, number) else { continue };
            let mut task = Task { number: number as u16, pattern, window, meter };
            lane.triggered(trigger, &mut task, &mut self.found)?;
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
        for (number, (lane, pattern)) in self.lanes.iter_mut().zip(&scanner.0.patterns).enumerate()
        {
            let mut task = Task { number: number as u16, pattern, window, meter };
            lane.resume(&mut task, &mut self.found)?;
        }
        Ok(())
    }

    /// No finding that is still to come begins before this offset.
    pub(in crate::scan) fn settled(&self, scanner: &Scanner, window: &Window<'_>) -> usize {
        let Some(triggers) = &scanner.0.triggers else { return self.at };
        let partial = self.partial(scanner, triggers, window);
        let mut settled = self.at - partial;
        for (number, pattern) in scanner.0.patterns.iter().enumerate() {
            let (open, waiting) = self.lanes.get(number).map(Lane::pending).unwrap_or_default();
            settled = settled.min(open.unwrap_or(settled));
            let ends = (self.at - partial..=self.at).chain(waiting);
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

/// The lane of a pattern; there are none until one is needed.
fn lane<'l>(lanes: &'l mut Vec<Lane>, scanner: &Scanner, number: usize) -> Option<&'l mut Lane> {
    if lanes.is_empty() {
        lanes.resize_with(scanner.0.patterns.len(), Lane::default);
    }
    lanes.get_mut(number)
}

/// The first byte that a lead which ends at `end` may have.
fn earliest_lead(pattern: &Pattern, end: usize, window: &Window<'_>) -> usize {
    let before = window.slice(end.saturating_sub(pattern.spec.lead as usize)..end);
    let lead = before.iter().rev().take_while(|byte| pattern.spec.lead_bytes.contains(**byte));
    end - lead.count()
}
