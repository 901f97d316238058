/*!
Where a value without quotes ends: signs that end one in some texts, in others are a part of it.

In a query, a connection string or a list of arguments what follows the sign is another name; a password
from a generator goes on with anything.
*/

/// What may stand behind a value, and is not a part of it.
const BEHIND: &[u8] = b".,;:)]}|&\"'`>\\";

/// Bytes of the value that a text without blanks begins with. `label` is what stands before it.
pub(super) fn length(label: &[u8], text: &[u8]) -> usize {
    // `Password::new`, and `arn:aws:secretsmanager:...`.
    if text.first() == Some(&b':') {
        return 0;
    }
    let in_row = label.trim_ascii_end().last() == Some(&b'|');
    let ends = |at: &usize| (in_row && text.get(*at) == Some(&b'|')) || ends_at(text, *at);
    let end = (0..text.len()).find(ends).unwrap_or(text.len());
    let value = text.get(..end).unwrap_or_default();
    value.iter().rposition(|byte| !BEHIND.contains(byte)).map_or(0, |last| last + 1)
}

fn ends_at(text: &[u8], at: usize) -> bool {
    let rest = text.get(at + 1..).unwrap_or_default();
    let name =
        rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let named = rest.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    let follows = rest.get(name);
    let goes_on = named && matches!(follows, Some(b'=' | b':' | b'(' | b'.' | b'['));
    match text.get(at) {
        Some(b'|') => goes_on || matches!(rest.first(), None | Some(b'|')),
        Some(b'<') => is_tag(rest),
        // Cells of a row have one behind each.
        Some(b',') => goes_on || rest.strip_suffix(b",").unwrap_or(rest).contains(&b','),
        Some(b';') if matches!(rest.first(), Some(b',' | b';' | b'"' | b'\'')) => true,
        Some(b';') => (goes_on || (named && follows.is_none())) && !is_entity(text, at),
        Some(b'&') => {
            let escaped = rest.strip_prefix(b"amp;").is_some_and(is_pair);
            rest.first() == Some(&b'&') || is_pair(rest) || escaped
        }
        Some(b'"' | b'\'' | b'`') => !rest.first().is_some_and(u8::is_ascii_alphanumeric),
        _ => false,
    }
}

/// `name=`.
fn is_pair(text: &[u8]) -> bool {
    let name =
        text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.[]".contains(byte));
    let name = name.count();
    name > 0 && text.get(name) == Some(&b'=')
}

/// `br>`, `/td>`, or what a blank cut off.
fn is_tag(text: &[u8]) -> bool {
    let begins = |text: &[u8]| text.first().is_some_and(u8::is_ascii_alphabetic);
    match text {
        [b'/', name @ ..] => begins(name),
        [b'!', ..] => true,
        name => {
            let part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-_:".contains(*byte);
            let length = name.iter().take_while(part).count();
            begins(name) && matches!(name.get(length), None | Some(b'>' | b'/'))
        }
    }
}

/// `&amp;` ends here.
fn is_entity(text: &[u8], semicolon: usize) -> bool {
    let before = text.get(semicolon.saturating_sub(8)..semicolon).unwrap_or_default();
    let name = before.iter().rposition(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'#'));
    name.is_some_and(|at| before.get(at) == Some(&b'&') && at + 1 < before.len())
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn where_values_end() {
        for (value, behind) in [
            ("t7Kq&vX2zR", ""),
            ("t7Kq;vX2!zR", ""),
            ("t7Kq,vX2zR", ","),
            ("t7Kq(vX2zR", ");"),
            ("t7Kq'vX2zR", "'"),
            ("t7Kq&amp;vX2zR", ""),
            ("t7Kq&lt;vX2zR", "&user=ada"),
            ("t7Kq-vX2zR", "&user=ada"),
            ("t7Kq-vX2zR", "&amp;user=ada"),
            ("t7Kq-vX2zR", ";User"),
            ("t7Kq-vX2zR", ";Encrypt=True;"),
            ("t7Kq-vX2zR", ",user=ada)"),
            ("t7Kq-vX2zR", ",user:ada}"),
            ("t7Kq-vX2zR", "\"}"),
            ("t7Kq-vX2zR", ",low,53"),
            ("t7Kq-vX2zR", ";,low"),
            ("t7Kq|vX2zR", "|"),
            ("t7Kq<vX2zR", "</td>"),
            ("t7Kq-vX2zR", "<br>then"),
            ("t7Kq-vX2zR", "&&psql"),
            ("e.password", ";return"),
            ("", "..."),
        ] {
            let text = format!("{value}{behind}");
            assert_eq!(&text[..length(b"pw: ", text.as_bytes())], value, "{text}");
        }
        assert_eq!(length(b"| pw | ", b"t7Kq|vX2zR"), 4);
        assert_eq!(length(b"Password:", b":new"), 0);
    }
}
