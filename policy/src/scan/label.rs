/*!
What stands before a value and says what it is, where the value has no shape of its own: the scheme and
user of a URL before its password, `Basic ` before what is encoded, the name of a field.

A label is looked for instead of the value, and stays where it is.
*/

use serde::{Deserialize, Serialize};

use super::fields;

/// Most bytes of a label from its trigger on.
pub const LABEL_MAX: u32 = 192;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Most bytes a run reads from the trigger on.
    pub max_length: u32,
    /// It is one of the pattern's field names and what joins name and value: then the value of a member
    /// of JSON or a cell of a table is one too, where the member or the column has such a name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub named: bool,
    /// A member or a cell counts whole, whatever the expression says of its characters.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
}

impl Label {
    pub(super) fn is_sound(&self, names: &[String]) -> bool {
        (1..=LABEL_MAX).contains(&self.max_length)
            && (!self.named || !names.is_empty())
            && (self.named || !self.whole)
    }
}

/// Whether name and value are joined by words or blanks alone, as in prose: `the password is ...`. There
/// most of what follows a name is no value.
pub(super) fn is_loose(label: &[u8]) -> bool {
    // Two cells beside each other are a name and its value only in some tables.
    !label.iter().any(|byte| matches!(byte, b':' | b'=' | b'>' | b'|' | b'\n'))
        || label.windows(4).any(|part| part.eq_ignore_ascii_case(b"</td"))
        || is_marked_word(label)
}

/// `<code>ChangePassword</code> `: a word of a sentence, in a tag of its own.
fn is_marked_word(label: &[u8]) -> bool {
    let end = label.trim_ascii_end();
    let blank = end.len() < label.len();
    blank && end.ends_with(b">") && !label.iter().any(|byte| matches!(byte, b':' | b'=' | b'\n'))
}

/// Whether a text behind such a label is a value all the same.
pub(super) fn may_follow_loosely(text: &[u8]) -> bool {
    let letter = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
    (is_mixed(text) || !text.iter().any(letter)) && !is_page(text)
}

/// `proc.5`, `chsh(1)`: a page of a manual.
fn is_page(text: &[u8]) -> bool {
    let (name, section) = match text {
        [name @ .., b'(', section, b')'] | [name @ .., b'.', section] => (name, section),
        [name @ .., b'(', section] => (name, section),
        _ => return false,
    };
    section.is_ascii_digit()
        && name.iter().all(|byte| byte.is_ascii_lowercase() || b"_-/0123456789".contains(byte))
}

/// Whether a text reads like something that was made up at random: letters and digits, or capital
/// letters in the middle of it, more of them than names have.
pub(super) fn is_mixed(text: &[u8]) -> bool {
    let digits = text.iter().any(u8::is_ascii_digit);
    let letters = text.iter().any(u8::is_ascii_alphabetic);
    let begins =
        |pair: &&[u8]| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase());
    (digits && letters) || text.windows(2).filter(begins).count() > 2
}

/// Which patterns with names a member's name is one of: what the names end with, by their last byte.
#[derive(Clone, Debug, Default)]
pub(super) struct ByName {
    /// By last byte of the name: pattern and name.
    names: Vec<(u8, u16, String)>,
}

impl ByName {
    pub(super) fn new<'a>(patterns: impl Iterator<Item = (u16, &'a [String])>) -> Self {
        let mut names: Vec<_> = patterns
            .flat_map(|(pattern, names)| names.iter().map(move |name| (pattern, name)))
            .map(|(pattern, name)| {
                (name.as_bytes().last().copied().unwrap_or(0), pattern, name.clone())
            })
            .collect();
        names.sort();
        Self { names }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The patterns for a member, each once; `member` is its name as it was written.
    pub(super) fn of(&self, member: &[u8]) -> Vec<u16> {
        let name = fields::plain(member);
        let mut found = Vec::new();
        for name in [Some(name.as_slice()), fields::unqualified(&name)].into_iter().flatten() {
            let Some(last) = name.last() else { continue };
            let from = self.names.partition_point(|(byte, ..)| byte < last);
            let same = self.names.iter().skip(from).take_while(|(byte, ..)| byte == last);
            for (_, pattern, field) in same {
                if fields::is_called(name, field) && !found.contains(pattern) {
                    found.push(*pattern);
                }
            }
        }
        found
    }
}
