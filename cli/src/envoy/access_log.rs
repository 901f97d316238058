/*!
The ways out of records: a line of JSON in a file for each exchange, always, since it is the only way that loses none
when Envoy ends; and beside it to who wants to know at once, the approval service or a collector of OpenTelemetry.
*/

use std::path::Path;

use serde_json::{Value, json};

use super::{NODE, OTLP_CLUSTER, Plan, RECORDS_CLUSTER, typed};

const RECORD: &str = "wasm.gatehouse_record";
const LINK: &str = "wasm.gatehouse_link";

/// What Envoy itself says, of which no caller can write anything. Headers and paths are left out: they hold tokens,
/// and `%REQ(...)%` is read behind the credential injector. Numbers stand without quotes.
const FACTS: [(&str, &str); 9] = [
    ("start_time", "\"%START_TIME%\""),
    ("status", "%RESPONSE_CODE%"),
    ("flags", "\"%RESPONSE_FLAGS%\""),
    ("details", DETAILS),
    ("route", "\"%ROUTE_NAME%\""),
    ("upstream_host", "\"%UPSTREAM_HOST%\""),
    ("duration_ms", "%DURATION%"),
    ("bytes_received", "%BYTES_RECEIVED%"),
    ("bytes_sent", "%BYTES_SENT%"),
];

/// The filter's word for it where Envoy's own has something of the upstream in it, such as names in its certificate:
/// Envoy escapes nothing here, and masks nothing.
const DETAILS: &str = "\"%COALESCE({\"operators\":[{\"command\":\"FILTER_STATE\",\"param\":\"wasm.gatehouse_details:PLAIN\"},\"RESPONSE_CODE_DETAILS\"]})%\"";

/// How long Envoy collects before it sends.
const FLUSH: &str = "0.1s";

/// Of the access-log service: a batch, and all that waits while the receiver does not read. What does not fit is
/// dropped and counted (`logs_dropped`). Some hundred of the longest records.
const ALS_BUFFER: u32 = 4 * 1024 * 1024;

/// A batch of OpenTelemetry: collectors take messages of 4 MiB unless they are told otherwise.
const OTLP_BUFFER: u32 = 1024 * 1024;

pub fn loggers(plan: &Plan) -> Vec<Value> {
    let mut loggers = vec![file(&plan.access_log)];
    loggers.extend(plan.als.then(als));
    loggers.extend(plan.otlp.is_some().then(otlp));
    loggers
}

fn file(path: &Path) -> Value {
    json!({
        "name": "envoy.access_loggers.file",
        "typed_config": typed("envoy.extensions.access_loggers.file.v3.FileAccessLog", json!({
            "path": path,
            "log_format": {
                "text_format_source": { "inline_string": line() },
                "omit_empty_values": true,
            },
        })),
    })
}

/// A text format, since `json_format` would make the record, which is JSON, a string once more: a
/// quarter longer, and a tenth of the CPU of a small request. In brackets, since a line without a
/// record has to be JSON too: what is empty is left out.
fn line() -> String {
    let facts: String = FACTS.iter().map(|(name, value)| format!("\"{name}\":{value},")).collect();
    format!("{{{facts}\"records\":[{}],\"links\":[{}]}}\n", state(RECORD), state(LINK))
}

fn state(name: &str) -> String {
    format!("%FILTER_STATE({name}:PLAIN)%")
}

/// The service makes the same line of it.
fn als() -> Value {
    json!({
        "name": "envoy.access_loggers.http_grpc",
        "typed_config": typed("envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig", json!({
            "common_config": {
                "log_name": NODE,
                "transport_api_version": "V3",
                "grpc_service": to(RECORDS_CLUSTER),
                "buffer_flush_interval": FLUSH,
                "buffer_size_bytes": ALS_BUFFER,
                "filter_state_objects_to_log": [RECORD, LINK],
            },
        })),
    })
}

/// The record is the body, what else is in the line are attributes.
fn otlp() -> Value {
    let text = |value: &str| json!({ "string_value": value });
    let attribute = |name: &str, value: &str| json!({ "key": name, "value": text(value) });
    let facts = FACTS
        .iter()
        .map(|(name, value)| attribute(&format!("envoy.{name}"), value.trim_matches('"')));
    let link = attribute("gatehouse.link", &state(LINK));
    json!({
        "name": "envoy.access_loggers.open_telemetry",
        "typed_config": typed("envoy.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig", json!({
            "log_name": NODE,
            "grpc_service": to(OTLP_CLUSTER),
            "buffer_flush_interval": FLUSH,
            "buffer_size_bytes": OTLP_BUFFER,
            // Of Envoy's own names; who sends is told below.
            "disable_builtin_labels": true,
            "resource_attributes": { "values": [attribute("service.name", NODE)] },
            "body": text(&state(RECORD)),
            "attributes": { "values": facts.chain([link]).collect::<Vec<_>>() },
        })),
    })
}

fn to(cluster: &str) -> Value {
    json!({ "envoy_grpc": { "cluster_name": cluster } })
}
