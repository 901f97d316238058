/*! Ids of stored objects in the path and query of a model's API, and in the places that it names. */

use crate::path::{is_unreserved, percent_decoded, percent_encode};

use super::openai::NotIssued;
use super::{Id, Opened, Seal};

/// Segments that are followed by an id.
const COLLECTIONS: &[&str] = &[
    "assistants",
    "batches",
    "characters",
    "completions",
    "containers",
    "conversations",
    "evals",
    "file_batches",
    "files",
    "items",
    "jobs",
    "messages",
    "output_items",
    "responses",
    "runs",
    "steps",
    "threads",
    "uploads",
    "vector_stores",
    "videos",
];
/// What follows them and is none.
const WORDS: &[&str] = &[
    "",
    "characters",
    "compact",
    "content",
    "edits",
    "extensions",
    "files",
    "input_tokens",
    "messages",
    "runs",
];

/// The target as the upstream sees it, with the upstream's own ids. `None`: there is none in it.
///
/// # Errors
///
/// An id without this principal's seal.
pub fn open(seal: &Seal, target: &str) -> Result<Option<String>, NotIssued> {
    rewritten(target, |word| opened(seal, word, names_object(word)))
}

/// The same of a target that is still to be rewritten: what is no id there shows in the other alone.
///
/// # Errors
///
/// A seal that is not this principal's.
pub fn open_sealed(seal: &Seal, target: &str) -> Result<Option<String>, NotIssued> {
    rewritten(target, |word| opened(seal, word, false))
}

/// A place that the upstream names, with ids as the caller has them. `None`: there is none in it.
///
/// # Errors
///
/// An id that could not come back so.
pub fn close(seal: &Seal, place: &str) -> Result<Option<String>, NotIssued> {
    rewritten(place, |word| match names_object(word) {
        false => Ok(None),
        true if is_plain(&word.text) => Ok(Some(seal.close(Id::Object, &word.text))),
        true => Err(NotIssued),
    })
}

/// Whether the path names a stored object, or something of one.
pub fn is_of_object(path: &str) -> bool {
    let named = |word: &Word| if names_object(word) { Err(NotIssued) } else { Ok(None) };
    rewritten(path, named).is_err()
}

/// A segment of the path, or a name or value of the query.
struct Word {
    /// Decoded.
    text: String,
    /// The segment in front of it, in lower case, of a segment without its parameters.
    before: Option<String>,
}

fn names_object(word: &Word) -> bool {
    let is_in = |list: &[&str], text: &str| list.contains(&text);
    word.before.as_deref().is_some_and(|before| is_in(COLLECTIONS, before))
        && !is_in(WORDS, &word.text.to_lowercase())
}

fn opened(seal: &Seal, word: &Word, is_id: bool) -> Result<Option<String>, NotIssued> {
    match seal.open(Id::Object, &word.text) {
        Opened::Own(id) if is_plain(id) => Ok(Some(id.to_owned())),
        Opened::Own(_) | Opened::Foreign(_) => Err(NotIssued),
        Opened::Plain if is_id => Err(NotIssued),
        Opened::Plain => Ok(None),
    }
}

/// The target with other words where `with` gives them.
fn rewritten(
    target: &str,
    with: impl Fn(&Word) -> Result<Option<String>, NotIssued>,
) -> Result<Option<String>, NotIssued> {
    let mut all = String::with_capacity(target.len());
    let (mut changed, mut before, mut parameter) = (false, String::new(), false);
    let (path, query) = target.split_once('?').map_or((target, None), |(p, q)| (p, Some(q)));
    // In a path an id may hold `=`.
    let words = pieces(path, &['/', ';']).map(|piece| (piece, true));
    let marks = query.iter().map(|_| (("", "?"), false));
    let pairs = query.into_iter().flat_map(|query| pieces(query, &['&', ';'])).flat_map(halves);
    for ((raw, end), in_path) in words.chain(marks).chain(pairs.map(|piece| (piece, false))) {
        // As often as for rules.
        let text = percent_decoded(&percent_decoded(raw));
        let is_segment = in_path && !std::mem::replace(&mut parameter, end == ";");
        let word = Word { text, before: is_segment.then(|| before.clone()) };
        match with(&word)? {
            Some(other) => {
                percent_encode(&other, &mut all);
                changed = true;
            }
            None => all.push_str(raw),
        }
        all.push_str(end);
        if is_segment {
            before = word.text.split(';').next().unwrap_or_default().to_lowercase();
        }
    }
    Ok(changed.then_some(all))
}

/// What stands between such characters, each with the one that ends it.
fn pieces<'t>(text: &'t str, ends: &'t [char]) -> impl Iterator<Item = (&'t str, &'t str)> {
    text.split_inclusive(ends).map(move |piece| {
        let length = piece.strip_suffix(ends).map_or(piece.len(), str::len);
        piece.split_at(length)
    })
}

/// Name and value of a pair of a query: the first `=` divides them.
fn halves<'t>((pair, end): (&'t str, &'t str)) -> impl Iterator<Item = (&'t str, &'t str)> {
    let (name, value) = match pair.find('=') {
        Some(at) => ((pair.get(..at).unwrap_or_default(), "="), pair.get(at + 1..)),
        None => ((pair, end), None),
    };
    std::iter::once(name).chain(value.map(|value| (value, end)))
}

/// Goes nowhere else wherever it stands in a target, once it is encoded.
fn is_plain(id: &str) -> bool {
    let other = |byte| matches!(byte, b'=' | b'+' | b':' | b',' | b'@');
    id.bytes().all(|byte| is_unreserved(byte) || other(byte)) && id.bytes().any(|byte| byte != b'.')
}

#[cfg(test)]
mod tests;
