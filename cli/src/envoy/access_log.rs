/*! One line of JSON for each exchange. */

use std::path::Path;

use serde_json::{Value, json};

use super::typed;

/// The record comes from the filter, which masked it; beside it stand only facts of Envoy's that
/// no caller can write into. Headers and paths are left out: they hold tokens, and `%REQ(...)%`
/// is read behind the credential injector.
pub fn file(path: &Path) -> Value {
    json!({
        "name": "envoy.access_loggers.file",
        "typed_config": typed("envoy.extensions.access_loggers.file.v3.FileAccessLog", json!({
            "path": path,
            "log_format": { "json_format": {
                "record": "%FILTER_STATE(wasm.gatehouse_record:PLAIN)%",
                "start_time": "%START_TIME%",
                "status": "%RESPONSE_CODE%",
                "flags": "%RESPONSE_FLAGS%",
                "details": "%RESPONSE_CODE_DETAILS%",
                "route": "%ROUTE_NAME%",
                "upstream_host": "%UPSTREAM_HOST%",
                "duration_ms": "%DURATION%",
                "bytes_received": "%BYTES_RECEIVED%",
                "bytes_sent": "%BYTES_SENT%",
            } },
        })),
    })
}
