/*! A VM that dies: closed, and back after the reload interval. */

use integration::envoy::{Envoy, connection_manager, filter, routes};
use integration::http1::Connection;
use integration::record::Entry;
use integration::shared::case;
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Response, Upstream, place};
use serde_json::{Value, json};

const FAULT: &str = "x-gatehouse-test-fault";

fn with_hooks(config: &mut Value) {
    filter(config, "gatehouse")["typed_config"]["config"]["vm_config"]["code"]["local"]["filename"] =
        json!(place::module_with_hooks());
}

/// Ends every stream after this, so that one a dead VM holds ends within a test. Long enough to get
/// the VM killed before, also on a busy machine.
const STREAM_LIMIT_SECONDS: u64 = 10;

fn with_stream_limit(config: &mut Value) {
    connection_manager(config)["stream_idle_timeout"] = json!("0s");
    for route in routes(config) {
        route["route"]["idle_timeout"] = json!("0s");
        let limit = format!("{STREAM_LIMIT_SECONDS}s");
        route["route"]["max_stream_duration"] = json!({ "max_stream_duration": limit });
    }
}

/// Until the new VM is there calls are refused, not let through.
#[track_caller]
fn is_back(envoy: &Envoy) {
    until("the filter to be back", SOON, || {
        let status = Call::get("/x").send_to(&envoy.address).status;
        assert!([401, 503].contains(&status), "{status}");
        (status == 401).then_some(())
    });
}

/// What Envoy itself says of a call whose VM died under it.
#[track_caller]
fn died(entry: &Entry) {
    assert_eq!(entry.line["status"], 503, "{}", entry.line);
    assert_eq!(entry.line["details"], "wasm_fail_stream", "{}", entry.line);
    assert_eq!(entry.line["upstream_host"], "", "{}", entry.line);
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
        is_back(&envoy);
        Call::get("/after").token(&token).send_to(&envoy.address).expect(200);
    }
}

/// A panic at the headers comes before the filter knows anything: Envoy's own line is all there is.
#[test]
fn a_panic_at_the_headers_leaves_the_line_of_envoy() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let envoy = Envoy::start(&gateway, with_hooks);
    let call = Call::get("/panic").token(&gateway.token("robot"));
    call.header(FAULT, "panic-at-headers").send_to(&envoy.address).expect(503);
    // The only call so far.
    let entry = envoy.record("the call", |_| true);
    died(&entry);
    assert_eq!(entry.record, Value::Null);
    assert_eq!(entry.line["route"], "upstream-0");
    upstream.assert_untouched();
}

/// The record is set before the body is waited for, and that much is in the log.
#[test]
fn a_panic_at_the_body_leaves_the_early_record() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let envoy = Envoy::start(&gateway, with_hooks);
    let call = Call::post("/panic").token(&gateway.token("robot")).header(FAULT, "panic-at-body");
    call.json(&json!({ "a": 1 })).send_to(&envoy.address).expect(503);
    let entry = envoy.record("the call", |entry| entry.path() == "/panic");
    died(&entry);
    assert_eq!(entry.record["request"]["method"], "POST");
    assert_eq!(entry.record["principal"]["subject"], "robot");
    assert_eq!(entry.record["end"], "unfinished");
    assert_eq!(entry.record["last"], false);
    assert_eq!(entry.record["verdict"]["effect"], Value::Null);
    upstream.assert_untouched();
}

/// What a held call of a dead VM comes to. Envoy never tells it that its VM is gone: the limit on
/// the stream ends it. Envoy's answer to that is a 504, but it goes out through the filters, where
/// the dead VM makes a 503 of it: an end all the same, and nothing passes.
#[track_caller]
fn ends_at_the_limit(envoy: &Envoy, path: &str, answer: &Response) -> Entry {
    assert_eq!(answer.status, 503, "{}", String::from_utf8_lossy(&answer.raw));
    let entry = envoy.record("the held call", |entry| entry.path() == path);
    died(&entry);
    // Envoy's timers may go off a few milliseconds before its clock says so.
    let lasted = entry.line["duration_ms"].as_u64().unwrap();
    assert!(lasted > STREAM_LIMIT_SECONDS * 1000 / 2, "ended after {lasted} ms, not at the limit");
    assert_eq!(entry.record["end"], "unfinished");
    assert_eq!(entry.record["last"], false);
    entry
}

