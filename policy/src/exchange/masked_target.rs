/*!
Targets and URLs as the record has them. What stands in a query as a form writes it, or encoded more than once, no
edit of the text can mask: then the query is left out, and where that is not enough, all of it.
*/

use crate::content_type::is_form;
use crate::engine::Engine;
use crate::path::percent_decoded;
use crate::redact::{LEFT_OUT, marks, without_marks};

use super::masked_text::{cut, mask_url, mask_whole};
use super::target;

/// How often servers may decode one: what still changes then is shown to nobody.
const ROUNDS: usize = 4;

/// A path with its query.
pub fn mask_target(engine: &Engine, text: &str) -> String {
    shown(engine, text).unwrap_or_else(|| {
        let masked = mask_url(engine, text);
        cut(&masked, engine.record.body_limit).to_owned()
    })
}

/// What is left to show of a target or URL in which more than its text has to be masked.
pub fn shown(engine: &Engine, text: &str) -> Option<String> {
    if engine.bundle.is_none() || !tells(engine, text) {
        return None;
    }
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let (before, rest) = text.split_at(end);
    if rest.is_empty() || mask_whole(engine, before) != before || tells(engine, before) {
        return Some(LEFT_OUT.to_owned());
    }
    let sign = rest.get(..1).unwrap_or_default();
    Some(format!("{before}{sign}{LEFT_OUT}"))
}

/// A masked body that says it is a form has something left that its reader finds there, as in a query.
pub fn form_tells(engine: &Engine, content_type: &str, masked: &str) -> bool {
    is_form(content_type)
        && masked.contains(['+', '%'])
        && finds_deeper(engine, format!("?{}", without_marks(masked, "", |_| true)))
}

/// Whether something is found in it that rules find in a target, however often it is decoded, once all is masked
/// that can be.
fn tells(engine: &Engine, text: &str) -> bool {
    let masked = mask_url(engine, text);
    let text = match marks(text).next() {
        // A mark is no value of the field it stands in.
        None => without_marks(&masked, "", |_| true),
        // But whoever writes them himself may make a name of one.
        Some(_) => masked,
    };
    finds_deeper(engine, text)
}

/// In the text, or in what servers make of it.
fn finds_deeper(engine: &Engine, mut text: String) -> bool {
    for _ in 0..ROUNDS {
        // A plus is a blank to some servers in a path as well, and behind another decoding.
        let blanks = text.contains('+').then(|| text.replace('+', " "));
        if [Some(&text), blanks.as_ref()].into_iter().flatten().any(|text| finds(engine, text)) {
            return true;
        }
        let decoded = percent_decoded(&text);
        if decoded == text {
            return false;
        }
        text = decoded;
    }
    true
}

fn finds(engine: &Engine, text: &str) -> bool {
    let found = target::kinds(&engine.bundle.scanner, &as_query(text));
    !found.is_ok_and(|kinds| kinds.is_empty())
}

/// Tokens stand in fragments, too.
fn as_query(text: &str) -> String {
    match text.contains('?') {
        true => text.replace('#', "&"),
        false => text.replacen('#', "?", 1).replace('#', "&"),
    }
}
