/*! Colours for text on a page: spans with a CSS class each, together the whole text. */

use crate::view::sql;

/// Spans of one text; what is behind them is plain. A body of short strings would make a page of nothing else.
const MOST: usize = 4000;
/// Bytes of a mark. What is longer is none of ours: it is the agent's own text.
const LONGEST: usize = 80;

pub struct Span<'a> {
    /// Empty where the text's own colour will do.
    pub class: &'static str,
    pub text: &'a str,
}

pub fn sql(text: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    let mut rest = text;
    for token in sql::tokens(text) {
        if spans.len() >= MOST {
            spans.push(Span { class: "", text: rest });
            break;
        }
        marked(&mut spans, token.class.css(), token.text);
        rest = rest.get(token.text.len()..).unwrap_or_default();
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
        if spans.len() >= MOST {
            spans.push(Span { class: "", text: rest });
            break;
        }
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
    while let Some((at, length, mark)) = next_mark(rest).filter(|_| spans.len() < MOST) {
        let (before, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let (marked, after) = tail.split_at_checked(length).unwrap_or((tail, ""));
        spans.push(Span { class, text: before });
        spans.push(Span { class: mark, text: marked });
        rest = after;
    }
    spans.push(Span { class, text: rest });
    spans.retain(|span| !span.text.is_empty());
}

/// The next one, found in one pass: an agent may write as many begins of one as it likes.
fn next_mark(text: &str) -> Option<(usize, usize, &'static str)> {
    text.match_indices(['[', '\\']).find_map(|(at, _)| {
        let rest = text.get(at..)?;
        let until = |close: u8| rest.bytes().take(LONGEST).position(|byte| byte == close);
        let (length, class) = match rest {
            _ if rest.starts_with("[REDACTED:") => (until(b']')?, "redacted"),
            _ if rest.starts_with("\\u{") => (until(b'}')?, "unseen"),
            _ => {
                let length = until(b']')?;
                is_pseudonym(rest.get(1..length)?).then_some((length, "redacted"))?
            }
        };
        Some((at, length + 1, class))
    })
}

/// `email:bcdfghjklmnpqrtv`: a kind, and what stands for one value of it.
fn is_pseudonym(text: &str) -> bool {
    let Some((kind, name)) = text.split_once(':') else { return false };
    let small = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let named = name.len() == 16 && name.bytes().all(|byte| b"bcdfghjklmnpqrtv".contains(&byte));
    named && !kind.is_empty() && kind.bytes().all(small)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(text: &str) -> Vec<(&str, &str)> {
        let spans = json(text);
        assert_eq!(spans.iter().map(|span| span.text).collect::<String>(), text);
        let marked = spans.iter().filter(|span| ["redacted", "unseen"].contains(&span.class));
        marked.map(|span| (span.class, span.text)).collect()
    }

    #[test]
    fn what_was_masked_and_what_hides_stands_out() {
        let text = r#"{"a": "[REDACTED:email] [email:bcdfghjklmnpqrtv] \u{1b} [x:y] [a]"}"#;
        let wanted = [
            ("redacted", "[REDACTED:email]"),
            ("redacted", "[email:bcdfghjklmnpqrtv]"),
            ("unseen", "\\u{1b}"),
        ];
        assert_eq!(marks(text), wanted);
        assert_eq!(marks(&format!("[REDACTED:{}]", "x".repeat(80))), []);
    }

    #[test]
    fn a_text_of_nothing_but_begins_is_painted_at_once_and_within_bounds() {
        let begins = "[\\u{1b}[REDACTED:x".repeat(10_000);
        let strings = format!("[{}]", r#""a","#.repeat(20_000));
        for text in [begins.as_str(), &strings] {
            let spans = json(text);
            assert!(spans.len() <= MOST + 2, "{}", spans.len());
            assert_eq!(spans.iter().map(|span| span.text).collect::<String>(), text);
        }
        let statement = "select ".repeat(20_000);
        let spans = sql(&statement);
        assert!(spans.len() <= MOST + 2, "{}", spans.len());
        assert_eq!(spans.iter().map(|span| span.text).collect::<String>(), statement);
    }
}
