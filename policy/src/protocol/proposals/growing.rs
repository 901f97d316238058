/*! A call of Chat Completions that comes in pieces. */

use crate::json::Spanned;

use super::{Mark, Place, Proposal, TOLD_BYTES_MAX, TooMany, input, is_null, object};

/// One client joins the pieces of a name, others take the first or the last.
#[derive(Clone, Debug, Default)]
pub struct Growing {
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
    pub fn push(
        &mut self,
        (name, arguments): (&str, &str),
        (text, detail): (&str, &Spanned<'_>),
    ) -> bool {
        if !name.is_empty() {
            if self.first.is_empty() {
                name.clone_into(&mut self.first);
            }
            self.joined.push_str(name);
            name.clone_into(&mut self.last);
        }
        let json = detail.get("arguments");
        self.free |= detail.get("input").is_some();
        self.json |= json.is_some_and(|json| json.text().is_some());
        self.overgrown |= json.is_some_and(|json| json.text().is_none() && !is_null(text, json));
        self.overgrown |= self.free && self.json;
        self.overgrown |= self.balance.closed && !self.free && !arguments.trim().is_empty();
        self.arguments.push_str(arguments);
        let closes = self.balance.closes(arguments);
        let whole = closes && !self.free && !self.last.is_empty();
        self.told &= name.is_empty() && arguments.trim().is_empty();
        self.told |= whole;
        whole
    }

    pub fn proposals(&self, place: Place, told: &mut usize) -> Result<Vec<Proposal>, TooMany> {
        *told += self.joined.len() + self.arguments.len();
        if *told > TOLD_BYTES_MAX {
            return Err(TooMany);
        }
        let arguments = match self.free {
            _ if self.overgrown => None,
            true => Some(input(&self.arguments)),
            false => object(&self.arguments),
        };
        let mut names = vec![&self.last];
        for other in [&self.joined, &self.first] {
            if !names.contains(&other) {
                names.push(other);
            }
        }
        let one = |tool: &String| Proposal {
            mark: Mark { place: Some(place), ..Mark::default() },
            which: Vec::new(),
            tool: tool.clone(),
            arguments: arguments.clone(),
        };
        Ok(names.into_iter().map(one).collect())
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
