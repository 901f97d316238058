/*! What the filter may call and what Envoy may call in it. */

use serde_json::{Map, Value, json};

/// Imports and exports of the filter. A missing export is a hole, not an error (without
/// `proxy_on_request_body` bodies pass unread), so a test compares this list with the module.
/// Left out on purpose: gRPC, shared queues, TCP, and of WASI the files and clocks. Other modules can
/// write to shared data too, so what is read there is sealed or verified (`policy/src/delivery`).
///
/// The environment is allowed though the module has none: a library looks there, whenever an error
/// comes up, whether it should keep a backtrace, and libc ends the process if it may not look. A
/// token with a wrong signature would end the VM.
pub const ALLOWED: &[&str] = &[
    "environ_get",
    "environ_sizes_get",
    "proxy_add_header_map_value",
    "proxy_close_stream",
    "proxy_continue_stream",
    "proxy_define_metric",
    "proxy_get_buffer_bytes",
    "proxy_get_current_time_nanoseconds",
    "proxy_get_header_map_pairs",
    "proxy_get_header_map_value",
    "proxy_get_property",
    "proxy_get_shared_data",
    "proxy_get_status",
    "proxy_http_call",
    "proxy_increment_metric",
    "proxy_log",
    "proxy_on_configure",
    "proxy_on_context_create",
    "proxy_on_delete",
    "proxy_on_done",
    "proxy_on_http_call_response",
    "proxy_on_log",
    "proxy_on_request_body",
    "proxy_on_request_headers",
    "proxy_on_request_trailers",
    "proxy_on_response_body",
    "proxy_on_response_headers",
    "proxy_on_response_trailers",
    "proxy_on_tick",
    "proxy_on_vm_start",
    "proxy_record_metric",
    "proxy_remove_header_map_value",
    "proxy_replace_header_map_value",
    "proxy_send_local_response",
    "proxy_set_buffer_bytes",
    "proxy_set_effective_context",
    "proxy_set_header_map_pairs",
    "proxy_set_property",
    "proxy_set_shared_data",
    "proxy_set_tick_period_milliseconds",
    "random_get",
];

/// Envoy 1.40 and later; 1.39 and earlier take it one level up, in the plugin.
pub fn restriction() -> Value {
    let allowed: Map<String, Value> =
        ALLOWED.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
    json!({ "allowed_capabilities": allowed })
}
