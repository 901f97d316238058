/*!
Real `gatehouse serve` beside the one service that `gatehouse run` has in it: one program over SQLite, or several over
one PostgreSQL, with the keys of a gateway and certificates of their own.
*/

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use approval::config::{Database, Secret};

use crate::call::Call;
use crate::envoy::cluster;
use crate::gateway::Gateway;
use crate::http1::{Connection, Response};
use crate::place;
use crate::postgres::Postgres;
use crate::process::Process;
use crate::stored::Stored;
use crate::tls::{Authority, Client, Pair, dns, uri};

/// The name in the service's certificate.
pub const SERVICE: &str = "approval.gatehouse.internal";
const FILTER: &str = "spiffe://gatehouse/filter";
const START: Duration = Duration::from_secs(60);
/// Of the one approver, who is as fast as a test is.
const APPROVER_KEY: &str = "the-key-of-an-approver-in-tests-of-replicas";

/// What replicas of one service share.
pub struct Service {
    files: Files,
    authority: Authority,
    database: Option<String>,
    client: Client,
    folder: TempDir,
}

/// What a filter's end is made of.
struct Files {
    ca: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

/// One program. A place that it had it has again when it starts again.
pub struct Replica {
    process: Process,
    /// Where filters ask.
    pub filter: SocketAddr,
    /// `HOST:PORT` of its console.
    pub console: String,
}

impl Service {
    /// Over a file of its own.
    pub fn sqlite(gateway: &Gateway) -> Self {
        Self::new(gateway, None)
    }

    /// Over that database.
    pub fn postgres(gateway: &Gateway, database: &Postgres) -> Self {
        Self::new(gateway, Some(database.url()))
    }

    fn new(gateway: &Gateway, database: Option<String>) -> Self {
        let folder = place::folder();
        let at = |name: &str| folder.path().join(name);
        let authority = Authority::new("filters and their service");
        let own = authority.issue(&[dns(SERVICE)]);
        own.files(folder.path(), "service");
        let filter = authority.issue(&[uri(FILTER)]);
        let (certificate, key) = filter.files(folder.path(), "filter");
        let files = Files { ca: authority.file(folder.path(), "ca"), certificate, key };
        std::fs::write(at("approver.key"), APPROVER_KEY).unwrap();
        let store = match database {
            Some(_) => "postgres = {env = \"DATABASE\"}".to_owned(),
            None => format!("sqlite = {:?}", at("holds.db")),
        };
        let text = configuration(folder.path(), &gateway.data.join("keys"), &store);
        std::fs::write(at("serve.toml"), text).unwrap();
        let client = Client::new(&authority.pem(), Some(&filter));
        Self { files, authority, database, client, folder }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(place::gatehouse());
        command.arg("serve").arg("--config").arg(self.folder.path().join("serve.toml"));
        if let Some(url) = &self.database {
            command.env("DATABASE", url);
        }
        command
    }

    /// One more program of it.
    #[track_caller]
    pub fn replica(&self) -> Replica {
        let filter = free_place();
        let (process, console) = start(self.command(), filter);
        Replica { process, filter, console }
    }

    /// Leads an Envoy's questions to these, with the filter's certificate, as an operator would.
    pub fn serves(&self, replicas: &[&Replica], config: &mut Value) {
        self.leads("gatehouse_approval", replicas, config);
    }

    /// Its records, too, where it sends any.
    pub fn serves_all(&self, replicas: &[&Replica], config: &mut Value) {
        self.serves(replicas, config);
        self.leads("gatehouse_records", replicas, config);
    }

    fn leads(&self, name: &str, replicas: &[&Replica], config: &mut Value) {
        let approval = cluster(config, name);
        let endpoints = replicas.iter().map(|replica| {
            let (address, port) = (replica.filter.ip().to_string(), replica.filter.port());
            json!({ "endpoint": { "address": {
                "socket_address": { "address": address, "port_value": port },
            } } })
        });
        approval["load_assignment"]["endpoints"][0]["lb_endpoints"] = endpoints.collect();
        let tls = &mut approval["transport_socket"]["typed_config"]["common_tls_context"];
        let Files { ca, certificate, key } = &self.files;
        tls["tls_certificates"] = json!([{
            "certificate_chain": { "filename": certificate }, "private_key": { "filename": key },
        }]);
        tls["validation_context"]["trusted_ca"]["filename"] = json!(ca);
    }

