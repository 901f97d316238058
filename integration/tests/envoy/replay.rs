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

/// Where an operator may put a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    Route,
    Host,
    Cluster,
}

/// An Envoy whose route says `replay: off` (or says nothing), and which has this there.
fn lying(gateway: &Gateway, promises: bool, on: On, policy: &Value) -> Envoy {
    Envoy::start(gateway, |config| {
        trusting(config);
        let more = policy.as_object().unwrap().clone();
        for route in routes(config) {
            let facts = &mut route["metadata"]["filter_metadata"]["gatehouse"];
            if !promises {
                facts.as_object_mut().unwrap().remove("replay");
            }
            if on == On::Route {
                route["route"].as_object_mut().unwrap().extend(more.clone());
            }
        }
        let place = match on {
            On::Route => return,
            On::Host => &mut connection_manager(config)["route_config"]["virtual_hosts"][0],
            On::Cluster => {
                let options =
                    &mut cluster(config, "upstream-0")["typed_extension_protocol_options"];
                &mut options["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"]
            }
        };
        place.as_object_mut().unwrap().extend(more);
    })
}

fn approved(gateway: &Gateway, envoy: &Envoy, path: &str) -> integration::Response {
    let call = Call::delete(path).token(&gateway.token("robot")).header("x-gatehouse-wait", "60");
    let address = envoy.address.clone();
    let answer = std::thread::spawn(move || call.send_to(&address));
    let id = until("a hold", SOON, || {
        let list = gateway.cli_ok(&["approvals", "list", "--format", "json"]);
        let list: Value = serde_json::from_str(&list).unwrap();
        list["holds"][0]["id"].as_str().map(str::to_owned)
    });
    gateway.cli_ok(&["approvals", "approve", &id]);
    answer.join().unwrap()
}

/// A policy of the route, of its host or of its cluster repeats what no promise keeps from it, and nothing else.
#[test]
fn a_retry_policy_does_not_repeat_what_a_route_promised() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    upstream.reply("/fails", Reply::json(500, &json!({})));
    upstream.reply("/breaks", Reply { steps: Vec::new() }.close());
    let policy =
        json!({ "retry_policy": { "retry_on": "5xx,reset,gateway-error", "num_retries": 3 } });
    for on in [On::Route, On::Host, On::Cluster] {
        let control = lying(&gateway, false, on, &policy);
        let call = Call::get(format!("/fails/control/{on:?}")).token(&gateway.token("robot"));
        call.send_to(&control.address).expect(500);
        let repeated = upstream.requests(&format!("/fails/control/{on:?}")).len();
        assert_eq!(repeated, 4, "the policy repeats");
        let envoy = lying(&gateway, true, on, &policy);
        for (path, status) in [("/fails", 500), ("/breaks", 503)] {
            let path = format!("{path}/{on:?}");
            approved(&gateway, &envoy, &path).expect(status);
            let sent = upstream.requests(&path);
            assert_eq!(sent.len(), 1, "{path}");
            let headers = &sent[0].message.head.headers;
            assert!(!headers.iter().any(|(name, _)| name.starts_with("x-envoy-")), "{headers:?}");
            let allowed = format!("{path}/allowed");
            let call = Call::get(&allowed).token(&gateway.token("robot"));
            call.send_to(&envoy.address).expect(status);
            assert_eq!(upstream.requests(&allowed).len(), 1, "also what nobody had to approve");
        }
    }
}

/// The upstream takes its time, and the policy wants another try beside the first.
#[test]
fn a_hedge_policy_does_not_double_what_a_route_promised() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let gate = Arc::new(Gate::default());
    let mut steps = vec![Step::Wait(Arc::clone(&gate))];
    steps.extend(Reply::text("done").steps);
    upstream.reply("/slow", Reply { steps });
    let policy = json!({
        "retry_policy": { "retry_on": "5xx,reset", "num_retries": 3, "per_try_timeout": "0.1s" },
        "hedge_policy": { "hedge_on_per_try_timeout": true },
    });
    let (control, envoy) =
        (lying(&gateway, false, On::Route, &policy), lying(&gateway, true, On::Route, &policy));
    let call = Call::get("/slow/control").token(&gateway.token("robot"));
    let address = control.address.clone();
    let doubled = std::thread::spawn(move || call.send_to(&address));
    upstream.wait_for("/slow/control", 3);
    // The try that takes too long ends, and no other comes in its place.
    approved(&gateway, &envoy, "/slow/held").expect(504);
    assert_eq!(upstream.requests("/slow/held").len(), 1);
    gate.open();
    doubled.join().unwrap();
}

/// A redirect that Envoy would follow by itself ends at the filter.
#[test]
fn an_internal_redirect_sends_no_approved_call_elsewhere() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    upstream.script(|request| {
        let rest = request.target.strip_prefix("/moved")?;
        let to = format!("http://gateway.test/elsewhere{rest}");
        Some(Reply::new(302, &[("location", &to)], ""))
    });
    let follow = |config: &mut Value| {
        // The configuration takes this header off, and Envoy follows nothing without it.
        let kept = json!("x-forwarded-proto");
        let table = &mut connection_manager(config)["route_config"];
        table["request_headers_to_remove"].as_array_mut().unwrap().retain(|name| *name != kept);
        for route in routes(config) {
            route["route"]["internal_redirect_policy"] =
                json!({ "redirect_response_codes": [302], "allow_cross_scheme_redirect": true });
        }
    };
    let control = Envoy::start(&gateway, |config| {
        without_gatehouse(config);
        follow(config);
    });
    Call::get("/moved/control").send_to(&control.address).expect(200);
    assert_eq!(upstream.requests("/elsewhere/control").len(), 1, "the policy is one");
    let envoy = Envoy::start(&gateway, follow);
    let answer = approved(&gateway, &envoy, "/moved");
    // It comes to the filter as a call of its own, whose token is off already.
    assert_eq!(answer.reason().as_deref(), Some("unauthenticated"), "{}", answer.status);
    let sent = upstream.requests("/moved");
    assert_eq!(sent.iter().filter(|request| request.target == "/moved").count(), 1);
    assert_eq!(upstream.requests("/elsewhere").len(), 1, "that of the control");
}

/// What the filter cannot keep from a route that lies: Envoy's mirror. The configuration is refused for it.
#[test]
fn a_mirror_is_told_before_it_is_installed() {
    let (upstream, mirror) = (Upstream::start(), Upstream::start());
    let gateway =
        Gateway::build().upstream("/", &upstream.url()).upstream("/m", &mirror.url()).start();
    let mut config = integration::envoy::bootstrap(&gateway);
    let folder = integration::place::folder();
    let file = folder.path().join("envoy.json");
    let file_name = file.to_str().unwrap();
    std::fs::write(&file, config.to_string()).unwrap();
    let check = || {
        let mut command = std::process::Command::new(integration::place::gatehouse());
        let output = command.args(["envoy-config", "--check", file_name]).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert_eq!(check(), (Some(0), String::new()));
    for route in routes(&mut config) {
        if route["name"] == "upstream-0" {
            route["route"]["request_mirror_policies"] = json!([{ "cluster": "upstream-1" }]);
        }
    }
    std::fs::write(&file, config.to_string()).unwrap();
    let (code, told) = check();
    assert_eq!(code, Some(1));
    assert!(told.contains("request_mirror_policies") && told.contains("`upstream-0`"), "{told}");
}
