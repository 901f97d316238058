/*! Budgets of principals, over all workers of one Envoy. */

use std::collections::BTreeSet;
use std::sync::Barrier;

use integration::envoy::{Envoy, ask};
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Reply, Upstream, place, record};
use serde_json::json;

/// The longest window there is: no test runs over the end of one.
const BUNDLE: &str = "
bundle: {name: limits, version: 0.1.0, serial: 1}
budgets:
  - {name: calls, match: {http: {path: /limited/**}}, requests: 5, per: 31d}
  - {name: bulk, match: {http: {path: /bulk/**}}, bytes: 100KiB, per: 31d}
  - {name: tried, match: {http: {path: /tried/**}}, requests: 1, per: 31d, mode: shadow}
";
const AT_ONCE: usize = 40;

struct Scene {
    upstream: Upstream,
    gateway: Gateway,
    _folder: tempfile::TempDir,
}

fn scene() -> Scene {
    let folder = place::folder();
    let bundle = folder.path().join("limits.yaml");
    std::fs::write(&bundle, BUNDLE).unwrap();
    let upstream = Upstream::start();
    let gateway = Gateway::build().upstream("/", &upstream.url()).arg("--bundle").arg(&bundle);
    Scene { gateway: gateway.start(), upstream, _folder: folder }
}

/// Statuses of so many calls on connections of their own, all at the same moment.
fn at_once(address: &str, token: &str, path: &str) -> Vec<u16> {
    let gate = Barrier::new(AT_ONCE);
    std::thread::scope(|scope| {
        let one = || {
            gate.wait();
            Call::get(path).token(token).send_to(address).status
        };
        let all: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(one)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

#[test]
fn a_limit_holds_exactly_over_all_workers() {
    let scene = scene();
    let envoy = Envoy::with(&scene.gateway, 2, |_| {});
    for who in ["ada", "bob", "eve", "joe", "kim", "lee", "max", "pia"] {
        let token = scene.gateway.token(who);
        let path = format!("/limited/{who}");
        let statuses = at_once(&envoy.address, &token, &path);
        let of = |status: u16| statuses.iter().filter(|one| **one == status).count();
        assert_eq!((of(200), of(429)), (5, AT_ONCE - 5), "{who}: {statuses:?}");
        assert_eq!(scene.upstream.requests(&path).len(), 5, "{who}");
        Call::get("/elsewhere").token(&token).send_to(&envoy.address).expect(200);
    }
    let workers = until("records of both workers", SOON, || {
        let entries = record::read(&envoy.records);
        let chains: BTreeSet<String> = entries.iter().map(record::Entry::chain).collect();
        (entries.len() >= 8 * (AT_ONCE + 1)).then_some(chains.len())
    });
    assert_eq!(workers, 2, "both workers had calls");
}

#[test]
fn bytes_of_responses_count_and_a_refusal_says_when_to_come_back() {
    let scene = scene();
    let gateway = &scene.gateway;
    scene.upstream.reply("/bulk", Reply::text(&"x".repeat(60 * 1024)));
    let (ada, bob) = (gateway.token("ada"), gateway.token("bob"));
    let bulk = || Call::get("/bulk/1").token(&ada).send(gateway);
    bulk().expect(200);
    // 60 of 100 KiB are spent, and a response is not cut.
    assert_eq!(bulk().expect(200).message.body.len(), 60 * 1024);
    let refused = bulk().expect_refusal(429, "budget_exceeded");
    let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=31 * 86400).contains(&seconds), "{seconds}");
    assert_eq!(scene.upstream.requests("/bulk").len(), 2);
    Call::get("/bulk/1").token(&bob).send(gateway).expect(200);
    Call::get("/limited/1").token(&ada).send(gateway).expect(200);

    let reference = refused.reference().unwrap();
    let entry = gateway.record_of(&reference);
    let told = json!([{ "budget": "bulk", "mode": "enforce", "used": "bytes" }]);
    assert_eq!(entry.record["verdict"]["budgets"], told);
    let explained = gateway.cli_ok(&["explain", &reference]);
    assert!(explained.contains("bulk (bytes used up)"), "{explained}");
}

#[test]
fn in_shadow_it_is_counted_and_stops_nothing() {
    let scene = scene();
    let gateway = &scene.gateway;
    let token = gateway.token("ada");
    for _ in 0..3 {
        Call::get("/tried/1").token(&token).send(gateway).expect(200);
    }
    let name = "wasmcustom.gatehouse_budgets.shadow.exceeded";
    let socket = gateway.run["admin"].as_str().unwrap();
    until("two of them to be counted", SOON, || {
        let stats = ask(socket.as_ref(), "GET", &format!("/stats?filter=^{name}$"))?;
        (stats.trim() == format!("{name}: 2")).then_some(())
    });
}
