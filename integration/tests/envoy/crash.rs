/*! A VM that dies: closed, and back after the reload interval. */

use integration::envoy::{Envoy, connection_manager, filter, routes};
use integration::record::Entry;
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Upstream, place};
use serde_json::{Value, json};

const FAULT: &str = "x-gatehouse-test-fault";

fn with_hooks(config: &mut Value) {
    filter(config, "gatehouse")["typed_config"]["config"]["vm_config"]["code"]["local"]["filename"] =
        json!(place::module_with_hooks());
}

#[test]
fn calls_work_again_after_a_panic() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let envoy = Envoy::start(&gateway, with_hooks);
    let token = gateway.token("robot");
    for fault in ["panic-at-headers", "panic-at-body"] {
        let call = Call::post("/panic").token(&token).header(FAULT, fault).json(&json!({}));
        call.send_to(&envoy.address).expect(503);
        assert!(!upstream.saw("/panic"));
        // Until the new VM is there calls are refused, not let through.
        until("the filter to be back", SOON, || {
            let status = Call::get("/x").send_to(&envoy.address).status;
            assert!([401, 503].contains(&status), "{status}");
            (status == 401).then_some(())
        });
        Call::get("/after").token(&token).send_to(&envoy.address).expect(200);
    }
}

/// Envoy never tells a held call that its VM is gone: only the limit on the stream ends it. Its 504
/// goes out through the dead VM, which makes a 503 of it.
fn held_while_the_vm_dies(check: impl FnOnce(&Upstream, &Envoy, integration::Response)) {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let envoy = Envoy::start(&gateway, |config| {
        with_hooks(config);
        connection_manager(config)["stream_idle_timeout"] = json!("0s");
        for route in routes(config) {
            route["route"]["idle_timeout"] = json!("0s");
            route["route"]["max_stream_duration"] = json!({ "max_stream_duration": "6s" });
        }
    });
    let token = gateway.token("robot");
    let held = Call::delete("/held").token(&token).header("x-gatehouse-wait", "60");
    let address = envoy.address.clone();
    let held = std::thread::spawn(move || held.send_to(&address));
    until("a hold", SOON, || {
        gateway.cli_ok(&["approvals", "list", "--format", "json"]).contains("/held").then_some(())
    });
    let panics = Call::get("/panic").token(&token).header(FAULT, "panic-at-headers");
    panics.send_to(&envoy.address).expect(503);
    check(&upstream, &envoy, held.join().unwrap());
}

#[test]
fn a_held_call_ends_with_the_stream_limit() {
    held_while_the_vm_dies(|upstream, envoy, answer| {
        assert!([503, 504].contains(&answer.status), "{}", String::from_utf8_lossy(&answer.raw));
        assert!(!upstream.saw("/held"));
        let limit = |entry: &Entry| entry.line["duration_ms"].as_u64() >= Some(6000);
        envoy.record("the end at the limit", limit);
    });
}

#[test]
fn a_held_call_leaves_a_record_when_the_vm_dies() {
    held_while_the_vm_dies(|_, envoy, _| {
        let entry = envoy.record("the held call", |entry| entry.path() == "/held");
        assert_eq!(entry.record["end"], "unfinished");
    });
}

/// What the hooks say when they panic is in the build for tests and not in the other. (The header's
/// name is compared as numbers and in neither.)
#[test]
fn the_released_module_has_no_hooks() {
    let said = b"gatehouse test fault";
    let holds = |module: &std::path::Path| {
        let bytes = std::fs::read(module).unwrap();
        bytes.windows(said.len()).any(|window| window == said)
    };
    assert!(holds(&place::module_with_hooks()), "the check itself works");
    assert!(!holds(&place::module()));
}
