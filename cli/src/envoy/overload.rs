/*! What Envoy does when too much arrives at once. */

use serde_json::{Value, json};

use super::typed;

const HEAP: &str = "envoy.resource_monitors.fixed_heap";
const MAX_HEAP_BYTES: u64 = 2 * 1024 * 1024 * 1024;
const MAX_CONNECTIONS: u64 = 4096;

pub fn manager() -> Value {
    let at = |value: f64| json!([{ "name": HEAP, "threshold": { "value": value } }]);
    json!({
        "refresh_interval": "0.25s",
        "resource_monitors": [
            { "name": HEAP, "typed_config": typed(
                "envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig",
                json!({ "max_heap_size_bytes": MAX_HEAP_BYTES }),
            ) },
            { "name": "envoy.resource_monitors.global_downstream_max_connections",
              "typed_config": typed(
                "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
                json!({ "max_active_downstream_connections": MAX_CONNECTIONS }),
            ) },
        ],
        "actions": [
            { "name": "envoy.overload_actions.shrink_heap", "triggers": at(0.9) },
            { "name": "envoy.overload_actions.stop_accepting_requests", "triggers": at(0.95) },
        ],
    })
}
