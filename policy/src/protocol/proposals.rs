/*!
Calls of tools that a model proposes in its answer. Whoever runs the agent makes them; hosted ones were made
by the API.

Of the Responses and Chat Completions APIs, whole and as events. Source: their reference, "Streaming events".
*/

use std::collections::BTreeMap;

use crate::json::{MAX_DEPTH, Node, Shape, Spanned};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Where it stands in the answer. `None`: this event does not say.
    pub place: Option<Place>,
    /// A function's name; of a built-in tool the type of its call, such as `local_shell_call`.
    pub tool: String,
    /// An object as JSON. `None`: they are there and nobody can read them alike.
    pub arguments: Option<String>,
}

/// The choice, and the number of the call or item in it.
pub type Place = (u32, Option<u32>);

/// Proposals of one answer, which may come in pieces.
#[derive(Clone, Debug, Default)]
pub struct Proposals {
    /// Of Chat Completions, by choice and place.
    growing: BTreeMap<Place, Growing>,
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

/// One client joins the pieces of a name, the next takes the last.
#[derive(Clone, Debug, Default)]
struct Growing {
    joined: String,
    last: String,
    arguments: String,
    /// Free text has no end that could be seen.
    free: bool,
    balance: Balance,
    /// What was told is all there is.
    told: bool,
    /// It was whole, and goes on: nobody can read what it is now.
    overgrown: bool,
}

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
        found.extend(item.filter(|_| done).and_then(|item| call(text, item, at)));
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
                    found.extend(details.filter_map(|one| detail(one, place)));
                }
                let old = message.get("function_call");
                found.extend(old.and_then(|old| detail(old, Some((choice, None)))));
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
        let growing = self.growing.iter_mut().filter(|((choice, _), one)| of(*choice) && !one.told);
        let mut told = Vec::new();
        for (place, one) in growing {
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
        Some(Proposal { place, tool: tool.to_owned(), arguments: object(text("arguments")?) })
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
                    found.extend(self.add(place, detail)?);
                }
            }
        }
        if let Some(old) = delta.and_then(|delta| delta.get("function_call")) {
            found.extend(self.add((number, None), old)?);
        }
        if choice.get("finish_reason").and_then(Spanned::text).is_some() {
            found.extend(self.tell(|choice| choice == number)?);
        }
        Ok(())
    }

    /// One piece more of a call. What it gives may be acted upon as soon as it can be read.
    fn add(&mut self, place: Place, detail: &Spanned<'_>) -> Result<Vec<Proposal>, TooMany> {
        let part = |name: &str| detail.get(name).and_then(Spanned::text);
        let name = part("name").unwrap_or_default();
        let arguments = part("arguments").or(part("input")).unwrap_or_default();
        self.take(name.len() + arguments.len())?;
        if self.growing.len() >= CALLS_MAX && !self.growing.contains_key(&place) {
            return Err(TooMany);
        }
        let one = self.growing.entry(place).or_default();
        if !name.is_empty() {
            one.joined.push_str(name);
            name.clone_into(&mut one.last);
        }
        one.free |= part("input").is_some();
        one.overgrown |= one.balance.closed && !one.free && !arguments.trim().is_empty();
        one.arguments.push_str(arguments);
        let closes = one.balance.closes(arguments);
        let whole = closes && !one.free && !one.last.is_empty();
        one.told &= name.is_empty() && arguments.trim().is_empty();
        one.told |= whole;
        if whole { one.proposals(place, &mut self.told_bytes) } else { Ok(Vec::new()) }
    }

    fn take(&mut self, bytes: usize) -> Result<(), TooMany> {
        self.bytes += bytes;
        if self.bytes > BYTES_MAX || self.names.len() > CALLS_MAX { Err(TooMany) } else { Ok(()) }
    }
}

impl Growing {
    fn proposals(&self, place: Place, told: &mut usize) -> Result<Vec<Proposal>, TooMany> {
        *told += self.joined.len() + self.arguments.len();
        if *told > TOLD_BYTES_MAX {
            return Err(TooMany);
        }
        let arguments = match self.free {
            true => Some(input(&self.arguments)),
            false if self.overgrown => None,
            false => object(&self.arguments),
        };
        let mut names = vec![&self.last];
        if self.joined != self.last {
            names.push(&self.joined);
        }
        let place = Some(place);
        let one =
            |tool: &String| Proposal { place, tool: tool.clone(), arguments: arguments.clone() };
        Ok(names.into_iter().map(one).collect())
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
    match kind {
        "function_call" | "custom_tool_call" | "mcp_call" | "mcp_approval_request" => {
            detail(item, place)
        }
        _ if kind.ends_with("_call") => {
            let action = item.get("action").filter(|one| matches!(one.shape, Shape::Object(_)));
            let arguments = text.get(action.unwrap_or(item).span.clone()).map(str::to_owned);
            let arguments = arguments.and_then(|arguments| object(&arguments));
            Some(Proposal { place, tool: kind.to_owned(), arguments })
        }
        _ => None,
    }
}

/// What holds the name and the arguments.
fn detail(of: &Spanned<'_>, place: Option<Place>) -> Option<Proposal> {
    let text = |name: &str| of.get(name).and_then(Spanned::text);
    let arguments = match text("input") {
        Some(text) => Some(input(text)),
        None => object(text("arguments").unwrap_or_default()),
    };
    Some(Proposal { place, tool: text("name")?.to_owned(), arguments })
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
        Ok(Node::Object(_)) => Some(text.to_owned()),
        Ok(_) | Err(_) => None,
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

#[cfg(test)]
mod tests;
