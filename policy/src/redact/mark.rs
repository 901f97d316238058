/*! What stands in the place of redacted text, and where a text has such marks. */

use std::ops::Range;

/// What all marks begin with.
const BEGIN: &str = "[REDACTED";

/// Of a value that is left out whole, whatever it is.
pub const LEFT_OUT: &str = "[REDACTED]";

pub fn mark(kind: &str) -> String {
    format!("[REDACTED:{kind}]")
}

/// As it is written here and nothing else: whoever sends a text can write one, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark<'t> {
    pub span: Range<usize>,
    /// `None`: left out whole.
    pub kind: Option<&'t str>,
}

/// In their order.
pub fn marks(text: &str) -> impl Iterator<Item = Mark<'_>> {
    text.match_indices(BEGIN).filter_map(|(start, _)| {
        let rest = text.get(start + BEGIN.len()..)?;
        let inner = rest.get(..rest.find(']')?)?;
        let span = start..start + BEGIN.len() + inner.len() + 1;
        if inner.is_empty() {
            return Some(Mark { span, kind: None });
        }
        let named = inner.strip_prefix(':')?;
        let (kind, number) = named.split_once('#').unwrap_or((named, "2"));
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        (is_kind(kind) && digits).then_some(Mark { span, kind: Some(kind) })
    })
}

fn is_kind(kind: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    !kind.is_empty() && kind.bytes().all(plain)
}

/// With this in the place of each mark for which it is asked for.
pub fn without_marks(text: &str, value: &str, is_one: impl Fn(&Mark) -> bool) -> String {
    let mut written = String::with_capacity(text.len());
    let mut at = 0;
    for mark in marks(text).filter(is_one) {
        written.push_str(text.get(at..mark.span.start).unwrap_or_default());
        written.push_str(value);
        at = mark.span.end;
    }
    written.push_str(text.get(at..).unwrap_or_default());
    written
}

#[cfg(test)]
mod tests {
    use super::{marks, without_marks};

    #[test]
    fn only_what_is_written_as_one_is_a_mark() {
        let text = "[REDACTED:email], [REDACTED] and [REDACTED:us-ssn#2].";
        let kinds: Vec<_> = marks(text).map(|mark| mark.kind).collect();
        assert_eq!(kinds, [Some("email"), None, Some("us-ssn")]);
        assert_eq!(without_marks(text, "0", |_| true), "0, 0 and 0.");
        assert_eq!(
            without_marks(text, "0", |mark| mark.kind.is_none()),
            text.replace("[REDACTED]", "0")
        );
        for text in [
            "",
            "[REDACTED",
            "[REDACTED /data]",
            "[REDACTED'; drop table users; -- ]",
            "[REDACTED:]",
            "[REDACTED:a b]",
            "[REDACTED:a#]",
            "[REDACTED:a#x]",
            "[redacted]",
        ] {
            assert_eq!(marks(text).count(), 0, "{text}");
            assert_eq!(without_marks(text, "0", |_| true), text);
        }
        assert_eq!(without_marks("[REDACTED[REDACTED]]", "0", |_| true), "[REDACTED0]");
    }
}
