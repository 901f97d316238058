/*! Calls in the Responses API: in outputs, in items, and in the pieces of them. */

use super::written::{NAMED, call, id, input, object};
use super::{CALLS_MAX, Key, Mark, Piece, Place, Proposal, Proposals, Unread, number};
use crate::json::Spanned;

/// Events with which an answer is over.
const ENDS: &[&str] = &["response.completed", "response.incomplete", "response.failed"];

impl Proposals {
    /// Of a whole answer, which an event may hold, too.
    pub(super) fn outputs(
        &mut self,
        text: &str,
        root: &Spanned<'_>,
    ) -> Result<Vec<Proposal>, Unread> {
        let outputs = [root.get("response"), Some(root)];
        let outputs = outputs.iter().flatten().filter_map(|place| place.get("output"));
        let items: Vec<_> = outputs.flat_map(|output| (0..).zip(output.items())).collect();
        if items.len() > CALLS_MAX {
            return Err(Unread::TooMany);
        }
        let mut found = Vec::new();
        for (number, item) in items {
            found.extend(self.whole(text, item, Some(number))?);
        }
        Ok(found)
    }

    /// What says of one item that it begins, goes on or is whole.
    pub(super) fn event(
        &mut self,
        text: &str,
        root: &Spanned<'_>,
    ) -> Result<Vec<Proposal>, Unread> {
        let said = |name: &str| root.get(name).and_then(Spanned::text);
        let at = number(text, root, "output_index")?;
        let kind = said("type").unwrap_or_default();
        let mut found = Vec::new();
        if let Some(item) = root.get("item") {
            let begins = kind == "response.output_item.added";
            if is_call(item) {
                let seen = if begins { &mut self.begun } else { &mut self.done };
                // Clients make a call of each.
                if at.is_some_and(|number| !seen.insert(number)) {
                    return Err(Unread::Ambiguous);
                }
                if seen.len() > CALLS_MAX {
                    return Err(Unread::TooMany);
                }
            }
            found.extend(match begins {
                true => self.begin(text, item, at)?,
                false => self.end(text, item, at)?,
            });
        }
        let mark = Mark { place: at.map(place), item: id(root, "item_id")?, call: None };
        let keys = keys(at, said("item_id"));
        let known = keys.iter().filter_map(|key| self.growing.get(key));
        if known.into_iter().any(|one| one.mark.differs(&mark)) {
            return Err(Unread::Ambiguous);
        }
        let keys = self.related(keys);
        if let Some(delta) = said("delta") {
            let [json, free] = ["arguments", "call_input"].map(|part| kind.contains(part));
            let piece = Piece::text(delta, kind, free, json);
            for key in &keys {
                if json || free || self.growing.contains_key(key) {
                    found.extend(self.add(key.clone(), &piece, mark.clone())?);
                }
            }
        }
        if let Some(told) = said("arguments").or(said("input")) {
            let arguments = if said("input").is_some() { Some(input(told)) } else { object(told) };
            let both = said("arguments").is_some() && said("input").is_some();
            found.extend(self.apart(&keys, said("name"), arguments.filter(|_| !both), &mark)?);
        }
        if ENDS.contains(&kind) {
            found.extend(self.tell(|key| !matches!(key, Key::Call(..)))?);
        }
        Ok(found)
    }

    fn begin(
        &mut self,
        text: &str,
        item: &Spanned<'_>,
        at: Option<u32>,
    ) -> Result<Vec<Proposal>, Unread> {
        let kind = item.get("type").and_then(Spanned::text).unwrap_or_default();
        let mut found = Vec::new();
        if !NAMED.contains(&kind) {
            // An API may say what it does only where the item is whole.
            if let Some(call) = call(text, item, at.map(place)) {
                self.take(call.arguments.as_ref().map_or(0, String::len))?;
                found.extend(self.built_in.insert(call.mark.place, call));
                if self.built_in.len() > CALLS_MAX {
                    return Err(Unread::TooMany);
                }
            }
            return Ok(found);
        }
        let mark = Mark { place: at.map(place), item: id(item, "id")?, call: id(item, "call_id")? };
        for key in keys_of(at, &mark) {
            found.extend(self.add(key, &Piece::of(text, item), mark.clone())?);
        }
        Ok(found)
    }

