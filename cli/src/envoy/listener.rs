/*! The listener agents call, and how it reads HTTP. */

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{Plan, access_log, duration, filters, route, tls, typed};

pub const NAME: &str = "gatehouse";

pub fn listener(plan: &Plan) -> Value {
    let mut chain = json!({
        "filters": [{
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": connection_manager(plan),
        }],
    });
    if let Some(server) = &plan.tls {
        chain["transport_socket"] = tls::downstream(server);
    }
    json!({
        "name": NAME,
        "address": address(plan.listen),
        // With it a second gateway on the same port would start too, and take half of the calls.
        "enable_reuse_port": false,
        "per_connection_buffer_limit_bytes": plan.limits.buffer(),
        "filter_chains": [chain],
    })
}

/// The agent's path, host and headers must read the same to the filter, to Envoy's router and to
/// the upstream; what could read differently is refused here or in the filter.
fn connection_manager(plan: &Plan) -> Value {
    const NAME: &str =
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
    typed(
        NAME,
        json!({
            "stat_prefix": "gatehouse",
            "normalize_path": true,
            "merge_slashes": true,
            "path_with_escaped_slashes_action": "REJECT_REQUEST",
            // Callers are external, all of them: an internal one may tell Envoy by `x-envoy-*`
            // headers to repeat a call. Loopback counts as internal unless said otherwise.
            "use_remote_address": true,
            "internal_address_config": {
                "cidr_ranges": [{ "address_prefix": "255.255.255.255", "prefix_len": 32 }],
            },
            "skip_xff_append": true,
            // What a record calls the caller's id is what the caller said, or nothing.
            "generate_request_id": false,
            "preserve_external_request_id": true,
            "server_header_transformation": "PASS_THROUGH",
            "max_request_headers_kb": 60,
            "common_http_protocol_options": {
                "headers_with_underscores_action": "REJECT_REQUEST",
                "max_headers_count": 100,
                "idle_timeout": "3600s",
            },
            "http2_protocol_options": {
                "max_concurrent_streams": 100,
                "initial_stream_window_size": 65536,
                "initial_connection_window_size": 1048576,
            },
            // These two count until the request is in; a call on hold is in.
            "request_headers_timeout": "10s",
            "request_timeout": "60s",
            "stream_idle_timeout": duration(plan.limits.idle),
            "access_log": access_log::loggers(plan),
            "access_log_options": access_log::options(),
            "route_config": route::table(plan),
            "http_filters": filters::chain(plan),
        }),
    )
}

pub fn address(at: SocketAddr) -> Value {
    json!({ "socket_address": { "address": at.ip().to_string(), "port_value": at.port() } })
}
