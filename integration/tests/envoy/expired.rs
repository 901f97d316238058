/*! Holds that nobody decides in time, and approvals that nobody uses in time. */

use std::sync::LazyLock;

use integration::wait::{SOON, until};
use integration::{Call, Gateway, Response, Upstream};
use serde_json::{Value, json};

const BUNDLE: &str = "\
bundle: {name: short, version: '1'}
rules:
  - name: at-once
    on: request
    match: {mcp: {tool: delete_customer}}
    effect: hold
    hold: {expiry: 3s, wait: 2m}
  - name: soon
    on: request
    match: {mcp: {tool: archive_customer}}
    effect: hold
    hold: {expiry: 10s, wait: 2m}
";

struct Shared {
    upstream: Upstream,
    gateway: Gateway,
}

static SHARED: LazyLock<Shared> = LazyLock::new(|| {
    let upstream = Upstream::start();
    let gateway = Gateway::build().upstream("/mcp", &upstream.url()).arg("--kind").arg("/mcp=mcp");
    Shared { gateway: gateway.bundle(BUNDLE).start(), upstream }
});

/// As both eras of MCP send it.
fn calls(tool: &str) -> [Call; 2] {
    let new = Call::tool("/mcp", json!(1), tool, json!({ "id": 5 }));
    let mut old = new.clone();
    old.headers.retain(|(name, _)| !name.starts_with("mcp-"));
    [old.header("mcp-protocol-version", "2025-11-25"), new]
}

/// What the model is told, and the id of the hold that the record names.
#[track_caller]
fn told(response: Response, decision: &str) -> (String, String) {
    let answer = response.expect(200).json();
    let result = &answer["result"];
    assert_eq!((&answer["id"], &result["isError"]), (&json!(1), &json!(true)), "{answer}");
    assert_eq!(result["resultType"], "complete");
    assert_eq!(result["_meta"]["gatehouse/decision"], decision, "{answer}");
    let reference = result["_meta"]["gatehouse/ref"].as_str().unwrap();
    let record = SHARED.gateway.record_of(reference);
    assert_eq!((record.reason(), &record.record["end"]), (decision, &json!("refused")));
    let hold = record.record["hold"]["hold"].as_str().unwrap();
    (result["content"][0]["text"].as_str().unwrap().to_owned(), hold.to_owned())
}

#[track_caller]
fn cannot_be_approved(hold: &str) {
    let output = SHARED.gateway.cli(&["approvals", "approve", hold]);
    let why = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && why.contains("expired"), "{why}");
}

#[test]
fn a_caller_that_waits_longer_than_its_hold_lasts_may_ask_again() {
    let Shared { upstream, gateway, .. } = &*SHARED;
    for (subject, call) in ["patient-old", "patient-new"].iter().zip(calls("delete_customer")) {
        let call = call.token(&gateway.token(subject));
        let waiting = call.clone().header("x-gatehouse-wait", "60");
        let (text, hold) = told(waiting.send(gateway), "hold_expired");
        let wanted = "The hold ended without a decision. Repeat the call to ask again. ref=";
        assert!(text.starts_with(wanted), "{text}");
        cannot_be_approved(&hold);
        let (text, next) = told(call.header("x-gatehouse-wait", "0").send(gateway), "pending");
        assert!(text.starts_with("Approval pending"), "{text}");
        assert_ne!(hold, next);
    }
    assert!(!upstream.saw("delete_customer"));
}

#[test]
fn an_approval_is_not_for_ever() {
    let Shared { upstream, gateway, .. } = &*SHARED;
    let [_, call] = calls("archive_customer");
    let call = call.token(&gateway.token("forgetful")).header("x-gatehouse-wait", "0");
    let (_, hold) = told(call.send(gateway), "pending");
    gateway.cli_ok(&["approvals", "approve", &hold]);
    until("the approval to expire", SOON, || {
        let shown = gateway.cli_ok(&["approvals", "show", &hold, "--format", "json"]);
        let shown: Value = serde_json::from_str(&shown).unwrap();
        (shown["status"] == "expired").then_some(())
    });
    cannot_be_approved(&hold);
    let (_, next) = told(call.send(gateway), "pending");
    assert_ne!(hold, next);
    assert!(!upstream.saw("archive_customer"));
}
