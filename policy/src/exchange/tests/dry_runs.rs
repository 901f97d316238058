//! Dry runs: judged like any other call, told, and that is all.

use serde_json::{Value, json};

use super::lab::*;
use super::lists;
use crate::call::Kind;
use crate::exchange::{Event, Exchange, Flow, Now, Step, Steps};
use crate::record::{End, Record};
use crate::rule::Effect;

const BEGIN: &str = "bundle: {name: lab, version: 1.0.0, serial: 1}";

fn dry(lab: &mut Lab, method: &str, path: &str, kind: Kind, body: &str) -> (Exchange, Steps) {
    lab.engine.limits.request_body = 4096;
    let mut head = lab.head(method, path, body.is_empty());
    head.route.kind = kind;
    head.headers.push(("x-gatehouse-dry-run".into(), b"true".to_vec()));
    head.headers.push(("content-type".into(), b"application/json".to_vec()));
    let (mut exchange, steps) = lab.begin(head);
    let steps = if body.is_empty() || response(&steps).is_some() {
        steps
    } else {
        lab.body(&mut exchange, body)
    };
    (exchange, steps)
}

/// What the caller is told. Nothing else may come of it.
fn told(steps: &Steps) -> Value {
    assert_eq!(steps.flow, Flow::Pause);
    for step in &steps.list {
        let other = matches!(
            step,
            Step::SetVerdict(_) | Step::ReplaceRequestBody(_) | Step::Call(_) | Step::Resume
        );
        assert!(!other, "{steps:?}");
    }
    let answer = response(steps).unwrap();
    let header = |name: &str| answer.headers.iter().find(|(own, _)| own == name).unwrap().1.clone();
    assert_eq!(
        (answer.status, header("content-type").as_str(), header("x-gatehouse-dry-run").as_str()),
        (200, "application/json", "true")
    );
    let told: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(told["ref"], header("x-gatehouse-ref"));
    told
}

fn ended(lab: &mut Lab, exchange: &mut Exchange) -> (Record, Vec<&'static str>) {
    let steps = lab.on(exchange, Event::Log(None));
    let count = |step: &Step| match step {
        Step::Count(name) => Some(*name),
        _ => None,
    };
    (record(&steps), steps.list.iter().filter_map(count).collect())
}

fn tool(name: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}","arguments":{{}}}}}}"#
    )
}

