/*!
The name that stands right before a value, with what joins the two: punctuation, tags, and the words that
prose has there.
*/

use super::QUALIFIERS;

/// How many things may stand between a name and its value.
const JOINTS_MAX: usize = 8;
/// Longest tag that is looked into.
const TAG_MAX: usize = 80;

/// Words between a name and its value: `the SSN on file is`.
const WORDS: &[&[u8]] = &[
    b"is", b"was", b"are", b"on", b"file", b"set", b"to", b"now", b"of", b"no", b"nr", b"num",
    b"number",
];

/// Whether `before` ends with one of the names and what may follow one, and the steps it took to see.
pub(super) fn ends_with_one_of(fields: &[String], before: &[u8], cut: bool) -> (bool, usize) {
    let mut rest = before;
    let mut steps = 0;
    for _ in 0..JOINTS_MAX {
        rest = rest.trim_ascii_end();
        let mut ends = |text: &[u8]| {
            steps += 2 * fields.len();
            fields.iter().any(|field| {
                [Some(text), without_qualifier(text)]
                    .into_iter()
                    .flatten()
                    .any(|text| ends_with(text, field, cut, &mut steps))
            })
        };
        if ends(rest) {
            return (true, steps);
        }
        if let Some((outside, inside)) = tag(rest) {
            if ends(inside) {
                return (true, steps);
            }
            rest = outside;
        } else if let Some(shorter) = without_joint(rest) {
            rest = shorter;
        } else {
            break;
        }
        steps += rest.len();
    }
    (false, steps)
}

/// Whether `text` ends with the name, in words of its own.
fn ends_with(text: &[u8], field: &str, cut: bool, steps: &mut usize) -> bool {
    let (any, name) = field.strip_prefix('*').map_or((false, field), |name| (true, name));
    let mut wanted = name.bytes().rev().peekable();
    let mut at = text.len();
    let mut gap = 0;
    while let Some(byte) = at.checked_sub(1).and_then(|at| text.get(at)) {
        *steps += 1;
        let Some(next) = wanted.peek() else { break };
        if byte.to_ascii_lowercase() == *next {
            wanted.next();
            gap = 0;
        } else if matches!(byte, b' ' | b'_' | b'-' | b'.') && gap == 0 && at < text.len() {
            gap = 1;
        } else {
            return false;
        }
        at -= 1;
    }
    if wanted.peek().is_some() {
        return false;
    }
    let joined =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || !byte.is_ascii();
    any || match at.checked_sub(1).and_then(|at| text.get(at)) {
        Some(byte) => !joined(byte),
        None => !cut,
    }
}

/// `ssn_2` is called as `ssn` is, and so is `ssnOld`.
fn without_qualifier(text: &[u8]) -> Option<&[u8]> {
    let end = text.iter().rposition(|byte| !byte.is_ascii_digit())? + 1;
    let name = if end < text.len() {
        text.get(..end)?
    } else {
        QUALIFIERS.iter().find_map(|word| {
            let (name, last) = text.split_at_checked(text.len().checked_sub(word.len())?)?;
            last.eq_ignore_ascii_case(word.as_bytes()).then_some(name)
        })?
    };
    let joined = |byte: &u8| matches!(byte, b'_' | b'-' | b' ' | b'.');
    Some(name.split_last().filter(|(last, _)| joined(last)).map_or(name, |(_, name)| name))
}

/// What stands before a tag at the end of the text, and what is in it.
fn tag(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = text.strip_suffix(b">")?;
    let from = inner.len().saturating_sub(TAG_MAX);
    let open = from + inner.get(from..)?.iter().rposition(|byte| *byte == b'<')?;
    let inside = inner.get(open + 1..)?;
    let inside = inside.strip_suffix(b"\"").or(inside.strip_suffix(b"'")).unwrap_or(inside);
    Some((inner.get(..open)?, inside))
}

/// Without the punctuation or the word at its end.
fn without_joint(text: &[u8]) -> Option<&[u8]> {
    let joins = |byte: &u8| byte.is_ascii_whitespace() || b":=>|\"'`*([{\\,#?".contains(byte);
    let end = text.iter().rposition(|byte| !joins(byte)).map_or(0, |at| at + 1);
    if end < text.len() {
        return text.get(..end);
    }
    let text = text.strip_suffix(b".").unwrap_or(text);
    let from = text.iter().rposition(|byte| !byte.is_ascii_alphabetic()).map_or(0, |at| at + 1);
    let (rest, word) = text.split_at_checked(from)?;
    let known = WORDS.iter().any(|known| word.eq_ignore_ascii_case(known));
    (known && rest.last().is_some_and(u8::is_ascii_whitespace)).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::ends_with_one_of;

    fn holds(before: &str, fields: &[&str]) -> bool {
        let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        ends_with_one_of(&fields, before.as_bytes(), false).0
    }

    #[test]
    fn names_before_values() {
        for before in [
            "ssn: ",
            "SSN ",
            "'ssn': '",
            "\"SSN\" => \"",
            "<ssn>",
            "<f n=\"ssn\">",
            "<th>SSN</th><td>",
            "<dt>ssn</dt>\n <dd class=\"x\">",
            "the SSN on file is ",
            "SSN no. ",
            "ssn_2=",
            "**SSN**: ",
            "| ssn | ",
            "(ssn: ",
            "SSN (",
            "ssn_old: ",
            "SSN Primary: ",
            "<ssnNew>",
        ] {
            assert!(holds(before, &["ssn"]), "{before}");
        }
        for before in
            ["", "x", "assn: ", "my_ssn: ", "ssn policy ", "ssn of Ada is ", "ssn, name: ", "ssnx "]
        {
            assert!(!holds(before, &["ssn"]), "{before}");
        }
        assert!(holds("my_ssn: ", &["*ssn"]) && holds("customerSSN=", &["*ssn"]));
        assert!(holds("Social Security Number: ", &["socialsecuritynumber"]));
        assert!(holds("social-security_number ", &["socialsecuritynumber"]));
    }
}