    /// What comes later for it has its name.
    fn end(
        &mut self,
        text: &str,
        item: &Spanned<'_>,
        at: Option<u32>,
    ) -> Result<Vec<Proposal>, Unread> {
        let found = self.whole(text, item, at)?;
        if let Some(one) = found.last() {
            for key in keys(at, one.mark.item.as_deref()) {
                if !self.growing.contains_key(&key) {
                    self.add(key.clone(), &Piece::name(&one.tool), one.mark.clone())?;
                    self.settle(&[key], &one.tool);
                }
            }
        }
        Ok(found)
    }

    /// An item with all of it. Pieces that were not told yet are as whole as the item is.
    fn whole(
        &mut self,
        text: &str,
        item: &Spanned<'_>,
        at: Option<u32>,
    ) -> Result<Vec<Proposal>, Unread> {
        let Some(one) = call(text, item, at.map(place)) else { return Ok(Vec::new()) };
        for name in ["id", "call_id"] {
            id(item, name)?;
        }
        if self.built_in.get(&one.mark.place).is_some_and(|begun| begun.tool == one.tool) {
            self.built_in.remove(&one.mark.place);
        }
        let keys = self.related(keys_of(at, &one.mark));
        for key in &keys {
            if let Some(growing) = self.growing.get_mut(key) {
                growing.is_tail_of(&one);
            }
        }
        self.settle(&keys, &one.tool);
        let mut found = self.tell(|key| keys.contains(key))?;
        found.push(one);
        Ok(found)
    }

    /// `response.function_call_arguments.done` and its like, by each name that its item may have.
    fn apart(
        &mut self,
        keys: &[Key],
        name: Option<&str>,
        arguments: Option<String>,
        mark: &Mark,
    ) -> Result<Vec<Proposal>, Unread> {
        let mut names: Vec<String> = name.into_iter().map(str::to_owned).collect();
        let mut mark = mark.clone();
        for one in keys.iter().filter_map(|key| self.growing.get(key)) {
            names.extend(one.names().map(str::to_owned));
            mark.add(one.mark.clone());
        }
        names.sort_unstable();
        names.dedup();
        names.iter().for_each(|name| self.settle(keys, name));
        let mut found = self.tell(|key| keys.contains(key))?;
        let apart = names.into_iter().map(|tool| {
            let (mark, arguments) = (mark.clone(), arguments.clone());
            Proposal { mark, which: Vec::new(), tool, arguments }
        });
        found.extend(apart);
        Ok(found)
    }

    /// An item that was begun by its place and its id may be named by one of them later.
    fn related(&self, mut named: Vec<Key>) -> Vec<Key> {
        for mark in named.clone().iter().filter_map(|key| Some(&self.growing.get(key)?.mark)) {
            let number = mark.place.and_then(|(_, number)| number);
            named.extend(keys(number, mark.item.as_deref()));
        }
        named.sort_unstable();
        named.dedup();
        named
    }

    /// A call whose arguments did not come in pieces is what it is said to be as a whole.
    fn settle(&mut self, keys: &[Key], tool: &str) {
        for key in keys {
            self.growing.get_mut(key).into_iter().for_each(|one| one.settle(tool));
        }
    }
}

fn is_call(item: &Spanned<'_>) -> bool {
    item.get("type")
        .and_then(Spanned::text)
        .is_some_and(|kind| NAMED.contains(&kind) || kind.ends_with("_call"))
}

fn keys(at: Option<u32>, id: Option<&str>) -> Vec<Key> {
    let id = id.map(|id| Key::Item(id.to_owned()));
    at.map(Key::Output).into_iter().chain(id).collect()
}

/// Of an item. Without an id of its own one server names it by that of its call in the events that follow.
fn keys_of(at: Option<u32>, mark: &Mark) -> Vec<Key> {
    keys(at, mark.item.as_deref().or(mark.call.as_deref()))
}

fn place(number: u32) -> Place {
    (0, Some(number))
}