    /// A certificate of its authority with this name in it.
    pub fn certificate(&self, name: &str) -> Pair {
        self.authority.issue(&[uri(name)])
    }

    /// Where it keeps records.
    pub fn stored(&self) -> Stored {
        Stored::of(&match &self.database {
            Some(url) => Database::Postgres(Secret::new(url)),
            None => Database::Sqlite(self.folder.path().join("records.sqlite")),
        })
    }

    /// As a filter of its own would ask; an error where no whole answer comes.
    pub fn ask(&self, at: SocketAddr, call: &Call) -> Result<Response, String> {
        self.client.send(&at.to_string(), SERVICE, call)
    }
}

impl Replica {
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Without a chance to do anything; returns once it is gone.
    #[track_caller]
    pub fn kill(&mut self) {
        self.process.stop(Signal::KILL, START);
    }

    /// As whoever runs it stops it: it has to end by itself.
    #[track_caller]
    pub fn stop(&mut self) {
        let ended = self.process.stop(Signal::TERM, START);
        assert!(ended.success(), "{ended}: {}", self.output());
    }

    /// Where it was.
    #[track_caller]
    pub fn start_again(&mut self, service: &Service) {
        self.process.stop(Signal::KILL, START);
        (self.process, self.console) = start(service.command(), self.filter);
    }

    /// What it printed since it started.
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// As the approver asks; `None` where no whole answer comes.
    pub fn console(&self, method: &str, path: &str, body: Option<&Value>) -> Option<Response> {
        let mut call = Call::new(method, path).token(APPROVER_KEY);
        call.headers.retain(|(name, _)| name != "host");
        let call = call.header("host", &self.console);
        let call = body.map_or(call.clone(), |body| call.json(body));
        Connection::open(&self.console).write(call.bytes()).response(false)
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Value {
        let response = self.console("GET", path, None).unwrap_or_else(|| panic!("GET {path}"));
        response.expect(200).json()
    }

    /// Those with that status (`open` are those nobody decided), 200 at most.
    #[track_caller]
    pub fn holds(&self, status: &str) -> Vec<Value> {
        let list = self.get(&format!("/v1/holds?status={status}"));
        list["holds"].as_array().unwrap().clone()
    }

    /// `approve` or `deny`.
    pub fn decide(&self, hold: &str, decision: &str) -> Option<Response> {
        let path = format!("/v1/holds/{hold}/decision");
        self.console("POST", &path, Some(&json!({ "decision": decision, "reason": "" })))
    }
}

#[track_caller]
fn start(mut command: Command, filter: SocketAddr) -> (Process, String) {
    command.env("GATEHOUSE_FILTER_LISTEN", filter.to_string());
    let mut process = Process::spawn("gatehouse serve", &command);
    let line = process.line("filter ", START);
    let console = line.split(' ').find_map(|word| word.strip_prefix("http://"));
    let console = console.unwrap_or_else(|| panic!("no console in `{line}`")).to_owned();
    (process, console)
}

/// On an address of loopback that this process has for itself, on a port that nobody is given unasked: so it is
/// still free when a program that was killed starts again.
fn free_place() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(20_000);
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    let address = Ipv4Addr::new(127, high.wrapping_add(64), middle, low);
    SocketAddr::from((address, NEXT.fetch_add(1, Ordering::Relaxed)))
}

fn configuration(folder: &Path, keys: &Path, store: &str) -> String {
    let (own, key) = (|name: &str| folder.join(name), |name: &str| keys.join(name));
    format!(
        r#"
[filter]
listen = "127.0.0.1:0"
ca = {:?}
cert = {:?}
key = {{file = {:?}}}
[console]
listen = "127.0.0.1:0"
[store]
{store}
[keys]
grant = {{file = {:?}}}
receipt = {{file = {:?}}}
digest = {{file = {:?}}}
[[approvers]]
name = "dana"
key = {{file = {:?}}}
[limits]
decisions_per_minute = 100000
"#,
        own("ca.pem"),
        own("service.pem"),
        own("service.key"),
        key("grant.pem"),
        key("receipt.pem"),
        key("digest.key"),
        own("approver.key"),
    )
}
