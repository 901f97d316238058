/*! Calls in Chat Completions: in messages and in the pieces of them. */

use super::written::{detail, member};
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
        let mut add = |place, name, detail| {
            let mark = Mark { place: Some(place), ..Mark::default() };
            self.add(Key::Call(place, name), &Piece::of(text, detail), mark)
        };
        let delta = choice.get("delta");
        for piece in delta.into_iter().flat_map(calls) {
            let place = (at, Some(number(text, piece, "index")?.unwrap_or(0)));
            for name in ["function", "custom"] {
                if let Some(detail) = piece.get(name) {
                    found.extend(add(place, name, detail)?);
                }
            }
        }
        if let Some(old) = delta.and_then(|delta| delta.get("function_call")) {
            found.extend(add((at, None), "function_call", old)?);
        }
        if choice.get("finish_reason").and_then(Spanned::text).is_some() {
            found.extend(self.tell(|key| matches!(key, Key::Call((one, _), _) if *one == at))?);
        }
        Ok(())
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
