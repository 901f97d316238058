/*!
Ids of tasks in messages of MCP: of 2025-11-25, where either side may ask for a task, and of the extension
`io.modelcontextprotocol/tasks` of 2026-07-28. Only where the protocol has them: what a tool is called with and
what it answers is its own.

Whatever a client names has to have been given to it. So a task that a server would ask of a client cannot begin:
its id is the client's own, and one that a server repeats would leave with a seal.
*/

use crate::json::{Shape, Spanned, folded};
use crate::redact::Edit;

use super::openai::{NotIssued, is_id};
use super::{Id, Opened, Seal};

/// The end of the name of the member of `_meta` that says to which task a message belongs.
const RELATED: &str = "/related-task";
/// It shows all tasks of whom the server takes for the caller: to it that is the gateway.
const LIST: &str = "tasks/list";

/// The edits that give the server its own ids back.
///
/// # Errors
///
/// An id without this principal's seal, or something else where an id has to be.
pub fn open(seal: &Seal, root: &Spanned<'_>) -> Result<Vec<Edit>, NotIssued> {
    let mut edits = Vec::new();
    for place in places(root) {
        match place.text().map(|text| seal.open(Id::Task, text)) {
            Some(Opened::Own(id)) if is_id(id) => {
                edits.push(Edit { span: place.inner(), replacement: id.to_owned() });
            }
            _ => return Err(NotIssued),
        }
    }
    Ok(edits)
}

/// The edits that seal what a server gives out.
pub fn close(seal: &Seal, root: &Spanned<'_>) -> Vec<Edit> {
    let sealed = |place: &Spanned<'_>| {
        let replacement = seal.close(Id::Task, place.text().filter(|id| is_id(id))?);
        Some(Edit { span: place.inner(), replacement })
    };
    let mut edits: Vec<Edit> = places(root).into_iter().filter_map(sealed).collect();
    edits.sort_by_key(|edit| edit.span.start);
    edits
}

/// Whether a text may hold an id of a task. A name may be spelled with escapes.
pub fn may_hold(text: &str) -> bool {
    let name = |part: &[u8]| part.eq_ignore_ascii_case(b"taskid");
    text.contains("\\u") || text.as_bytes().windows(6).any(name)
}

/// Whether a message asks for all tasks.
pub fn asks_for_all(root: &Spanned<'_>) -> bool {
    let asks = |message| called(message, "method").any(|method| method.text() == Some(LIST));
    messages(root).iter().any(asks)
}

/// Whether it is a message to a server that takes it for one.
pub fn is_message(root: &Spanned<'_>) -> bool {
    messages(root).iter().any(|message| called(message, "jsonrpc").next().is_some())
}

/// Where ids of tasks stand, whoever sends the message.
fn places<'s, 'a>(root: &'s Spanned<'a>) -> Vec<&'s Spanned<'a>> {
    let mut found = Vec::new();
    for message in messages(root) {
        for body in called(message, "params").chain(called(message, "result")) {
            found.extend(called(body, "taskid"));
            found.extend(called(body, "task").flat_map(|task| called(task, "taskid")));
            for listed in called(body, "tasks").flat_map(Spanned::items) {
                found.extend(called(listed, "taskid"));
            }
            for (name, related) in called(body, "_meta").flat_map(Spanned::members) {
                if folded(name).ends_with(RELATED) {
                    found.extend(called(related, "taskid"));
                }
            }
            for ids in called(body, "notifications").flat_map(|all| called(all, "taskids")) {
                match &ids.shape {
                    Shape::Array(each) => found.extend(each),
                    _ => found.push(ids),
                }
            }
        }
    }
    found
}

/// Members of that name, whatever their case: some readers ignore it.
fn called<'s, 'a>(
    of: &'s Spanned<'a>,
    name: &'static str,
) -> impl Iterator<Item = &'s Spanned<'a>> {
    of.members().iter().filter(move |(member, _)| folded(member) == name).map(|(_, value)| value)
}

/// A batch is several.
fn messages<'s, 'a>(root: &'s Spanned<'a>) -> &'s [Spanned<'a>] {
    match &root.shape {
        Shape::Array(messages) => messages,
        _ => std::slice::from_ref(root),
    }
}

#[cfg(test)]
mod tests;
