//! Answers to a message that was sent before: of which tool they are nobody can tell.

use serde_json::json;

use super::lists::{EVENTS, JSON, answered, lab, message};
use crate::call::Kind;
use crate::exchange::RequestHead;
use crate::exchange::tests::lab::Lab;
use crate::seal::Id;

/// What somebody gets of an answer with an address in it, by a rule on answers of one tool.
fn got(change: impl FnOnce(&Lab, &mut RequestHead) -> String, media: &str, answer: &str) -> String {
    let rule = json!({"name": "mask-profiles", "on": "response", "effect": "redact",
        "match": {"mcp": {"tool": ["read_profile"], "arguments": {"id": ["7"]}},
            "body": {"/params/name": ["read_*"]}, "findings": ["email"]}});
    let mut lab = lab(&[rule]);
    let mut bundle = (**lab.engine.active()).clone();
    bundle.rules.retain(|rule| rule.name != "mask-e-mail");
    lab.engine.activate(bundle);
    let mut head = lab.head("GET", "/mcp", true);
    head.route.kind = Kind::Mcp;
    let body = change(&lab, &mut head);
    head.end_of_stream = body.is_empty();
    let (mut exchange, _) = lab.begin(head);
    if !body.is_empty() {
        lab.body(&mut exchange, &body);
    }
    answered(&mut lab, &mut exchange, media, answer)
}

const ANSWER: &str =
    r#"{"jsonrpc":"2.0","id":5,"result":{"content":[{"type":"text","text":"ada@example.com"}]}}"#;

fn post(head: &mut RequestHead, method: &str, params: &serde_json::Value) -> String {
    head.method = "POST".into();
    head.headers.push(("content-type".into(), b"application/json".to_vec()));
    message(method, params)
}

#[test]
fn rules_on_answers_of_a_tool_hold_for_streams_that_are_taken_up_again() {
    let event = format!("id: 1\ndata: {ANSWER}\n\n");
    let asks = |tool: &str, id: u32| json!({"name": tool, "arguments": {"id": id}});
    let call = |tool: &'static str, id| {
        got(move |_, head| post(head, "tools/call", &asks(tool, id)), JSON, ANSWER)
    };
    assert!(!call("read_profile", 7).contains("ada@"));
    assert!(call("read_profile", 8).contains("ada@"));
    assert!(call("read_news", 7).contains("ada@"));
    // The stream of a session, from its begin or from an event on.
    assert!(!got(|_, _| String::new(), EVENTS, &event).contains("ada@"));
    let resumed = |lab: &Lab, head: &mut RequestHead| {
        head.headers.push(("last-event-id".into(), lab.sealed(Id::Event, "e1")));
        head.route.kind = Kind::Auto;
        String::new()
    };
    assert!(!got(resumed, EVENTS, &event).contains("ada@"));
    let plain = |_: &Lab, head: &mut RequestHead| {
        head.route.kind = Kind::Http;
        String::new()
    };
    assert!(got(plain, JSON, r#"{"mail":"ada@example.com"}"#).contains("ada@"));
}
