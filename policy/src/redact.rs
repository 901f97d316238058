/*!
Redacting: a list of edits on the original bytes, never a new serialisation, so that a body without
findings leaves as it came, byte for byte.
*/

use std::collections::BTreeMap;
use std::ops::Range;

use crate::scan::{Findings, Form, Found, Scanner};

/// One change to the original bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub span: Range<usize>,
    pub replacement: String,
}

/// The edits that remove findings of the chosen kinds: sorted, none overlaps another.
///
/// JSON stays JSON of the same types: a number becomes `0`, text `[REDACTED:kind]`. Neither needs
/// an escape, so both fit at any level of JSON within JSON.
pub fn redact(
    scanner: &Scanner,
    body: &[u8],
    findings: &Findings,
    kinds: impl Fn(&str) -> bool,
) -> Vec<Edit> {
    let chosen = findings.found.iter().filter(|found| kinds(scanner.kind(found.pattern)));
    let mut edits: Vec<Edit> = Vec::new();
    let mut names = BTreeMap::<&str, u32>::new();
    for Found { pattern, span, form } in chosen {
        if span.end > body.len() {
            continue;
        }
        match edits.last_mut() {
            Some(last) if span.start < last.span.end => {
                last.span.end = last.span.end.max(span.end);
            }
            _ => {
                let kind = scanner.kind(*pattern);
                let replacement = match form {
                    Form::Number => "0".to_owned(),
                    Form::Text => mark(kind),
                    Form::Name => {
                        let count = names.entry(kind).or_default();
                        *count += 1;
                        if *count == 1 { mark(kind) } else { format!("[REDACTED:{kind}#{count}]") }
                    }
                };
                edits.push(Edit { span: span.clone(), replacement });
            }
        }
    }
    edits
}

/// What stands in the place of redacted text.
pub(crate) fn mark(kind: &str) -> String {
    format!("[REDACTED:{kind}]")
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
