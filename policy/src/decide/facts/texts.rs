/*! Texts within a text, of which each could be SQL: JSON in a string, the parts of a form. */

use std::borrow::Cow;

use crate::content_type;
use crate::multipart::Part;
use crate::path::percent_decoded;
use crate::query;

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

/// The content of every part of a multipart body, and what its head says of it: names of fields and
/// files. Whatever cannot be read so was refused before (`protocol`).
pub(super) fn in_parts(parts: &[Part<'_>], mut hear: impl FnMut(&str)) {
    for part in parts {
        hear(part.content);
        let is_form =
            |(name, value): &(String, &str)| name == "content-type" && content_type::is_form(value);
        if part.headers.iter().any(is_form) {
            query::words(part.content, &mut hear);
        }
        part.names().for_each(|name| hear(&percent_decoded(&name)));
        for quoted in part.headers.iter().flat_map(|(_, value)| value.split('"').skip(1).step_by(2))
        {
            hear(&percent_decoded(quoted));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::multipart;

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
        let body =
            "--b\r\nContent-Disposition: form-data; name=\"a;b\"\r\n\r\nDROP\r\n\r\nx\r\n--b--";
        for body in [body.to_owned(), body.replace('\r', "")] {
            let told = heard(|hear| {
                in_parts(
                    &multipart::read("multipart/form-data; boundary=b", &body).unwrap_or_default(),
                    hear,
                )
            });
            assert_eq!(
                told.first().map(|content| content.replace('\r', "")).as_deref(),
                Some("DROP\n\nx")
            );
            assert!(told.iter().any(|text| text == "a;b"), "{told:?}");
        }
        let form =
            body.replace("Disposition: form-data", "Type: application/x-www-form-urlencoded");
        let form = form.replace("DROP", "a=DROP+it");
        let told = heard(|hear| {
            in_parts(
                &multipart::read("multipart/mixed; boundary=b", &form).unwrap_or_default(),
                hear,
            )
        });
        assert!(told.iter().any(|text| text.starts_with("DROP it")), "{told:?}");
        assert!(
            heard(|hear| in_parts(
                &multipart::read("text/plain; boundary=b", body).unwrap_or_default(),
                hear
            ))
            .is_empty()
        );
    }
}
