/*! Records leave by three ways: Envoy's file, its access-log service, and OpenTelemetry. */

use std::collections::BTreeMap;
use std::path::Path;

use approval::records::Line;
use integration::envoy::Envoy;
use integration::http1::Connection;
use integration::replicas::{Replica, Service};
use integration::stored::Stored;
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Reply, Upstream};
use serde_json::{Value, json};

mod away;
mod ends;
mod others;
mod same;

const BUNDLE: &str = "\
bundle: {name: ways, version: '1'}
rules:
  - {name: no, on: request, match: {http: {path: '/denied/**'}}, effect: deny}
  - {name: ask, on: request, match: {http: {path: '/held/**'}}, effect: hold, hold: {wait: 2m}}
";

struct Ends {
    upstream: Upstream,
    gateway: Gateway,
    token: String,
}

impl Ends {
    /// Whose Envoy sends its records as the options say; other Envoys are made from its configuration.
    fn new(options: &[&str]) -> Self {
        let upstream = Upstream::start();
        let gateway = Gateway::build().upstream("/", &upstream.url()).bundle(BUNDLE).arg("--als");
        let gateway = options.iter().fold(gateway, |gateway, option| gateway.arg(*option)).start();
        let token = gateway.token("robot");
        Self { upstream, gateway, token }
    }

    fn pass(&self, envoy: &Envoy, path: &str) {
        let call = Call::post(path).token(&self.token).json(&json!({ "said": path }));
        call.send_to(&envoy.address).expect(200);
    }

    /// On hold until somebody decides, or its caller leaves.
    fn held(&self, envoy: &Envoy, path: &str) -> Connection {
        let mut connection = Connection::open(&envoy.address);
        let call = Call::post(path).token(&self.token).header("x-gatehouse-wait", "100");
        connection.write(call.bytes());
        connection
    }
}

fn hold_of(replica: &Replica, path: &str) -> String {
    until("the call to be on hold", SOON, || {
        let holds = replica.holds("open");
        let of = |hold: &&Value| hold["action"].as_str().is_some_and(|call| call.ends_with(path));
        let hold = holds.iter().find(of)?;
        Some(hold["id"].as_str()?.to_owned())
    })
}

/// As Envoy wrote them.
#[track_caller]
fn written(file: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(file).unwrap();
    let lines =
        text.lines().map(|line| Line::parse(line.as_bytes()).unwrap_or_else(|| panic!("{line}")));
    lines.collect()
}

/// Waits until that many exchanges have ended.
#[track_caller]
fn all_written(envoy: &Envoy, count: usize) -> Vec<Line> {
    until("all of them in the file", SOON, || {
        let lines = std::fs::read_to_string(&envoy.records).ok()?.lines().count();
        (lines >= count).then_some(())
    });
    let lines = written(&envoy.records);
    assert_eq!(lines.len(), count);
    lines
}

/// Where a line stands in its chain; each of these tests has one.
fn place(line: &Line) -> (String, u64) {
    let link: Value = serde_json::from_str(line.link.as_ref().unwrap()).unwrap();
    (link["chain"].as_str().unwrap().to_owned(), link["sequence"].as_u64().unwrap())
}

fn by_place(lines: impl IntoIterator<Item = Line>) -> BTreeMap<(String, u64), Line> {
    lines.into_iter().map(|line| (place(&line), line)).collect()
}

fn stored(stored: &Stored) -> Vec<Line> {
    stored.lines().into_iter().map(|(_, line)| line).collect()
}

/// What `verify` says of lines.
#[track_caller]
fn verified(gateway: &Gateway, lines: &[Line]) -> Value {
    let folder = integration::place::folder();
    let file = folder.path().join("lines.jsonl");
    let text: String = lines.iter().map(|line| line.to_json().unwrap() + "\n").collect();
    std::fs::write(&file, text).unwrap();
    let output = gateway.cli(&["sessions", "verify", file.to_str().unwrap(), "--format", "json"]);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    })
}
