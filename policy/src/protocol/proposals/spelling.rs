/*!
Members by which clients find calls: spelled in another case, where a client that ignores it finds them too (Go's do),
or no text where one should be.
*/

use super::Unread;
use crate::json::{Shape, Spanned, folded};

const ANSWER: &[&str] = &[
    "response",
    "output",
    "choices",
    "item",
    "item_id",
    "output_index",
    "type",
    "delta",
    "name",
    "arguments",
    "input",
];
const ITEM: &[&str] = &[
    "type",
    "id",
    "call_id",
    "name",
    "namespace",
    "server_label",
    "arguments",
    "input",
    "action",
    "actions",
    "operation",
];
const CHOICE: &[&str] = &["index", "message", "delta", "finish_reason"];
const MESSAGE: &[&str] = &["tool_calls", "function_call"];
const CALL: &[&str] = &["index", "id", "function", "custom"];
const DETAIL: &[&str] = &["name", "arguments", "input"];

/// Where calls may stand, and nowhere else: a schema that is echoed names its members as it likes.
///
/// # Errors
///
/// `Ambiguous`.
pub fn check(root: &Spanned<'_>) -> Result<(), Unread> {
    let answers = [Some(root), root.get("response")];
    for answer in answers.into_iter().flatten() {
        is(ANSWER, answer)?;
        items(answer, "output").chain(answer.get("item")).try_for_each(|one| {
            is(ITEM, one)?;
            texts(one, &["type", "name"])
        })?;
    }
    texts(root, &["delta"])?;
    for choice in items(root, "choices") {
        is(CHOICE, choice)?;
        for message in [choice.get("message"), choice.get("delta")].into_iter().flatten() {
            is(MESSAGE, message)?;
            message.get("function_call").map_or(Ok(()), details)?;
            for call in items(message, "tool_calls") {
                is(CALL, call)?;
                ["function", "custom"]
                    .iter()
                    .filter_map(|name| call.get(name))
                    .try_for_each(details)?;
            }
        }
    }
    Ok(())
}

fn is(known: &[&str], of: &Spanned<'_>) -> Result<(), Unread> {
    let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let mut odd = of.members().iter().map(|(name, _)| name.as_ref()).filter(|name| !plain(name));
    if odd.any(|name| known.contains(&folded(name).as_str())) {
        return Err(Unread::Ambiguous);
    }
    Ok(())
}

fn details(of: &Spanned<'_>) -> Result<(), Unread> {
    is(DETAIL, of)?;
    texts(of, &["name"])
}

/// A client that does not look takes a list of one text for that text.
fn texts(of: &Spanned<'_>, names: &[&str]) -> Result<(), Unread> {
    let mut values = names.iter().filter_map(|name| of.get(name));
    let structured =
        |value: &Spanned<'_>| matches!(value.shape, Shape::Object(_) | Shape::Array(_));
    if values.any(structured) { Err(Unread::Ambiguous) } else { Ok(()) }
}

fn items<'n, 'a>(of: &'n Spanned<'a>, name: &str) -> std::slice::Iter<'n, Spanned<'a>> {
    of.get(name).map(Spanned::items).unwrap_or_default().iter()
}
