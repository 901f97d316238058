/*! What is read from Envoy: time, randomness, properties. */

use std::time::UNIX_EPOCH;

use policy::call::Kind;
use policy::exchange::{Now, RouteFacts, RouteName};
use policy::record::Ended;
use policy::sections::RouteSections;
use proxy_wasm::hostcalls;
use proxy_wasm::types::{MapType, Status};

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

/// Why the caller gets this answer, as far as Envoy knows by now.
pub fn details() -> String {
    property(&["response", "code_details"]).unwrap_or_default()
}

/// What became of the exchange, once it is over.
pub fn ended(details_at_head: String) -> Ended {
    let text = |path: &[&str]| property(path).unwrap_or_default();
    Ended {
        status: u32::try_from(number(vec!["response", "code"])).unwrap_or(0),
        flags: number(vec!["response", "flags"]),
        details: details(),
        details_at_head,
        cluster: text(&["xds", "cluster_name"]),
        upstream: text(&["upstream", "address"]),
        bytes_received: number(vec!["request", "size"]),
        bytes_sent: number(vec!["response", "size"]),
    }
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
    let sections = match metadata(&["sections"]) {
        Ok(value) => RouteSections::new(value.as_deref()),
        Err(_) => RouteSections::unreadable(),
    };
    RouteName { sections, ..place() }
}

fn place() -> RouteName {
    RouteName {
        route: property(&["xds", "route_name"]).unwrap_or_default(),
        cluster: property(&["xds", "cluster_name"]).unwrap_or_default(),
        ..RouteName::default()
    }
}

/// What the route's metadata says under `gatehouse`. An error is not the same as nothing.
fn metadata(more: &[&str]) -> Result<Option<Vec<u8>>, Status> {
    let path = ["xds", "route_metadata", "filter_metadata", "gatehouse"];
    hostcalls::get_property([&path, more].concat())
}

pub fn route_facts() -> RouteFacts {
    // All of it at once: a look-up costs more than what it brings.
    let metadata = metadata(&[]).map(Option::unwrap_or_default);
    let pairs = metadata.as_deref().ok().and_then(pairs::read);
    let find = |key: &str| {
        let found = pairs.iter().flatten().find(|(name, _)| *name == key.as_bytes());
        found.map(|(_, value)| *value)
    };
    let get = |key: &str| {
        let text = find(key).and_then(|value| std::str::from_utf8(value).ok());
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let sections = match pairs {
        Some(_) => RouteSections::new(find("sections")),
        None => RouteSections::unreadable(),
    };
    RouteFacts {
        name: RouteName { sections, ..place() },
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
