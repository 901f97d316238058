/*! What was found in a body, as whoever redacts, records or judges asks for it. */

use std::ops::Range;
use std::sync::Arc;

use super::encoded::Layer;
use super::{Finding, Scanner};

/// What was found in a body; all that `redact` needs to know.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    pub(crate) found: Vec<Found>,
    kinds: Arc<[String]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) pattern: u16,
    /// For a number all of it, whatever part of it was found.
    pub(crate) span: Range<usize>,
    pub(crate) form: Form,
}

impl Found {
    pub(super) fn shift(&mut self, by: usize) {
        self.span.start += by;
        self.span.end += by;
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    /// The name of a JSON member: names within an object must stay different.
    Name,
    Number,
    /// Text that stands for other text, all of it; what was found is in the other.
    Encoded(Layer, Box<Found>),
}

impl Findings {
    pub(super) fn new(found: Vec<Found>, scanner: &Scanner) -> Self {
        Self { found, kinds: scanner.kind_names() }
    }

    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Each kind found and how often, sorted by kind. What lies within a finding of the same kind
    /// is not counted again.
    pub fn counts(&self) -> Vec<(String, u32)> {
        let mut counts = std::collections::BTreeMap::<&str, (u32, usize)>::new();
        for found in &self.found {
            let (count, end) = counts.entry(self.kind(found.pattern)).or_default();
            if *count == 0 || found.span.start >= *end {
                *count += 1;
            }
            *end = found.span.end.max(*end);
        }
        counts.into_iter().map(|(kind, (count, _))| (kind.to_owned(), count)).collect()
    }

    /// Each kind found, once, sorted.
    pub fn kinds(&self) -> Vec<&str> {
        let mut kinds: Vec<&str> = self.found.iter().map(|f| self.kind(f.pattern)).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// The findings themselves, sorted by where they begin.
    pub fn iter(&self) -> impl Iterator<Item = Finding> + '_ {
        self.found.iter().map(|f| Finding { pattern: f.pattern, span: f.span.clone() })
    }

    fn kind(&self, pattern: u16) -> &str {
        self.kinds.get(usize::from(pattern)).map_or("", String::as_str)
    }
}
