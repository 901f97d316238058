/*!
Calls of tools that a model proposes in its answer. Whoever runs the agent makes them; hosted ones were made
by the API.

Of the Responses and Chat Completions APIs, whole and as events. Source: their reference, "Streaming events".
Clients differ in what they read: some join the pieces of a call, others wait for the event that has all of it,
or for the whole answer. Each reading is told.
*/

mod chat;
mod growing;
mod mark;
mod responses;
mod spelling;
mod written;

use std::collections::{BTreeMap, BTreeSet};

use crate::json::Spanned;
use growing::{Growing, Piece};
pub use mark::{Mark, Place};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// What tells it from another call of the same answer.
    pub mark: Mark,
    /// Members of it, as JSON, that say which of several tools of that name is meant.
    pub which: Vec<(&'static str, String)>,
    /// A function's name; of a built-in tool the type of its call, such as `local_shell_call`.
    pub tool: String,
    /// An object as JSON. `None`: they are there and nobody can read them alike.
    pub arguments: Option<String>,
}

/// Proposals of one answer, which may come in pieces.
#[derive(Clone, Debug, Default)]
pub struct Proposals {
    growing: BTreeMap<Key, Growing>,
    /// Items of the Responses API that were said to begin, and to be whole.
    begun: BTreeSet<u32>,
    done: BTreeSet<u32>,
    places: chat::Places,
    /// Calls of built-in tools as they were begun.
    built_in: BTreeMap<Option<Place>, Proposal>,
    bytes: usize,
    told_bytes: usize,
}

/// What clients join the pieces of a call by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// Of Chat Completions: by place, and by the member that holds them: clients read the one or the other.
    Call(Place, &'static str),
    /// Of Responses: some go by the place of the item in the output, others by its id.
    Output(u32),
    Item(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// More than a model can say.
    TooMany,
    /// Clients read different calls in it.
    Ambiguous,
}

const BYTES_MAX: usize = 1024 * 1024;
const CALLS_MAX: usize = 256;
/// Bytes of the name of a call that comes in pieces.
const NAME_MAX: usize = 1024;
/// Of calls that grow, each time they are told.
const TOLD_BYTES_MAX: usize = 8 * BYTES_MAX;

impl Proposals {
    /// What is proposed in a whole body, or is complete with this event.
    ///
    /// # Errors
    ///
    /// It cannot be read alike by all.
    pub fn read(&mut self, text: &str, root: &Spanned<'_>) -> Result<Vec<Proposal>, Unread> {
        spelling::check(root)?;
        let mut found = self.outputs(text, root)?;
        found.extend(self.event(text, root)?);
        found.extend(self.choices(text, root)?);
        if found.len() > CALLS_MAX { Err(Unread::TooMany) } else { Ok(found) }
    }

    /// No more comes: what is left is as whole as it will be.
    ///
    /// # Errors
    ///
    /// As of `read`.
    pub fn finish(&mut self) -> Result<Vec<Proposal>, Unread> {
        let mut left = self.tell(|_| true)?;
        left.extend(std::mem::take(&mut self.built_in).into_values());
        Ok(left)
    }

    /// Calls that were not told as they are now. They stay: some clients read on after an end.
    fn tell(&mut self, of: impl Fn(&Key) -> bool) -> Result<Vec<Proposal>, Unread> {
        let growing = self.growing.iter_mut().filter(|(key, one)| of(key) && !one.told);
        let mut told = Vec::new();
        for (_, one) in growing {
            // A client may have its name from elsewhere.
            if one.is_nameless() {
                return Err(Unread::Ambiguous);
            }
            told.extend(one.proposals(&mut self.told_bytes)?);
        }
        Ok(told)
    }

    /// One piece more of a call. What it gives may be acted upon as soon as it can be read.
    fn add(&mut self, key: Key, piece: &Piece<'_>, mark: Mark) -> Result<Vec<Proposal>, Unread> {
        self.take(piece.bytes())?;
        if self.growing.len() >= 2 * CALLS_MAX && !self.growing.contains_key(&key) {
            return Err(Unread::TooMany);
        }
        let one = self.growing.entry(key).or_default();
        let whole = one.push(piece, mark);
        if one.names().any(|name| name.len() > NAME_MAX) {
            return Err(Unread::TooMany);
        }
        if whole { one.proposals(&mut self.told_bytes) } else { Ok(Vec::new()) }
    }

    fn take(&mut self, bytes: usize) -> Result<(), Unread> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > BYTES_MAX { Err(Unread::TooMany) } else { Ok(()) }
    }
}

/// A number that says where something stands. What clients may take for another one is none.
fn number(text: &str, of: &Spanned<'_>, name: &str) -> Result<Option<u32>, Unread> {
    let Some(value) = of.get(name).filter(|value| !is_null(text, value)) else { return Ok(None) };
    let literal = text.get(value.span.clone()).unwrap_or_default();
    let padded = literal.len() > 1 && literal.starts_with(['0', '+']);
    let number = literal.parse().ok().filter(|_| literal.len() < 9 && !padded);
    number.map(Some).ok_or(Unread::Ambiguous)
}

fn is_null(text: &str, value: &Spanned<'_>) -> bool {
    text.get(value.span.clone()) == Some("null")
}

#[cfg(test)]
mod tests;
