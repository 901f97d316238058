/*!
Calls of tools that a model proposes in its answer. Whoever runs the agent makes them; hosted ones were made
by the API.

Of the Responses and Chat Completions APIs, whole and as events. Source: their reference, "Streaming events".
*/

use std::collections::BTreeMap;

use serde_json::Value;

use crate::json::{MAX_DEPTH, Node, Shape, Spanned};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// A function's name; of a built-in tool the type of its call, such as `local_shell_call`.
    pub tool: String,
    /// An object as JSON. `None`: they are there and nobody can read them alike.
    pub arguments: Option<String>,
}

/// Proposals of one answer, which may come in pieces.
#[derive(Clone, Debug, Default)]
pub struct Proposals {
    /// Of Chat Completions, by choice and place.
    growing: BTreeMap<(String, String), Growing>,
    /// Names of calls whose arguments come apart from them.
    names: BTreeMap<String, String>,
    bytes: usize,
}

/// More than a model can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

const BYTES_MAX: usize = 1024 * 1024;
const CALLS_MAX: usize = 256;

#[derive(Clone, Debug, Default)]
struct Growing {
    tool: String,
    arguments: String,
    balance: Balance,
    told: bool,
}

impl Proposals {
    /// What is proposed in a whole body, or is complete with this event.
    ///
    /// # Errors
    ///
    /// `TooMany`.
    pub fn read(&mut self, text: &str, root: &Spanned<'_>) -> Result<Vec<Proposal>, TooMany> {
        let mut found = Vec::new();
        let answer = root.get("response").unwrap_or(root);
        let items = answer.get("output").map(Spanned::items).unwrap_or_default();
        let item = root.get("item");
        self.named(item)?;
        // An item that was only begun has no arguments yet.
        let done = root.get("type").and_then(Spanned::text) != Some("response.output_item.added");
        found.extend(items.iter().chain(item.filter(|_| done)).filter_map(|one| call(text, one)));
        found.extend(self.apart(root));
        for choice in root.get("choices").map(Spanned::items).unwrap_or_default() {
            if let Some(message) = choice.get("message") {
                found.extend(calls(message).filter_map(|one| function(one, one.get("function"))));
                found.extend(message.get("function_call").and_then(|one| function(one, Some(one))));
            }
            self.grow(text, choice, &mut found)?;
        }
        Ok(found)
    }

    /// No more comes: what is left is as whole as it will be.
    pub fn finish(&mut self) -> Vec<Proposal> {
        let left = std::mem::take(&mut self.growing).into_values();
        left.filter(|one| !one.told && !one.tool.is_empty()).map(Growing::proposal).collect()
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
    fn apart(&self, root: &Spanned<'_>) -> Option<Proposal> {
        let text = |name: &str| root.get(name).and_then(Spanned::text);
        if !text("type")?.ends_with("_arguments.done") {
            return None;
        }
        let tool = text("name").or_else(|| Some(self.names.get(text("item_id")?)?.as_str()))?;
        Some(Proposal { tool: tool.to_owned(), arguments: object(text("arguments")?) })
    }

    fn grow(
        &mut self,
        text: &str,
        choice: &Spanned<'_>,
        found: &mut Vec<Proposal>,
    ) -> Result<(), TooMany> {
        let raw = |node: Option<&Spanned<'_>>| {
            node.and_then(|node| text.get(node.span.clone())).unwrap_or_default().to_owned()
        };
        let number = raw(choice.get("index"));
        let delta = choice.get("delta");
        let pieces = delta.into_iter().flat_map(calls).map(|one| (raw(one.get("index")), one));
        let old = delta.and_then(|delta| delta.get("function_call"));
        for (place, piece) in pieces.chain(old.map(|one| ("function_call".to_owned(), one))) {
            let detail = piece.get("function").or(piece.get("custom")).unwrap_or(piece);
            let part = |name: &str| detail.get(name).and_then(Spanned::text).unwrap_or_default();
            let arguments = if detail.get("input").is_some() { "input" } else { "arguments" };
            self.take(part("name").len() + part(arguments).len())?;
            let key = (number.clone(), place);
            if self.growing.len() >= CALLS_MAX && !self.growing.contains_key(&key) {
                return Err(TooMany);
            }
            let one = self.growing.entry(key).or_default();
            one.tool.push_str(part("name"));
            one.arguments.push_str(part(arguments));
            // It may be acted upon as soon as it can be read.
            if one.balance.closes(part(arguments)) && !one.told {
                one.told = true;
                found.push(one.clone().proposal());
            }
        }
        if choice.get("finish_reason").and_then(Spanned::text).is_some() {
            let of = |(choice, _): &(String, String), _: &mut Growing| *choice == number;
            let ended = self.growing.extract_if(.., of);
            let rest: Vec<_> = ended.map(|(_, one)| one).filter(|one| !one.told).collect();
            found.extend(rest.into_iter().map(Growing::proposal));
        }
        Ok(())
    }

    fn take(&mut self, bytes: usize) -> Result<(), TooMany> {
        self.bytes += bytes;
        if self.bytes > BYTES_MAX || self.names.len() > CALLS_MAX { Err(TooMany) } else { Ok(()) }
    }
}

impl Growing {
    fn proposal(self) -> Proposal {
        Proposal { tool: self.tool, arguments: object(&self.arguments) }
    }
}

fn calls<'n, 'a>(message: &'n Spanned<'a>) -> impl Iterator<Item = &'n Spanned<'a>> {
    message.get("tool_calls").map(Spanned::items).unwrap_or_default().iter()
}

/// An item of the output of the Responses API.
fn call(text: &str, item: &Spanned<'_>) -> Option<Proposal> {
    let kind = item.get("type")?.text()?;
    match kind {
        "function_call" | "mcp_call" | "mcp_approval_request" => function(item, Some(item)),
        "custom_tool_call" => function(item, Some(item)),
        _ if kind.ends_with("_call") => {
            let action = item.get("action").filter(|one| matches!(one.shape, Shape::Object(_)));
            let arguments = text.get(action.unwrap_or(item).span.clone()).map(str::to_owned);
            let arguments = arguments.and_then(|arguments| object(&arguments));
            Some(Proposal { tool: kind.to_owned(), arguments })
        }
        _ => None,
    }
}

/// `detail` holds name and arguments; `call` is around it, and may say that it is no function.
fn function(call: &Spanned<'_>, detail: Option<&Spanned<'_>>) -> Option<Proposal> {
    let detail = detail.or(call.get("custom"))?;
    let text = |name: &str| detail.get(name).and_then(Spanned::text);
    let arguments = match text("input") {
        Some(input) => Some(serde_json::json!({ "input": input }).to_string()),
        None => object(text("arguments").unwrap_or_default()),
    };
    Some(Proposal { tool: text("name")?.to_owned(), arguments })
}

/// The text, if all readers take it for the same object.
fn object(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("{}".to_owned());
    }
    match Node::parse(text, MAX_DEPTH / 2) {
        Ok(Node::Object(_)) => Some(text.to_owned()),
        Ok(_) => None,
        // Free text of a custom tool, which came in pieces.
        Err(_) if !text.trim_start().starts_with(['{', '[']) => Some(
            Value::Object([("input".to_owned(), text.into())].into_iter().collect()).to_string(),
        ),
        Err(_) => None,
    }
}

/// Whether brackets that were opened are closed, without reading all of it each time.
#[derive(Clone, Debug, Default)]
struct Balance {
    depth: u32,
    in_text: bool,
    escaped: bool,
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
        closed && self.depth == 0
    }
}

#[cfg(test)]
mod tests;
