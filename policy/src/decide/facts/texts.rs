/*! Texts within a text, of which each could be SQL: JSON in a string, the parts of a form. */

use std::borrow::Cow;

use crate::content_type;

/// Every string of text that begins like a JSON object or array, or that is one JSON string. Names of
/// members too. Read leniently, since whoever unpacks it may be: what is told is every literal between
/// quotes, not a tree.
pub(super) fn in_json(text: &str, mut hear: impl FnMut(&str)) {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    match start.as_bytes().first() {
        Some(b'{' | b'[') => literals(start, hear),
        Some(b'"') => {
            if let Ok(whole) = serde_json::from_str::<String>(start) {
                hear(&whole);
            }
        }
        _ => {}
    }
}

fn literals(text: &str, mut hear: impl FnMut(&str)) {
    let mut rest = text;
    while let Some(open) = rest.find('"') {
        let literal = rest.get(open..).unwrap_or_default();
        let Some(length) = literal_length(literal) else { return };
        let (quoted, behind) = literal.split_at_checked(length).unwrap_or((literal, ""));
        hear(&decoded(quoted));
        rest = behind;
    }
}

/// Of the literal at the front, both quotes included.
fn literal_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().enumerate().skip(1).find_map(|(index, byte)| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes.then_some(index + 1)
    })
}

/// As it stands where its escapes are none of JSON.
fn decoded(quoted: &str) -> Cow<'_, str> {
    let inner = || quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    serde_json::from_str::<String>(quoted).map_or_else(|_| Cow::Borrowed(inner()), Cow::Owned)
}

/// The content of every part of a multipart body, which begins behind the first empty line. Lines may
/// end in a bare line feed: some readers take that.
pub(super) fn in_parts(content_type: &str, body: &str, mut hear: impl FnMut(&str)) {
    let Some(boundary) = content_type::boundary(content_type) else { return };
    if !content_type::is_multipart(content_type) {
        return;
    }
    let fence = format!("--{boundary}");
    for part in body.split(fence.as_str()).skip(1) {
        let empty = ["\r\n\r\n", "\n\n", "\n\r\n"];
        let heads = empty.iter().filter_map(|line| part.find(line).map(|at| at + line.len()));
        let content = heads.min().and_then(|at| part.get(at..)).unwrap_or(part);
        hear(content.trim_end_matches(['\r', '\n']));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(tell: impl FnOnce(&mut dyn FnMut(&str))) -> Vec<String> {
        let mut all = Vec::new();
        tell(&mut |text| all.push(text.to_owned()));
        all
    }

    #[test]
    fn json_within_text_is_told() {
        let told = |text: &str| heard(|hear| in_json(text, hear));
        assert_eq!(
            told(r#" {"a": ["b", "c\u0044\"d"], "a": "e",}"#),
            ["a", "b", "cD\"d", "a", "e"]
        );
        assert_eq!(told(r#""DROP \"x\"""#), ["DROP \"x\""]);
        assert_eq!(told(r#"{"a\q": "open"#), [r"a\q"]);
        for none in ["", "a \"b\"", "\"a\" b", "\"a"] {
            assert!(told(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn parts_are_told() {
        let told = |kind: &str, body: &str| heard(|hear| in_parts(kind, body, hear));
        let body =
            "--b\r\nContent-Disposition: form-data; name=\"sql\"\r\n\r\nDROP\r\n\r\nx\r\n--b--\r\n";
        for kind in
            ["multipart/form-data; boundary=b", "Multipart/Mixed;charset=utf-8; Boundary=\"b\""]
        {
            assert_eq!(told(kind, body), ["DROP\r\n\r\nx", "--"]);
            assert_eq!(told(kind, &body.replace('\r', "")), ["DROP\n\nx", "--"]);
        }
        assert!(told("text/plain; boundary=b", body).is_empty());
        assert!(told("multipart/form-data", body).is_empty());
    }
}
