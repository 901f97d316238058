/*! How exchanges end, each by its real cause, and what Envoy says of it in the record itself. */

use std::net::TcpListener;
use std::sync::Arc;

use integration::envoy::{Envoy, connection_manager, routes};
use integration::http1::Connection;
use integration::record::Entry;
use integration::shared::case;
use integration::wait::Gate;
use integration::{Call, Gateway, Reply, Upstream};
use serde_json::{Value, json};

/// What the record has of Envoy is what Envoy wrote beside it.
#[track_caller]
fn says_the_same(entry: &Entry) {
    let (line, envoy) = (&entry.line, &entry.record["envoy"]);
    for (beside, within) in [
        ("status", "status"),
        ("flags", "flags"),
        ("details", "details"),
        ("upstream_host", "upstream"),
        ("bytes_received", "bytes_received"),
        ("bytes_sent", "bytes_sent"),
    ] {
        assert_eq!(line[beside], envoy[within], "{within}: {line}");
    }
}

#[track_caller]
fn ended(entry: &Entry, end: &str, flags: &str) {
    says_the_same(entry);
    let told = (entry.record["end"].as_str(), entry.record["envoy"]["flags"].as_str());
    assert_eq!(told, (Some(end), Some(flags)), "{}", entry.line);
}

#[test]
fn an_answer_that_comes_whole_is_complete() {
    let case = case();
    case.reply("whole", Reply::json(201, &json!({"a": 1})));
    case.post("whole").json(&json!({"b": 22})).send(case.gateway).expect(201);
    let entry = case.record("whole");
    ended(&entry, "complete", "-");
    let envoy = &entry.record["envoy"];
    assert_eq!((&envoy["details"], &envoy["bytes_received"]), (&json!("via_upstream"), &json!(8)));
    assert!(envoy["cluster"].as_str().is_some_and(|name| !name.is_empty()), "{envoy}");
    assert_eq!(entry.record["response"]["status"], 201);
}

#[test]
fn a_refusal_has_no_upstream() {
    let case = case();
    case.get("refused").token("x").send(case.gateway).expect(401);
    let entry = case.record("refused");
    ended(&entry, "refused", "-");
    assert_eq!(
        (&entry.record["envoy"]["status"], &entry.record["envoy"]["upstream"]),
        (&json!(401), &json!(""))
    );
}

#[test]
fn an_upstream_that_breaks_off_is_no_caller_that_leaves() {
    let case = case();
    let begun = Reply::chunked(200, &[("content-type", "text/plain")]).chunk("begun ");
    case.reply("breaks", begun.close());
    let answer = case.get("breaks").send(case.gateway);
    assert!(!answer.message.complete);
    let entry = case.record("breaks");
    says_the_same(&entry);
    assert_eq!(entry.record["end"], "upstream_reset", "{}", entry.line);
    assert_eq!(entry.record["response"]["status"], 200);

    // Before its head Envoy answers in its place.
    case.reply("silent", Reply { steps: vec![integration::reply::Step::Close] });
    case.get("silent").send(case.gateway).expect(503);
    let entry = case.record("silent");
    ended(&entry, "upstream_reset", "UC");
    assert_eq!(entry.record["response"]["status"], 0, "{}", entry.record);

    case.reply("nonsense", Reply::raw("nonsense\r\n\r\n").close());
    case.get("nonsense").send(case.gateway).expect(502);
    ended(&case.record("nonsense"), "upstream_reset", "UPE");
}

#[test]
fn an_upstream_that_is_not_there_is_named_so() {
    let upstream = Upstream::start();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gateway = Gateway::build()
        .upstream("/", &upstream.url())
        .upstream("/gone", &format!("http://{gone}"))
        .start();
    let token = gateway.token("robot");
    Call::get("/gone/x").token(&token).send(&gateway).expect(503);
    let entry = gateway.record("/gone/x", |entry| entry.path() == "/gone/x");
    says_the_same(&entry);
    assert_eq!(entry.record["end"], "upstream_reset", "{}", entry.line);
    assert!(entry.record["envoy"]["flags"].as_str().unwrap().contains("UF"), "{}", entry.record);
    assert_eq!(entry.record["response"]["status"], 0, "{}", entry.record);
}

#[test]
fn a_caller_that_leaves_is_told_from_an_upstream_that_does() {
    let case = case();
    let gate = Arc::new(Gate::default());
    let reply = Reply::event_stream().chunk("data: begun\n\n").wait(&gate).end(&[]);
    case.reply("left", reply);
    let mut connection = Connection::open(&case.gateway.address);
    connection.write(case.get("left").bytes());
    assert!(connection.head().is_some());
    gate.wait_until_reached();
    drop(connection);
    ended(&case.record("left"), "aborted", "DC");
    gate.open();
}

