/*!
What stands in the place of findings: which of them a body's rules redact, and how.

Every replacement is text that needs no escape, whatever it stands in. What a value *is*, of which a
part stays or a pseudonym is made, is its view: the same value gives the same pseudonym however it is
written.
*/

use std::collections::BTreeMap;
use std::ops::Range;

use super::redaction::{KEEP_MAX, KEEP_SHARE, Redaction};
use super::seen::Seen;
use crate::allowance::{self, Allowance};
use crate::digest::Pseudonyms;
use crate::scan::{Findings, Form, Found, Scanner, plain_view};

/// How each kind is redacted that is redacted at all.
pub type ByKind = BTreeMap<String, Redaction>;

/// What becomes of findings.
#[derive(Clone, Debug)]
pub struct Redactions {
    scanner: Scanner,
    rules: Vec<Rule>,
    pseudonyms: Option<Pseudonyms>,
}

/// What one rule makes of findings.
#[derive(Clone, Debug)]
struct Rule {
    /// By number of the pattern.
    finds: Vec<bool>,
    /// `None`: it leaves them as they are.
    redaction: Option<Redaction>,
    allowances: Vec<Allowance>,
}

/// What becomes of the findings of one body, in their order.
#[derive(Clone, Debug, Default)]
pub struct Treated {
    pub(crate) redactions: Vec<Option<Redaction>>,
    pub seen: Seen,
}

/// A finding that is redacted, and the bytes it stands in.
pub(crate) struct Place {
    pub(crate) pattern: u16,
    pub(crate) span: Range<usize>,
    pub(crate) form: Form,
    pub(crate) redaction: Redaction,
}

impl Redactions {
    /// Without pseudonyms `hash` is as good as `token`.
    pub fn new(scanner: &Scanner, pseudonyms: Option<Pseudonyms>) -> Self {
        Self { scanner: scanner.clone(), rules: Vec::new(), pseudonyms }
    }

    /// Kinds that become `[REDACTED:kind]`.
    pub fn tokens(scanner: &Scanner, kinds: impl Fn(&str) -> bool) -> Self {
        Self::new(scanner, None).rule(kinds, Some(Redaction::Token), Vec::new())
    }

    /// With one rule more.
    pub fn rule(
        mut self,
        kinds: impl Fn(&str) -> bool,
        redaction: Option<Redaction>,
        allowances: Vec<Allowance>,
    ) -> Self {
        let finds = self.scanner.specs().map(|spec| kinds(&spec.kind)).collect();
        self.rules.push(Rule { finds, redaction, allowances });
        self
    }

    /// `json`: the body is called JSON.
    pub fn treat(&self, body: &[u8], json: bool, findings: &Findings) -> Treated {
        let mut seen = self.nothing_seen();
        let mut redactions = vec![None; findings.found.len()];
        for (number, rule) in self.rules.iter().enumerate() {
            let allowances = &rule.allowances;
            let alone = allowance::allowed(allowances, &self.scanner, body, json, findings);
            let each = findings.found.iter().zip(alone).zip(&mut redactions);
            for ((found, alone), redaction) in each.filter(|((one, _), _)| rule.finds(one.pattern))
            {
                if alone {
                    seen.note_allowed(found.pattern);
                } else {
                    seen.note_hit(number);
                    join(redaction, rule.redaction.as_ref());
                }
            }
        }
        for (found, _) in findings.found.iter().zip(&redactions).filter(|(_, way)| way.is_none()) {
            seen.note_passed(found.pattern);
        }
        Treated { redactions, seen }
    }

    pub(crate) fn nothing_seen(&self) -> Seen {
        Seen::new(self.rules.len(), self.scanner.specs().count())
    }

    /// What becomes of one finding in text, which has no fields.
    pub(crate) fn treat_text(
        &self,
        pattern: u16,
        raw: &[u8],
        seen: &mut Seen,
    ) -> Option<Redaction> {
        let kind = self.scanner.kind(pattern);
        let mut redaction = None;
        let rules = self.rules.iter().enumerate().filter(|(_, rule)| rule.finds(pattern));
        for (number, rule) in rules {
            if allowance::allows_text(&rule.allowances, kind, raw) {
                seen.note_allowed(pattern);
            } else {
                seen.note_hit(number);
                join(&mut redaction, rule.redaction.as_ref());
            }
        }
        if redaction.is_none() {
            seen.note_passed(pattern);
        }
        redaction
    }

    /// What stands in the place of findings that overlap, sorted by where they begin. `raw` is what
    /// they cover together.
    pub(crate) fn replacement(&self, group: &[Place], raw: &[u8]) -> String {
        let Some(first) = naming(group, &self.scanner) else { return String::new() };
        if let Some(text) = self.encoded(group, raw) {
            return text;
        }
        let kind = self.scanner.kind(first.pattern);
        let last = group.iter().map(|place| place.span.end).max().unwrap_or_default();
        let whole = group.iter().any(|p| p.span.start == first.span.start && p.span.end == last);
        let redaction = group.iter().map(|place| place.redaction.clone()).reduce(Redaction::join);
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
}

/// Of what was found at the same place, that with a check digit gives its name: a telephone number may have
/// the same groups as a number that is borne out by one.
pub(super) fn naming<'g>(group: &'g [Place], scanner: &Scanner) -> Option<&'g Place> {
    let first = group.first()?;
    let sure = |place: &&Place| place.span == first.span && scanner.has_check_digit(place.pattern);
    group.iter().find(sure).or(Some(first))
}

impl Redactions {
    /// The run anew, where all of the group was found in the text it stands for.
    fn encoded(&self, group: &[Place], raw: &[u8]) -> Option<String> {
        let Place { span, form: Form::Encoded(layer, _), .. } = group.first()? else { return None };
        let within = |place: &Place| match &place.form {
            Form::Encoded(_, found) if place.span == *span => {
                let Found { pattern, span, form } = (**found).clone();
                Some(Place { pattern, span, form, redaction: place.redaction.clone() })
            }
            _ => None,
        };
        let mut places = group.iter().map(within).collect::<Option<Vec<_>>>()?;
        places.sort_by_key(|place| (place.span.start, std::cmp::Reverse(place.span.end)));
        let text = layer.decode(raw)?;
        let edits = super::edits(self, &self.scanner, &text, places);
        Some(layer.encode(&super::apply(&text, &edits), raw))
    }
}

impl Rule {
    fn finds(&self, pattern: u16) -> bool {
        self.finds.get(usize::from(pattern)).copied().unwrap_or(false)
    }
}

fn join(all: &mut Option<Redaction>, one: Option<&Redaction>) {
    let Some(one) = one else { return };
    *all = Some(match all.take() {
        Some(other) => other.join(one.clone()),
        None => one.clone(),
    });
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
