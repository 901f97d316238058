/*! Ids of stored objects in the path and query of a model's API. */

use crate::path::percent_decoded;

use super::openai::NotIssued;
use super::{Id, Opened, Seal};

/// Segments that are followed by an id.
const COLLECTIONS: &[&str] = &[
    "batches",
    "completions",
    "containers",
    "conversations",
    "files",
    "items",
    "messages",
    "responses",
    "runs",
    "threads",
    "uploads",
    "videos",
];
/// What follows them and is none.
const WORDS: &[&str] = &["", "compact", "content", "input_tokens", "files", "messages", "runs"];

/// The target as the upstream sees it, with the upstream's own ids. `None`: there is none in it.
///
/// # Errors
///
/// An id without this principal's seal.
pub fn open(seal: &Seal, target: &str) -> Result<Option<String>, NotIssued> {
    walk(seal, target, COLLECTIONS)
}

/// The same of a target that is still to be rewritten: what is no id there shows in the other alone.
///
/// # Errors
///
/// A seal that is not this principal's.
pub fn open_sealed(seal: &Seal, target: &str) -> Result<Option<String>, NotIssued> {
    walk(seal, target, &[])
}

fn walk(seal: &Seal, target: &str, collections: &[&str]) -> Result<Option<String>, NotIssued> {
    let mut opened = String::with_capacity(target.len());
    let (mut changed, mut in_path, mut before) = (false, true, String::new());
    for piece in target.split_inclusive(['/', '?', '&', '=', ';']) {
        let (word, end) = match piece.char_indices().next_back() {
            Some((at, '/' | '?' | '&' | '=' | ';')) => piece.split_at(at),
            _ => (piece, ""),
        };
        let decoded = percent_decoded(word);
        match seal.open(Id::Object, &decoded) {
            Opened::Own(id) if is_plain(id) => {
                opened.push_str(id);
                changed = true;
            }
            Opened::Own(_) | Opened::Foreign(_) => return Err(NotIssued),
            Opened::Plain => {
                let named = in_path && collections.contains(&before.as_str());
                if named && !WORDS.contains(&decoded.to_lowercase().as_str()) {
                    return Err(NotIssued);
                }
                opened.push_str(word);
            }
        }
        opened.push_str(end);
        in_path &= end != "?";
        before = decoded.to_lowercase();
    }
    Ok(changed.then_some(opened))
}

/// Needs no escape wherever it stands in a target, and goes nowhere else.
fn is_plain(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~'))
        && id.bytes().any(|byte| byte != b'.')
}

#[cfg(test)]
mod tests;
