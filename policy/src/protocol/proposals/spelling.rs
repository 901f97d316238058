/*! Members by which clients find calls, in another case: a client that ignores it, as Go's do, finds those too. */

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
        items(answer, "output").chain(answer.get("item")).try_for_each(|one| is(ITEM, one))?;
    }
    for choice in items(root, "choices") {
        is(CHOICE, choice)?;
        for message in [choice.get("message"), choice.get("delta")].into_iter().flatten() {
            is(MESSAGE, message)?;
            message.get("function_call").map_or(Ok(()), |old| is(DETAIL, old))?;
            for call in items(message, "tool_calls") {
                is(CALL, call)?;
                let details = ["function", "custom"].iter().filter_map(|name| call.get(name));
                details.into_iter().try_for_each(|one| is(DETAIL, one))?;
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

fn items<'n, 'a>(of: &'n Spanned<'a>, name: &str) -> std::slice::Iter<'n, Spanned<'a>> {
    match of.get(name).map(|value| &value.shape) {
        Some(Shape::Array(items)) => items.iter(),
        _ => [].iter(),
    }
}
