/*! Where Envoy connects to. */

use std::net::IpAddr;

use serde_json::{Value, json};

use super::{
    APPROVAL_CLUSTER, BUNDLE_CLUSTER, OTLP_CLUSTER, Plan, RECORDS_CLUSTER, WORKERS, route, tls,
    typed,
};
use crate::upstream::Target;

const PROTOCOL: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/// Over HTTP/1 every call has a connection of its own, so the breakers stand high.
const MAX_CONCURRENT: u32 = 4096;

/// Questions to the approval service beside those of calls on hold: what callers call off, that they left, what
/// became of their holds, reports.
const RESERVE: u32 = 2 * policy::engine::CANCELS;

pub fn clusters(plan: &Plan) -> Vec<Value> {
    let upstreams = plan.upstreams.iter().enumerate();
    let mut clusters: Vec<Value> = upstreams
        .map(|(index, upstream)| to_target(plan, &route::name(index), &upstream.target))
        .collect();
    clusters.extend(plan.key_sources.iter().map(|(name, target)| to_target(plan, name, target)));
    let bundles = plan.bundle_source.iter();
    clusters.extend(bundles.map(|target| to_target(plan, BUNDLE_CLUSTER, target)));
    clusters.push(approval(plan));
    clusters.extend(plan.als.then(|| records(plan)));
    clusters.extend(plan.otlp.iter().map(|target| collector(plan, target)));
    clusters
}

fn to_target(plan: &Plan, name: &str, target: &Target) -> Value {
    let mut cluster = cluster(name, &target.host, target.port);
    // HTTP/1.1: what the filter judged is what travels, in one request, with one length.
    // Servers drop idle connections after 5 s, and a call must not be sent twice because of it:
    // drop them first.
    cluster["typed_extension_protocol_options"] = json!({ PROTOCOL: typed(PROTOCOL, json!({
        "explicit_http_config": { "http_protocol_options": {} },
        "common_http_protocol_options": { "idle_timeout": "3s" },
    })) });
    if target.https {
        cluster["transport_socket"] = tls::upstream(&target.host, &plan.roots, "http/1.1");
    }
    cluster
}

fn approval(plan: &Plan) -> Value {
    let mut cluster = cluster(APPROVAL_CLUSTER, &plan.approval.host, plan.approval.port);
    cluster["typed_extension_protocol_options"] = json!({ PROTOCOL: typed(PROTOCOL, json!({
        "auto_config": { "http_protocol_options": {}, "http2_protocol_options": {} },
        "retry_policy": another_replica(),
    })) });
    cluster["transport_socket"] = tls::approval(&plan.approval);
    // Each call on hold has one question there, and all workers share the breaker. What it stops is refused, so it
    // must not stop one whose call was taken.
    let most = WORKERS.saturating_mul(plan.limits.holds.saturating_add(RESERVE));
    let thresholds = &mut cluster["circuit_breakers"]["thresholds"][0];
    // Where nothing was sent, because a replica is gone, the filter has the next one asked.
    for bound in ["max_connections", "max_pending_requests", "max_requests", "max_retries"] {
        thresholds[bound] = Value::from(most);
    }
    // Shorter than any question of the filter: there is time to ask another one.
    cluster["connect_timeout"] = Value::from("1s");
    cluster
}

/// Where no connection came about nothing was sent. Without the predicate the turn may be the same replica's once more:
/// other calls of the worker take turns, too.
fn another_replica() -> Value {
    json!({
        "retry_on": "connect-failure",
        "num_retries": 2,
        "retry_host_predicate": [{
            "name": "envoy.retry_host_predicates.previous_hosts",
            "typed_config": typed("envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate", json!({})),
        }],
        // Of one replica alone that one is asked again.
        "host_selection_retry_max_attempts": 8,
    })
}

/// A stream of each worker to the approval service. Of its own, so that records never wait behind holds, nor these
/// behind records.
fn records(plan: &Plan) -> Value {
    let mut cluster = grpc(RECORDS_CLUSTER, &plan.approval.host, plan.approval.port);
    cluster["transport_socket"] = tls::approval(&plan.approval);
    cluster
}

fn collector(plan: &Plan, target: &Target) -> Value {
    let mut cluster = grpc(OTLP_CLUSTER, &target.host, target.port);
    if target.https {
        cluster["transport_socket"] = tls::upstream(&target.host, &plan.roots, "h2");
    }
    cluster
}

fn grpc(name: &str, host: &str, port: u16) -> Value {
    let mut cluster = cluster(name, host, port);
    cluster["typed_extension_protocol_options"] = json!({ PROTOCOL: typed(PROTOCOL, json!({
        "explicit_http_config": { "http2_protocol_options": {} },
    })) });
    // What waits for a connection that does not come about is lost: find out soon.
    cluster["connect_timeout"] = Value::from("1s");
    cluster
}

fn cluster(name: &str, host: &str, port: u16) -> Value {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let endpoint = json!({ "endpoint": {
        "address": { "socket_address": { "address": address, "port_value": port } },
    } });
    let mut cluster = json!({
        "name": name,
        "connect_timeout": "5s",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{ "lb_endpoints": [endpoint] }],
        },
        "circuit_breakers": { "thresholds": [{
            "max_connections": MAX_CONCURRENT,
            "max_pending_requests": MAX_CONCURRENT,
            "max_requests": MAX_CONCURRENT,
            "max_retries": 0,
        }] },
    });
    if address.parse::<IpAddr>().is_ok() {
        cluster["type"] = Value::from("STATIC");
    } else {
        cluster["type"] = Value::from("STRICT_DNS");
        cluster["dns_lookup_family"] = Value::from("V4_PREFERRED");
    }
    cluster
}
