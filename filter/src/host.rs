/*! What is read from Envoy: time, randomness, properties. */

use std::time::UNIX_EPOCH;

use policy::call::Kind;
use policy::exchange::{Now, RouteFacts, RouteName};
use proxy_wasm::hostcalls;
use proxy_wasm::types::MapType;

use crate::pairs;

pub fn now() -> Now {
    let since = hostcalls::get_current_time().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
    Now { unix_ms: since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0)) }
}

/// `None` if the host has no randomness: then nothing that needs an id goes on.
pub fn fresh() -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    getrandom::getrandom(&mut bytes).ok()?;
    Some(bytes)
}

/// How often Envoy's router sent the request's head upstream so far.
pub fn upstream_attempts() -> u64 {
    number(vec!["upstream", "request_attempt_count"])
}

/// Names this Envoy.
pub fn node() -> String {
    property(&["xds", "node", "id"]).unwrap_or_else(|| "unnamed".to_owned())
}

pub fn connection() -> u64 {
    number(vec!["connection_id"])
}

pub fn uri_san() -> Option<String> {
    property(&["connection", "uri_san_peer_certificate"])
}

pub fn route_name() -> RouteName {
    RouteName {
        route: property(&["xds", "route_name"]).unwrap_or_default(),
        cluster: property(&["xds", "cluster_name"]).unwrap_or_default(),
    }
}

pub fn route_facts() -> RouteFacts {
    // All of it at once: a look-up costs more than what it brings.
    let path = vec!["xds", "route_metadata", "filter_metadata", "gatehouse"];
    let metadata = hostcalls::get_property(path).ok().flatten().unwrap_or_default();
    let metadata = pairs::read(&metadata);
    let get = |key: &str| {
        let found = metadata.iter().find(|(name, _)| *name == key.as_bytes());
        let text = found.and_then(|(_, value)| std::str::from_utf8(value).ok());
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    RouteFacts {
        name: route_name(),
        kind: match get("kind").as_deref() {
            Some("http") => Kind::Http,
            Some("mcp") => Kind::Mcp,
            Some("openai") => Kind::Openai,
            _ => Kind::Auto,
        },
        prefix: get("prefix").unwrap_or_default(),
        rewrite: get("rewrite").unwrap_or_default(),
        host: get("host"),
        replay_off: get("replay").as_deref() == Some("off"),
    }
}

/// Of the answer to a call-out. `None` too if it is not UTF-8, at which the SDK's own reader panics.
pub fn answer_header(name: &str) -> Option<String> {
    let value = hostcalls::get_map_value_bytes(MapType::HttpCallResponseHeaders, name);
    String::from_utf8(value.ok().flatten()?).ok()
}

pub fn answer_status() -> u32 {
    answer_header(":status").and_then(|status| status.parse().ok()).unwrap_or(0)
}

fn property(path: &[&str]) -> Option<String> {
    let bytes = hostcalls::get_property(path.to_vec()).ok().flatten()?;
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

/// 0 where there is none.
fn number(path: Vec<&str>) -> u64 {
    let bytes = hostcalls::get_property(path).ok().flatten();
    let bytes = bytes.and_then(|bytes| <[u8; 8]>::try_from(bytes.as_slice()).ok());
    bytes.map_or(0, u64::from_le_bytes)
}
