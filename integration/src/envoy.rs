/*!
A second Envoy beside that of `gatehouse run`, from the same configuration changed by a test: what a
mutation or another operator's mistake would do. It uses the same approval service and module.
*/

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gateway::Gateway;
use crate::http1::{Framing, Reader};
use crate::place;
use crate::process::Process;
use crate::record::Entry;
use crate::wait::until;

const START: std::time::Duration = std::time::Duration::from_secs(120);

pub struct Envoy {
    pub process: Process,
    /// `HOST:PORT` that agents call.
    pub address: String,
    pub records: PathBuf,
    admin: PathBuf,
    _folder: TempDir,
}

/// The configuration that `gatehouse run` wrote.
#[track_caller]
pub fn bootstrap(gateway: &Gateway) -> Value {
    let folder = gateway.data.join("envoy");
    let files = std::fs::read_dir(&folder).unwrap().flatten();
    let parsed = files
        .filter_map(|file| serde_json::from_slice::<Value>(&std::fs::read(file.path()).ok()?).ok());
    let mut bootstraps = parsed.filter(|value| value.get("static_resources").is_some());
    bootstraps.next().unwrap_or_else(|| panic!("no bootstrap in {}", folder.display()))
}

/// The connection manager of the one listener.
pub fn connection_manager(bootstrap: &mut Value) -> &mut Value {
    &mut bootstrap["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
}

pub fn filters(bootstrap: &mut Value) -> &mut Vec<Value> {
    connection_manager(bootstrap)["http_filters"].as_array_mut().unwrap()
}

/// The filter of that name.
#[track_caller]
pub fn filter<'a>(bootstrap: &'a mut Value, name: &str) -> &'a mut Value {
    let filters = filters(bootstrap).iter_mut();
    let mut named = filters.filter(|filter| filter["name"] == name);
    named.next().unwrap_or_else(|| panic!("no filter `{name}`"))
}

pub fn routes(bootstrap: &mut Value) -> &mut Vec<Value> {
    connection_manager(bootstrap)["route_config"]["virtual_hosts"][0]["routes"]
        .as_array_mut()
        .unwrap()
}

#[track_caller]
pub fn cluster<'a>(bootstrap: &'a mut Value, name: &str) -> &'a mut Value {
    let clusters = bootstrap["static_resources"]["clusters"].as_array_mut().unwrap().iter_mut();
    let mut named = clusters.filter(|cluster| cluster["name"] == name);
    named.next().unwrap_or_else(|| panic!("no cluster `{name}`"))
}

/// Changes the filter's own configuration.
pub fn plugin(bootstrap: &mut Value, change: impl FnOnce(&mut Value)) {
    let config = &mut filter(bootstrap, "gatehouse")["typed_config"]["config"]["configuration"];
    let mut plugin: Value = serde_json::from_str(config["value"].as_str().unwrap()).unwrap();
    change(&mut plugin);
    config["value"] = Value::from(plugin.to_string());
}

impl Envoy {
    /// One worker, so that a test knows which VM it meets.
    #[track_caller]
    pub fn start(gateway: &Gateway, change: impl FnOnce(&mut Value)) -> Self {
        Self::with(gateway, 1, change)
    }

    #[track_caller]
    pub fn with(gateway: &Gateway, workers: u32, change: impl FnOnce(&mut Value)) -> Self {
        let folder = place::folder();
        let (admin, records) =
            (folder.path().join("admin.sock"), folder.path().join("access.jsonl"));
        let mut config = bootstrap(gateway);
        config["static_resources"]["listeners"][0]["address"]["socket_address"]["port_value"] =
            json!(0);
        config["admin"] = json!({ "address": { "pipe": { "path": admin, "mode": 0o600 } } });
        for log in connection_manager(&mut config)["access_log"].as_array_mut().unwrap() {
            if log["name"] == "envoy.access_loggers.file" {
                log["typed_config"]["path"] = json!(records);
            }
        }
        change(&mut config);
        let file = folder.path().join("bootstrap.json");
        std::fs::write(&file, config.to_string()).unwrap();

        let mut command = Command::new(place::envoy());
        command.arg("-c").arg(&file).args(["--use-dynamic-base-id", "-l", "warning"]);
        command.args(["--file-flush-interval-msec", "50", "--drain-time-s", "1"]);
        command.args(["--concurrency", &workers.to_string()]);
        let mut process = Process::spawn("envoy", &command);
        let address = until("Envoy to listen", START, || {
            if let Some(status) = process.exited() {
                panic!("Envoy ended with {status}:\n{}", process.output());
            }
            let listeners = ask(&admin, "GET", "/listeners?format=json")?;
            let listeners: Value = serde_json::from_str(&listeners).ok()?;
            let at = &listeners["listener_statuses"][0]["local_address"]["socket_address"];
            Some(format!("{}:{}", at["address"].as_str()?, at["port_value"].as_u64()?))
        });
        until("Envoy to be ready", START, || {
            ask(&admin, "GET", "/ready").filter(|answer| answer.contains("LIVE"))
        });
        Self { process, address, records, admin, _folder: folder }
    }

    /// An answer of the admin interface.
    #[track_caller]
    pub fn admin(&self, path: &str) -> String {
        ask(&self.admin, "GET", path).unwrap_or_else(|| panic!("no answer to {path}"))
    }

    /// Value of a counter or gauge.
    #[track_caller]
    pub fn stat(&self, name: &str) -> u64 {
        let answer = self.admin(&format!("/stats?filter=^{name}$"));
        answer.rsplit(' ').next().and_then(|value| value.trim().parse().ok()).unwrap_or_default()
    }

    #[track_caller]
    pub fn record(&self, what: &str, wanted: impl Fn(&Entry) -> bool) -> Entry {
        crate::record::wait(&self.records, what, wanted)
    }
}

/// None where nobody answers yet.
pub fn ask(socket: &Path, method: &str, path: &str) -> Option<String> {
    let mut stream = UnixStream::connect(socket).ok()?;
    let request = format!("{method} {path} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let by_ref: &mut dyn Read = &mut stream;
    let message = Reader::new(by_ref, |_| {}).message(Framing::Response { head_only: false })?;
    Some(String::from_utf8_lossy(&message.body).into_owned())
}

/// Whether Envoy takes the configuration, and what it says.
pub fn validate(config: &Path) -> (bool, String) {
    let mut command = Command::new(place::envoy());
    command.args(["--mode", "validate", "-l", "warning", "-c"]).arg(config);
    let output = command.output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}
