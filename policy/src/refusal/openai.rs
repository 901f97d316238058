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
    let mut error = json!({
        "message": text::sentence(refusal, text::Audience::Reader),
        "type": kind,
        "param": null,
        "code": code,
        "ref": refusal.reference,
    });
    if let Some(members) = error.as_object_mut() {
        members.extend(refusal.of_hold().map(|(name, text)| (name.into(), json!(text))));
    }
    json!({"error": error})
}

/// What stands in the body of an answer whose head, a 200, is out. A lone error there is no answer:
/// the SDKs fail at what is missing and lose the reason, or ask the model again, turn after turn. So
/// it reads as a model that refused to answer, in the shapes of Responses and of Chat Completions at
/// once, with the error beside it for the rest. Who reads a refusal sees no other member: the
/// reference is in its text.
pub(super) fn model_refusal(refusal: &Refusal) -> Value {
    let text = text::sentence(refusal, text::Audience::Reader);
    let id = format!("gatehouse_{}", refusal.reference);
    let mut answer = json!({
        "id": id,
        "object": "response",
        "created_at": 0,
        "created": 0,
        "model": "gatehouse",
        "status": "completed",
        "output": [{
            "id": id,
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "refusal", "refusal": text}],
        }],
        "incomplete_details": null,
        "instructions": null,
        "metadata": {},
        "parallel_tool_calls": false,
        "tool_choice": "auto",
        "tools": [],
        "choices": [{
            "index": 0,
            "logprobs": null,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": null, "refusal": text},
        }],
    });
    if let (Some(answer), Value::Object(error)) = (answer.as_object_mut(), error(refusal)) {
        answer.extend(error);
    }
    answer
}
