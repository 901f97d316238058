/*! What stands around JSON that is not JSON as a whole: marks before it, and other lines beside it. */

use std::ops::Range;

use super::findings::Found;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// What servers write before JSON so that no page can run it as a script.
const GUARDS: &[&[u8]] = &[b")]}',", b")]}'", b"for(;;);", b"for (;;);", b"while(1);"];

/// How many bytes stand before the JSON that may follow.
pub(super) fn preface(text: &[u8]) -> usize {
    // Most strings are looked at only here.
    if !matches!(text.first(), Some(0xef | b')' | b'f' | b'w')) {
        return 0;
    }
    let rest = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let guard = GUARDS.iter().find(|guard| rest.starts_with(guard));
    text.len() - rest.len() + guard.map_or(0, |guard| guard.len())
}

/// What was found in the lines that are JSON by themselves, and those of them that matter.
#[derive(Default)]
pub(super) struct Lines {
    spans: Vec<Range<usize>>,
    found: Vec<Found>,
}

impl Lines {
    /// The spans of the lines of `text` from `from` on, without the line feeds.
    pub(super) fn of(text: &[u8], from: usize) -> impl Iterator<Item = Range<usize>> + '_ {
        let rest = text.get(from..).unwrap_or_default();
        rest.split(|byte| *byte == b'\n').scan(from, |at, line| {
            let begin = std::mem::replace(at, *at + line.len() + 1);
            Some(begin..begin + line.len())
        })
    }

    /// `whole` is what was found in the text as a whole: a line without any of it is not kept.
    pub(super) fn add(&mut self, line: Range<usize>, mut found: Vec<Found>, whole: &[Found]) {
        let next = whole.partition_point(|one| one.span.start < line.start);
        if whole.get(next).is_some_and(|one| one.span.start < line.end) {
            self.spans.push(line);
        }
        self.found.append(&mut found);
    }

    /// All findings: of those in the text as a whole, the ones within a line of JSON give way to
    /// what was found there, which knows numbers and names.
    pub(super) fn instead_of(mut self, mut whole: Vec<Found>) -> Vec<Found> {
        whole.retain(|found| {
            let index = self.spans.partition_point(|line| line.end < found.span.end);
            self.spans.get(index).is_none_or(|line| found.span.start < line.start)
        });
        self.found.append(&mut whole);
        self.found.sort_by_key(|found| (found.span.start, std::cmp::Reverse(found.span.end)));
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, preface};

    #[test]
    fn prefaces() {
        for (text, length) in [
            ("{}", 0),
            ("\u{feff}{}", 3),
            (")]}'\n{}", 4),
            (")]}',\n{}", 5),
            ("\u{feff}for(;;);[]", 11),
        ] {
            assert_eq!(preface(text.as_bytes()), length, "{text}");
        }
    }

    #[test]
    fn lines_without_their_ends() {
        let lines: Vec<_> = Lines::of(b"xxa\n\nbc", 2).collect();
        assert_eq!(lines, [2..3, 4..4, 5..7]);
    }
}
