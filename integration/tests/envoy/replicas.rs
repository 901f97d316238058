/*! Several `gatehouse serve` over one PostgreSQL behind one Envoy, and one over SQLite that is killed. */

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use integration::envoy::Envoy;
use integration::http1::Connection;
use integration::postgres::Postgres;
use integration::replicas::{Replica, Service};
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Response, Upstream};
use serde_json::{Value, json};

mod database;
mod gone;
mod killed;
mod lost;
mod turns;

/// Some calls may be decided for a short time only.
const BUNDLE: &str = "\
bundle: {name: replicas, version: '1'}
rules:
  - {name: ask, on: request, match: {http: {path: '/held/**'}}, effect: hold, hold: {wait: 2m}}
  - {name: soon, on: request, match: {http: {path: '/short/**'}}, effect: hold, hold: {wait: 2m, expiry: 25s}}
";

/// Far below the length of a poll: who is not woken is late.
const AT_ONCE: Duration = Duration::from_secs(6);

/// Principals among whom calls are shared out: the service has a limit for each.
const PRINCIPALS: usize = 10;

struct Ends {
    upstream: Upstream,
    gateway: Gateway,
    tokens: Vec<String>,
}

impl Ends {
    fn new() -> Self {
        let upstream = Upstream::start();
        let gateway = Gateway::build().upstream("/", &upstream.url()).bundle(BUNDLE).start();
        let tokens = (0..PRINCIPALS).map(|n| gateway.token(&format!("robot-{n}"))).collect();
        Self { upstream, gateway, tokens }
    }

    /// The caller waits up to `wait` seconds.
    fn call(&self, path: &str, number: usize, wait: u32) -> Call {
        let call = Call::post(path).token(&self.tokens[number % PRINCIPALS]);
        call.body(format!("call {number}")).header("x-gatehouse-wait", wait.to_string())
    }

    fn sent(&self, path: &str) -> usize {
        self.upstream.requests(path).len()
    }
}

/// `None` where the connection ended without an answer.
fn send(envoy: &Envoy, call: &Call) -> JoinHandle<Option<Response>> {
    let (call, address) = (call.clone(), envoy.address.clone());
    std::thread::spawn(move || {
        let mut connection = Connection::open(&address);
        connection.timeout(Duration::from_secs(150)).write(call.bytes()).response(false)
    })
}

/// The path of the call that a hold is of.
fn path_of(hold: &Value) -> &str {
    hold["action"].as_str().unwrap().rsplit(' ').next().unwrap()
}

/// The id of the one hold for that path, once it is there.
#[track_caller]
fn hold_of(replica: &Replica, path: &str) -> String {
    let hold = until(&format!("a hold for {path}"), SOON, || {
        replica.holds("open").into_iter().find(|hold| path_of(hold) == path)
    });
    hold["id"].as_str().unwrap().to_owned()
}

/// What happened to a hold: how often its trail has that action.
fn times(replica: &Replica, hold: &str, action: &str) -> usize {
    let shown = replica.get(&format!("/v1/holds/{hold}"));
    let trail = shown["trail"].as_array().unwrap().clone();
    trail.iter().filter(|entry| entry["action"] == action).count()
}
