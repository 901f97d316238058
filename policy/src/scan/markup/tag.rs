/*! A tag of HTML, byte by byte. */

/// A longer tag is none.
const TAG_MAX: usize = 1024;
/// Longest name that matters, with the slash.
const NAME_MAX: usize = 8;

#[derive(Clone)]
pub(super) struct Tag {
    /// Where it begins.
    pub(super) begin: usize,
    name: Vec<u8>,
    named: bool,
    length: usize,
}

pub(super) enum Read {
    More,
    Tag(Kind),
    /// It is no tag, and the byte is no part of it.
    No,
}

/// What matters of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    Head {
        begins: bool,
    },
    Row,
    /// `names`: it is a `<th>`.
    Cell {
        begins: bool,
        names: bool,
    },
    Other,
}

impl Tag {
    /// One that begins here with `<`.
    pub(super) fn new(begin: usize) -> Self {
        Self { begin, name: Vec::new(), named: false, length: 1 }
    }

    pub(super) fn read(&mut self, byte: u8) -> Read {
        self.length += 1;
        let first = self.length == 2;
        if byte == b'<' || self.length > TAG_MAX || (first && !begins(byte)) {
            return Read::No;
        }
        if byte == b'>' {
            return Read::Tag(self.kind());
        }
        self.named |= byte.is_ascii_whitespace() || (byte == b'/' && !first);
        if !self.named && self.name.len() <= NAME_MAX {
            self.name.push(byte.to_ascii_lowercase());
        }
        Read::More
    }

    fn kind(&self) -> Kind {
        match self.name.as_slice() {
            b"table" | b"/table" => Kind::Table,
            b"thead" => Kind::Head { begins: true },
            b"/thead" | b"tbody" => Kind::Head { begins: false },
            b"tr" | b"/tr" => Kind::Row,
            b"th" => Kind::Cell { begins: true, names: true },
            b"td" => Kind::Cell { begins: true, names: false },
            b"/th" | b"/td" => Kind::Cell { begins: false, names: false },
            _ => Kind::Other,
        }
    }
}

fn begins(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!')
}
