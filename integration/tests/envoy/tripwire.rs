/*! A buffer filter that is missing or misplaced is found, and bodies are refused from then on. */

use integration::envoy::{Envoy, filters};
use integration::http1::Connection;
use integration::{Call, Gateway, Upstream};
use serde_json::{Value, json};

const BUFFER: &str = "envoy.filters.http.buffer";
const LOCK: &str = "gatehouse.lock";

/// Sends the head and then the body, so that the head has time to leave.
fn slow_post(address: &str, path: &str, token: &str) -> integration::Response {
    let body = json!({ "sql": "SELECT 1" }).to_string();
    let call = Call::post(path).token(token).header("content-length", body.len().to_string());
    let mut connection = Connection::open(address);
    connection.write(call.head());
    // A second call that is answered shows that the worker went through its events meanwhile.
    for _ in 0..3 {
        Call::get("/warm").token(token).send_to(address);
    }
    connection.write(body);
    connection.response(false).unwrap()
}

#[track_caller]
fn found(change: impl Fn(&mut Vec<Value>)) {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let envoy = Envoy::start(&gateway, |config| change(filters(config)));
    let token = gateway.token("robot");
    let first = slow_post(&envoy.address, "/first", &token);
    first.expect_refusal(503, "unsafe_install");
    let second = slow_post(&envoy.address, "/second", &token);
    second.expect_refusal(503, "unsafe_install");
    assert!(!upstream.saw("/second"), "only the first head may have left");
}

/// Without the second lock as well, which would have stopped the head.
#[test]
fn a_missing_buffer_is_found() {
    found(|filters| filters.retain(|filter| filter["name"] != BUFFER && filter["name"] != LOCK));
}

#[test]
fn a_buffer_in_front_is_found() {
    found(|filters| {
        filters.retain(|filter| filter["name"] != LOCK);
        let at = filters.iter().position(|filter| filter["name"] == BUFFER).unwrap();
        let buffer = filters.remove(at);
        filters.insert(0, buffer);
    });
}

/// The control: with the buffer in its place nothing is unsafe.
#[test]
fn the_right_order_is_not_an_alarm() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let envoy = Envoy::start(&gateway, |_| {});
    slow_post(&envoy.address, "/first", &gateway.token("robot")).expect(200);
}
