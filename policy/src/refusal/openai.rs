/*! Answers to clients of the OpenAI API: typed exceptions there keep message and code. */

use serde_json::{Value, json};

use super::{Refusal, text};
use crate::reason::Reason;

pub(super) fn error(refusal: &Refusal) -> Value {
    let code = match refusal.reason {
        Reason::Denied | Reason::ResponseDenied => "gatehouse_blocked".to_owned(),
        other => format!("gatehouse_{}", other.code()),
    };
    let kind = match refusal.reason.status() {
        401 => "authentication_error",
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    };
    json!({"error": {
        "message": text::sentence(refusal, text::Audience::Program),
        "type": kind,
        "param": null,
        "code": code,
        "ref": refusal.reference,
    }})
}
