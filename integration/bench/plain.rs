/*! The same Envoy with a router and nothing else. */

use std::process::Command;
use std::time::Duration;

use integration::envoy::ask;
use integration::place;
use integration::process::Process;
use integration::wait::until;
use serde_json::{Value, json};

use crate::load::Origin;

pub struct Plain {
    process: Process,
    pub address: String,
    _folder: tempfile::TempDir,
}

impl Plain {
    pub fn start(origin: &Origin) -> Self {
        let folder = place::folder();
        let (file, admin) = (folder.path().join("plain.json"), folder.path().join("admin.sock"));
        let config = bootstrap(origin, &admin.display().to_string());
        std::fs::write(&file, config.to_string()).expect("a file");
        let mut command = Command::new(place::envoy());
        // As many workers as `gatehouse run` starts.
        command.args(["--use-dynamic-base-id", "-l", "warning", "--concurrency", "2"]);
        command.arg("-c").arg(&file);
        let process = Process::spawn("plain Envoy", &command);
        let address = until("plain Envoy to listen", Duration::from_secs(60), || {
            let listeners: Value =
                serde_json::from_str(&ask(&admin, "GET", "/listeners?format=json")?).ok()?;
            let at = &listeners["listener_statuses"][0]["local_address"]["socket_address"];
            Some(format!("{}:{}", at["address"].as_str()?, at["port_value"].as_u64()?))
        });
        Self { process, address, _folder: folder }
    }

    pub fn pid(&self) -> u32 {
        self.process.pid()
    }
}

fn bootstrap(origin: &Origin, admin: &str) -> Value {
    let any = |name: &str| format!("type.googleapis.com/envoy.extensions.filters.{name}");
    let socket =
        |port: u16| json!({ "socket_address": { "address": "127.0.0.1", "port_value": port } });
    json!({
        "admin": { "address": { "pipe": { "path": admin } } },
        "static_resources": {
            "listeners": [{
                "name": "plain", "address": socket(0),
                "filter_chains": [{ "filters": [{
                    "name": "hcm",
                    "typed_config": {
                        "@type": any("network.http_connection_manager.v3.HttpConnectionManager"),
                        "stat_prefix": "plain",
                        "route_config": { "virtual_hosts": [{
                            "name": "all", "domains": ["*"],
                            "routes": [{ "match": { "prefix": "/" }, "route": { "cluster": "origin" } }],
                        }] },
                        "http_filters": [{
                            "name": "router",
                            "typed_config": { "@type": any("http.router.v3.Router") },
                        }],
                    },
                }] }],
            }],
            "clusters": [{
                "name": "origin", "connect_timeout": "1s",
                "load_assignment": { "cluster_name": "origin", "endpoints": [{ "lb_endpoints": [{
                    "endpoint": { "address": socket(origin.address.port()) },
                }] }] },
            }],
        },
    })
}
