/*!
Ids of stored objects in what a model's API is sent and answers: responses, conversations, the items of
both, files and containers. Found by the name of the member they stand in. The API looks an item up by its
id unless the item brings its content along.

Source: the reference of the Responses, Conversations, Files and Containers APIs.
*/

use crate::json::{Shape, Spanned, folded};
use crate::redact::Edit;

use super::{Id, Opened, Seal};

/// Members that hold an id, or a list of them.
const NAMES: &[&str] = &[
    "approval_request_id",
    "container",
    "container_id",
    "conversation",
    "conversation_id",
    "file_id",
    "file_ids",
    "first_id",
    "id",
    "item_id",
    "last_id",
    "previous_response_id",
    "response_id",
];

/// Those that make the API load what they name.
const REFERENCES: &[&str] = &[
    "container",
    "container_id",
    "conversation",
    "conversation_id",
    "file_id",
    "file_ids",
    "previous_response_id",
    "response_id",
];

/// What stands below is somebody's data.
const DATA: &[&str] =
    &["arguments", "input_schema", "json_schema", "metadata", "parameters", "schema"];

/// In answers: what was asked for, echoed, and ids of calls, which belong to one answer.
const ECHOED: &[&str] = &["prompt", "text", "tool_calls", "tool_choice", "tools"];

/// Items of an input that bring their content along.
const WHOLE: &[&str] = &[
    "apply_patch_call",
    "apply_patch_call_output",
    "computer_call_output",
    "custom_tool_call",
    "custom_tool_call_output",
    "function_call",
    "function_call_output",
    "local_shell_call",
    "local_shell_call_output",
    "mcp_approval_response",
    "message",
    "shell_call",
    "shell_call_output",
];

/// Some id names what was not given to this principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotIssued;

/// The edits that give the upstream its own ids back. `root` is a request's body.
///
/// # Errors
///
/// An id without this principal's seal where the API would load what it names.
pub fn open(seal: &Seal, root: &Spanned<'_>) -> Result<Vec<Edit>, NotIssued> {
    let mut opening = Opening { seal, edits: Vec::new() };
    opening.walk(root, "", &Holder { name: "", object: root })?;
    Ok(opening.edits)
}

/// The edits that seal what an answer gives out. `root` is a body or the data of an event.
pub fn close(seal: &Seal, root: &Spanned<'_>) -> Vec<Edit> {
    let mut edits = Vec::new();
    close_below(seal, root, &mut edits);
    edits
}

fn close_below(seal: &Seal, node: &Spanned<'_>, edits: &mut Vec<Edit>) {
    for item in node.items() {
        close_below(seal, item, edits);
    }
    // What a model is called is no secret of anybody's.
    let model = node.get("object").and_then(Spanned::text) == Some("model");
    for (name, value) in node.members() {
        if DATA.contains(&name.as_ref()) || ECHOED.contains(&name.as_ref()) {
            continue;
        }
        match value.text() {
            Some(id) if !model && NAMES.contains(&name.as_ref()) && is_id(id) => {
                edits.push(Edit { span: value.inner(), replacement: seal.close(Id::Object, id) });
            }
            _ => close_below(seal, value, edits),
        }
    }
}

/// As an id is written, without a need for escapes; anything else stays as it is and is of no use to come back with.
fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 256
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}

struct Opening<'s> {
    seal: &'s Seal,
    edits: Vec<Edit>,
}

/// The object that a member is of, and the name of the member that holds it.
struct Holder<'n, 'a> {
    name: &'n str,
    object: &'n Spanned<'a>,
}

impl Opening<'_> {
    fn walk(
        &mut self,
        node: &Spanned<'_>,
        name: &str,
        of: &Holder<'_, '_>,
    ) -> Result<(), NotIssued> {
        match &node.shape {
            Shape::Text(text) if NAMES.contains(&name) => self.id(node, text, name, of),
            Shape::Text(_) | Shape::Other => Ok(()),
            Shape::Array(items) => items.iter().try_for_each(|item| self.walk(item, name, of)),
            Shape::Object(members) => members.iter().try_for_each(|(member, value)| {
                // Whatever the case: some servers ignore it.
                let member = folded(member);
                // `text` is a format here, and words everywhere else.
                if DATA.contains(&member.as_str()) {
                    return Ok(());
                }
                self.walk(value, &member, &Holder { name, object: node })
            }),
        }
    }

    fn id(
        &mut self,
        node: &Spanned<'_>,
        text: &str,
        name: &str,
        of: &Holder<'_, '_>,
    ) -> Result<(), NotIssued> {
        let loads = loads(name, text, of);
        let own = match self.seal.open(Id::Object, text) {
            Opened::Own(id) if is_id(id) => id,
            Opened::Foreign(id) if !loads && is_id(id) => id,
            _ if loads => return Err(NotIssued),
            _ => return Ok(()),
        };
        self.edits.push(Edit { span: node.inner(), replacement: own.to_owned() });
        Ok(())
    }
}

/// Whether the API would load what the id names.
fn loads(name: &str, text: &str, of: &Holder<'_, '_>) -> bool {
    match name {
        "container" => text != "auto",
        "id" => match of.name {
            "conversation" | "audio" => true,
            "input" | "items" => !is_whole(of.object),
            _ => false,
        },
        name => REFERENCES.contains(&name),
    }
}

fn is_whole(item: &Spanned<'_>) -> bool {
    let has = |name: &str| item.get(name).is_some();
    match item.get("type").map(Spanned::text) {
        None => has("role") && has("content"),
        Some(Some("reasoning" | "compaction")) => {
            item.get("encrypted_content").and_then(Spanned::text).is_some()
        }
        Some(Some("message")) => has("content"),
        Some(Some(kind)) => WHOLE.contains(&kind),
        Some(None) => false,
    }
}

#[cfg(test)]
mod tests;
