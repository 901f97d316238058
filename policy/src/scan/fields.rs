/*!
Fields in which a match counts: members of JSON, columns of tables, what reads `name=value` as forms and
queries do, and names that stand right before a value: `ssn: `, `<ssn>`, `<th>SSN</th><td>`, `the SSN on
file is `.

The name is looked for in a bounded number of bytes before the match, so that text that flows is decided
like a whole one.
*/

mod before;

use super::search::Window;

/// Most bytes from the begin of a field's name to the match in its value.
pub(super) const REACH: usize = 128;
/// Fields of one pattern.
pub const FIELDS_MAX: usize = 64;

/// Words behind a name that say which one of several it is, and not what.
pub const QUALIFIERS: &[&str] = &[
    "backup",
    "current",
    "dev",
    "live",
    "new",
    "old",
    "previous",
    "primary",
    "prod",
    "production",
    "sandbox",
    "secondary",
    "staging",
    "test",
    "value",
];

/// A name as it is compared: letters and digits, in lower case. A star before it stands for any others.
pub fn normal(name: &str) -> String {
    let (star, name) = name.strip_prefix('*').map_or(("", name), |name| ("*", name));
    let kept = name.chars().filter(|c| !c.is_ascii() || c.is_ascii_alphanumeric());
    format!("{star}{}", kept.collect::<String>().to_ascii_lowercase())
}

pub(super) fn are_sound(fields: &[String]) -> bool {
    let fits = |field: &String| {
        field.trim_start_matches('*').len().clamp(1, REACH / 2)
            == field.trim_start_matches('*').len()
            && normal(field) == *field
    };
    fields.len() <= FIELDS_MAX && fields.iter().all(fits)
}

/// Whether a match that begins here stands in one of the fields, and the steps it took to see.
pub(super) fn hold(fields: &[String], begin: usize, window: &Window<'_>) -> (bool, usize) {
    if fields.is_empty() {
        return (false, 0);
    }
    let before = window.slice(begin.saturating_sub(REACH)..begin);
    let cut = begin > REACH;
    let mut steps = before.len() + window.member.len();
    let mut called = |name: &[u8]| {
        steps += fields.len() + name.len();
        let name = plain(name);
        let names = [Some(name.as_slice()), unqualified(&name)];
        names.into_iter().flatten().any(|name| fields.iter().any(|field| is_called(name, field)))
    };
    let held = called(window.member) || pairs(before, cut).any(&mut called);
    if held {
        return (true, steps);
    }
    let (held, more) = before::ends_with_one_of(fields, before, cut);
    (held, steps + more)
}

/// Letters and digits of a name, in lower case.
pub(super) fn plain(name: &[u8]) -> Vec<u8> {
    let kept = name.iter().filter(|byte| !byte.is_ascii() || byte.is_ascii_alphanumeric());
    kept.map(u8::to_ascii_lowercase).collect()
}

/// A plain name without the number or the qualifier at its end: the second of two columns is often called
/// `ssn_2`, or `ssn_old`.
pub(super) fn unqualified(name: &[u8]) -> Option<&[u8]> {
    let letters = name.iter().rposition(|byte| !byte.is_ascii_digit())? + 1;
    if letters < name.len() {
        return name.get(..letters);
    }
    let rest = QUALIFIERS.iter().find_map(|word| name.strip_suffix(word.as_bytes()));
    rest.filter(|rest| !rest.is_empty())
}

/// `name` is plain.
pub(super) fn is_called(name: &[u8], field: &str) -> bool {
    match field.strip_prefix('*') {
        Some(end) => name.ends_with(end.as_bytes()),
        None => name == field.as_bytes(),
    }
}

/// The names of the fields of forms in whose value `before` may end. `cut`: something is before it. What is
/// a part of a value in a form may begin the next pair of a text, so each `=` counts.
fn pairs(before: &[u8], cut: bool) -> impl Iterator<Item = &[u8]> {
    let ends = |byte: &u8| matches!(byte, b'&' | b'?' | b';' | b'\r' | b'\n');
    let last = before.iter().rposition(ends).map(|end| end + 1);
    let pair = before.get(last.unwrap_or(0)..).unwrap_or_default();
    let open = cut && last.is_none();
    let signs = pair.iter().enumerate().filter(|(_, byte)| **byte == b'=').map(|(at, _)| at);
    signs.flat_map(move |sign| {
        let name = pair.get(..sign).unwrap_or_default();
        let apart = |byte: &u8| *byte == b'=' || byte.is_ascii_whitespace();
        let word = name.iter().rposition(apart).and_then(|at| name.get(at + 1..));
        let whole = Some(name).filter(|_| !open);
        [word, whole].into_iter().flatten()
    })
}
