/*! A call that is written out: an item of the Responses API, or what holds name and arguments. */

use super::{Mark, Place, Proposal, Unread, is_null};
use crate::json::{MAX_DEPTH, Node, Shape, Spanned};
use crate::protocol::names;

/// What an item of the Responses API may be told from others of its name by.
const WHICH: &[&str] = &["namespace", "server_label"];

/// Bytes of an id.
const ID_MAX: usize = 256;

/// Types of items that have a name and arguments in pieces.
pub const NAMED: &[&str] =
    &["function_call", "custom_tool_call", "mcp_call", "mcp_approval_request"];

/// An item of the output of the Responses API.
pub fn call(text: &str, item: &Spanned<'_>, place: Option<Place>) -> Option<Proposal> {
    let kind = item.get("type")?.text()?;
    let mark = Mark { place, item: member(item, "id"), call: member(item, "call_id") };
    if NAMED.contains(&kind) {
        return detail(text, item, mark);
    }
    if !kind.ends_with("_call") {
        return None;
    }
    let said = |name: &str| item.get(name).is_some();
    let action = item.get("action").filter(|one| matches!(one.shape, Shape::Object(_)));
    // Where more says what is done, all of it counts.
    let action = action.filter(|_| !said("actions") && !said("operation"));
    let arguments = text.get(action.unwrap_or(item).span.clone());
    let arguments = arguments.and_then(object);
    Some(Proposal { mark, which: Vec::new(), tool: kind.to_owned(), arguments })
}

/// What holds the name and the arguments.
pub fn detail(text: &str, of: &Spanned<'_>, mark: Mark) -> Option<Proposal> {
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
    let tool = member(of, "name")?;
    Some(Proposal { mark, which: which(text, of), tool, arguments })
}

pub fn which(text: &str, of: &Spanned<'_>) -> Vec<(&'static str, String)> {
    let which = WHICH.iter().filter_map(|name| {
        let value = of.get(name).filter(|value| !is_null(text, value))?;
        Some((*name, text.get(value.span.clone())?.to_owned()))
    });
    which.collect()
}

/// What tells items and calls apart, which is kept.
///
/// # Errors
///
/// It is longer than any API makes them.
pub fn id(of: &Spanned<'_>, name: &str) -> Result<Option<String>, Unread> {
    let id = of.get(name).and_then(Spanned::text);
    if id.is_some_and(|id| id.len() > ID_MAX) {
        return Err(Unread::TooMany);
    }
    Ok(id.map(str::to_owned))
}

pub fn member(of: &Spanned<'_>, name: &str) -> Option<String> {
    of.get(name)?.text().map(str::to_owned)
}

/// The text of a custom tool.
pub fn input(text: &str) -> String {
    serde_json::json!({ "input": text }).to_string()
}

/// The text, if all readers take it for the same object.
pub fn object(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("{}".to_owned());
    }
    match Node::parse(text, MAX_DEPTH / 2) {
        Ok(node @ Node::Object(_)) if names::check(&node).is_ok() => Some(text.to_owned()),
        Ok(_) | Err(_) => None,
    }
}
