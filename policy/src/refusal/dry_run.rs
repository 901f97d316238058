/*! What a dry run is told, in one form for every protocol, since a program asked for it. */

use serde_json::json;

use super::{LocalResponse, Refusal, header, text};
use crate::rule::Effect;

/// What would become of the call. The reason, the rule and the message are what a refusal would tell;
/// what passes, redacted or not, is told no more than that.
pub fn dry_run(effect: Effect, refusal: Option<&Refusal>, reference: &str) -> LocalResponse {
    let message = refusal.map(|refusal| match effect {
        // Nothing is pending: only a call asks for approval.
        Effect::Hold => text::needs_approval(refusal),
        _ => text::sentence(refusal, text::Audience::Program),
    });
    let body = json!({
        "decision": effect,
        "reason": refusal.map(|refusal| refusal.reason),
        "rule": refusal.and_then(|refusal| refusal.rule.as_deref()),
        "message": message,
        "ref": reference,
    });
    let headers = vec![
        header("content-type", "application/json"),
        header("cache-control", "no-store"),
        header("x-gatehouse-dry-run", "true"),
        header("x-gatehouse-ref", reference),
    ];
    LocalResponse { status: 200, headers, body: body.to_string() }
}