#[test]
fn every_kind_of_call_is_told_what_would_become_of_it() {
    use Effect::{Allow, Deny, Hold, Redact};
    let mail = r#"{"to":"ada@example.com"}"#;
    let drop = r#"{"sql":"DROP DATABASE shop"}"#;
    let (read, delete) = (tool("read"), tool("delete_customer"));
    for (method, path, kind, body, effect, reason) in [
        ("GET", "/customers", Kind::Http, "", Allow, None),
        ("HEAD", "/customers", Kind::Http, "", Allow, None),
        ("DELETE", "/customers/7", Kind::Auto, "", Hold, Some("pending")),
        ("POST", "/query", Kind::Http, drop, Deny, Some("denied")),
        ("POST", "/mask", Kind::Http, mail, Redact, None),
        ("POST", "/mcp", Kind::Mcp, &read, Allow, None),
        ("POST", "/mcp", Kind::Mcp, &delete, Hold, Some("pending")),
        ("POST", "/mcp", Kind::Auto, &delete, Hold, Some("pending")),
        ("POST", "/v1/responses", Kind::Openai, r#"{"model":"m"}"#, Allow, None),
        ("POST", "/v1/responses", Kind::Openai, "[]", Deny, Some("body_unreadable")),
        ("POST", "/mcp", Kind::Mcp, "[]", Deny, Some("body_unreadable")),
    ] {
        let mut lab = Lab::new();
        let (mut exchange, steps) = dry(&mut lab, method, path, kind, body);
        let told = told(&steps);
        assert_eq!(
            (&told["decision"], &told["reason"]),
            (&json!(effect), &json!(reason)),
            "{body}"
        );
        let (record, counted) = ended(&mut lab, &mut exchange);
        assert_eq!(counted, ["gatehouse_dry_runs"], "{body}");
        assert_eq!((record.dry_run, record.end, record.hold), (true, End::Refused, None));
        assert_eq!(record.verdict.effect, Some(effect), "{body}");
        assert!(record.request.findings.iter().all(|one| !one.redacted));
    }
}

/// The call itself gets an empty list at once: nobody is asked for that.
#[test]
fn a_list_that_a_rule_holds_is_told_as_denied() {
    let rule = json!({"name": "lists", "effect": "hold", "match": {"mcp": {"method": ["*/list"]}}});
    for kind in [Kind::Mcp, Kind::Auto] {
        let mut lab = lists::lab(std::slice::from_ref(&rule));
        let list = lists::message("tools/list", &json!({}));
        let (mut exchange, steps) = dry(&mut lab, "POST", "/mcp", kind, &list);
        let told = told(&steps);
        assert_eq!(
            (&told["decision"], &told["reason"], &told["rule"]),
            (&json!("deny"), &json!("denied"), &json!("lists"))
        );
        let (dry, _) = ended(&mut lab, &mut exchange);
        let mut exchange = lab.begin(lab.head("POST", "/mcp", false)).0;
        let steps = lab.body(&mut exchange, &list);
        assert_eq!(reason(&steps), "denied");
        let (real, _) = ended(&mut lab, &mut exchange);
        assert_eq!(dry.verdict, real.verdict);
    }
}

#[test]
fn no_more_is_told_than_a_refusal_would() {
    let mut lab = Lab::new();
    let drop = r#"{"sql":"DROP DATABASE shop"}"#;
    let denied = told(&dry(&mut lab, "POST", "/query", Kind::Http, drop).1);
    let (mut exchange, _) = lab.begin(lab.head("POST", "/query", false));
    let real = lab.body(&mut exchange, drop);
    let real: Value = serde_json::from_str(&response(&real).unwrap().body).unwrap();
    assert_eq!(denied["rule"], real["error"]["rule"]);
    assert_eq!(denied["message"], real["error"]["message"]);
    assert_eq!(denied["reason"], real["error"]["code"]);

    let mail = r#"{"to":"ada@example.com"}"#;
    let (mut exchange, steps) = dry(&mut lab, "POST", "/mask", Kind::Http, mail);
    let redacted = told(&steps);
    let reference = redacted["ref"].clone();
    let nothing = json!({"decision": "redact", "reason": null, "rule": null, "message": null, "ref": reference});
    assert_eq!(redacted, nothing);
    let (record, _) = ended(&mut lab, &mut exchange);
    assert_eq!(record.request.body.text, r#"{"to":"[REDACTED:email]"}"#);

    let held = told(&dry(&mut lab, "DELETE", "/customers/7", Kind::Http, "").1);
    assert_eq!(held["message"], "This call waits for an approver.");
    assert_eq!(held["rule"], Value::Null);
    lab.engine.activate(changed(
        "description: deletes",
        "message: ask grace first\n    description: deletes",
    ));
    let held = told(&dry(&mut lab, "DELETE", "/customers/7", Kind::Http, "").1);
    assert_eq!(held["message"], "This call waits for an approver. Ask grace first.");
}

#[test]
fn a_route_that_is_not_safe_for_holds_is_told_so() {
    let mut lab = Lab::new();
    let mut head = lab.head("DELETE", "/customers/7", true);
    head.route.replay_off = false;
    head.headers.push(("x-gatehouse-dry-run".into(), b"true".to_vec()));
    let told = told(&lab.begin(head).1);
    assert_eq!((&told["decision"], &told["reason"]), (&json!("deny"), &json!("route_unsafe")));
}

#[test]
fn what_is_not_true_is_neither_a_dry_run_nor_a_call() {
    for values in [&["false"][..], &["TRUE"], &["1"], &[""], &["true, true"], &["true", "false"]] {
        let mut lab = Lab::new();
        let mut head = lab.head("GET", "/customers", true);
        let own =
            values.iter().map(|value| ("x-gatehouse-dry-run".into(), value.as_bytes().to_vec()));
        head.headers.extend(own);
        let (mut exchange, steps) = lab.begin(head);
        assert_eq!(
            (response(&steps).unwrap().status, releases(&steps)),
            (400, false),
            "{values:?}"
        );
        assert_eq!(reason(&steps), "request_ambiguous");
        assert!(!ended(&mut lab, &mut exchange).0.dry_run);
    }
}

#[test]
fn who_is_not_proven_is_told_nothing() {
    let mut lab = Lab::new();
    lab.bearer = "no.such.token".into();
    let (mut exchange, steps) = dry(&mut lab, "GET", "/customers", Kind::Http, "");
    assert_eq!((response(&steps).unwrap().status, reason(&steps)), (401, "unauthenticated"));
    // Nor is it counted as one.
    let (record, counted) = ended(&mut lab, &mut exchange);
    assert_eq!((record.dry_run, counted), (false, vec!["gatehouse_effects.enforce.deny"]));
}

#[test]
fn it_draws_on_no_budget_and_tells_of_one_that_is_used_up() {
    let mut lab = Lab::new();
    let budgets = "budgets:\n  - {name: calls, requests: 1, per: 1h}";
    lab.engine.activate(changed(BEGIN, &format!("{BEGIN}\n{budgets}")));
    for _ in 0..3 {
        let told = told(&dry(&mut lab, "GET", "/a", Kind::Http, "").1);
        assert_eq!(told["decision"], "allow");
    }
    let head = lab.head("GET", "/a", true);
    assert!(releases(&lab.begin(head).1));
    let (mut exchange, steps) = dry(&mut lab, "GET", "/a", Kind::Http, "");
    let told = told(&steps);
    assert_eq!((&told["decision"], &told["reason"]), (&json!("deny"), &json!("budget_exceeded")));
    assert_eq!(ended(&mut lab, &mut exchange).1, ["gatehouse_dry_runs"]);
}

#[test]
fn it_takes_none_of_the_places_for_held_calls() {
    let mut lab = Lab::new();
    for _ in 0..5 {
        let told = told(&dry(&mut lab, "DELETE", "/customers/7", Kind::Http, "").1);
        assert_eq!(told["decision"], "hold");
    }
    // Two are all there are.
    let _first = lab.held();
    let _second = lab.held();
    let told = told(&dry(&mut lab, "DELETE", "/customers/7", Kind::Http, "").1);
    assert_eq!(told["decision"], "hold");
}

#[test]
fn a_principal_has_so_many_a_minute() {
    let mut lab = Lab::new();
    lab.engine.limits.dry_runs_per_minute = 2;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let (_, steps) = dry(&mut lab, "GET", "/a", Kind::Http, "");
        statuses.push(response(&steps).unwrap().status);
    }
    assert_eq!(statuses, [200, 200, 429]);
    let (mut exchange, steps) = dry(&mut lab, "POST", "/mcp", Kind::Mcp, &tool("read"));
    let answer = response(&steps).unwrap();
    assert_eq!((answer.status, reason(&steps)), (429, "dry_run_limit"));
    assert!(answer.headers.contains(&("retry-after".into(), "60".into())), "{answer:?}");
    let (record, counted) = ended(&mut lab, &mut exchange);
    assert_eq!((record.dry_run, counted), (true, vec!["gatehouse_dry_runs"]));
    // Calls are made as before, and so are the dry runs of others, and of the next minute.
    let head = lab.head("GET", "/a", true);
    assert!(releases(&lab.begin(head).1));
    lab.bearer = lab.token("eve");
    told(&dry(&mut lab, "GET", "/a", Kind::Http, "").1);
    lab.bearer = lab.token("ada");
    let mut head = lab.head("GET", "/a", true);
    head.headers.push(("x-gatehouse-dry-run".into(), b"true".to_vec()));
    let later = Now { unix_ms: NOW.unix_ms + 60_000 };
    told(&Exchange::new().on(&mut lab.engine, Event::RequestHeaders(head), later));
    // None at all.
    lab.engine.limits.dry_runs_per_minute = 0;
    lab.bearer = lab.token("kim");
    assert_eq!(reason(&dry(&mut lab, "GET", "/a", Kind::Http, "").1), "dry_run_limit");
}

#[test]
fn it_calls_off_nothing() {
    let mut lab = Lab::new();
    let body = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}}"#;
    lab.engine.limits.request_body = 4096;
    let mut head = lab.head("POST", "/mcp", false);
    head.route.kind = Kind::Mcp;
    head.headers.push(("mcp-session-id".into(), lab.session("s")));
    head.headers.push(("x-gatehouse-dry-run".into(), b"true".to_vec()));
    let (mut exchange, _) = lab.begin(head);
    assert_eq!(told(&lab.body(&mut exchange, body))["decision"], "allow");
}
