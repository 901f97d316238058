/*!
The ways out of records: a line of JSON in a file for each exchange, always, since it is the only way that loses none
when Envoy ends; and beside it to who wants to know at once, the approval service or a collector of OpenTelemetry.

Of an answer that goes on the first two get lines meanwhile, with what came so far. A collector does not: to whoever
counts what it has, each would be an exchange.
*/

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::{NODE, OTLP_CLUSTER, Plan, RECORDS_CLUSTER, duration, typed};

const RECORD: &str = "wasm.gatehouse_record";
const LINK: &str = "wasm.gatehouse_link";
const PARTS: &str = "wasm.gatehouse_parts";

/// How often Envoy writes a line of an answer that goes on. Whoever looks on waits so long for what is said, and what a
/// worker that dies takes along is no older; but each line has the begin of the record once more.
pub const LINES_EVERY: Duration = Duration::from_secs(5);

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

/// Of the connection manager.
pub fn options() -> Value {
    json!({ "access_log_flush_interval": duration(LINES_EVERY) })
}

pub fn loggers(plan: &Plan) -> Vec<Value> {
    let file = |filter, line| file(&plan.access_log, filter, line);
    let mut loggers = vec![file(at_the_end(), line()), file(meanwhile(), line_meanwhile())];
    loggers.extend(plan.als.then(als));
    loggers.extend(plan.otlp.is_some().then(otlp));
    loggers
}

fn at_the_end() -> Value {
    json!({ "log_type_filter": { "types": ["DownstreamPeriodic"], "exclude": true } })
}

/// Of those alone that have said something: a call on hold and a stream in which nothing comes write nothing.
fn meanwhile() -> Value {
    let periodic = json!({ "log_type_filter": { "types": ["DownstreamPeriodic"] } });
    let has_parts = json!({
        "extension_filter": {
            "name": "envoy.access_loggers.extension_filters.cel",
            "typed_config": typed("envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter", json!({
                "expression": format!("filter_state['{PARTS}'] != ''"),
            })),
        },
    });
    json!({ "and_filter": { "filters": [periodic, has_parts] } })
}

/// Both write to the same file, of which Envoy has one.
fn file(path: &Path, filter: Value, line: String) -> Value {
    json!({
        "name": "envoy.access_loggers.file",
        "filter": filter,
        "typed_config": typed("envoy.extensions.access_loggers.file.v3.FileAccessLog", json!({
            "path": path,
            "log_format": {
                "text_format_source": { "inline_string": line },
                "omit_empty_values": true,
            },
        })),
    })
}

/// A text format, since `json_format` would make the record, which is JSON, a string once more: a
/// quarter longer, and a tenth of the CPU of a small request. In brackets, since a line without a
/// record has to be JSON too: what is empty is left out.
fn line() -> String {
    let (facts, said) = (facts(|_| true), said());
    format!("{{{facts}{said},\"links\":[{}]}}\n", state(LINK))
}

/// Of an exchange that goes on, which has no duration yet, and no link.
fn line_meanwhile() -> String {
    let facts = facts(|name| name != "duration_ms");
    format!("{{\"type\":\"%ACCESS_LOG_TYPE%\",{facts}{}}}\n", said())
}

fn facts(wanted: impl Fn(&str) -> bool) -> String {
    let facts = FACTS.iter().filter(|(name, _)| wanted(name));
    facts.map(|(name, value)| format!("\"{name}\":{value},")).collect()
}

fn said() -> String {
    format!("\"records\":[{}],\"parts\":[{}]", state(RECORD), state(PARTS))
}

fn state(name: &str) -> String {
    format!("%FILTER_STATE({name}:PLAIN)%")
}

/// The service makes the same lines of it.
fn als() -> Value {
    json!({
        "name": "envoy.access_loggers.http_grpc",
        "filter": { "or_filter": { "filters": [at_the_end(), meanwhile()] } },
        "typed_config": typed("envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig", json!({
            "common_config": {
                "log_name": NODE,
                "transport_api_version": "V3",
                "grpc_service": to(RECORDS_CLUSTER),
                "buffer_flush_interval": FLUSH,
                "buffer_size_bytes": ALS_BUFFER,
                "filter_state_objects_to_log": [RECORD, LINK, PARTS],
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
    let parts = attribute("gatehouse.parts", &state(PARTS));
    json!({
        "name": "envoy.access_loggers.open_telemetry",
        "filter": at_the_end(),
        "typed_config": typed("envoy.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig", json!({
            "log_name": NODE,
            "grpc_service": to(OTLP_CLUSTER),
            "buffer_flush_interval": FLUSH,
            "buffer_size_bytes": OTLP_BUFFER,
            // Of Envoy's own names; who sends is told below.
            "disable_builtin_labels": true,
            "resource_attributes": { "values": [attribute("service.name", NODE)] },
            "body": text(&state(RECORD)),
            "attributes": { "values": facts.chain([link, parts]).collect::<Vec<_>>() },
        })),
    })
}

fn to(cluster: &str) -> Value {
    json!({ "envoy_grpc": { "cluster_name": cluster } })
}
