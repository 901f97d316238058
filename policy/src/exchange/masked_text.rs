/*!
Text as the record has it: masked with all packs, whatever the rules say, and cut to the record's limit.
*/

use std::borrow::Cow;

use crate::engine::Engine;
use crate::record::BodyRecord;
use crate::record::part::{PART_MOST, Part, Side};
use crate::redact;
use crate::scan::{self, Budget, Findings, OverBudget};

/// A body, and as much of what is behind its record's text as parts may have. The digest is left to who has it.
pub fn masked(engine: &Engine, body: &[u8], findings: &Findings) -> (BodyRecord, String) {
    let text = match text_of(body) {
        Some(_) => masked_text(engine, body, findings),
        None => Cow::default(),
    };
    let own = cut(&text, engine.record.body_limit);
    let rest = text.get(own.len()..).unwrap_or_default();
    let kept = cut(rest, engine.record.parts_limit);
    let record = BodyRecord {
        truncated: own.len() < text.len(),
        text: own.to_owned(),
        size: body.len() as u64,
        parts_truncated: !kept.is_empty() && kept.len() < rest.len(),
        ..BodyRecord::default()
    };
    (record, kept.to_owned())
}

fn masked_text<'b>(engine: &Engine, body: &'b [u8], findings: &Findings) -> Cow<'b, str> {
    let edits = redact::redact(&engine.bundle.scanner, body, findings, |_| true);
    if edits.is_empty() {
        return lossy(body);
    }
    Cow::Owned(lossy(&redact::apply(body, &edits)).into_owned())
}

/// Cut at these places, and where a part would be too long. `before`: bytes in front of the text.
pub fn in_parts(
    of: Side,
    text: &str,
    places: impl IntoIterator<Item = usize>,
    before: usize,
) -> Vec<Part> {
    let (mut parts, mut at, mut n) = (Vec::new(), 0, 0);
    for end in places.into_iter().chain([text.len()]) {
        while at < end {
            let some = cut(text.get(at..end).unwrap_or_default(), PART_MOST);
            if some.is_empty() {
                break;
            }
            parts.push(Part { of, n, from: (before + at) as u64, text: some.into() });
            (at, n) = (at + some.len(), n + 1);
        }
    }
    parts
}

/// `None`: what it is nobody can read. A character at its end may be cut.
pub fn text_of(bytes: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    (!text.contains('\0')).then_some(text)
}

/// Most text is UTF-8, and what only asks for that is ten times as fast.
pub fn lossy(text: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(text).map_or_else(|_| String::from_utf8_lossy(text), Cow::Borrowed)
}

pub fn mask_text(engine: &Engine, text: &str) -> String {
    let mut masked = mask_whole(engine, text);
    masked.truncate(cut(&masked, engine.record.body_limit).len());
    masked
}

/// Not cut to the record's limit.
pub fn mask_whole(engine: &Engine, text: &str) -> String {
    if engine.bundle.is_none() && !text.is_empty() {
        // Without packs nothing is masked.
        return redact::LEFT_OUT.to_owned();
    }
    let scanner = &engine.bundle.scanner;
    let found = scan::scan_body(scanner, text.as_bytes(), &mut Budget::for_body(text.len()));
    by_findings(engine, text, found)
}

/// A URL, or the path and query of one.
pub fn mask_url(engine: &Engine, url: &str) -> String {
    if engine.bundle.is_none() && !url.is_empty() {
        return redact::LEFT_OUT.to_owned();
    }
    let found = scan::scan_url(&engine.bundle.scanner, url, &mut Budget::for_body(url.len()));
    by_findings(engine, url, found)
}

fn by_findings(engine: &Engine, text: &str, found: Result<Findings, OverBudget>) -> String {
    match found {
        Ok(findings) => masked_text(engine, text.as_bytes(), &findings).into_owned(),
        Err(_) => redact::LEFT_OUT.to_owned(),
    }
}

pub fn cut(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}
