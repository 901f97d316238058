/*!
From a body to what the call asks for, in the protocol the route says it speaks.

What two readers could take differently is refused: a batch, a member named twice or in another case
(some servers ignore case), a header that says something else than the body.
*/

mod body;
mod list;
mod mcp;
mod names;
mod openai;
mod own_meta;
mod proposals;

use crate::call::Kind;
use crate::json::{self, Node};
use crate::multipart::Part;
use crate::reason::Reason;

pub use list::List;
pub use mcp::McpCall;
pub use openai::{Member, ModelRequest, ModelTool, is_known_endpoint, read as model_request};
pub use own_meta::{is_meta, is_own_meta, without_own_meta};
pub use proposals::{Mark, Proposal, Proposals, Unread};

/// A body as its protocol reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Protocol<'a> {
    /// Never `Auto`.
    pub kind: Kind,
    /// The route says so. Else the caller's own words made it that kind, and what is behind the
    /// route may read them as plain HTTP: then nothing is left unread for the kind's sake.
    pub said: bool,
    /// Absent for HTTP and OpenAI, and for MCP without a body (`GET` of a stream, `DELETE`).
    pub mcp: Option<McpCall>,
    /// The body, where it is JSON.
    pub json: Option<Node<'a>>,
    /// Of a multipart body.
    pub parts: Vec<Part<'a>>,
}

/// A body that is not read; the detail is for people and quotes nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct ReadError {
    pub reason: Reason,
    pub detail: String,
}

impl Protocol<'_> {
    /// Whether this is a call of that kind to anyone who may read it.
    pub fn is(&self, kind: Kind) -> bool {
        self.kind == kind || (!self.said && kind == Kind::Http)
    }
}

impl ReadError {
    fn unreadable(detail: impl Into<String>) -> Self {
        Self { reason: Reason::BodyUnreadable, detail: detail.into() }
    }

    fn ambiguous(detail: impl Into<String>) -> Self {
        Self { reason: Reason::RequestAmbiguous, detail: detail.into() }
    }
}

/// `kind` is the route's; `headers` have lower-case names; `body` is empty where there is none.
///
/// # Errors
///
/// `BodyUnreadable` for a body that is not what the kind expects, `RequestAmbiguous` where the head
/// contradicts it.
pub fn read<'a>(
    kind: Kind,
    method: &str,
    headers: &[(String, String)],
    body: &'a str,
) -> Result<Protocol<'a>, ReadError> {
    body::check_head(headers)?;
    let parts = body::parts(headers, body)?;
    let json = body::json(headers, body)?;
    let said = kind != Kind::Auto;
    let kind = settle(kind, headers, json.as_ref());
    let mcp = match (kind, &json) {
        (Kind::Mcp, Some(value)) => Some(mcp::read(value, headers, body)?),
        (Kind::Mcp, None) => {
            if !body.trim().is_empty() || !matches!(method, "GET" | "HEAD" | "DELETE" | "OPTIONS") {
                return Err(ReadError::unreadable("the body is not a JSON-RPC message"));
            }
            None
        }
        (Kind::Openai, Some(Node::Object(_))) => None,
        (Kind::Openai, None) if body.trim().is_empty() => None,
        (Kind::Openai, _) => {
            return Err(ReadError::unreadable("the body is not a JSON object"));
        }
        (Kind::Http | Kind::Auto, _) => None,
    };
    Ok(Protocol { kind, said, mcp, json, parts })
}

/// JSON-RPC 2.0 in the body, or a header that only MCP has, makes it MCP.
fn settle(kind: Kind, headers: &[(String, String)], json: Option<&Node<'_>>) -> Kind {
    if kind != Kind::Auto {
        return kind;
    }
    let json_rpc = match json {
        // Servers pass over what is no message in a batch.
        Some(Node::Array(batch)) => batch.iter().any(body::is_message),
        Some(message) => body::is_message(message),
        None => false,
    };
    let says_mcp = || {
        headers.iter().any(|(name, _)| {
            matches!(
                name.as_str(),
                "mcp-session-id" | "mcp-protocol-version" | "mcp-method" | "mcp-name"
            )
        })
    };
    if json_rpc || says_mcp() { Kind::Mcp } else { Kind::Http }
}

fn parse(body: &str) -> Result<Node<'_>, ReadError> {
    let node = Node::parse(body, json::MAX_DEPTH)
        .map_err(|error| ReadError::unreadable(format!("the body is not strict JSON: {error}")))?;
    names::check(&node)?;
    Ok(node)
}

#[cfg(test)]
mod tests;
