/*! Whether an answer shows that an MCP server gave it. */

use crate::json::{MAX_DEPTH, Node, raw_scalar};
use crate::protocol::McpCall;

/// Longer answers show nothing here.
const LIMIT: usize = 256 * 1024;

/// The answer to one message, as it comes.
pub struct Proof {
    method: String,
    /// The literal of the message's id.
    id: String,
    body: Vec<u8>,
}

impl Proof {
    /// `None` for a message whose answer would show nothing.
    pub fn of(mcp: &McpCall) -> Option<Self> {
        let shows = matches!(mcp.method.as_str(), "initialize" | "tools/list" | "tools/call");
        let id = mcp.id.clone().filter(|_| shows)?;
        Some(Self { method: mcp.method.clone(), id, body: Vec::new() })
    }

    /// Whether that was the last piece of an answer that shows it.
    pub fn push(&mut self, chunk: &[u8], end: bool) -> bool {
        if self.body.len() + chunk.len() <= LIMIT {
            self.body.extend_from_slice(chunk);
            return end && self.shows();
        }
        self.id.clear();
        self.body = Vec::new();
        false
    }

    fn shows(&self) -> bool {
        let Ok(text) = std::str::from_utf8(&self.body) else { return false };
        let events = text.lines().filter_map(|line| line.strip_prefix("data:"));
        self.is_answer(text) || events.map(str::trim).any(|data| self.is_answer(data))
    }

    /// By what the specification asks of a result, and of no other JSON.
    fn is_answer(&self, text: &str) -> bool {
        if self.id.is_empty() || raw_scalar(text, &["id"]) != Some(self.id.as_str()) {
            return false;
        }
        let Ok(message) = Node::parse(text, MAX_DEPTH) else { return false };
        let Some(result) = message.get("result") else { return false };
        let list = |name: &str| match result.get(name) {
            Some(Node::Array(items)) => Some(items.as_slice()),
            _ => None,
        };
        let each = |items: &[Node<'_>], member: &str| {
            items.iter().all(|item| item.get(member).and_then(Node::text).is_some())
        };
        message.get("jsonrpc").and_then(Node::text) == Some("2.0")
            && match self.method.as_str() {
                "initialize" => {
                    result.get("protocolVersion").and_then(Node::text).is_some()
                        && result.get("serverInfo").and_then(Node::members).is_some()
                }
                "tools/list" => list("tools").is_some_and(|tools| each(tools, "name")),
                _ => list("content").is_some_and(|content| each(content, "type")),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::Proof;
    use crate::protocol::McpCall;

    fn shown(method: &str, id: &str, pieces: &[&str]) -> bool {
        let mcp = McpCall { id: Some(id.into()), method: method.into(), ..McpCall::default() };
        let Some(mut proof) = Proof::of(&mcp) else { return false };
        let last = pieces.len() - 1;
        let pieces = pieces.iter().enumerate();
        pieces.fold(false, |_, (at, piece)| proof.push(piece.as_bytes(), at == last))
    }

    #[test]
    fn answers_of_mcp_servers_show_it() {
        let initialize = r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"s","version":"1"}}}"#;
        let (one, two) = initialize.split_at(40);
        assert!(shown("initialize", "1", &[one, two]));
        assert!(shown("initialize", "1", &["event: message\ndata: ", initialize, "\n\n"]));
        assert!(shown(
            "tools/list",
            "\"a\"",
            &[r#"{"jsonrpc":"2.0","id":"a","result":{"tools":[{"name":"t"}]}}"#]
        ));
        assert!(shown(
            "tools/call",
            "7",
            &[r#"{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"x"}]}}"#]
        ));
    }

    #[test]
    fn other_answers_do_not() {
        for (method, body) in [
            (
                "initialize",
                r#"{"jsonrpc":"2.0","id":2,"result":{"protocolVersion":"1","serverInfo":{}}}"#,
            ),
            ("initialize", r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"1"}}"#),
            ("initialize", r#"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#),
            ("tools/list", r#"{"jsonrpc":"2.0","id":1,"result":{"tools":["t"]}}"#),
            ("tools/call", r#"{"jsonrpc":"2.0","id":1,"result":{}}"#),
            ("tools/call", r#"{"id":1,"result":{"content":[]}}"#),
            ("tools/call", r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#),
            ("ping", r#"{"jsonrpc":"2.0","id":1,"result":{}}"#),
            ("tools/call", "deleted"),
        ] {
            assert!(!shown(method, "1", &[body]), "{method} {body}");
        }
        let long = format!(
            "{}{}",
            " ".repeat(300_000),
            r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}"#
        );
        assert!(!shown("tools/list", "1", &[&long]));
    }
}
