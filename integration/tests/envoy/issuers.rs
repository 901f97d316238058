/*! Issuers whose keys are fetched: rotation, floods of unknown kids, an issuer that is down. */

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use integration::envoy::{Envoy, plugin};
use integration::issuer::Issuer;
use integration::jwks::KeyServer;
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Upstream};
use serde_json::{Value, json};

fn status(envoy: &Envoy, token: &str) -> u16 {
    Call::get("/x").token(token).send_to(&envoy.address).status
}

#[track_caller]
fn passes(envoy: &Envoy, token: &str) {
    until("the token to pass", SOON, || (status(envoy, token) == 200).then_some(()));
}

/// An Envoy that takes tokens of `issuers`, each with the cluster its keys come from.
fn taking(gateway: &Gateway, issuers: &[(&Issuer, &KeyServer)], refresh: u64) -> Envoy {
    Envoy::start(gateway, |config| {
        let clusters = config["static_resources"]["clusters"].as_array_mut().unwrap();
        let mut configured = Vec::new();
        for (index, (issuer, server)) in issuers.iter().enumerate() {
            let name = format!("keys-{index}");
            clusters.push(server.cluster(&name));
            configured.push(json!({
                "issuer": issuer.name, "audiences": ["gatehouse"],
                "keys": { "cluster": {
                    "cluster": name, "authority": "keys.test", "path": "/jwks",
                    "refresh_seconds": refresh,
                } },
            }));
        }
        plugin(config, |plugin| plugin["identity"]["issuers"] = Value::Array(configured));
    })
}

/// Of `policy::identity::fetch`: fetches that unknown key names may cause at once in one VM, and
/// the seconds until one more is allowed.
const BURST: u64 = 3;
const REFILL: u64 = 30;
/// That fetch by the timer: those of the one worker and of the main thread, and the one that tries
/// the configuration out. Only the worker's meets tokens.
const VMS: u64 = 3;

/// What the timers of all VMs and a bucket that had `left` make of so long a time.
fn most(left: u64, since: Instant, refresh: u64) -> u64 {
    let seconds = since.elapsed().as_secs() + 1;
    left + seconds / REFILL + VMS * (seconds / refresh + 1)
}

/// Refused tokens whose keys do not exist, as fast as they can, until `stop`.
fn flood(envoy: &Envoy, stop: &AtomicBool) {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let stranger = Issuer::new("https://issuer.test", &format!("none-{number}"));
        assert_eq!(status(envoy, &stranger.token("robot")), 401);
    }
}

/// The flood uses up what unknown names may fetch; then the timer alone finds the new keys.
#[test]
fn keys_rotate_without_restart_also_during_a_flood_of_unknown_kids() {
    // Long enough to empty the bucket before, and sooner than the bucket has one more.
    let refresh = 8;
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let old = Issuer::new("https://issuer.test", "old");
    let new = Issuer::new("https://issuer.test", "new");
    let server = KeyServer::start(&old.jwks());
    let begun = Instant::now();
    let envoy = taking(&gateway, &[(&old, &server)], refresh);
    passes(&envoy, &old.token("robot"));
    assert_eq!(status(&envoy, &new.token("robot")), 401);
    let first = server.fetches();

    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| flood(&envoy, &stop));
        let rotated = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let empty = first + BURST as usize;
            until("an empty bucket", SOON, || (server.fetches() >= empty).then_some(()));
            let (fetches, rotated) = (server.fetches(), Instant::now());
            server.serve(&json!({ "keys": [old.jwk(), new.jwk()] }));
            passes(&envoy, &new.token("robot"));
            let timers = (server.fetches() - fetches) as u64;
            assert!(timers >= 1);
            let bound = most(0, rotated, refresh);
            assert!(timers <= bound, "{timers} fetches where the timers make {bound}");
        }));
        stop.store(true, Ordering::Relaxed);
        rotated.unwrap();
    });
    let (fetches, bound) = (server.fetches() as u64, most(BURST, begun, refresh));
    assert!(fetches <= bound, "the flood became {fetches} fetches, and {bound} are the most");

    // A key that is withdrawn stops working, also for tokens verified before.
    let cached = new.token("robot");
    passes(&envoy, &cached);
    server.serve(&old.jwks());
    until("the withdrawn key to be refused", SOON, || {
        (status(&envoy, &cached) == 401).then_some(())
    });
    assert_eq!(status(&envoy, &old.token("robot")), 200);
}

#[test]
fn cached_keys_go_on_while_the_issuer_is_down() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let issuer = Issuer::new("https://issuer.test", "one");
    let server = KeyServer::start(&issuer.jwks());
    let envoy = taking(&gateway, &[(&issuer, &server)], 1);
    passes(&envoy, &issuer.token("robot"));
    server.fail();
    let before = server.fetches();
    until("failed fetches", SOON, || (server.fetches() > before + 2).then_some(()));
    assert_eq!(status(&envoy, &issuer.token("somebody-new")), 200);
}

#[test]
fn the_same_name_at_two_issuers_is_two_principals() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let one = Issuer::new("https://one.test", "k");
    let two = Issuer::new("https://two.test", "k");
    let (server_one, server_two) = (KeyServer::start(&one.jwks()), KeyServer::start(&two.jwks()));
    let envoy = taking(&gateway, &[(&one, &server_one), (&two, &server_two)], 3600);
    passes(&envoy, &one.token("robot"));
    passes(&envoy, &two.token("robot"));
    // A key proves its own issuer's tokens alone.
    let mut impostor = one.clone();
    impostor.name = two.name.clone();
    assert_eq!(status(&envoy, &impostor.token("robot")), 401);

    // What one of them was asked for is not what the other was.
    let held = |issuer: &Issuer| {
        Call::delete("/held").token(&issuer.token("robot")).header("x-gatehouse-wait", "0")
    };
    held(&one).send_to(&envoy.address).expect_refusal(403, "pending");
    held(&two).send_to(&envoy.address).expect_refusal(403, "pending");
    let list = gateway.cli_ok(&["approvals", "list", "--format", "json"]);
    assert!(list.contains("https://one.test") && list.contains("https://two.test"), "{list}");
}
