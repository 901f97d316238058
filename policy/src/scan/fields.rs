/*!
Fields in which a match counts: members of JSON, and what reads `name=value` as forms and queries do.

Text is not told apart from a form: `ssn=...` is a field wherever it stands. The name is looked for in a
bounded number of bytes before the match, so that text that flows is decided like a whole one.
*/

use super::search::Window;

/// Most bytes from the begin of a form's field to the match in its value.
pub(super) const REACH: usize = 128;
/// Fields of one pattern.
pub const FIELDS_MAX: usize = 64;

/// A name as it is compared: letters and digits, in lower case.
pub fn normal(name: &str) -> String {
    let kept = name.chars().filter(|c| !c.is_ascii() || c.is_ascii_alphanumeric());
    kept.collect::<String>().to_ascii_lowercase()
}

pub(super) fn are_sound(fields: &[String]) -> bool {
    let fits =
        |field: &String| !field.is_empty() && field.len() <= REACH / 2 && normal(field) == *field;
    fields.len() <= FIELDS_MAX && fields.iter().all(fits)
}

/// Whether a match that begins here stands in one of the fields, and the steps it took to see.
pub(super) fn hold(fields: &[String], begin: usize, window: &Window<'_>) -> (bool, usize) {
    if fields.is_empty() {
        return (false, 0);
    }
    let before = window.slice(begin.saturating_sub(REACH)..begin);
    let mut steps = before.len() + window.member.len();
    let held = names(before, begin > REACH).chain([window.member]).any(|name| {
        steps += fields.len() + name.len();
        fields.iter().any(|field| is_called(name, field))
    });
    (held, steps)
}

/// The names of the fields in whose value `before` may end. `cut`: something is before it. What is a part
/// of a value in a form may begin the next pair of a text, so each `=` counts.
fn names(before: &[u8], cut: bool) -> impl Iterator<Item = &[u8]> {
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

fn is_called(name: &[u8], field: &str) -> bool {
    let kept = name.iter().filter(|byte| !byte.is_ascii() || byte.is_ascii_alphanumeric());
    kept.map(u8::to_ascii_lowercase).eq(field.bytes())
}
