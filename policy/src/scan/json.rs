/*!
The leaves of JSON text, found without building a tree: strings (member names too) and numbers, as
spans of the bytes. Takes one value or several one after the other, as in JSON lines.

Raw control characters in strings are let through, and so are `NaN` and `Infinity`, which Python
writes, and the separators of JSON text sequences (RFC 7464): a reader that gives up there would see
less, not more.
*/

mod named;
mod words;

use std::ops::Range;

use super::budget::OverBudget;
use super::label::ByName;
pub(super) use named::Cell;
use named::Named;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeafKind {
    /// `escaped`: it holds a backslash.
    Text {
        escaped: bool,
        name: bool,
    },
    Number,
}

/// A string without its quotes, or a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) span: Range<usize>,
    pub(super) kind: LeafKind,
    /// The name of the member whose value it is, or is a part of; empty if there is none.
    pub(super) member: Member,
    pub(super) cell: Cell,
}

/// The leaves of a text, and what some of them are called besides, by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Leaves {
    pub(super) all: Vec<Leaf>,
    pub(super) also: Vec<(usize, Member)>,
}

/// A span of the text. A name beyond four GiB is taken for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Member {
    from: u32,
    to: u32,
}

impl Member {
    fn new(span: &Range<usize>) -> Self {
        match (u32::try_from(span.start), u32::try_from(span.end)) {
            (Ok(from), Ok(to)) => Self { from, to },
            _ => Self::default(),
        }
    }

    pub(super) fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.from as usize..self.to as usize).unwrap_or_default()
    }
}

pub(super) const TOO_DEEP: OverBudget =
    OverBudget("too deep a reader: its JSON is nested too often");

/// The leaves of `text` of at least `shortest` bytes; `None` if it is not JSON. `wanted` are the names that
/// some pattern asks for.
/// A nesting of more than `depth` is an error only if all of it is JSON.
pub(super) fn leaves(
    text: &[u8],
    shortest: usize,
    depth: u32,
    wanted: &ByName,
) -> Result<Option<Leaves>, OverBudget> {
    let (member, named) = (Member::default(), Named::new(text, wanted));
    let mut reader = Reader { text, at: 0, shortest, member, leaves: Vec::new(), named };
    // true: an object, whose members have names; and the member that it is the value of.
    let mut open: Vec<(bool, Member)> = Vec::new();
    let mut too_deep = false;
    let mut values = 0;
    loop {
        reader.skip_space();
        let Some(byte) = reader.peek() else { break };
        match byte {
            b'{' | b'[' => {
                reader.at += 1;
                if open.len() as u32 >= depth {
                    too_deep = true;
                    reader.named.stop();
                }
                open.push((byte == b'{', reader.member));
                reader.named.begin(byte == b'{', reader.member, reader.leaves.len());
                reader.skip_space();
                let closing = if byte == b'{' { b'}' } else { b']' };
                if reader.peek() == Some(closing) {
                    reader.at += 1;
                    open.pop();
                    reader.named.end(&reader.leaves);
                } else {
                    if byte == b'{' && reader.name().is_none() {
                        return Ok(None);
                    }
                    continue;
                }
            }
            _ => {
                if reader.scalar(byte).is_none() {
                    return Ok(None);
                }
            }
        }
        // A value has ended: close what ends with it.
        loop {
            let Some(&(object, member)) = open.last() else {
                values += 1;
                break;
            };
            reader.skip_space();
            reader.named.entry();
            match reader.peek() {
                Some(b',') => {
                    reader.at += 1;
                    reader.member = member;
                    if object && reader.name().is_none() {
                        return Ok(None);
                    }
                    break;
                }
                Some(b'}') if object => reader.at += 1,
                Some(b']') if !object => reader.at += 1,
                _ => return Ok(None),
            }
            reader.member = member;
            open.pop();
            reader.named.end(&reader.leaves);
        }
    }
    if !open.is_empty() || values == 0 {
        return Ok(None);
    }
    if too_deep { Err(TOO_DEEP) } else { Ok(Some(reader.done())) }
}

/// White space, or what begins a text of a sequence.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x1e)
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    shortest: usize,
    member: Member,
    leaves: Vec<Leaf>,
    named: Named<'a>,
}

