//! What messages of MCP are about.

use serde_json::{Value, json};

use super::*;

pub const RULES: &str = "
rules:
  - {name: secret-notes, on: request, match: {mcp: {resource: 'note://secret/*'}}, effect: deny}
  - {name: admin-prompts, on: request, match: {mcp: {prompt: 'admin-*'}}, effect: deny}
";

fn message(case: &str, method: &str, params: &Value) -> Call {
    Call::mcp(format!("/messages?{case}"), json!(1), method, params.clone())
}

/// To a client of MCP it is an error of its protocol.
#[track_caller]
fn told(call: Call, rule: &str) {
    let (response, entry, reached) = ask(call);
    let is = (entry.effect(), entry.reason(), entry.rules());
    assert_eq!(is, ("deny", "denied", vec![rule.to_owned()]), "{}", entry.record);
    assert!(!reached, "{}", entry.path());
    let error = response.expect(403).json();
    assert_eq!(error["error"]["data"]["gatehouse/decision"], "denied", "{error}");
}

#[test]
fn each_resource_that_is_listened_to() {
    let listen = |case: &str, uris: &[&str]| {
        let params = json!({ "notifications": { "resourceSubscriptions": uris } });
        message(case, "subscriptions/listen", &params)
    };
    told(listen("l1", &["note://secret/1"]), "secret-notes");
    told(
        listen("l2", &["note://open/1", "note://open/%2e%2e/SECRET/1", "note://secret/2"]),
        "secret-notes",
    );
    passes(listen("l3", &["note://open/1", "note://open/2"]));
    passes(listen("l4", &[]));
}

#[test]
fn what_is_completed() {
    let complete = |case: &str, of: Value| {
        let params = json!({ "ref": of, "argument": { "name": "id", "value": "1" } });
        message(case, "completion/complete", &params)
    };
    let prompt = |name: &str| json!({ "type": "ref/prompt", "name": name });
    told(complete("c1", prompt("admin-help")), "admin-prompts");
    passes(complete("c2", prompt("help")));
    let template = |uri: &str| json!({ "type": "ref/resource", "uri": uri });
    told(complete("c3", template("note://{folder}/{id}")), "secret-notes");
    passes(complete("c4", template("note://open/{id}")));
}

#[test]
fn a_name_that_the_message_does_not_have() {
    let named = |case: &str, method: &str, params: Value, name: &str| {
        let mut call = message(case, method, &params);
        call.headers.retain(|(header, _)| header != "mcp-name");
        call.header("mcp-name", name)
    };
    let (response, entry, reached) = ask(named("n1", "tools/list", json!({}), "read_note"));
    assert_eq!((entry.reason(), reached), ("request_ambiguous", false), "{}", entry.record);
    response.expect(400);
    let of = json!({ "noteId": "t-1" });
    let (response, _, reached) = ask(named("n2", "notes/get", of.clone(), "t-2"));
    assert!(!reached);
    response.expect(400);
    passes(named("n3", "notes/get", of, "t-1"));
}
