/*! Calls in Chat Completions: in messages and in the pieces of them. */

use super::written::{detail, id, member};
use super::{CALLS_MAX, Key, Mark, Piece, Proposal, Proposals, Unread, number};
use crate::json::Spanned;

impl Proposals {
    pub(super) fn choices(
        &mut self,
        text: &str,
        root: &Spanned<'_>,
    ) -> Result<Vec<Proposal>, Unread> {
        let mut found = Vec::new();
        for choice in root.get("choices").map(Spanned::items).unwrap_or_default() {
            // Absent it is the first.
            let at = number(text, choice, "index")?.unwrap_or(0);
            found.extend(choice.get("message").map(|one| said(text, at, one)).unwrap_or_default());
            self.grow(text, (at, choice), &mut found)?;
            if found.len() > CALLS_MAX {
                return Err(Unread::TooMany);
            }
        }
        Ok(found)
    }

    fn grow(
        &mut self,
        text: &str,
        (at, choice): (u32, &Spanned<'_>),
        found: &mut Vec<Proposal>,
    ) -> Result<(), Unread> {
        let add = |this: &mut Self, place, name, detail, call| {
            let mark = Mark { place: Some(place), item: None, call };
            this.add(Key::Call(place, name), &Piece::of(text, detail), mark)
        };
        let delta = choice.get("delta");
        for piece in delta.into_iter().flat_map(calls) {
            let index = number(text, piece, "index")?.unwrap_or(0);
            self.places.take(at, index)?;
            let place = (at, Some(index));
            for name in ["function", "custom"] {
                if let Some(detail) = piece.get(name) {
                    let call = id(piece, "id")?.filter(|id| !id.is_empty());
                    found.extend(add(self, place, name, detail, call)?);
                }
            }
        }
        if let Some(old) = delta.and_then(|delta| delta.get("function_call")) {
            found.extend(add(self, (at, None), "function_call", old, None)?);
        }
        if choice.get("finish_reason").and_then(Spanned::text).is_some() {
            found.extend(self.tell(|key| matches!(key, Key::Call((one, _), _) if *one == at))?);
        }
        Ok(())
    }
}

/// Where calls grow. Some clients take choices and calls in the order in which they come, whatever number
/// they have.
#[derive(Clone, Debug, Default)]
pub struct Places {
    choice: Option<u32>,
    calls: Vec<u32>,
}

impl Places {
    fn take(&mut self, choice: u32, call: u32) -> Result<(), Unread> {
        let next = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
        let known = self.calls.contains(&call);
        if *self.choice.get_or_insert(choice) != choice || (!known && next > 0 && call != next) {
            return Err(Unread::Ambiguous);
        }
        if !known {
            self.calls.push(call);
        }
        if self.calls.len() > CALLS_MAX { Err(Unread::TooMany) } else { Ok(()) }
    }
}

/// Of a whole message.
fn said(text: &str, choice: u32, message: &Spanned<'_>) -> Vec<Proposal> {
    let mut found = Vec::new();
    for (number, one) in (0..).zip(calls(message)) {
        let place = Some((choice, Some(number)));
        let details = ["function", "custom"].iter().filter_map(|name| one.get(name));
        let mark = Mark { place, item: None, call: member(one, "id") };
        found.extend(details.filter_map(|one| detail(text, one, mark.clone())));
    }
    let mark = Mark { place: Some((choice, None)), ..Mark::default() };
    found.extend(message.get("function_call").and_then(|old| detail(text, old, mark)));
    found
}

fn calls<'n, 'a>(message: &'n Spanned<'a>) -> impl Iterator<Item = &'n Spanned<'a>> {
    message.get("tool_calls").map(Spanned::items).unwrap_or_default().iter()
}
