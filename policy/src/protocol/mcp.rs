/*! One JSON-RPC message of MCP, in every era: with a session (to 2025-11-25) or without (2026-07-28). */

use crate::json::{self, Node};

use super::{ReadError, own_meta};

mod mirrored;
mod named;

/// What a message asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct McpCall {
    /// The literal as the client wrote it, such as `7` or `"a"`; absent for a notification. An
    /// answer with another spelling of it costs the client its whole timeout.
    pub id: Option<String>,
    /// Empty for the client's answer to a request of the server.
    pub method: String,
    /// Of `tools/call`.
    pub tool: Option<String>,
    /// Of `prompts/get`, or what `completion/complete` is about.
    pub prompt: Option<String>,
    /// URIs, of `resources/read` and the like one. `subscriptions/listen` has any number, and
    /// `completion/complete` may have a template.
    pub resources: Vec<String>,
    /// Of `tasks/get` and the like.
    pub task: Option<String>,
    /// What the client calls itself, and its version: in each message since 2026-07-28, before that only in
    /// `initialize`.
    pub client: Option<String>,
    pub client_version: Option<String>,
    /// The version of the protocol, by the message or by its head.
    pub protocol_version: Option<String>,
    /// The literal of the id that `notifications/cancelled` calls off.
    pub cancels: Option<String>,
    /// Of `params._meta`: which run of its client it belongs to.
    pub run: Option<String>,
}

impl McpCall {
    pub fn is_tool_call(&self) -> bool {
        self.method == "tools/call"
    }

    /// Bytes of all that it names.
    pub fn size(&self) -> usize {
        self.names().map(str::len).sum()
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let Self { id, tool, prompt, task, client, client_version, .. } = self;
        let Self { protocol_version, cancels, run, .. } = self;
        let some = [id, tool, prompt, task, client, client_version, protocol_version, cancels, run];
        let some = some.into_iter().flatten().chain(&self.resources);
        some.map(String::as_str).chain([self.method.as_str()])
    }

    /// Its resource may be a template.
    pub fn completes(&self) -> bool {
        self.method == "completion/complete"
    }
}

/// Members that decide. None may appear in another case beside or in place of these.
const MESSAGE: &[&str] = &["jsonrpc", "id", "method", "params", "result", "error"];
const PARAMS: &[&str] =
    &["name", "arguments", "uri", "requestId", "taskId", "notifications", "ref", "_meta"];

pub(super) fn read(
    message: &Node<'_>,
    headers: &[(String, String)],
    body: &str,
) -> Result<McpCall, ReadError> {
    match message {
        Node::Object(_) => {}
        Node::Array(_) => {
            return Err(ReadError::unreadable("batches are not accepted; send one message"));
        }
        _ => return Err(ReadError::unreadable("the body is not a JSON-RPC message")),
    }
    one_spelling(message, MESSAGE)?;
    if message.get("jsonrpc").and_then(Node::text) != Some("2.0") {
        return Err(ReadError::unreadable("the message lacks `jsonrpc` with the value \"2.0\""));
    }
    let id = match message.get("id") {
        None => None,
        Some(Node::Text(_) | Node::Number(_)) => json::raw_scalar(body, &["id"]).map(str::to_owned),
        Some(_) => return Err(ReadError::unreadable("`id` has to be a string or a number")),
    };
    let params = match message.get("params") {
        None => &Node::Null,
        Some(params @ Node::Object(_)) => params,
        Some(_) => return Err(ReadError::unreadable("`params` has to be an object")),
    };
    one_spelling(params, PARAMS)?;
    let method = match message.get("method") {
        Some(Node::Text(method)) => method.clone().into_owned(),
        None if message.get("result").is_some() != message.get("error").is_some() => String::new(),
        _ => return Err(ReadError::unreadable("`method` has to be a string")),
    };
    let answers = message.get("result").is_some() || message.get("error").is_some();
    if answers && !method.is_empty() {
        return Err(ReadError::unreadable("a message asks or answers, not both"));
    }
    let mut call = McpCall { id, method, run: own_meta::run(params), ..McpCall::default() };
    named::read(&mut call, params, body)?;
    plain(&call.method)?;
    mirrored::check(&call, params, headers)?;
    sender(&mut call, params, headers)?;
    if call.names().any(|name| name.len() > NAME_MAX) {
        let detail = format!("an id, a name or a URI in the message is over {NAME_MAX} bytes");
        return Err(ReadError::unreadable(detail));
    }
    Ok(call)
}

/// Bytes of an id, a name or a URI: more than any that people or servers give, and few enough to be kept several
/// times while a call is on hold.
const NAME_MAX: usize = 8 * 1024;

const CLIENT: &str = "io.modelcontextprotocol/clientInfo";
const VERSION: &str = "io.modelcontextprotocol/protocolVersion";

/// What the message says of who sends it. What is there in another form is as if it were not there: a rule
/// that asks for it denies.
fn sender(
    call: &mut McpCall,
    params: &Node<'_>,
    headers: &[(String, String)],
) -> Result<(), ReadError> {
    let (place, client, version) = if call.method == "initialize" {
        (params, "clientInfo", "protocolVersion")
    } else {
        (params.get("_meta").unwrap_or(&Node::Null), CLIENT, VERSION)
    };
    one_spelling(place, &[client, version])?;
    let text = |of: &Node<'_>, name: &str| of.get(name).and_then(Node::text).map(str::to_owned);
    if let Some(client) = place.get(client) {
        one_spelling(client, &["name", "version"])?;
        call.client = text(client, "name");
        call.client_version = text(client, "version");
    }
    call.protocol_version = text(place, version);
    // What `initialize` asks for is not yet agreed on.
    if call.method == "initialize" {
        return Ok(());
    }
    let said = place.get(version).is_some();
    for (_, value) in headers.iter().filter(|(name, _)| name == "mcp-protocol-version") {
        if (said || call.protocol_version.is_some())
            && call.protocol_version.as_ref() != Some(value)
        {
            let detail = "header `mcp-protocol-version` differs from the message, or stands twice";
            return Err(ReadError::ambiguous(detail));
        }
        call.protocol_version = Some(value.clone());
    }
    Ok(())
}

/// Go and others find members whatever their case: `Name` beside `name` would be read there.
fn one_spelling(node: &Node<'_>, known: &[&str]) -> Result<(), ReadError> {
    let odd = node.members().unwrap_or_default().iter().any(|(name, _)| {
        let name_folded = json::folded(name);
        known.iter().any(|known| json::folded(known) == name_folded && known != name)
    });
    if odd {
        return Err(ReadError::unreadable("a member of the message is in the wrong case"));
    }
    Ok(())
}

/// A name that ends at a NUL for one reader and goes on for the next is no name.
fn plain(name: &str) -> Result<(), ReadError> {
    if name.chars().any(char::is_control) {
        return Err(ReadError::unreadable("a name in the message holds a control character"));
    }
    Ok(())
}
