/*!
What has to stand near a match so that it counts: `account number` before eight digits.

Words are looked for in a window of bounded size on both sides, in the text that the match stands in;
in JSON the name of its member counts as well, wherever in the value the match is.
*/

use std::borrow::Cow;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::search::Window;
use super::unescape::unescape;

/// Most bytes between a match and the far end of a word.
pub const WITHIN_MAX: u32 = 100;
/// Bytes on either side if a pattern says nothing.
pub const WITHIN: u32 = 40;
/// Words of one pattern: each is tried where one may begin.
pub const WORDS_MAX: usize = 32;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// In lower case, with one blank between the words of a term. None is empty.
    pub words: Vec<String>,
    pub within: u32,
}

impl Context {
    /// A term as it is compared.
    pub fn normal(term: &str) -> String {
        let words = term.split(|c: char| c.is_ascii() && separates(c as u8));
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        words.join(" ").to_ascii_lowercase()
    }

    pub(crate) fn is_sound(&self) -> bool {
        let fits = |word: &String| {
            !word.is_empty() && word.len() <= self.within as usize && Self::normal(word) == *word
        };
        self.within <= WITHIN_MAX
            && (1..=WORDS_MAX).contains(&self.words.len())
            && self.words.iter().all(fits)
    }

    /// How many bytes on either side are looked at: one more tells whether a word is a whole one.
    pub(super) fn reach(&self) -> usize {
        self.within as usize + 1
    }

    /// Whether a match counts, and the steps it took to see.
    pub(super) fn counts(&self, span: &Range<usize>, window: &Window<'_>) -> (bool, usize) {
        let mut steps = 0;
        let before = window.slice(span.start.saturating_sub(self.reach())..span.start);
        let after = window.slice(span.end..span.end.saturating_add(self.reach()));
        // What the next line begins with is about something else.
        let after = after.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let whole = before.len().saturating_sub(self.within as usize);
        let counts = self.stands_in(before, whole..before.len(), &mut steps)
            || self.stands_in(after, 0..after.len().min(self.within as usize), &mut steps)
            || self.stands_in(window.member, 0..window.member.len(), &mut steps);
        (counts, steps)
    }

    /// Whether a term lies in `place` of `text`, beside no other letter or digit.
    fn stands_in(&self, text: &[u8], place: Range<usize>, steps: &mut usize) -> bool {
        let end = place.end;
        for at in place {
            *steps += 1;
            let inside = at.checked_sub(1).and_then(|before| text.get(before));
            if inside.is_some_and(|byte| is_letter(*byte)) {
                continue;
            }
            let rest = text.get(at..end).unwrap_or_default();
            let follows = |length: usize| text.get(at + length).is_some_and(|b| is_letter(*b));
            let found = self.words.iter().any(|word| {
                *steps += 1;
                begins_with(rest, word.as_bytes(), steps) && !follows(word.len())
            });
            if found {
                return true;
            }
        }
        false
    }
}

fn begins_with(text: &[u8], word: &[u8], steps: &mut usize) -> bool {
    let same = |(byte, wanted): (&u8, &u8)| match wanted {
        b' ' => separates(*byte),
        wanted => byte.to_ascii_lowercase() == *wanted,
    };
    let alike = text.iter().zip(word).take_while(|pair| same(*pair)).count();
    *steps += alike;
    alike == word.len()
}

fn separates(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'_' | b'-')
}

/// Of a word; what is not ASCII belongs to one.
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

/// The name of a member as context: without escapes, its words apart, and of a long one the end, so
/// that a list of many values under it costs no more than they do.
pub(super) fn member(raw: &[u8]) -> Vec<u8> {
    let end = raw.get(raw.len().saturating_sub(WITHIN_MAX as usize)..).unwrap_or_default();
    let name: Cow<'_, [u8]> = if end.contains(&b'\\') { unescape(end).into() } else { end.into() };
    let mut words = Vec::with_capacity(name.len());
    let mut last = b' ';
    for &byte in name.iter() {
        if byte.is_ascii_uppercase() && (last.is_ascii_lowercase() || last.is_ascii_digit()) {
            words.push(b' ');
        }
        words.push(byte);
        last = byte;
    }
    words
}
