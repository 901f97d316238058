/*! JSON over several lines, each token as it is: no number is read and written anew. */

use serde::de::IgnoredAny;

const STEP: usize = 2;
/// What is deeper stands no further to the right: a body of brackets alone would be megabytes of spaces.
const DEEPEST: usize = 32;

/// `None` if it is no JSON.
pub fn indented(text: &str) -> Option<String> {
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut out = String::with_capacity(text.len() * 2);
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    let mut rest = text.trim().chars().peekable();
    while let Some(c) = rest.next() {
        if quoted {
            out.push(c);
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            ' ' | '\t' | '\n' | '\r' => {}
            '"' => {
                quoted = true;
                out.push(c);
            }
            '{' | '[' => {
                out.push(c);
                while rest.next_if(|c| c.is_ascii_whitespace()).is_some() {}
                if !matches!(rest.peek(), Some('}' | ']')) {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                if !out.ends_with(['{', '[']) {
                    depth = depth.saturating_sub(1);
                    line(&mut out, depth);
                }
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => out.push(c),
        }
    }
    Some(out)
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', depth.min(DEEPEST) * STEP));
}

#[cfg(test)]
mod tests {
    use super::indented;

    #[test]
    fn tokens_stay_as_they_are() {
        let text = r#" {"a":[1.00,1e400,{}],"b\"{,":"[x, y]: \\","c":[ ],"n":null} "#;
        let wanted = "{\n  \"a\": [\n    1.00,\n    1e400,\n    {}\n  ],\n  \"b\\\"{,\": \"[x, y]: \\\\\",\n  \"c\": [],\n  \"n\": null\n}";
        assert_eq!(indented(text).unwrap(), wanted);
        assert_eq!(indented("\"[REDACTED:ssn]\"").unwrap(), "\"[REDACTED:ssn]\"");
        for none in ["", "{", "data: {}", "{\"a\":1} {}", "{\"cut"] {
            assert_eq!(indented(none), None, "{none}");
        }
    }

    #[test]
    fn depth_costs_no_room() {
        let deep = format!("{}{}", "[".repeat(8_000), "]".repeat(8_000));
        let text = indented(&deep).unwrap_or_default();
        assert!(text.len() < 2_000_000, "{}", text.len());
    }

    #[test]
    fn what_stands_in_a_string_opens_nothing() {
        let text = r#"{"a":"[[[[","b":"\\\"]"}"#;
        assert_eq!(indented(text).unwrap().lines().count(), 4);
        assert_eq!(indented("[[],[]]").unwrap(), "[\n  [],\n  []\n]");
    }
}
