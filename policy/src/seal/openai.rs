/*!
Ids of stored objects in what a model's API is sent and answers: responses, conversations, the items of
both, files, containers, vector stores, batches, assistants and their threads, and what is made of these. Found by the name of the member they stand in. The API looks an item up by its
id unless the item brings its content along.

Source: the reference of OpenAI's API.
*/

use crate::json::{Shape, Spanned, folded};
use crate::redact::Edit;

use super::{Id, Opened, Seal};

/// Members that hold an id, or a list of them, and alone make the API load nothing.
const NAMES: &[&str] = &["approval_request_id", "first_id", "id", "item_id", "last_id"];

/// What people make in the provider's console for all their programs, besides what one of them was given: it may
/// come without a seal.
const SHARED: &[&str] = &["assistant_id", "vector_store_id", "vector_store_ids"];

/// Those that make the API load what they name.
const REFERENCES: &[&str] = &[
    "batch_id",
    "container",
    "container_id",
    "conversation",
    "conversation_id",
    "error_file_id",
    "eval_id",
    "file_batch_id",
    "file_id",
    "file_ids",
    "input_file_id",
    "message_id",
    "output_file_id",
    "part_ids",
    "previous_response_id",
    "response_id",
    "result_files",
    "run_id",
    "step_id",
    "thread_id",
    "training_file",
    "upload_id",
    "validation_file",
    "video_id",
];

/// What somebody is given by `id` alone, by the name of the member that holds it.
const HELD: &[&str] = &["audio", "characters", "conversation", "video"];

/// What stands below is somebody's data.
const DATA: &[&str] =
    &["arguments", "input_schema", "json_schema", "metadata", "parameters", "schema"];

/// In answers: what was asked for, echoed, and ids of calls, which belong to one answer.
const ECHOED: &[&str] = &[
    "acknowledged_safety_checks",
    "pending_safety_checks",
    "prompt",
    "text",
    "tool_calls",
    "tool_choice",
    "tools",
];

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
    let mut opening = Opening { seal, refuses: true, edits: Vec::new() };
    opening.walk(root, "", &Holder { name: "", object: root })?;
    Ok(opening.edits)
}

/// The same of a body that only tells of ids, such as a trace: those of others stay as they are.
pub fn open_told(seal: &Seal, root: &Spanned<'_>) -> Vec<Edit> {
    let mut opening = Opening { seal, refuses: false, edits: Vec::new() };
    let _: Result<(), NotIssued> = opening.walk(root, "", &Holder { name: "", object: root });
    opening.edits
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
        if !model && gives_id(name) {
            for one in std::iter::once(value).chain(value.items()) {
                let id = one.text().filter(|id| is_id(id));
                let sealed = id.map(|id| seal.close(Id::Object, id));
                edits.extend(sealed.map(|replacement| Edit { span: one.inner(), replacement }));
            }
        }
        close_below(seal, value, edits);
    }
}

/// As an id is written, without a need for escapes; anything else stays as it is and is of no use to come back with.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 256
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}

struct Opening<'s> {
    seal: &'s Seal,
    /// Else ids that are not this caller's stay as they are.
    refuses: bool,
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
            Shape::Text(text) if holds_id(name) => self.id(node, text, name, of),
            // Wherever else it is brought back.
            Shape::Text(text) => {
                if let Opened::Own(id) = self.seal.open(Id::Object, text)
                    && is_id(id)
                {
                    self.edits.push(Edit { span: node.inner(), replacement: id.to_owned() });
                }
                Ok(())
            }
            Shape::Other => Ok(()),
            Shape::Array(items) => items.iter().try_for_each(|item| self.walk(item, name, of)),
            Shape::Object(members) => members.iter().try_for_each(|(member, value)| {
                // Whatever the case: some servers ignore it.
                let member = folded(member);
                // Variables of a prompt are called as somebody likes.
                if DATA.contains(&member.as_str()) && name != "variables" {
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
        let loads = self.refuses && loads(name, text, of);
        let replacement = match self.seal.open(Id::Object, text) {
            Opened::Own(id) if is_id(id) => id.to_owned(),
            _ if loads => return Err(NotIssued),
            Opened::Foreign(id) | Opened::Own(id) if self.of_item(name, of) => self.own(id),
            Opened::Plain if self.of_item(name, of) => self.own(text),
            _ => return Ok(()),
        };
        self.edits.push(Edit { span: node.inner(), replacement });
        Ok(())
    }

    fn of_item(&self, name: &str, of: &Holder<'_, '_>) -> bool {
        self.refuses && name == "id" && matches!(of.name, "input" | "items")
    }

    /// An item that brings its content along needs no id of the upstream's. It gets one that nobody else's item
    /// has: what the API echoes would leave with this caller's seal.
    fn own(&self, id: &str) -> String {
        let kind = id.split_once('_').map_or("", |(kind, _)| kind);
        let kind = Some(kind).filter(|kind| kind.bytes().all(|byte| byte.is_ascii_lowercase()));
        let own = self.seal.seal(Id::Object, id);
        format!("{}_{own}", kind.filter(|kind| !kind.is_empty()).unwrap_or("item"))
    }
}

fn holds_id(name: &str) -> bool {
    gives_id(name) || SHARED.contains(&name)
}

/// What an answer names in these was given by its `id`; an echo of a plain one must not become somebody's.
fn gives_id(name: &str) -> bool {
    NAMES.contains(&name) || REFERENCES.contains(&name)
}

/// Whether the API would load what the id names.
fn loads(name: &str, text: &str, of: &Holder<'_, '_>) -> bool {
    match name {
        "container" => text != "auto",
        // What is approved, or gone on with, came from there.
        "approval_request_id" | "item_id" => true,
        "id" => match of.name {
            held if HELD.contains(&held) => true,
            "input" | "items" => !is_whole(of.object),
            // As evaluations name where their data is.
            _ => of.object.get("type").and_then(Spanned::text) == Some("file_id"),
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