impl Reader<'_> {
    fn done(self) -> Leaves {
        let mut also = self.named.also;
        also.sort_by_key(|(leaf, _)| *leaf);
        Leaves { all: self.leaves, also }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    /// The number of the leaf, if it is long enough to be one.
    fn leaf(&mut self, span: Range<usize>, kind: LeafKind) -> Option<usize> {
        (span.len() >= self.shortest).then(|| {
            let cell = self.named.cell(self.member);
            self.leaves.push(Leaf { span, kind, member: self.member, cell });
            self.leaves.len() - 1
        })
    }

    /// A member's name and the colon.
    fn name(&mut self) -> Option<()> {
        self.skip_space();
        let name = self.string(true)?;
        self.member = Member::new(&name);
        self.skip_space();
        self.byte(b':')
    }

    fn string(&mut self, name: bool) -> Option<Range<usize>> {
        self.byte(b'"')?;
        let from = self.at;
        let mut escaped = false;
        loop {
            let rest = self.text.get(self.at..)?;
            let stop = rest.iter().position(|&byte| byte == b'"' || byte == b'\\')?;
            self.at += stop;
            if self.peek() == Some(b'"') {
                break;
            }
            escaped = true;
            self.at += 2;
        }
        let span = from..self.at;
        self.at += 1;
        let leaf = self.leaf(span.clone(), LeafKind::Text { escaped, name });
        if !name {
            self.named.string(&span, self.member, leaf);
        }
        Some(span)
    }

    fn scalar(&mut self, first: u8) -> Option<()> {
        match first {
            b'"' => self.string(false).map(drop),
            b't' => self.literal(b"true"),
            b'f' => self.literal(b"false"),
            b'n' => self.literal(b"null"),
            b'N' => self.literal(b"NaN"),
            b'I' => self.literal(b"Infinity"),
            b'-' | b'0'..=b'9' => self.number(),
            _ => None,
        }
    }

    fn byte(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn literal(&mut self, word: &[u8]) -> Option<()> {
        self.text.get(self.at..)?.starts_with(word).then(|| self.at += word.len())
    }

    fn digits(&mut self) -> Option<()> {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        (self.at > from).then_some(())
    }

    fn number(&mut self) -> Option<()> {
        let from = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
            if self.peek() == Some(b'I') {
                return self.literal(b"Infinity");
            }
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        // Two values must not touch: `12` is one number, `1"a"` is not JSON.
        if matches!(self.peek(), Some(b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'"' | b'-'))
        {
            return None;
        }
        let leaf = self.leaf(from..self.at, LeafKind::Number);
        self.named.value(self.member, leaf);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(json: &str) -> Option<Vec<&str>> {
        let leaves = leaves(json.as_bytes(), 0, 64, &ByName::default()).unwrap()?;
        Some(leaves.all.into_iter().map(|leaf| &json[leaf.span]).collect())
    }

    #[test]
    fn leaves_in_order() {
        let json = r#" {"a": [1, -2.5e+3, "x\"y", true, null, {}], "b": {"c": ""}} "#;
        assert_eq!(texts(json).unwrap(), ["a", "1", "-2.5e+3", r#"x\"y"#, "b", "c", ""]);
        assert_eq!(texts("{\"a\":1}\n{\"a\":2}\n").unwrap(), ["a", "1", "a", "2"]);
        assert_eq!(texts("\u{1e}{\"a\":1}\n\u{1e}[2]\n").unwrap(), ["a", "1", "2"]);
        assert_eq!(texts("[NaN, -Infinity, {\"a\": Infinity}, 1]").unwrap(), ["a", "1"]);
    }

    #[test]
    fn what_is_not_json() {
        for text in [
            "",
            " ",
            "hello",
            "{",
            "[1,]",
            "{\"a\"}",
            "{a:1}",
            "[1 2]",
            "01",
            "1.",
            "\"a",
            "\"a\\",
            "]",
            "[}",
            "{\"a\":1]",
            "[1}",
            "4111 and more",
            "1e",
            "-",
            "12-34-56",
            "[nan]",
            "[-NaN]",
            "[Infinit]",
            "[\"a\"\"b\"]",
        ] {
            assert_eq!(texts(text), None, "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let none = ByName::default();
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(leaves(nested(64).as_bytes(), 0, 64, &none).is_ok());
        assert_eq!(leaves(nested(65).as_bytes(), 0, 64, &none), Err(TOO_DEEP));
        assert_eq!(leaves("[".repeat(100_000).as_bytes(), 0, 64, &none), Ok(None));
    }

    proptest! {
        #[test]
        fn takes_what_serde_json_takes(text in r#"[\[\]{},:"a1 .e\-\\tn]{0,12}"#) {
            if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok() {
                prop_assert!(texts(&text).is_some());
            }
        }

        #[test]
        fn no_bytes_make_it_panic(text: Vec<u8>) {
            let _ = leaves(&text, 0, 64, &ByName::default());
        }
    }
}
