/*!
Calls of tools that a model proposes in its answer. Whoever runs the agent makes them; hosted ones were made
by the API.

Of the Responses and Chat Completions APIs, whole and as events. Source: their reference, "Streaming events".
*/

mod growing;
mod mark;

use std::collections::{BTreeMap, BTreeSet};

use crate::json::{MAX_DEPTH, Node, Shape, Spanned};
use growing::Growing;
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

/// What an item of the Responses API may be told from others of its name by.
const WHICH: &[&str] = &["namespace", "server_label"];

/// Proposals of one answer, which may come in pieces.
#[derive(Clone, Debug, Default)]
pub struct Proposals {
    /// Of Chat Completions, by place and by the member that holds them: clients read the one or the other.
    growing: BTreeMap<(Place, &'static str), Growing>,
    /// Items that were said to be whole.
    done: BTreeSet<u32>,
    /// Names of calls whose arguments come apart from them.
    names: BTreeMap<String, String>,
    bytes: usize,
    told_bytes: usize,
}

/// More than a model can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

const BYTES_MAX: usize = 1024 * 1024;
const CALLS_MAX: usize = 256;
/// Of calls that grow, each time they are told.
const TOLD_BYTES_MAX: usize = 8 * BYTES_MAX;

impl Proposals {
    /// What is proposed in a whole body, or is complete with this event.
    ///
    /// # Errors
    ///
    /// `TooMany`.
    pub fn read(&mut self, text: &str, root: &Spanned<'_>) -> Result<Vec<Proposal>, TooMany> {
        let mut found = Vec::new();
        let places = [root.get("response"), Some(root)];
        let outputs = || places.iter().flatten().filter_map(|place| place.get("output"));
        let items = || outputs().flat_map(|output| (0..).zip(output.items()));
        let at = output_index(text, root);
        let item = root.get("item");
        self.named(item)?;
        // An item that was only begun has no arguments yet.
        let done = root.get("type").and_then(Spanned::text) != Some("response.output_item.added");
        for (number, one) in items().take(CALLS_MAX + 1) {
            found.extend(call(text, one, Some((0, Some(number)))));
        }
        if let Some(item) = item.filter(|_| done)
            && let Some(one) = call(text, item, at)
        {
            // Clients make a call of each.
            if let Some((_, Some(number))) = at
                && !self.done.insert(number)
            {
                return Err(TooMany);
            }
            found.push(one);
        }
        if items().count() > CALLS_MAX {
            return Err(TooMany);
        }
        found.extend(self.apart(root, at));
        for choice in root.get("choices").map(Spanned::items).unwrap_or_default() {
            if let Some(message) = choice.get("message") {
                let choice = index(text, choice)?;
                for (number, one) in (0..).zip(calls(message)) {
                    let place = Some((choice, Some(number)));
                    let details = ["function", "custom"].iter().filter_map(|name| one.get(name));
                    let mark = Mark { place, item: None, call: member(one, "id") };
                    found.extend(details.filter_map(|one| detail(text, one, mark.clone())));
                }
                let old = message.get("function_call");
                let mark = Mark { place: Some((choice, None)), ..Mark::default() };
                found.extend(old.and_then(|old| detail(text, old, mark)));
            }
            self.grow(text, choice, &mut found)?;
            if found.len() > CALLS_MAX {
                return Err(TooMany);
            }
        }
        Ok(found)
    }

    /// No more comes: what is left is as whole as it will be.
    ///
    /// # Errors
    ///
    /// `TooMany`.
    pub fn finish(&mut self) -> Result<Vec<Proposal>, TooMany> {
        self.tell(|_| true)
    }

    /// Calls that were not told as they are now. They stay: some clients read on after an end.
    fn tell(&mut self, of: impl Fn(u32) -> bool) -> Result<Vec<Proposal>, TooMany> {
        let growing =
            self.growing.iter_mut().filter(|(((choice, _), _), one)| of(*choice) && !one.told);
        let mut told = Vec::new();
        for ((place, _), one) in growing {
            one.told = true;
            told.extend(one.proposals(*place, &mut self.told_bytes)?);
        }
        Ok(told)
    }

    fn named(&mut self, item: Option<&Spanned<'_>>) -> Result<(), TooMany> {
        let text = |name: &str| item.and_then(|item| item.get(name)?.text());
        if let (Some(id), Some(name)) = (text("id"), text("name")) {
            self.take(id.len() + name.len())?;
            self.names.insert(id.to_owned(), name.to_owned());
        }
        Ok(())
    }

    /// `response.function_call_arguments.done` and its like.
    fn apart(&self, root: &Spanned<'_>, place: Option<Place>) -> Option<Proposal> {
        let text = |name: &str| root.get(name).and_then(Spanned::text);
        if !text("type")?.ends_with("_arguments.done") {
            return None;
        }
        let tool = text("name").or_else(|| Some(self.names.get(text("item_id")?)?.as_str()))?;
        let mark = Mark { place, item: text("item_id").map(str::to_owned), call: None };
        let (tool, arguments) = (tool.to_owned(), object(text("arguments")?));
        Some(Proposal { mark, which: Vec::new(), tool, arguments })
    }

