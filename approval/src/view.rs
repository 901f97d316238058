/*!
What an approver is shown of a call, and all that the store keeps of it.

Everything is taken from the masked body, so nothing here can hold what masking took away. It is
made readable without being made up: JSON is indented token by token (numbers stay as they were
written), SQL only changes its white space, and characters that hide or reorder text become visible.
*/

mod json;
mod percent;
mod reading;
mod session;
pub mod sql;
mod visible;

use policy::call::{Call, Kind};
use serde::{Deserialize, Serialize};

use crate::mask::Mask;

pub(crate) use json::pretty;
pub(crate) use reading::shorten;
pub use session::Before;
pub use visible::{shows, visible, visible_line};

/// Bytes of one text that are kept; the page says where it was cut.
const TEXT_LIMIT: usize = 64 * 1024;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The call in a few words: the tool, or method and path.
    pub action: String,
    pub kind: String,
    /// A model proposes it, in its answer to a request to that place. Who asks makes it once the answer goes out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub proposed: bool,
    pub method: String,
    pub authority: String,
    pub path: String,
    pub route: String,
    pub cluster: String,
    /// The JSON-RPC method, such as `tools/call`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpc: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// JSON, laid out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sql: Vec<SqlText>,
    /// Values of headers whose names promise a secret are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// All of the body, laid out if it is JSON.
    #[serde(default)]
    pub body: String,
    /// Bytes of the original body.
    pub body_size: u64,
    /// Something above is not all there is.
    #[serde(default)]
    pub cut: bool,
    /// What masking took out, over all parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<(String, u32)>,
    /// The session it belongs to, as records name it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub session: String,
    /// What was asked for in that session before, the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Before>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlText {
    /// JSON pointer to it in the body; empty if the body is SQL itself.
    pub at: String,
    pub text: String,
}

impl View {
    pub fn of(call: &Call, mask: &dyn Mask) -> Self {
        let mut reading = reading::Reading::new(mask);
        let body = reading.masked(&call.body);
        let method = reading.line(&call.method);
        let path = reading.path(&call.path);
        let headers =
            call.headers.iter().map(|(name, value)| reading.header(name, value)).collect();
        let rpc = (call.kind == Kind::Mcp).then(|| json::rpc(&body)).flatten().unwrap_or_default();
        let which = call.proposed.then(|| json::which(&body)).flatten();
        let tool = rpc.tool.map(|tool| match which {
            Some(which) => reading.name(&format!("{which}.{tool}")),
            None => reading.name(&tool),
        });
        let rpc_method = rpc.method.as_deref().map(|method| reading.name(method));
        let arguments = rpc.arguments.map(|text| reading.text(json::pretty(text)));
        let sql = reading.sql(&body);
        let short = path.split('?').next().unwrap_or_default();
        let action = match (&tool, &rpc_method) {
            (Some(tool), _) => tool.clone(),
            (None, Some(method)) => method.clone(),
            (None, None) => format!("{method} {short}"),
        };
        let whole = json::pretty(&body);
        Self {
            action: reading::shorten(&action, 120),
            kind: call.kind.name().to_owned(),
            proposed: call.proposed,
            authority: reading.line(&call.authority),
            route: visible_line(&call.route),
            cluster: visible_line(&call.cluster),
            rpc: rpc_method,
            tool,
            arguments,
            sql,
            headers,
            body: reading.text(whole),
            body_size: call.body.len() as u64,
            method,
            path,
            cut: reading.cut,
            findings: reading.findings(),
            session: String::new(),
            before: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
