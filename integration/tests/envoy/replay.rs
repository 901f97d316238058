/*! One verdict, one request: nothing an agent says makes Envoy send its call again. */

use std::sync::Arc;

use integration::envoy::{Envoy, cluster, connection_manager, filters, routes};
use integration::reply::Step;
use integration::shared::{Case, case};
use integration::wait::{Gate, SOON, until};
use integration::{Call, Gateway, Reply, Upstream};
use serde_json::{Value, json};

/// All that an internal caller may say to have its call repeated.
const REPEAT: [(&str, &str); 4] = [
    ("x-envoy-retry-on", "5xx,gateway-error,reset"),
    ("x-envoy-max-retries", "8"),
    ("x-envoy-upstream-rq-per-try-timeout-ms", "50"),
    ("x-envoy-hedge-on-per-try-timeout", "true"),
];

fn repeating(call: Call) -> Call {
    REPEAT.iter().fold(call, |call, (name, value)| call.header(name, *value))
}

/// Envoy believes callers of this machine, and its own brake on retries is off.
fn trusting(config: &mut Value) {
    connection_manager(config)["internal_address_config"] = json!({});
    let breaker = &mut cluster(config, "upstream-0")["circuit_breakers"]["thresholds"][0];
    breaker.as_object_mut().unwrap().remove("max_retries");
}

/// And there is no Gatehouse in it.
fn without_gatehouse(config: &mut Value) {
    trusting(config);
    filters(config).retain(|filter| {
        !["gatehouse", "gatehouse.lock"].contains(&filter["name"].as_str().unwrap())
    });
}

/// Does not answer this case's calls before the gate is open.
fn slow(case: &Case, gate: &Arc<Gate>) {
    let mut steps = vec![Step::Wait(Arc::clone(gate))];
    steps.extend(Reply::text("done").steps);
    case.reply("", Reply { steps });
}

/// The call waits at the upstream for as long as the same call, without Gatehouse between, takes to
/// come there five times.
#[track_caller]
fn arrives_once(address: &str, allowed: bool) {
    let (case, control) = (case(), case());
    let (gate, unguarded) =
        (Arc::new(Gate::default()), Envoy::start(case.gateway, without_gatehouse));
    slow(&case, &gate);
    slow(&control, &gate);
    let call = match allowed {
        true => case.post("x").json(&json!({ "a": 1 })),
        false => case.call("DELETE", "x").header("x-gatehouse-wait", "60"),
    };
    let call = repeating(call);
    let address = address.to_owned();
    let answer = std::thread::spawn(move || call.send_to(&address));
    if !allowed {
        approve(&case);
    }
    case.upstream.wait_for(&case.path(""), 1);
    let repeated = repeating(control.post("x").json(&json!({ "a": 1 })));
    let other = unguarded.address.clone();
    let repeated = std::thread::spawn(move || repeated.send_to(&other));
    control.upstream.wait_for(&control.path(""), 5);
    gate.open();
    answer.join().unwrap().expect(200);
    repeated.join().unwrap();
    let request = case.request();
    assert!(!request.message.head.headers.iter().any(|(name, _)| name.starts_with("x-envoy-")));
}

#[track_caller]
fn approve(case: &Case) {
    let id = until("a hold", SOON, || {
        let list = case.gateway.cli_ok(&["approvals", "list", "--format", "json"]);
        let list: Value = serde_json::from_str(&list).unwrap();
        let mut holds = list["holds"].as_array().unwrap().iter();
        let mine = holds.find(|hold| hold["principal"]["subject"] == json!(case.subject));
        mine.map(|hold| hold["id"].as_str().unwrap().to_owned())
    });
    case.gateway.cli_ok(&["approvals", "approve", &id]);
}

#[test]
fn an_allowed_call_that_asks_to_be_repeated_arrives_once() {
    arrives_once(&case().gateway.address, true);
}

#[test]
fn an_approved_call_that_asks_to_be_repeated_arrives_once() {
    arrives_once(&case().gateway.address, false);
}

/// Also where an operator made loopback internal: the filter takes the wishes off.
#[test]
fn a_caller_that_envoy_trusts_is_not_obeyed() {
    let envoy = Envoy::start(case().gateway, trusting);
    arrives_once(&envoy.address, true);
    arrives_once(&envoy.address, false);
}

/// What would be repeated at once: an error, and a connection that breaks before the answer.
#[test]
fn a_failed_call_is_not_tried_again() {
    let broken = Reply { steps: Vec::new() }.close();
    for (reply, status) in [(Reply::json(500, &json!({})), 500), (broken, 503)] {
        let case = case();
        case.reply("", reply);
        let call = repeating(case.post("x").json(&json!({ "a": 1 })));
        call.send(case.gateway).expect(status);
        assert_eq!(case.requests().len(), 1);
    }
}

/// A grant is for one request; a route that does not promise it gets none.
#[test]
fn a_route_that_may_replay_holds_nothing() {
    for (what, said) in [
        ("nothing", None),
        ("`on`", Some(json!("on"))),
        ("`Off`", Some(json!("Off"))),
        ("no text", Some(json!(false))),
    ] {
        let upstream = Upstream::start();
        let gateway = Gateway::start(&upstream);
        let envoy = Envoy::start(&gateway, |config| {
            for route in routes(config) {
                let facts = &mut route["metadata"]["filter_metadata"]["gatehouse"];
                facts.as_object_mut().unwrap().remove("replay");
                if let Some(said) = &said {
                    facts["replay"] = said.clone();
                }
            }
        });
        let token = gateway.token("robot");
        let held = Call::delete("/held").token(&token).header("x-gatehouse-wait", "60");
        let response = held.send_to(&envoy.address);
        assert_eq!(
            response.reason().as_deref(),
            Some("route_unsafe"),
            "{what}: {}",
            response.text()
        );
        response.expect(403);
        let entry = envoy.record("/held", |entry| entry.path() == "/held");
        assert_eq!(entry.reason(), "route_unsafe", "{what}");
        assert_eq!(entry.record["hold"], Value::Null, "{what}");
        upstream.assert_untouched();
        // What needs no approval passes.
        Call::get("/x").token(&token).send_to(&envoy.address).expect(200);
    }
}