#[test]
fn a_held_call_ends_with_the_stream_limit() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let envoy = Envoy::start(&gateway, |config| {
        with_hooks(config);
        with_stream_limit(config);
    });
    let token = gateway.token("robot");
    let held = Call::delete("/held").token(&token).header("x-gatehouse-wait", "60");
    let mut connection = Connection::open(&envoy.address);
    connection.write(held.bytes());
    until("a hold", SOON, || {
        gateway.cli_ok(&["approvals", "list", "--format", "json"]).contains("/held").then_some(())
    });
    let panics = Call::get("/panic").token(&token).header(FAULT, "panic-at-headers");
    panics.send_to(&envoy.address).expect(503);
    is_back(&envoy);
    let answer = connection.response(false).expect("an end");
    let entry = ends_at_the_limit(&envoy, "/held", &answer);
    assert_eq!(entry.record["request"]["method"], "DELETE");
    assert_eq!(entry.record["principal"]["subject"], "robot");
    // Its hold is still there, and the same call joins it.
    let repeated = Call::delete("/held").token(&token).header("x-gatehouse-wait", "0");
    repeated.send_to(&envoy.address).expect_refusal(403, "pending");
    upstream.assert_untouched();
}

/// The answer of the approval service is the last thing this VM hears.
#[test]
fn a_panic_at_the_answer_of_the_service_releases_nothing() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let envoy = Envoy::start(&gateway, |config| {
        with_hooks(config);
        with_stream_limit(config);
    });
    let token = gateway.token("robot");
    let held = Call::delete("/held").token(&token).header("x-gatehouse-wait", "60");
    let mut connection = Connection::open(&envoy.address);
    connection.write(held.header(FAULT, "panic-at-call").bytes());
    let answer = connection.response(false).expect("an end");
    ends_at_the_limit(&envoy, "/held", &answer);
    upstream.assert_untouched();

    is_back(&envoy);
    Call::get("/after").token(&token).send_to(&envoy.address).expect(200);
    let repeated = Call::delete("/held").token(&token).header("x-gatehouse-wait", "0");
    repeated.send_to(&envoy.address).expect_refusal(403, "pending");
    assert!(!upstream.saw("/held"));
}

/// Whether a module holds the word: as text, or cut into the numbers of eight bytes that the
/// compiler compares short texts as.
fn holds(module: &[u8], word: &str) -> bool {
    let found = |bytes: &[u8]| module.windows(bytes.len()).any(|window| window == bytes);
    let number = |eight: &[u8]| found(&i64_const(u64::from_le_bytes(eight.try_into().unwrap())));
    found(word.as_bytes()) || word.as_bytes().windows(8).any(number)
}

/// The instruction, with its operand in LEB128. ASCII leaves the sign bit alone.
fn i64_const(mut value: u64) -> Vec<u8> {
    let mut bytes = vec![0x42];
    while value >= 0x40 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// What the hooks listen to and say is in the build for tests and not in the other.
#[test]
fn the_released_module_has_no_hooks() {
    let hooks = std::fs::read(place::module_with_hooks()).unwrap();
    let released = std::fs::read(place::module()).unwrap();
    // The parts that no other word of the module has.
    for word in [" test fault", "-test-fault", "panic-at", "-at-headers", "-at-body", "-at-call"] {
        assert!(holds(&hooks, word), "the check itself works: {word}");
        assert!(!holds(&released, word), "{word}");
    }
}

/// And nothing happens to who asks it for them.
#[test]
fn the_released_module_hears_no_faults() {
    for fault in ["panic-at-headers", "panic-at-body", "panic-at-call"] {
        let case = case();
        let call = case.post("x").header(FAULT, fault).json(&json!({}));
        call.send(case.gateway).expect(200);
        assert_eq!(case.request().header(FAULT), None);
        let held = case.call("DELETE", "x").header(FAULT, fault).header("x-gatehouse-wait", "0");
        held.send(case.gateway).expect_refusal(403, "pending");
    }
    let case = case();
    let call = case.post("x").header(FAULT, "continue-at-body");
    call.json(&json!({ "sql": "DROP DATABASE x" }))
        .send(case.gateway)
        .expect_refusal(403, "denied");
    case.assert_untouched();
}
