/*! Whether a body is JSON, and whether it is text in an encoding the gateway reads. */

use crate::charset;
use crate::content_type;
use crate::json::{self, Node};
use crate::multipart::{self, Part, PartsError};
use crate::reason::Reason;

use super::{ReadError, parse};

/// A content encoding or a character set other than UTF-8 hides the text from the scanner.
pub(super) fn check_head(headers: &[(String, String)]) -> Result<(), ReadError> {
    let encoded = |detail: &str| ReadError { reason: Reason::BodyEncoded, detail: detail.into() };
    for (name, value) in headers {
        if name == "content-encoding" && !value.trim().eq_ignore_ascii_case("identity") {
            return Err(encoded("the body has a content encoding; send it uncompressed"));
        }
        if name == "content-type" && !charset::is_utf8(value) {
            return Err(encoded("the body has another character set; send it as UTF-8"));
        }
    }
    Ok(())
}

/// Those of a multipart body.
pub(super) fn parts<'a>(
    headers: &[(String, String)],
    body: &'a str,
) -> Result<Vec<Part<'a>>, ReadError> {
    let unread =
        |error: PartsError| ReadError { reason: error.reason(), detail: error.to_string() };
    multipart::read(content_type::of(headers), body).map_err(unread)
}

/// Text that begins like a JSON object or array has to be strict JSON whatever its content type: a
/// lenient upstream would read it as JSON. Text that is called JSON has to be JSON.
pub(super) fn json<'a>(
    headers: &[(String, String)],
    body: &'a str,
) -> Result<Option<Node<'a>>, ReadError> {
    let text = body.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if text.is_empty() && !body.contains('\u{feff}') {
        return Ok(None);
    }
    if content_type::is_json_lines(content_type::of(headers)) && is_lines(body)? {
        return Ok(None);
    }
    if text.starts_with(['{', '[']) || is_json_type(headers) {
        return parse(body).map(Some);
    }
    Ok(None)
}

/// Whether a body that is called lines of JSON has several, each of which has to be a strict object. Nothing can
/// be pointed at in them: a server that reads the first alone takes it for the body. Messages among them
/// would be a batch.
fn is_lines(body: &str) -> Result<bool, ReadError> {
    let mark = |c: char| matches!(c, ' ' | '\t' | '\r');
    let lines = body.split('\n').map(|line| line.trim_matches(mark));
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    if lines.len() < 2 {
        return Ok(false);
    }
    for line in lines {
        let node = parse(line)?;
        if !matches!(node, Node::Object(_)) {
            return Err(ReadError::unreadable("a line of the body is not a JSON object"));
        }
        if is_message(&node) {
            return Err(ReadError::unreadable("several JSON-RPC messages are sent at once"));
        }
    }
    Ok(true)
}

/// JSON-RPC 2.0. `params` as an array is JSON-RPC of another sort: no MCP server reads it.
pub(super) fn is_message(node: &Node<'_>) -> bool {
    let names = node.members().unwrap_or_default().iter().map(|(name, _)| name);
    names.map(|name| json::folded(name)).any(|name| name == "jsonrpc")
        && !matches!(node.get("params"), Some(Node::Array(_)))
}

fn is_json_type(headers: &[(String, String)]) -> bool {
    let essence = content_type::essence(content_type::of(headers));
    essence.ends_with("/json") || essence.ends_with("+json")
}
