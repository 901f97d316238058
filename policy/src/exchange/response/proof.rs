/*! Whether an answer shows that an MCP server gave it. */

use super::head::value;
use crate::content_type;
use crate::json::{MAX_DEPTH, Node, raw_scalar};
use crate::protocol::McpCall;

/// Longer answers show nothing here.
const LIMIT: usize = 256 * 1024;

/// The answer to one message, as it comes.
pub struct Proof {
    method: String,
    /// The literal of the message's id.
    id: String,
    form: Form,
    body: Vec<u8>,
}

/// What the answer is called. Only in an event stream a line that begins with `data:` is an event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Events,
    Other,
}

impl Proof {
    /// `None` for a message whose answer would show nothing.
    pub fn of(mcp: &McpCall) -> Option<Self> {
        let shows = matches!(
            mcp.method.as_str(),
            "server/discover" | "initialize" | "tools/list" | "tools/call"
        );
        let id = mcp.id.clone().filter(|_| shows)?;
        Some(Self { method: mcp.method.clone(), id, form: Form::Other, body: Vec::new() })
    }

    pub fn begin(&mut self, headers: &[(String, Vec<u8>)]) {
        let called = value(headers, "content-type").unwrap_or_default();
        self.form = match content_type::essence(called).as_str() {
            "text/event-stream" => Form::Events,
            _ if content_type::is_json(called) => Form::Json,
            _ => Form::Other,
        };
    }

    /// Whether what came so far shows it. A stream need not end for that.
    pub fn push(&mut self, chunk: &[u8], end: bool) -> bool {
        if self.form == Form::Other {
            return false;
        }
        if self.body.len() + chunk.len() > LIMIT {
            (self.form, self.body) = (Form::Other, Vec::new());
            return false;
        }
        self.body.extend_from_slice(chunk);
        if self.form == Form::Json {
            return end && std::str::from_utf8(&self.body).is_ok_and(|text| self.is_answer(text));
        }
        let Some(last) = self.body.iter().rposition(|byte| *byte == b'\n') else { return false };
        let rest = self.body.split_off(last + 1);
        let whole = std::mem::replace(&mut self.body, rest);
        let events = std::str::from_utf8(&whole).unwrap_or_default().lines();
        let mut events = events.filter_map(|line| line.strip_prefix("data:"));
        events.any(|data| self.is_answer(data.trim()))
    }

    /// By what the specification asks of a result, and of no other JSON.
    fn is_answer(&self, text: &str) -> bool {
        if raw_scalar(text, &["id"]) != Some(self.id.as_str()) {
            return false;
        }
        let Ok(message) = Node::parse(text, MAX_DEPTH) else { return false };
        // What came back as it was sent is no answer.
        let asks = ["method", "params", "error"].iter().any(|name| message.get(name).is_some());
        let version = message.get("jsonrpc").and_then(Node::text);
        let Some(result) = message.get("result").filter(|_| !asks && version == Some("2.0")) else {
            return false;
        };
        let object = |name: &str| result.get(name).and_then(Node::members).is_some();
        let each = |list: &str, member: &str| match result.get(list) {
            Some(Node::Array(items)) => {
                items.iter().all(|item| item.get(member).and_then(Node::text).is_some())
            }
            _ => false,
        };
        match self.method.as_str() {
            "server/discover" => object("serverInfo") && object("capabilities"),
            "initialize" => {
                object("serverInfo") && result.get("protocolVersion").and_then(Node::text).is_some()
            }
            "tools/list" => each("tools", "name"),
            _ => each("content", "type"),
        }
    }
}

#[cfg(test)]
mod tests;
