/*! Colours for text on a page: spans with a CSS class each, together the whole text. */

use crate::view::sql;

pub struct Span<'a> {
    /// Empty where the text's own colour will do.
    pub class: &'static str,
    pub text: &'a str,
}

pub fn sql(text: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    for token in sql::tokens(text) {
        marked(&mut spans, token.class.css(), token.text);
    }
    spans
}

/// Laid-out JSON; other text comes out plain.
pub fn json(text: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    if !text.starts_with(['{', '[', '"']) {
        marked(&mut spans, "", text);
        return spans;
    }
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let string = first == '"';
        let length =
            if string { string_length(rest) } else { rest.find('"').unwrap_or(rest.len()) };
        let (token, tail) = rest.split_at_checked(length).unwrap_or((rest, ""));
        let class = match string {
            true if tail.starts_with(':') => "json-name",
            true => "json-text",
            false => "",
        };
        marked(&mut spans, class, token);
        rest = tail;
    }
    spans
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|&(_, character)| {
        let ends = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// Redactions and characters made visible stand out wherever they are.
fn marked<'a>(spans: &mut Vec<Span<'a>>, class: &'static str, text: &'a str) {
    let mut rest = text;
    while let Some((at, length, mark)) = next_mark(rest) {
        let (before, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let (marked, after) = tail.split_at_checked(length).unwrap_or((tail, ""));
        spans.push(Span { class, text: before });
        spans.push(Span { class: mark, text: marked });
        rest = after;
    }
    spans.push(Span { class, text: rest });
    spans.retain(|span| !span.text.is_empty());
}

fn next_mark(text: &str) -> Option<(usize, usize, &'static str)> {
    let find = |open: &str, close: char, class: &'static str| {
        let at = text.find(open)?;
        let length = text.get(at..)?.find(close)? + close.len_utf8();
        // Longer than any of ours: it is the agent's own text.
        (length <= 80).then_some((at, length, class))
    };
    let redacted = find("[REDACTED:", ']', "redacted");
    let hidden = find("\\u{", '}', "unseen");
    redacted.into_iter().chain(hidden).min_by_key(|(at, _, _)| *at)
}
