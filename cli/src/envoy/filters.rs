/*! The chain: wasm, buffer, second lock, credential, router. No other order is safe. */

use serde_json::{Value, json};

use super::{Plan, capability, condition, credential, typed};

pub const WASM: &str = "gatehouse";
pub const BUFFER: &str = "envoy.filters.http.buffer";
pub const LOCK: &str = "gatehouse.lock";
pub const ROUTER: &str = "envoy.filters.http.router";

pub fn chain(plan: &Plan) -> Vec<Value> {
    let mut chain = vec![wasm(plan), buffer(plan), lock()];
    chain.extend(credential::injectors(plan));
    chain.push(router());
    chain
}

fn wasm(plan: &Plan) -> Value {
    json!({
        "name": WASM,
        "typed_config": typed("envoy.extensions.filters.http.wasm.v3.Wasm", json!({ "config": {
            "name": WASM,
            // A VM that died is made anew; until then it answers 503. Never sooner than 1 s:
            // Envoy divides by the interval in milliseconds less one.
            "failure_policy": "FAIL_RELOAD",
            "reload_config": { "backoff": { "base_interval": "1s", "max_interval": "10s" } },
            "configuration": typed("google.protobuf.StringValue", json!({ "value": plan.plugin })),
            "vm_config": {
                "runtime": "envoy.wasm.runtime.v8",
                "vm_id": plan.vm_id,
                "code": { "local": { "filename": plan.wasm } },
                "capability_restriction_config": capability::restriction(),
            },
        } })),
    })
}

/// Keeps the request head from the upstream until the filter let the whole body through.
fn buffer(plan: &Plan) -> Value {
    json!({
        "name": BUFFER,
        "typed_config": typed("envoy.extensions.filters.http.buffer.v3.Buffer", json!({
            // Envoy takes it for both directions, and an answer that was withheld is written back as a whole.
            "max_request_bytes": plan.limits.buffer(),
        })),
    })
}

/// The filter is not the only lock: whatever made it step aside (a route that disables it, a
/// failure policy, an error of its own), without its verdict nothing passes. Nor does a verdict
/// open another route than the one it was given for: an edit of the head makes Envoy look for the
/// route again, and only here, behind the filter, does it show what was found.
fn lock() -> Value {
    json!({
        "name": LOCK,
        "typed_config": typed("envoy.extensions.filters.http.rbac.v3.RBAC", json!({
            "rules": { "action": "ALLOW", "policies": { "verdict": {
                "permissions": [{ "any": true }],
                "principals": [{ "filter_state": {
                    "key": "wasm.gatehouse_verdict",
                    "string_match": { "exact": "allow" },
                } }],
                "condition": condition::judged(),
            } } },
        })),
    })
}

fn router() -> Value {
    json!({
        "name": ROUTER,
        "typed_config": typed("envoy.extensions.filters.http.router.v3.Router", json!({
            // Neither upstream nor agent learns of Envoy's timings and hosts.
            "suppress_envoy_headers": true,
        })),
    })
}
