/*! Answers to MCP clients. */

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Refusal, text};
use crate::protocol::{List, McpCall};
use crate::reason::Reason;

/// Whether the answer is a tool's result, which the model reads.
pub(super) fn answers_model(call: &McpCall) -> bool {
    call.is_tool_call() && call.id.is_some()
}

/// `resultType` is required since 2026-07-28 and harmless before.
pub(super) fn tool_result(refusal: &Refusal, call: &McpCall) -> String {
    let result = json!({
        "content": [{"type": "text", "text": text::sentence(refusal, text::Audience::Model)}],
        "isError": true,
        "resultType": "complete",
        "_meta": meta(refusal),
    });
    envelope(Some(call), "result", &result)
}

/// The list that a caller asks for and gets empty: an error there ends the whole run of an agent, which goes
/// on well without tools. What is wrong with the request itself is still told as an error.
pub(super) fn empties(refusal: &Refusal, call: &McpCall) -> Option<List> {
    let list = List::asked_by(call).filter(|_| call.id.is_some())?;
    is_about_what_is_offered(refusal.reason).then_some(list)
}

fn is_about_what_is_offered(reason: Reason) -> bool {
    match reason {
        Reason::Denied
        | Reason::NoRule
        | Reason::FactUnavailable
        | Reason::Pending
        | Reason::HoldDenied
        | Reason::HoldExpired
        | Reason::HoldUsed
        | Reason::ApprovalUnavailable
        | Reason::RedemptionUnknown
        | Reason::GrantInvalid
        | Reason::Killed
        | Reason::HoldLimit
        | Reason::HoldsFull
        | Reason::BudgetExceeded
        | Reason::RouteUnsafe
        | Reason::ResponseUnreadable
        | Reason::ResponseTooLarge
        | Reason::ResponseEncoded
        | Reason::ResponseDenied
        | Reason::ResponseRedirect
        | Reason::CredentialRefused
        | Reason::OverBudget => true,
        Reason::Unauthenticated
        | Reason::HoldUnknown
        | Reason::DryRunLimit
        | Reason::InsufficientScope
        | Reason::EndpointNotAllowed
        | Reason::AuthorizationServer
        | Reason::BodyUnreadable
        | Reason::BodyTooLarge
        | Reason::BodyEncoded
        | Reason::RequestAmbiguous
        | Reason::IdUnknown
        | Reason::MethodNotAllowed
        | Reason::UpgradeRefused
        | Reason::UnsafeInstall
        | Reason::UnknownSection
        | Reason::NoBundle => false,
    }
}

/// Since 2026-07-28 a list says how long and by whom it may be kept: what a caller may see is for nobody else.
pub(super) fn empty_list(refusal: &Refusal, call: &McpCall, list: List) -> String {
    let result = json!({
        list.member(): [],
        "resultType": "complete",
        "ttlMs": 0,
        "cacheScope": "private",
        "_meta": meta(refusal),
    });
    envelope(Some(call), "result", &result)
}

pub(super) fn error(refusal: &Refusal, call: Option<&McpCall>) -> String {
    let error = json!({
        "code": code(refusal.reason, call),
        "message": text::sentence(refusal, text::Audience::Reader),
        "data": meta(refusal),
    });
    envelope(call, "error", &error)
}

fn meta(refusal: &Refusal) -> Value {
    let mut meta = json!({
        "gatehouse/decision": refusal.reason.code(),
        "gatehouse/ref": refusal.reference,
    });
    for (name, text) in refusal.of_hold() {
        if let Some(members) = meta.as_object_mut() {
            members.insert(format!("gatehouse/{name}"), json!(text));
        }
    }
    meta
}

/// -32000 and -32001 are left alone: the Python client takes them for a lost connection and a
/// timeout, and tries again.
fn code(reason: Reason, call: Option<&McpCall>) -> i32 {
    match (reason, call) {
        (Reason::BodyUnreadable, None) => -32700,
        (Reason::BodyUnreadable, Some(_)) => -32600,
        (Reason::RequestAmbiguous, _) => -32020,
        (Reason::IdUnknown, Some(_)) => -32602,
        (Reason::MethodNotAllowed, Some(_)) => -32601,
        _ => -32003,
    }
}

/// A client takes 404 for the end of its session, and the message was understood: an error answers it.
pub(super) fn status(reason: Reason, call: Option<&McpCall>) -> u16 {
    match (reason, call) {
        (Reason::IdUnknown | Reason::MethodNotAllowed, Some(call)) => match call.id {
            Some(_) if !call.method.is_empty() => 200,
            _ => 400,
        },
        _ => reason.status(),
    }
}

/// The id goes back as the literal that came.
fn envelope(call: Option<&McpCall>, member: &str, content: &Value) -> String {
    let id = call
        .and_then(|call| call.id.as_deref())
        .and_then(|id| serde_json::from_str::<&RawValue>(id).ok())
        .map_or("null", RawValue::get);
    format!(r#"{{"jsonrpc":"2.0","id":{id},"{member}":{content}}}"#)
}
