/*! What a message is about: the tool, the prompt, the task or the resources that it names. */

use crate::json::{self, Node};

use super::super::ReadError;
use super::{McpCall, one_spelling, plain};

/// Where 2026-07-28 names resources to listen to.
const LISTENED: &str = "resourceSubscriptions";
/// Each is compared with each rule.
const MOST: usize = 128;

pub fn read(call: &mut McpCall, params: &Node<'_>, body: &str) -> Result<(), ReadError> {
    match call.method.as_str() {
        "tools/call" => {
            call.tool = Some(text(params, "params", "name")?);
            check_arguments(params)?;
        }
        "prompts/get" => {
            call.prompt = Some(text(params, "params", "name")?);
            check_arguments(params)?;
        }
        "resources/read" => call.resources = vec![text(params, "params", "uri")?],
        // 2026-07-28 has neither. Its servers say so whatever the parameters are, and a client that
        // tries the older method first has to hear that, not that its message cannot be read.
        "resources/subscribe" | "resources/unsubscribe" if params.get("uri").is_some() => {
            call.resources = vec![text(params, "params", "uri")?];
        }
        "subscriptions/listen" => call.resources = listened(params)?,
        "completion/complete" => completed(call, params)?,
        // Whether there has to be one is the server's to say.
        "tasks/get" | "tasks/update" | "tasks/result" | "tasks/cancel" => {
            call.task = params.get("taskId").and_then(Node::text).map(str::to_owned);
        }
        "notifications/cancelled" => {
            call.cancels = json::raw_scalar(body, &["params", "requestId"]).map(str::to_owned);
        }
        _ => {}
    }
    Ok(())
}

/// Servers say themselves what is wrong with a message that names none.
fn listened(params: &Node<'_>) -> Result<Vec<String>, ReadError> {
    let Some(wanted) = object(params, "notifications")? else { return Ok(Vec::new()) };
    one_spelling(wanted, &[LISTENED])?;
    // The Python SDK takes the names of its own fields as well.
    let alike =
        |name: &str| name != LISTENED && name.replace('_', "").eq_ignore_ascii_case(LISTENED);
    if wanted.members().unwrap_or_default().iter().any(|(name, _)| alike(name)) {
        return Err(ReadError::unreadable(format!("write `{LISTENED}` as it stands here")));
    }
    let uris = match wanted.get(LISTENED) {
        None | Some(Node::Null) => return Ok(Vec::new()),
        Some(Node::Array(uris)) if uris.len() <= MOST => uris,
        Some(Node::Array(_)) => {
            let detail = format!("listen to at most {MOST} resources at once");
            return Err(ReadError::unreadable(detail));
        }
        Some(_) => return Err(no_list()),
    };
    uris.iter()
        .map(|uri| {
            let uri = uri.text().ok_or_else(no_list)?;
            plain(uri)?;
            Ok(uri.to_owned())
        })
        .collect()
}

fn no_list() -> ReadError {
    ReadError::unreadable(format!("`params.notifications.{LISTENED}` has to be a list of strings"))
}

/// Which of two names a server goes by is up to the server.
fn completed(call: &mut McpCall, params: &Node<'_>) -> Result<(), ReadError> {
    let Some(of) = object(params, "ref")? else { return Ok(()) };
    one_spelling(of, &["type", "name", "uri"])?;
    match (of.get("name").is_some(), of.get("uri").is_some()) {
        (true, true) => {
            Err(ReadError::unreadable("`params.ref` names a prompt or a resource, not both"))
        }
        (true, false) => {
            call.prompt = Some(text(of, "params.ref", "name")?);
            Ok(())
        }
        (false, true) => {
            call.resources = vec![text(of, "params.ref", "uri")?];
            Ok(())
        }
        (false, false) => Ok(()),
    }
}

fn object<'n, 'a>(params: &'n Node<'a>, name: &str) -> Result<Option<&'n Node<'a>>, ReadError> {
    match params.get(name) {
        None => Ok(None),
        Some(found @ Node::Object(_)) => Ok(Some(found)),
        Some(_) => Err(ReadError::unreadable(format!("`params.{name}` has to be an object"))),
    }
}

fn text(of: &Node<'_>, place: &str, name: &str) -> Result<String, ReadError> {
    match of.get(name) {
        Some(Node::Text(text)) => {
            plain(text)?;
            Ok(text.clone().into_owned())
        }
        _ => Err(ReadError::unreadable(format!("`{place}.{name}` has to be a string"))),
    }
}

fn check_arguments(params: &Node<'_>) -> Result<(), ReadError> {
    match params.get("arguments") {
        None | Some(Node::Null | Node::Object(_)) => Ok(()),
        Some(_) => Err(ReadError::unreadable("`params.arguments` has to be an object")),
    }
}
