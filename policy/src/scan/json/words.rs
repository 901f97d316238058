/*! What members are called that do not name a value themselves, but say where its name stands. */

/// Ends of the names of members that hold the name of something: `{"name": "password", "value": ..}`,
/// `{"ParameterKey": .., "ParameterValue": ..}`.
const NAMES: Ends = Ends::of(&[
    "name",
    "key",
    "field",
    "label",
    "title",
    "id",
    "column",
    "header",
    "property",
    "param",
    "parameter",
    "variable",
    "attribute",
    "attr",
    "option",
    "setting",
    "question",
    "type",
    "kind",
]);
/// Those of members that hold what is called so.
const VALUES: Ends = Ends::of(&["value", "values", "answer"]);
/// Names as short as they come, and those that stand for the text of an element of XML.
const SHORT_NAMES: &[&str] = &["k", "n", "K", "N"];
const SHORT_VALUES: &[&str] =
    &["v", "V", "val", "S", "N", "SS", "NS", "#text", "_text", "$t", "$", "_"];
const SHORT_MAX: usize = 5;
/// Those of members that list the names of columns.
const LISTS: Ends = Ends::of(&[
    "columns",
    "cols",
    "fields",
    "headers",
    "header",
    "names",
    "keys",
    "meta",
    "metadata",
    "rowtype",
    "schema",
    "labels",
    "attributes",
    "vars",
]);
/// A row that is a member of an object, one of a list.
const ROWS: &[&str] = &["row", "values", "cells", "data", "f"];

pub(super) fn is_name(member: &[u8]) -> bool {
    is_one_of(member, SHORT_NAMES) || ends_with_one_of(member, &NAMES)
}

/// The name that is meant where a thing has several.
pub(super) fn is_the_name(member: &[u8]) -> bool {
    member.eq_ignore_ascii_case(b"name")
}

/// What a thing is, which several beside each other may be: no name of its own.
pub(super) fn is_sort(member: &[u8]) -> bool {
    member.eq_ignore_ascii_case(b"type") || member.eq_ignore_ascii_case(b"kind")
}

pub(super) fn is_value(member: &[u8]) -> bool {
    is_one_of(member, SHORT_VALUES) || ends_with_one_of(member, &VALUES)
}

pub(super) fn is_list(member: &[u8]) -> bool {
    ends_with_one_of(member, &LISTS)
}

pub(super) fn is_row(member: &[u8]) -> bool {
    ROWS.iter().any(|word| member.eq_ignore_ascii_case(word.as_bytes()))
}

fn is_one_of(member: &[u8], words: &[&str]) -> bool {
    member.len() <= SHORT_MAX && words.iter().any(|word| member == word.as_bytes())
}

/// In any case; what stands before does not matter. It is asked of every member, mostly in vain: the last
/// letters tell that soonest.
fn ends_with_one_of(member: &[u8], words: &Ends) -> bool {
    let letter = member.last().map(|byte| byte.to_ascii_lowercase().wrapping_sub(b'a'));
    if letter.is_none_or(|letter| letter > 25 || words.last >> letter & 1 == 0) {
        return false;
    }
    words.all.iter().any(|word| {
        let from = member.len().checked_sub(word.len());
        let end = from.and_then(|from| member.get(from..)).unwrap_or_default();
        end.eq_ignore_ascii_case(word.as_bytes())
    })
}

/// Words, and a bit for each letter that one of them ends with.
struct Ends {
    all: &'static [&'static str],
    last: u32,
}

impl Ends {
    const fn of(all: &'static [&'static str]) -> Self {
        let (mut last, mut rest) = (0, all);
        while let [word, others @ ..] = rest {
            if let [.., letter] = word.as_bytes() {
                last |= 1 << (*letter - b'a');
            }
            rest = others;
        }
        Self { all, last }
    }
}