    fn grow(
        &mut self,
        text: &str,
        choice: &Spanned<'_>,
        found: &mut Vec<Proposal>,
    ) -> Result<(), TooMany> {
        let number = index(text, choice)?;
        let delta = choice.get("delta");
        for piece in delta.into_iter().flat_map(calls) {
            let place = (number, Some(index(text, piece)?));
            for name in ["function", "custom"] {
                if let Some(detail) = piece.get(name) {
                    found.extend(self.add((place, name), (text, detail))?);
                }
            }
        }
        if let Some(old) = delta.and_then(|delta| delta.get("function_call")) {
            found.extend(self.add(((number, None), "function_call"), (text, old))?);
        }
        if choice.get("finish_reason").and_then(Spanned::text).is_some() {
            found.extend(self.tell(|choice| choice == number)?);
        }
        Ok(())
    }

    /// One piece more of a call. What it gives may be acted upon as soon as it can be read.
    fn add(
        &mut self,
        at: (Place, &'static str),
        (text, detail): (&str, &Spanned<'_>),
    ) -> Result<Vec<Proposal>, TooMany> {
        let part = |name: &str| detail.get(name).and_then(Spanned::text);
        let name = part("name").unwrap_or_default();
        let arguments = part("arguments").or(part("input")).unwrap_or_default();
        self.take(name.len() + arguments.len())?;
        if self.growing.len() >= CALLS_MAX && !self.growing.contains_key(&at) {
            return Err(TooMany);
        }
        let one = self.growing.entry(at).or_default();
        let whole = one.push((name, arguments), (text, detail));
        if whole { one.proposals(at.0, &mut self.told_bytes) } else { Ok(Vec::new()) }
    }

    fn take(&mut self, bytes: usize) -> Result<(), TooMany> {
        self.bytes += bytes;
        if self.bytes > BYTES_MAX || self.names.len() > CALLS_MAX { Err(TooMany) } else { Ok(()) }
    }
}

/// Of a choice or a call; absent it is the first. Numbers that clients may take for the same are none.
fn index(text: &str, of: &Spanned<'_>) -> Result<u32, TooMany> {
    let Some(index) = of.get("index") else { return Ok(0) };
    let literal = text.get(index.span.clone()).unwrap_or_default();
    literal.parse().ok().filter(|_| literal.len() < 9).ok_or(TooMany)
}

/// Where the item of an event of the Responses API stands.
fn output_index(text: &str, root: &Spanned<'_>) -> Option<Place> {
    let literal = text.get(root.get("output_index")?.span.clone())?;
    Some((0, Some(literal.parse().ok()?)))
}

fn calls<'n, 'a>(message: &'n Spanned<'a>) -> impl Iterator<Item = &'n Spanned<'a>> {
    message.get("tool_calls").map(Spanned::items).unwrap_or_default().iter()
}

/// An item of the output of the Responses API.
fn call(text: &str, item: &Spanned<'_>, place: Option<Place>) -> Option<Proposal> {
    let kind = item.get("type")?.text()?;
    let mark = Mark { place, item: member(item, "id"), call: member(item, "call_id") };
    match kind {
        "function_call" | "custom_tool_call" | "mcp_call" | "mcp_approval_request" => {
            detail(text, item, mark)
        }
        _ if kind.ends_with("_call") => {
            let said = |name: &str| item.get(name).is_some();
            let action = item.get("action").filter(|one| matches!(one.shape, Shape::Object(_)));
            // Where more says what is done, all of it counts.
            let action = action.filter(|_| !said("actions") && !said("operation"));
            let arguments = text.get(action.unwrap_or(item).span.clone());
            let arguments = arguments.and_then(object);
            Some(Proposal { mark, which: Vec::new(), tool: kind.to_owned(), arguments })
        }
        _ => None,
    }
}

/// What holds the name and the arguments.
fn detail(text: &str, of: &Spanned<'_>, mark: Mark) -> Option<Proposal> {
    let arguments = match (of.get("input"), of.get("arguments")) {
        (None, None) => Some("{}".to_owned()),
        (Some(free), None) => free.text().map(input),
        (None, Some(arguments)) => match &arguments.shape {
            Shape::Text(arguments) => object(arguments),
            // Lenient clients take it as it is.
            Shape::Object(_) => text.get(arguments.span.clone()).and_then(object),
            _ => None,
        },
        // One client reads the one, another the other.
        (Some(_), Some(_)) => None,
    };
    let which = WHICH.iter().filter_map(|name| {
        let value = of.get(name).filter(|value| !is_null(text, value))?;
        Some((*name, text.get(value.span.clone())?.to_owned()))
    });
    let tool = member(of, "name")?;
    Some(Proposal { mark, which: which.collect(), tool, arguments })
}

fn member(of: &Spanned<'_>, name: &str) -> Option<String> {
    of.get(name)?.text().map(str::to_owned)
}

fn is_null(text: &str, value: &Spanned<'_>) -> bool {
    text.get(value.span.clone()) == Some("null")
}

/// The text of a custom tool.
fn input(text: &str) -> String {
    serde_json::json!({ "input": text }).to_string()
}

/// The text, if all readers take it for the same object.
fn object(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("{}".to_owned());
    }
    match Node::parse(text, MAX_DEPTH / 2) {
        Ok(node @ Node::Object(_)) if super::names::check(&node).is_ok() => Some(text.to_owned()),
        Ok(_) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests;
