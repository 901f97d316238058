/*!
Redacting: a list of edits on the original bytes, never a new serialisation, so that a body without
findings leaves as it came, byte for byte.
*/

mod mark;
mod redaction;
mod replacement;
mod seen;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::scan::{Findings, Form, Found, Scanner};
pub(crate) use mark::{LEFT_OUT, mark, without_marks};
pub use mark::{Mark, marks};
pub use redaction::{FIXED_MAX, KEEP_MAX, KEEP_SHARE, Redaction, is_plain};
pub(crate) use replacement::Place;
use replacement::naming;
pub use replacement::{ByKind, Redactions, Treated};
pub use seen::Seen;

/// One change to the original bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub span: Range<usize>,
    pub replacement: String,
}

/// The edits that remove findings of the chosen kinds, each as `[REDACTED:kind]`.
pub fn redact(
    scanner: &Scanner,
    body: &[u8],
    findings: &Findings,
    kinds: impl Fn(&str) -> bool,
) -> Vec<Edit> {
    if findings.is_empty() {
        return Vec::new();
    }
    let redactions = Redactions::tokens(scanner, kinds);
    redact_by(&redactions, &redactions.treat(body, false, findings), scanner, body, findings)
}

/// The edits that redact what was found: sorted, none overlaps another.
///
/// JSON stays JSON of the same types: a number becomes `0`, and no replacement of text needs an
/// escape, so that it fits at any level of JSON within JSON. Names of members are always
/// `[REDACTED:kind]`: they have to stay different.
pub fn redact_by(
    redactions: &Redactions,
    treated: &Treated,
    scanner: &Scanner,
    body: &[u8],
    findings: &Findings,
) -> Vec<Edit> {
    let chosen = findings.found.iter().zip(&treated.redactions);
    let chosen = chosen.filter_map(|(found, redaction)| {
        let Found { pattern, span, form } = found.clone();
        Some(Place { pattern, span, form, redaction: redaction.clone()? })
    });
    edits(redactions, scanner, body, chosen.collect())
}

/// The edits for places that are sorted by where they begin.
fn edits(redactions: &Redactions, scanner: &Scanner, body: &[u8], places: Vec<Place>) -> Vec<Edit> {
    let mut places = places.into_iter().filter(|place| place.span.end <= body.len()).peekable();
    let mut edits: Vec<Edit> = Vec::new();
    let mut names = BTreeMap::<&str, u32>::new();
    while let Some(first) = places.next() {
        let mut span = first.span.clone();
        let mut group = vec![first];
        while let Some(next) = places.next_if(|next| next.span.start < span.end) {
            span.end = span.end.max(next.span.end);
            group.push(next);
        }
        let Some(naming) = naming(&group, scanner) else { continue };
        let replacement = match naming.form {
            Form::Number => "0".to_owned(),
            Form::Text | Form::Encoded(..) => {
                redactions.replacement(&group, body.get(span.clone()).unwrap_or_default())
            }
            Form::Name => {
                let kind = scanner.kind(naming.pattern);
                let count = names.entry(kind).or_default();
                *count += 1;
                if *count == 1 { mark(kind) } else { format!("[REDACTED:{kind}#{count}]") }
            }
        };
        edits.push(Edit { span, replacement });
    }
    edits
}

/// Redactions and other edits as one list. What is cut goes whole, and where something is redacted nothing else
/// is put in the place of what is around it.
pub(crate) fn joined(redactions: Vec<Edit>, more: Vec<Edit>) -> Vec<Edit> {
    if more.is_empty() {
        return redactions;
    }
    let touched = |span: &Range<usize>| {
        let next = redactions.partition_point(|edit| edit.span.end <= span.start);
        redactions.get(next).is_some_and(|edit| edit.span.start < span.end)
    };
    let stays = |edit: &Edit| edit.replacement.is_empty() || !touched(&edit.span);
    let mut edits: Vec<Edit> = more.into_iter().filter(stays).collect();
    edits.extend(redactions);
    edits.sort_by_key(|edit| (edit.span.start, Reverse(edit.span.end)));
    let mut end = 0;
    edits.retain(|edit| {
        let free = edit.span.start >= end;
        end = end.max(edit.span.end);
        free
    });
    edits
}

/// The body with the edits made. An edit that does not fit the body is left out.
pub fn apply(body: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut output = Vec::with_capacity(body.len());
    let mut at = 0;
    for Edit { span, replacement } in edits {
        let Some(kept) = body.get(at..span.start).filter(|_| span.end <= body.len()) else {
            continue;
        };
        output.extend_from_slice(kept);
        output.extend_from_slice(replacement.as_bytes());
        at = span.end;
    }
    output.extend_from_slice(body.get(at..).unwrap_or_default());
    output
}
