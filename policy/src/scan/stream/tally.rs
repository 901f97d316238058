/*! How often each kind was found in text that flows. */

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::scan::Finding;

/// Counts like `Findings::counts`: what begins within a finding of the same kind, such as the same
/// one in the text and in its view, is not counted again.
pub(super) struct Tally {
    kinds: Arc<[String]>,
    /// What is not counted yet.
    waiting: Vec<Finding>,
    /// Of each kind how many there were, and where the last one ends.
    counts: BTreeMap<String, (u32, usize)>,
}

impl Tally {
    pub(super) fn new(kinds: Arc<[String]>) -> Self {
        Self { kinds, waiting: Vec::new(), counts: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, finding: Finding) {
        self.waiting.push(finding);
    }

    /// Counts what begins before `settled`: nothing will be found there any more.
    pub(super) fn settle(&mut self, settled: usize) {
        self.waiting.sort_by_key(|finding| finding.span.start);
        let ready = self.waiting.partition_point(|finding| finding.span.start < settled);
        for finding in self.waiting.drain(..ready) {
            let Some(kind) = self.kinds.get(usize::from(finding.pattern)) else { continue };
            let (count, end) = match self.counts.get_mut(kind) {
                Some(entry) => entry,
                None => self.counts.entry(kind.clone()).or_default(),
            };
            if *count == 0 || finding.span.start >= *end {
                *count += 1;
            }
            *end = finding.span.end.max(*end);
        }
    }

    /// Each kind found and how often, sorted by kind.
    pub(super) fn counts(&self) -> Vec<(String, u32)> {
        self.counts.iter().map(|(kind, (count, _))| (kind.clone(), *count)).collect()
    }
}
