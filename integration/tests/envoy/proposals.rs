/*! Calls of tools that a model proposes, and a caller that leaves while somebody is asked for them. */

use std::sync::LazyLock;

use integration::http1::Connection;
use integration::record::Entry;
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Reply, Upstream};
use serde_json::{Value, json};

const BUNDLE: &str = "\
bundle: {name: payments, version: '1'}
rules:
  - name: ask-before-paying
    on: proposal
    match: {mcp: {tool: pay}}
    effect: hold
    hold: {wait: 2m}
";

static GATEWAY: LazyLock<Gateway> = LazyLock::new(|| {
    let upstream = Upstream::start();
    let gateway = Gateway::build().upstream("/", &upstream.url()).arg("--kind").arg("/=openai");
    upstream.script(|request| {
        let asked: Value = serde_json::from_slice(request.body()).ok()?;
        Some(if asked["stream"] == true { streamed() } else { Reply::json(200, &proposal()) })
    });
    gateway.bundle(BUNDLE).start()
});

fn pay(whom: &str) -> Value {
    json!({ "type": "function_call", "id": format!("fc_{whom}"), "call_id": format!("call_{whom}"),
        "status": "completed", "name": "pay", "arguments": json!({ "to": whom }).to_string() })
}

fn proposal() -> Value {
    json!({ "id": "resp_1", "object": "response", "status": "completed", "model": "m",
        "output": [pay("ada"), pay("ben")] })
}

/// After a beginning that says nothing of the calls.
fn streamed() -> Reply {
    let whole = proposal();
    let begun = json!({ "type": "response.created",
        "response": { "id": "resp_1", "object": "response", "status": "in_progress", "output": [] } });
    let done = |index: usize| {
        json!({ "type": "response.output_item.done", "output_index": index,
            "item": whole["output"][index] })
    };
    let end = json!({ "type": "response.completed", "response": whole });
    let event =
        |data: Value| format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap());
    let events = [begun, done(0), done(1), end].into_iter().map(event);
    events.fold(Reply::event_stream(), Reply::chunk).end(&[])
}

/// Asks the model as somebody of its own, and waits until both calls that it proposes are on hold. The second is
/// asked for when the gateway has heard of the hold of the first.
fn ask(subject: &str, stream: bool) -> (Connection, Vec<String>) {
    let gateway = &*GATEWAY;
    let call = Call::post("/v1/responses").token(&gateway.token(subject));
    let call = call.header("x-gatehouse-wait", "60");
    let call = call.json(&json!({ "model": "m", "input": "pay both", "stream": stream }));
    let mut connection = Connection::open(&gateway.address);
    connection.write(call.bytes());
    let holds = until("two holds", SOON, || {
        let list = gateway.cli_ok(&["approvals", "list", "--format", "json"]);
        let list: Value = serde_json::from_str(&list).unwrap();
        let mut holds = list["holds"].as_array().cloned().unwrap_or_default();
        holds.retain(|hold| hold["principal"]["subject"] == subject);
        (holds.len() == 2).then_some(holds)
    });
    (connection, holds.iter().map(|hold| hold["id"].as_str().unwrap().to_owned()).collect())
}

#[test]
fn a_caller_that_leaves_ends_the_holds_of_what_is_proposed_to_it() {
    let gateway = &*GATEWAY;
    for (subject, stream) in [("leaves-whole", false), ("leaves-stream", true)] {
        let (connection, holds) = ask(subject, stream);
        drop(connection);
        for hold in &holds {
            until("the hold to end", SOON, || {
                let shown = gateway.cli_ok(&["approvals", "show", hold, "--format", "json"]);
                let shown: Value = serde_json::from_str(&shown).unwrap();
                (shown["status"] == "cancelled").then_some(())
            });
            let late = gateway.cli(&["approvals", "approve", hold]);
            let why = String::from_utf8(late.stderr).unwrap();
            assert!(!late.status.success() && why.contains("cancelled"), "{why}");
        }
        let of_subject = |entry: &Entry| entry.record["principal"]["subject"] == subject;
        let record = gateway.record(subject, of_subject).record;
        assert_eq!(
            (&record["end"], &record["last"]),
            (&json!("aborted"), &json!(true)),
            "{record}"
        );
        let told = &record["response"]["holds"];
        assert_eq!(told.as_array().unwrap().len(), 2, "{record}");
        assert_eq!(told[0]["status"], "pending", "{record}");
        assert!(holds.iter().any(|hold| told[0]["hold"] == json!(hold)), "{record}");
        // The next answer that proposes the same asks anew.
        let (_connection, next) = ask(subject, stream);
        assert!(next.iter().all(|hold| !holds.contains(hold)));
    }
}

/// The same with somebody who stays: what was withheld is what comes.
#[test]
fn a_caller_that_stays_gets_what_was_approved() {
    for (subject, stream) in [("stays-whole", false), ("stays-stream", true)] {
        let (mut connection, holds) = ask(subject, stream);
        for hold in &holds {
            GATEWAY.cli_ok(&["approvals", "approve", hold]);
        }
        let answer = connection.response(false).unwrap().expect(200);
        let text = answer.text();
        assert!(answer.message.complete && text.contains("call_ada"), "{text}");
        assert!(text.contains("call_ben"), "{text}");
    }
}