/// Envoy calls an error its own, by its details, once the caller has left.
#[test]
fn a_caller_that_leaves_takes_no_answer_out_of_the_record() {
    let case = case();
    let text = "a row of the table that the error tells of, and in it nothing to find. ".repeat(40);
    for status in [404, 500] {
        let gate = Arc::new(Gate::default());
        let reply = Reply::chunked(status, &[("content-type", "text/plain"), ("x-of", "upstream")]);
        let name = format!("left-{status}");
        case.reply(&name, reply.chunk(&text).wait(&gate).chunk("rest").end(&[]));
        let mut connection = Connection::open(&case.gateway.address);
        connection.write(case.get(&name).bytes());
        assert!(connection.head().is_some() && connection.bytes().is_some());
        drop(connection);
        let entry = case.record(&name);
        ended(&entry, "aborted", "DC");
        let response = &entry.record["response"];
        assert_eq!(response["status"], status, "{}", entry.record);
        assert!(response["headers"].to_string().contains("x-of"), "{response}");
        assert_ne!(response["body"]["size"], 0, "{response}");
        assert_eq!(entry.record["answer"], Value::Null, "{}", entry.record);
        gate.open();
    }
}

/// What the gateway cuts is its own doing, whatever Envoy makes of it.
#[test]
fn an_answer_that_the_gateway_cuts_is_reset() {
    let case = case();
    let gate = Arc::new(Gate::default());
    let reply = Reply::chunked(200, &[("content-type", "text/plain")]);
    let text =
        "some text that goes out as it comes, since nothing in it may be a finding. ".repeat(40);
    case.reply("cut", reply.chunk(text).wait(&gate).chunk("not\0text").end(&[]));
    let mut connection = Connection::open(&case.gateway.address);
    connection.write(case.get("cut").bytes());
    assert!(connection.head().is_some() && connection.bytes().is_some());
    gate.open();
    while connection.bytes().is_some() {}
    let entry = case.record("cut");
    says_the_same(&entry);
    assert_eq!((&entry.record["end"], entry.reason()), (&json!("reset"), "response_unreadable"));
}

fn in_haste(config: &mut Value) {
    connection_manager(config)["stream_idle_timeout"] = json!("0.7s");
    for route in routes(config) {
        route["route"]["idle_timeout"] = json!("0.7s");
        let path = route["match"].to_string();
        let action = &mut route["route"];
        if path.contains("slow") {
            // Beside the other limit this one would not count.
            action.as_object_mut().unwrap().remove("max_stream_duration");
            action["timeout"] = json!("0.3s");
        } else if path.contains("long") {
            action["max_stream_duration"] = json!({ "max_stream_duration": "0.3s" });
        }
    }
}

#[test]
fn what_takes_too_long_says_whose_limit_it_met() {
    let upstream = Upstream::start();
    let gateway = Gateway::build()
        .upstream("/", &upstream.url())
        .upstream("/slow", &format!("{}/slow", upstream.url()))
        .upstream("/long", &format!("{}/long", upstream.url()))
        .start();
    let envoy = Envoy::start(&gateway, in_haste);
    let token = gateway.token("robot");
    let never = Arc::new(Gate::default());
    let silent = Reply { steps: vec![integration::reply::Step::Wait(Arc::clone(&never))] };
    upstream.reply("/slow", silent.clone());
    upstream.reply("/long", silent);
    Call::get("/slow/x").token(&token).send_to(&envoy.address).expect(504);
    let entry = envoy.record("/slow/x", |entry| entry.path() == "/slow/x");
    ended(&entry, "upstream_reset", "UT");
    assert_eq!(entry.record["response"]["status"], 0, "{}", entry.record);

    Call::get("/long/x").token(&token).send_to(&envoy.address);
    let entry = envoy.record("/long/x", |entry| entry.path() == "/long/x");
    says_the_same(&entry);
    assert_eq!(entry.record["end"], "timed_out", "{}", entry.line);
    assert_eq!(entry.record["response"]["status"], 0, "{}", entry.record);

    upstream.reply("/idle", Reply::event_stream().chunk("data: begun\n\n").wait(&never).end(&[]));
    Call::get("/idle").token(&token).send_to(&envoy.address);
    let entry = envoy.record("/idle", |entry| entry.path() == "/idle");
    ended(&entry, "timed_out", "SI");
    assert_eq!(entry.record["response"]["status"], 200, "{}", entry.record);
    never.open();
}
