//! Many calls on hold over the end of a service: none lost, none twice.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::StatusCode;
use policy::digest::grant_digest;
use policy::grant::{Expected, GrantKeys};
use policy::hold::{HoldRequest, HoldState, HoldStatus, RedeemRequest, RedeemResponse, Terms};
use serde_json::{Value, json};

use crate::client::{Filter, console};
use crate::postgres::Postgres;
use crate::program::{Program, Setup, gatehouse};

const DIGEST_KEY: &[u8] = &[7u8; 32];

/// Where services are by now. A call asks the one it began with until that fails.
#[derive(Clone)]
struct World {
    filter: Arc<Filter>,
    places: Arc<Mutex<Vec<SocketAddr>>>,
    keys: Arc<GrantKeys>,
    /// Questions that got no answer and were asked again.
    asked_again: Arc<AtomicUsize>,
}

impl World {
    fn new(setup: &Setup, places: &[&Program]) -> Self {
        let keys = setup.keys.clone();
        let places = places.iter().map(|program| program.filter).collect();
        let (filter, places) = (Arc::new(Filter::new(setup)), Arc::new(Mutex::new(places)));
        Self { filter, places, keys, asked_again: Arc::default() }
    }

    /// As the filter does: again where no answer came, with the same words.
    async fn ask(&self, method: &str, path: &str, body: &str) -> (StatusCode, String) {
        let begun = std::time::Instant::now();
        for n in 0.. {
            let place = {
                let places = self.places.lock().unwrap();
                places[n % places.len()]
            };
            match self.filter.ask(place, method, path, body.to_owned()).await {
                Ok((status, body)) if !status.is_server_error() => return (status, body),
                _ => self.asked_again.fetch_add(1, Ordering::Relaxed),
            };
            assert!(begun.elapsed() < Duration::from_secs(120), "no answer to {method} {path}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        unreachable!()
    }
}

pub fn call(n: usize) -> HoldRequest {
    serde_json::from_value(json!({
        "exchange": format!("exchange-{n}"),
        "call": {
            "principal": {"issuer": "https://idp.example", "subject": "robot"},
            "route": "r", "cluster": "c", "kind": "http", "method": "DELETE",
            "authority": "crm.example", "path": format!("/customers/{n}"), "headers": [],
            "body": "", "proven": false, "proposed": false,
        },
        "rules": ["hold-deletes"], "description": "", "severity": "high",
        "terms": Terms { expiry_seconds: 3600, ..Terms::default() }, "revision": "sha256:00",
    }))
    .unwrap()
}

/// A held call from the question to its end: whether it was released.
async fn held(world: World, n: usize) -> bool {
    let request = call(n);
    let body = serde_json::to_string(&request).unwrap();
    let (status, answer) = world.ask("POST", "/v1/holds", &body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let mut state: HoldState = serde_json::from_str(&answer).unwrap();
    let id = state.hold.clone();
    while state.status == HoldStatus::Pending {
        let poll = format!("/v1/holds/{id}/wait?ms=20000&exchange={}", request.exchange);
        let (status, answer) = world.ask("GET", &poll, "").await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        state = serde_json::from_str(&answer).unwrap();
    }
    if state.status == HoldStatus::Denied {
        return false;
    }
    assert_eq!(state.status, HoldStatus::Approved);
    let redeem = RedeemRequest {
        exchange: request.exchange.clone(),
        nonce: format!("nonce-of-exchange-{n:08}"),
    };
    let body = serde_json::to_string(&redeem).unwrap();
    let (status, answer) = world.ask("POST", &format!("/v1/holds/{id}/redeem"), &body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let pair: RedeemResponse = serde_json::from_str(&answer).unwrap();
    let expected = Expected {
        owners: &[],
        hold: &id,
        digest: &grant_digest(&request.call, DIGEST_KEY),
        exchange: &request.exchange,
        nonce: &redeem.nonce,
        rules: &request.rules,
        standing_key: None,
        terms: &request.terms,
        now: std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs(),
    };
    world.keys.check(&pair.grant, &pair.receipt, &expected).unwrap();
    true
}

async fn get(at: SocketAddr, path: &str) -> Value {
    let (status, body) = console(at, "GET", path, String::new()).await.unwrap();
    assert_eq!(status, StatusCode::OK, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// Ids of the holds that wait, by the number of their call.
async fn open(at: SocketAddr) -> BTreeMap<usize, String> {
    let list = get(at, "/v1/holds").await;
    let holds = list["holds"].as_array().unwrap().iter();
    let number = |hold: &Value| {
        let action = hold["action"].as_str().unwrap();
        action.rsplit('/').next().unwrap().parse().unwrap()
    };
    holds.map(|hold| (number(hold), hold["id"].as_str().unwrap().to_owned())).collect()
}

async fn all_open(at: SocketAddr, count: usize) -> BTreeMap<usize, String> {
    loop {
        let open = open(at).await;
        if open.len() == count {
            return open;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn approves(n: usize) -> bool {
    n % 4 != 3
}

async fn decide(at: SocketAddr, n: usize, id: &str) {
    let decision = if approves(n) { "approve" } else { "deny" };
    let body = json!({"decision": decision, "reason": ""}).to_string();
    let (status, answer) =
        console(at, "POST", &format!("/v1/holds/{id}/decision"), body).await.unwrap();
    assert_eq!(status, StatusCode::OK, "{answer}");
}

/// Each ended as it was decided, used up once, and nobody else may use it.
async fn settled(world: &World, at: SocketAddr, ids: &BTreeMap<usize, String>, released: &[bool]) {
    for (n, id) in ids {
        assert_eq!(released[*n], approves(*n), "call {n}");
        let hold = get(at, &format!("/v1/holds/{id}")).await;
        let trail = hold["trail"].as_array().unwrap();
        let times = |action: &str| trail.iter().filter(|one| one["action"] == action).count();
        let status = if approves(*n) { "redeemed" } else { "denied" };
        assert_eq!((hold["status"].as_str(), times("held")), (Some(status), 1));
        assert_eq!(times("redeemed"), usize::from(approves(*n)), "call {n}: {trail:?}");
        let other =
            json!({"exchange": format!("exchange-{n}"), "nonce": "another-nonce-0123456789"});
        let path = format!("/v1/holds/{id}/redeem");
        let (status, _) = world.ask("POST", &path, &other.to_string()).await;
        assert_eq!(status, StatusCode::CONFLICT);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_replica_is_killed_while_200_calls_wait() {
    const CALLS: usize = 200;
    let (setup, postgres) = (Setup::new(), Postgres::start());
    let config = setup.configured("postgres = {env = \"DATABASE\"}");
    let start = || {
        let mut command = gatehouse(&config, &[]);
        command.env("DATABASE", postgres.url());
        Program::start(command)
    };
    let (mut doomed, other) = (start(), start());
    let world = World::new(&setup, &[&doomed, &other]);
    let calls: Vec<_> = (0..CALLS).map(|n| tokio::spawn(held(world.clone(), n))).collect();
    let ids = all_open(other.console, CALLS).await;
    // Some are on their way to be redeemed when it happens.
    for (n, id) in ids.iter().filter(|(n, _)| **n % 3 == 0) {
        decide(other.console, *n, id).await;
    }
    doomed.kill();
    for (n, id) in ids.iter().filter(|(n, _)| **n % 3 != 0) {
        decide(other.console, *n, id).await;
    }
    let mut released = Vec::new();
    for call in calls {
        released.push(call.await.unwrap());
    }
    assert!(world.asked_again.load(Ordering::Relaxed) >= CALLS / 2, "nothing was cut off");
    settled(&world, other.console, &ids, &released).await;
}

/// Told to stop it lets polls end, and the next one on the same file goes on with all of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_service_is_started_anew_while_50_calls_wait() {
    const CALLS: usize = 50;
    let setup = Setup::new();
    let config = setup.configured(&format!("sqlite = \"{}\"", setup.path("holds.db").display()));
    let mut first = Program::start(gatehouse(&config, &[]));
    let world = World::new(&setup, &[&first]);
    let calls: Vec<_> = (0..CALLS).map(|n| tokio::spawn(held(world.clone(), n))).collect();
    let ids = all_open(first.console, CALLS).await;
    for (n, id) in ids.iter().take(CALLS / 3) {
        decide(first.console, *n, id).await;
    }
    first.stop();
    let second = Program::start(gatehouse(&config, &[]));
    *world.places.lock().unwrap() = vec![second.filter];
    assert_eq!(open(second.console).await.len(), CALLS - CALLS / 3);
    for (n, id) in ids.iter().skip(CALLS / 3) {
        decide(second.console, *n, id).await;
    }
    let mut released = Vec::new();
    for call in calls {
        released.push(call.await.unwrap());
    }
    settled(&world, second.console, &ids, &released).await;
}
