/*!
What stands in the place of findings: which of them a body's rules redact, and how.

Every replacement is text that needs no escape, whatever it stands in. What a value *is*, of which a
part stays or a pseudonym is made, is its view: the same value gives the same pseudonym however it is
written.
*/

use std::collections::BTreeMap;
use std::ops::Range;

use super::redaction::{KEEP_MAX, KEEP_SHARE, Redaction};
use crate::digest::Pseudonyms;
use crate::scan::{Scanner, plain_view};

/// How each kind is redacted that is redacted at all.
pub type ByKind = BTreeMap<String, Redaction>;

/// What becomes of the findings in one body.
#[derive(Clone, Debug)]
pub struct Redactions {
    scanner: Scanner,
    /// By number of the pattern; `None`: what it finds stays.
    chosen: Vec<Option<Redaction>>,
    pseudonyms: Option<Pseudonyms>,
}

/// A finding and the bytes it stands in.
pub(crate) struct Place {
    pub(crate) pattern: u16,
    pub(crate) span: Range<usize>,
}

impl Redactions {
    /// Kinds that become `[REDACTED:kind]`.
    pub fn tokens(scanner: &Scanner, kinds: impl Fn(&str) -> bool) -> Self {
        Self::new(scanner, |kind| kinds(kind).then_some(Redaction::Token), None)
    }

    /// Without pseudonyms `hash` is as good as `token`.
    pub fn new(
        scanner: &Scanner,
        of: impl Fn(&str) -> Option<Redaction>,
        pseudonyms: Option<Pseudonyms>,
    ) -> Self {
        let chosen = scanner.specs().map(|spec| of(&spec.kind)).collect();
        Self { scanner: scanner.clone(), chosen, pseudonyms }
    }

    pub(crate) fn redacts(&self, pattern: u16) -> bool {
        // What no pattern is known for is not shown.
        self.chosen.get(usize::from(pattern)).is_none_or(Option::is_some)
    }

    /// What stands in the place of findings that overlap, sorted by where they begin. `raw` is what
    /// they cover together.
    pub(crate) fn replacement(&self, group: &[Place], raw: &[u8]) -> String {
        let Some(first) = group.first() else { return String::new() };
        let kind = self.scanner.kind(first.pattern);
        let last = group.iter().map(|place| place.span.end).max().unwrap_or_default();
        let whole = group.iter().any(|p| p.span.start == first.span.start && p.span.end == last);
        let redaction = group.iter().filter_map(|place| self.of(place)).reduce(Redaction::join);
        let form = match redaction {
            // Several values that run into each other are none of them.
            Some(Redaction::Partial { .. } | Redaction::Hash) if !whole => None,
            Some(Redaction::Partial { keep_last }) => tail(raw, keep_last, group, first.span.start)
                .map(|tail| format!("[{kind}:*{tail}]")),
            Some(Redaction::Hash) => self.pseudonyms.as_ref().map(|pseudonyms| {
                format!("[{kind}:{}]", pseudonyms.of(kind, plain_view(raw).trim_ascii()))
            }),
            Some(Redaction::Fixed { text }) => Some(text),
            Some(Redaction::Token) | None => None,
        };
        form.unwrap_or_else(|| super::mark(kind))
    }

    fn of(&self, place: &Place) -> Option<Redaction> {
        match self.chosen.get(usize::from(place.pattern)) {
            Some(chosen) => chosen.clone(),
            None => Some(Redaction::Token),
        }
    }
}

/// The last letters and digits of a value: of no finding in the group more than its share.
fn tail(raw: &[u8], keep_last: u8, group: &[Place], from: usize) -> Option<String> {
    let shortest = group.iter().filter_map(|place| {
        raw.get(place.span.start.checked_sub(from)?..place.span.end.checked_sub(from)?)
    });
    let shortest = shortest.map(|raw| letters(raw).len()).min()?;
    let keep = usize::from(keep_last.min(KEEP_MAX)).min(shortest / KEEP_SHARE);
    let letters = letters(raw);
    let tail = letters.get(letters.len().checked_sub(keep)?..)?;
    (keep > 0).then(|| tail.iter().map(|byte| char::from(*byte)).collect())
}

/// The ASCII letters and digits of a value.
fn letters(raw: &[u8]) -> Vec<u8> {
    plain_view(raw).iter().copied().filter(u8::is_ascii_alphanumeric).collect()
}

#[cfg(test)]
#[cfg(feature = "compile")]
mod tests;
