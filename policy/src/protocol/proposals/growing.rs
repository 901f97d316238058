/*! A call that comes in pieces. */

use super::written::{input, object, which};
use super::{Mark, Proposal, TOLD_BYTES_MAX, Unread, is_null};
use crate::json::Spanned;

/// What one event brings of a call.
#[derive(Clone, Debug, Default)]
pub struct Piece<'a> {
    pub name: &'a str,
    pub arguments: &'a str,
    /// They are free text.
    free: bool,
    /// They are JSON.
    json: bool,
    /// What the event says that it is.
    kind: &'a str,
    /// They are neither text nor nothing.
    odd: bool,
    which: Vec<(&'static str, String)>,
}

impl<'a> Piece<'a> {
    pub fn name(name: &'a str) -> Self {
        Self { name, ..Self::default() }
    }

    /// Of an event that says no more of its item.
    pub fn text(arguments: &'a str, kind: &'a str, free: bool, json: bool) -> Self {
        Self { arguments, kind, free, json, ..Self::default() }
    }

    pub fn bytes(&self) -> usize {
        let which = self.which.iter().map(|(name, value)| name.len() + value.len());
        self.name.len() + self.arguments.len() + self.kind.len() + which.sum::<usize>()
    }

    /// `detail` is what has the name and the arguments.
    pub fn of(text: &str, detail: &'a Spanned<'_>) -> Self {
        let part = |name: &str| detail.get(name).and_then(Spanned::text);
        let texts = ["arguments", "input"].iter().filter_map(|name| detail.get(name));
        let mut texts = texts.filter(|value| !is_null(text, value));
        Self {
            name: part("name").unwrap_or_default(),
            arguments: part("arguments").or(part("input")).unwrap_or_default(),
            free: detail.get("input").is_some(),
            json: part("arguments").is_some(),
            odd: texts.any(|value| value.text().is_none()),
            kind: "",
            which: which(text, detail),
        }
    }
}

/// One client joins the pieces of a name, others take the first or the last.
#[derive(Clone, Debug, Default)]
pub struct Growing {
    pub mark: Mark,
    which: Vec<(&'static str, String)>,
    kind: String,
    joined: String,
    first: String,
    last: String,
    arguments: String,
    /// Free text has no end that could be seen.
    free: bool,
    json: bool,
    balance: Balance,
    /// What was told is all there is.
    pub told: bool,
    /// It was whole and goes on, or is text and JSON at once: nobody can read what it is now.
    overgrown: bool,
}

impl Growing {
    /// One piece more. Whether the call is whole with it: it may be acted upon as soon as it can be read.
    pub fn push(&mut self, piece: &Piece<'_>, mark: Mark) -> bool {
        let Piece { name, arguments, .. } = *piece;
        self.overgrown |=
            self.mark.call.is_some() && mark.call.is_some() && self.mark.call != mark.call;
        self.mark.add(mark);
        if self.which.is_empty() {
            self.which.clone_from(&piece.which);
        } else {
            self.overgrown |= !piece.which.is_empty() && self.which != piece.which;
        }
        // Of two kinds of events a client may join the one and not the other.
        if !piece.kind.is_empty() && !arguments.is_empty() {
            self.overgrown |= !self.kind.is_empty() && self.kind != piece.kind;
            piece.kind.clone_into(&mut self.kind);
        }
        if !name.is_empty() {
            if self.first.is_empty() {
                name.clone_into(&mut self.first);
            }
            self.joined.push_str(name);
            name.clone_into(&mut self.last);
        }
        self.free |= piece.free;
        self.json |= piece.json;
        self.overgrown |= piece.odd || (self.free && self.json);
        self.overgrown |= self.balance.closed && !self.free && !arguments.trim().is_empty();
        self.arguments.push_str(arguments);
        let closes = self.balance.closes(arguments);
        self.told &= name.is_empty() && arguments.trim().is_empty();
        closes && !self.free && !self.last.is_empty()
    }

    /// It was said as a whole. One that has no arguments yet is that.
    pub fn settle(&mut self, tool: &str) {
        let same = self.names().all(|name| name == tool);
        self.told |= same && self.arguments.trim().is_empty() && !self.overgrown;
    }

    /// There are arguments, and no name came with them.
    pub fn is_nameless(&self) -> bool {
        self.names().next().is_none() && !self.arguments.trim().is_empty()
    }

    /// Of a stream that was taken up again: the begin of the call came before.
    pub fn is_tail_of(&mut self, whole: &Proposal) {
        if self.is_nameless() {
            let tail = whole.arguments.as_ref().is_some_and(|all| all.ends_with(&self.arguments));
            self.told |= tail && !self.overgrown;
            whole.tool.clone_into(&mut self.last);
        }
    }

    /// Each that a client may take it for. None: nobody can call it yet.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let joined = Some(self.joined.as_str()).filter(|joined| *joined != self.last);
        let first = Some(self.first.as_str()).filter(|first| *first != self.last);
        let all = [Some(self.last.as_str()), joined, first];
        all.into_iter().flatten().filter(|name| !name.is_empty())
    }

    /// What it is now, told.
    pub fn proposals(&mut self, told_bytes: &mut usize) -> Result<Vec<Proposal>, Unread> {
        self.told = true;
        *told_bytes += self.joined.len() + self.arguments.len();
        if *told_bytes > TOLD_BYTES_MAX {
            return Err(Unread::TooMany);
        }
        let arguments = match self.free {
            _ if self.overgrown => None,
            true => Some(input(&self.arguments)),
            false => object(&self.arguments),
        };
        let one = |tool: &str| Proposal {
            mark: self.mark.clone(),
            which: self.which.clone(),
            tool: tool.to_owned(),
            arguments: arguments.clone(),
        };
        Ok(self.names().map(one).collect())
    }
}

/// Whether brackets that were opened are closed, without reading all of it each time.
#[derive(Clone, Debug, Default)]
struct Balance {
    depth: u32,
    in_text: bool,
    escaped: bool,
    /// They were, and that was all.
    closed: bool,
}

impl Balance {
    fn closes(&mut self, piece: &str) -> bool {
        let mut closed = false;
        for byte in piece.bytes() {
            match (self.in_text, byte) {
                (true, _) if self.escaped => self.escaped = false,
                (true, b'\\') => self.escaped = true,
                (_, b'"') => self.in_text = !self.in_text,
                (false, b'{' | b'[') => self.depth += 1,
                (false, b'}' | b']') => {
                    self.depth = self.depth.saturating_sub(1);
                    closed = self.depth == 0;
                }
                _ => {}
            }
        }
        self.closed |= closed && self.depth == 0;
        closed && self.depth == 0
    }
}
