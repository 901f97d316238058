/*! What rules have seen in a body so far: which of them found something, and what passed. */

use crate::scan::Scanner;

#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Of each rule whether it found something that it does not leave alone.
    hit: Vec<bool>,
    /// By number of the pattern, whether something it found was not redacted.
    passed: Vec<bool>,
    /// By number of the pattern, whether a rule left something alone that it found.
    allowed: Vec<bool>,
}

impl Seen {
    pub(super) fn new(rules: usize, patterns: usize) -> Self {
        let none = vec![false; patterns];
        Self { hit: vec![false; rules], passed: none.clone(), allowed: none }
    }

    pub fn hit(&self) -> &[bool] {
        &self.hit
    }

    /// All findings of this kind were redacted.
    pub fn redacted(&self, scanner: &Scanner, kind: &str) -> bool {
        !of_kind(&self.passed, scanner, kind)
    }

    /// A rule left a finding of this kind alone.
    pub fn allowed(&self, scanner: &Scanner, kind: &str) -> bool {
        of_kind(&self.allowed, scanner, kind)
    }

    pub(super) fn note_hit(&mut self, rule: usize) {
        mark(&mut self.hit, rule);
    }

    pub(super) fn note_allowed(&mut self, pattern: u16) {
        mark(&mut self.allowed, pattern.into());
    }

    pub(super) fn note_passed(&mut self, pattern: u16) {
        mark(&mut self.passed, pattern.into());
    }

    /// What was seen in another part of the same body.
    pub(crate) fn add(&mut self, other: &Self) {
        let lists = [
            (&mut self.hit, &other.hit),
            (&mut self.passed, &other.passed),
            (&mut self.allowed, &other.allowed),
        ];
        for (all, more) in lists {
            all.iter_mut().zip(more).for_each(|(all, more)| *all |= more);
        }
    }
}

fn mark(list: &mut [bool], at: usize) {
    if let Some(entry) = list.get_mut(at) {
        *entry = true;
    }
}

fn of_kind(list: &[bool], scanner: &Scanner, kind: &str) -> bool {
    list.iter().zip(scanner.specs()).any(|(noted, spec)| *noted && spec.kind == kind)
}
