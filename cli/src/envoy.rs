/*!
Envoy's configuration, from a small plan to JSON. Pure: the same functions serve `gatehouse run`
and the example that lies in the folder `envoy`.

The order of the filters is the point of it: wasm, then the buffer that keeps the request head
until the verdict, then the second lock on the verdict, then the credential, then the router.
*/

mod access_log;
mod capability;
mod cluster;
mod condition;
mod credential;
pub mod example;
mod filters;
mod listener;
mod overload;
pub mod plugin;
pub mod promise;
mod route;
#[cfg(test)]
mod tests;
mod tls;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::upstream::{Target, Upstream};

pub use credential::secrets;
pub use listener::NAME as LISTENER;
pub use tls::ServerTls;

/// Names the Envoy of a local gateway to the approval service.
pub const NODE: &str = "gatehouse";

/// The cluster and the name under which the filter finds the approval service.
pub const APPROVAL_CLUSTER: &str = "gatehouse_approval";
pub const APPROVAL_AUTHORITY: &str = "approval.gatehouse.internal";

/// The cluster that fetched bundles come from.
pub const BUNDLE_CLUSTER: &str = "gatehouse_bundle";

/// The cluster that records are sent to while Envoy runs: the approval service, over HTTP/2.
pub const RECORDS_CLUSTER: &str = "gatehouse_records";

/// The cluster of the collector of OpenTelemetry.
pub const OTLP_CLUSTER: &str = "gatehouse_otlp";

/// What differs between two gateways; everything else is the same everywhere.
#[derive(Clone, Debug)]
pub struct Plan {
    pub listen: SocketAddr,
    pub tls: Option<ServerTls>,
    pub upstreams: Vec<Upstream>,
    /// Clusters to fetch issuers' keys from, by cluster name.
    pub key_sources: Vec<(String, Target)>,
    /// Where bundles are fetched from, unless the plugin configuration holds one.
    pub bundle_source: Option<Target>,
    pub approval: Approval,
    pub wasm: PathBuf,
    /// Shared data is shared by everyone who knows it, so it must not be guessable.
    pub vm_id: String,
    /// The filter's configuration, see `plugin`.
    pub plugin: String,
    pub access_log: PathBuf,
    /// Whether the approval service is sent records as exchanges end, beside the file.
    pub als: bool,
    /// A collector of OpenTelemetry that is sent them, too.
    pub otlp: Option<Target>,
    /// Unix socket of the admin interface; none: no admin interface.
    pub admin: Option<PathBuf>,
    /// Folder of the files that `secrets` describes.
    pub secrets: PathBuf,
    /// PEM file with the roots that https upstreams are checked against.
    pub roots: PathBuf,
    pub limits: Limits,
}

#[derive(Clone, Debug)]
pub struct Approval {
    pub host: String,
    pub port: u16,
    /// PEM files: whom the filter trusts, and what it proves itself with.
    pub ca: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of body the filter lets through; Envoy's own limits lie a bit above.
    pub request_body: u64,
    pub response_body: u64,
    pub holds_per_principal: u32,
    /// Bytes of the calls of one principal on hold.
    pub held_bytes_per_principal: u64,
    /// Calls on hold of all principals, in one worker, and their bytes.
    pub holds: u32,
    pub held_bytes: u64,
    pub dry_runs_per_minute: u32,
    /// A stream without a byte in either direction ends after this: also one held by a VM that died.
    pub idle: Duration,
    /// No stream lives longer.
    pub stream: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_body: 1024 * 1024,
            response_body: 4 * 1024 * 1024,
            holds_per_principal: 32,
            held_bytes_per_principal: 16 * 1024 * 1024,
            holds: 2048,
            held_bytes: 128 * 1024 * 1024,
            dry_runs_per_minute: 60,
            idle: Duration::from_secs(5 * 60),
            stream: Duration::from_secs(60 * 60),
        }
    }
}

impl Limits {
    /// What Envoy may keep of a body, either way. The filter must see the byte past its own limit to refuse it,
    /// and writes back no more than its limit.
    fn buffer(self) -> u64 {
        above(self.request_body.max(self.response_body))
    }
}

/// What `gatehouse run` starts Envoy with, and what the breaker of the approval service is made for.
pub const WORKERS: u32 = 2;

fn above(limit: u64) -> u64 {
    // Envoy's fields are 32 bits wide.
    limit.saturating_add(limit / 2).saturating_add(64 * 1024).min(u64::from(u32::MAX))
}

/// The whole of Envoy's bootstrap.
pub fn bootstrap(plan: &Plan) -> Value {
    let mut bootstrap = json!({
        "node": { "id": NODE, "cluster": "gatehouse" },
        "overload_manager": overload::manager(),
        "static_resources": {
            "listeners": [listener::listener(plan)],
            "clusters": cluster::clusters(plan),
        },
    });
    if let Some(socket) = &plan.admin {
        // 0600: whoever reaches it can print credentials by turning on debug logs.
        bootstrap["admin"] = json!({ "address": { "pipe": { "path": socket, "mode": 0o600 } } });
    }
    bootstrap
}

/// A message in an `Any`.
fn typed(name: &str, mut message: Value) -> Value {
    message["@type"] = Value::from(format!("type.googleapis.com/{name}"));
    message
}

/// As protobuf writes a duration.
fn duration(duration: Duration) -> String {
    format!("{}s", duration.as_secs_f64())
}
