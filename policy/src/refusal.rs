/*!
What a caller is told when a call does not pass, in the caller's own protocol.

Only one form reaches the model behind an MCP client: a JSON-RPC *result* with `isError` in a 200.
Everything else becomes "an error occurred, please try again" there, which invites a retry. So tool
calls get a result, who asks for a list gets an empty one, other messages an error. No answer quotes what
was found.
*/

mod dry_run;
mod mcp;
mod openai;
mod text;

use serde_json::{Value, json};

use crate::call::Kind;
use crate::protocol::McpCall;
use crate::reason::Reason;

pub use dry_run::dry_run;

/// A verdict or a failure, ready to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Reason,
    /// Name of the rule that decided.
    pub rule: Option<String>,
    /// With the reason `FactUnavailable`, what could not be had.
    pub fact: Option<String>,
    /// Why, and what to do about it; of the rule, the approver or the reader of the body.
    pub message: Option<String>,
    /// Which exchange it was; an operator resolves it to the record.
    pub reference: String,
    /// Where an approver decides.
    pub url: Option<String>,
    /// Id of the hold, where it may still be asked about.
    pub hold: Option<String>,
    /// Seconds.
    pub retry_after: Option<u32>,
    /// The challenge of a 401 or 403 (RFC 6750).
    pub www_authenticate: Option<String>,
}

impl Refusal {
    /// Where the caller asks what became of the hold, below the gateway's own address.
    pub(self) fn status_path(&self) -> Option<String> {
        self.hold.as_ref().map(|hold| format!("{HOLDS}{hold}"))
    }

    /// What a program finds the hold by.
    pub(self) fn of_hold(&self) -> impl Iterator<Item = (&'static str, String)> {
        let own = [("url", self.url.clone()), ("hold", self.hold.clone())];
        let own = own.into_iter().chain([("status_path", self.status_path())]);
        own.filter_map(|(name, text)| Some((name, text?)))
    }
}

/// Below this a caller asks what became of a hold.
pub const HOLDS: &str = "/.well-known/gatehouse/holds/";

/// A whole answer of the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalResponse {
    pub status: u32,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl LocalResponse {
    /// What the gateway says about itself.
    pub fn document(document: &Value, reference: &str) -> Self {
        let headers = vec![
            header("content-type", "application/json"),
            header("cache-control", "no-store"),
            header("x-gatehouse-ref", reference),
        ];
        Self { status: 200, headers, body: document.to_string() }
    }
}

/// `kind` may still be `Auto` where the body was not read: the answer is then plain HTTP.
pub fn render(refusal: &Refusal, kind: Kind, mcp: Option<&McpCall>) -> LocalResponse {
    let mut status = refusal.reason.status();
    // Only these two make a client look for a better token, and only by their status.
    let authentic = !matches!(refusal.reason, Reason::Unauthenticated | Reason::InsufficientScope);
    let body = match (kind, mcp) {
        (Kind::Mcp, Some(call)) if authentic && mcp::answers_model(call) => {
            status = 200;
            mcp::tool_result(refusal, call)
        }
        (Kind::Mcp, call) => match list(refusal, call) {
            Some(empty) => {
                status = 200;
                empty
            }
            None => {
                status = mcp::status(refusal.reason, call);
                mcp::error(refusal, call)
            }
        },
        (Kind::Openai, _) => openai::error(refusal).to_string(),
        (Kind::Http | Kind::Auto, _) => plain(refusal).to_string(),
    };
    let mut headers = vec![
        header("content-type", "application/json"),
        header("cache-control", "no-store"),
        header("x-gatehouse-reason", refusal.reason.code()),
        header("x-gatehouse-ref", &refusal.reference),
    ];
    if kind == Kind::Openai {
        // The client would repeat 408, 409, 429 and 5xx at once.
        headers.push(header("x-should-retry", "false"));
    }
    if let Some(seconds) = refusal.retry_after {
        headers.push(header("retry-after", &seconds.to_string()));
    }
    if let Some(challenge) = &refusal.www_authenticate {
        headers.push(header("www-authenticate", challenge));
    }
    LocalResponse { status: u32::from(status), headers, body }
}

/// Bytes that take the place of a response's body when its head is already out; `events` if that
/// head promised an event stream. `None`: nothing the caller would understand, so reset.
pub fn in_place(
    refusal: &Refusal,
    kind: Kind,
    mcp: Option<&McpCall>,
    events: bool,
) -> Option<Vec<u8>> {
    let (name, body) = match (kind, mcp) {
        (Kind::Mcp, Some(call)) if mcp::answers_model(call) => {
            ("message", mcp::tool_result(refusal, call))
        }
        (Kind::Mcp, Some(call)) if call.id.is_some() && !call.method.is_empty() => {
            let empty = list(refusal, mcp);
            ("message", empty.unwrap_or_else(|| mcp::error(refusal, mcp)))
        }
        (Kind::Openai, _) => {
            let whole = if events { openai::error } else { openai::model_refusal };
            ("error", whole(refusal).to_string())
        }
        // A reset reads as "try again", and whoever tries again lets the upstream run the call again.
        (Kind::Http | Kind::Auto, _) if !events => ("error", plain(refusal).to_string()),
        _ => return None,
    };
    Some(if events { format!("event: {name}\ndata: {body}\n\n") } else { body }.into_bytes())
}

fn list(refusal: &Refusal, call: Option<&McpCall>) -> Option<String> {
    let call = call?;
    Some(mcp::empty_list(refusal, call, mcp::empties(refusal, call)?))
}

fn plain(refusal: &Refusal) -> Value {
    let mut error = json!({
        "code": refusal.reason.code(),
        "message": text::sentence(refusal, text::Audience::Program),
        "ref": refusal.reference,
    });
    if let (Some(rule), Some(members)) = (&refusal.rule, error.as_object_mut()) {
        members.insert("rule".into(), json!(rule));
    }
    let mut body = json!({ "error": error });
    if let (Reason::Pending, Some(members)) = (refusal.reason, body.as_object_mut()) {
        members.insert("status".into(), json!("pending"));
        members.insert("ref".into(), json!(refusal.reference));
        members.extend(refusal.retry_after.map(|after| ("retry_after".into(), json!(after))));
    }
    if let Some(members) = body.as_object_mut() {
        members.extend(refusal.of_hold().map(|(name, text)| (name.into(), json!(text))));
    }
    body
}

/// A header value cannot carry line breaks, whatever it was made of.
fn header(name: &str, value: &str) -> (String, String) {
    let value = value.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect();
    (name.to_owned(), value)
}

#[cfg(test)]
mod tests;
