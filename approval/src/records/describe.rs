/*! Parts of a record in a few words. */

use policy::record::{End, Record};
use policy::rule::Effect;
use serde::Serialize;

use super::Exchange;

/// The tool, the JSON-RPC method, or method and path.
pub fn call(record: &Record) -> String {
    let request = &record.request;
    match &request.mcp {
        Some(mcp) => match &mcp.tool {
            Some(tool) => format!("{} {tool}", mcp.method),
            None => mcp.method.clone(),
        },
        None => format!("{} {}", request.method, request.path),
    }
}

/// Effect and reason: `deny (hold_denied)`. Of a dry run, what it was told; of a call whose caller left,
/// how far it came.
pub fn verdict(exchange: &Exchange) -> String {
    let record = &exchange.record;
    let verdict = &record.verdict;
    let dry = if record.dry_run { "dry run: " } else { "" };
    let text = match (&verdict.effect, &verdict.reason) {
        (Some(effect), Some(reason)) => format!("{} ({})", word(effect), reason.code()),
        (Some(Effect::Hold), None) if released(record) => "hold, then let pass".to_owned(),
        (Some(effect), None) => word(effect),
        (None, Some(reason)) => reason.code().to_owned(),
        (None, None) => "none".to_owned(),
    };
    let end = match record.end {
        End::UpstreamReset => ", the upstream broke off",
        End::TimedOut => ", timed out",
        _ if left(exchange) => ", the caller left",
        _ => "",
    };
    format!("{dry}{text}{end}")
}

/// People let it pass.
pub fn released(record: &Record) -> bool {
    record.hold.as_ref().is_some_and(|hold| hold.status == "approved")
}

/// The filter only sees that it ended early; Envoy's flags tell by whom (DC: the connection, DR: the stream).
pub fn left(exchange: &Exchange) -> bool {
    let flagged = |flag| exchange.envoy.flags.split(',').any(|one| one == flag);
    exchange.record.end == End::Aborted && (flagged("DC") || flagged("DR"))
}

/// The word that stands for a value in records and bundles.
pub fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
