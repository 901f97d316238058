//! Values that rules name by their place.

use serde_json::{Value as Json, json};

use super::{call, judge, judge_on, rule};
use crate::call::{Call, Kind};
use crate::decide::{Facts, decide_request, plan_response};
use crate::protocol;
use crate::reason::Reason;
use crate::rule::{DefaultEffect, Effect, Rule};

/// Whether a rule that asks for this matches; an error: it is denied for want of a fact.
fn asked(matches: &Json, call: &Call) -> Result<bool, ()> {
    let rule = rule(json!({"name": "r", "on": "request", "effect": "hold", "match": matches}));
    let verdict = judge(&[rule], call, &[]);
    match (verdict.effect, verdict.reason) {
        (Effect::Allow, None) => Ok(false),
        (Effect::Hold, Some(Reason::Denied)) => Ok(true),
        (Effect::Deny, Some(Reason::FactUnavailable)) => Err(()),
        other => panic!("{other:?}"),
    }
}

fn body(wanted: &Json, body: &str) -> Result<bool, ()> {
    asked(&json!({"body": wanted}), &call("POST", "/", body))
}

#[test]
fn values_are_compared_as_text() {
    let amount = |globs: &Json, text: &str| {
        body(&json!({"/order/amount": globs}), &format!(r#"{{"order": {{"amount": {text}}}}}"#))
    };
    for (globs, text, expected) in [
        (json!(["7"]), "7", Ok(true)),
        (json!(["7"]), "\"7\"", Ok(true)),
        (json!(["7"]), "8", Ok(false)),
        (json!(["6", "7"]), "7", Ok(true)),
        (json!(["9*"]), "950", Ok(true)),
        (json!(["EU*"]), "\"EUR\"", Ok(true)),
        (json!(["EU*"]), "\"eur\"", Ok(false)),
        (json!(["true"]), "true", Ok(true)),
        (json!(["false"]), "true", Ok(false)),
        // Null is as if it were not there.
        (json!(["*"]), "null", Ok(false)),
        (json!(["*"]), "\"\"", Ok(true)),
        // One number has many literals.
        (json!(["7"]), "7.0", Ok(true)),
        (json!(["7"]), "70e-1", Ok(true)),
        (json!(["7"]), "\"0.7E+1\"", Ok(true)),
        (json!(["7.00"]), "7", Ok(true)),
        (json!(["9*"]), "0.95e3", Ok(true)),
        (json!(["7"]), "1e-999", Err(())),
        // A list stands for its entries, a map for nothing.
        (json!(["7"]), "[1, [7]]", Ok(true)),
        (json!(["7"]), "[1, 2]", Ok(false)),
        (json!(["7"]), "[]", Ok(false)),
        (json!(["7"]), "{\"value\": 7}", Err(())),
        (json!(["7"]), "[{\"value\": 7}, 7]", Ok(true)),
        (json!(["7"]), "[{\"value\": 7}, 8]", Err(())),
        (json!([]), "7", Ok(false)),
        // What ends at a NUL for some readers goes on for others.
        (json!(["7"]), r#""7\u0000""#, Err(())),
        (json!(["*"]), r#""\u00007""#, Err(())),
        (json!(["7"]), r#"["\u0000", 7]"#, Ok(true)),
    ] {
        assert_eq!(amount(&globs, text), expected, "{globs} {text}");
    }
}

#[test]
fn places_are_found_or_known_to_be_missing() {
    let wanted = json!({"/order/items/*/sku": ["x-*"]});
    for (text, expected) in [
        (r#"{"order": {"items": [{"sku": "a"}, {"sku": "x-1"}]}}"#, Ok(true)),
        (r#"{"order": {"items": [{"sku": "a"}, {}]}}"#, Ok(false)),
        (r#"{"order": {"items": []}}"#, Ok(false)),
        (r#"{"order": {}}"#, Ok(false)),
        (r#"{"order": null}"#, Ok(false)),
        (r#"{}"#, Ok(false)),
        ("", Ok(false)),
        // Some servers take names in any case, a map with numbers for a list, one entry for a list.
        (r#"{"Order": {"ITEMS": [{"Sku": "x-1"}]}}"#, Ok(true)),
        (r#"{"order": {"items": {"0": {"sku": "x-1"}}}}"#, Ok(true)),
        (r#"{"order": {"items": {"sku": "x-1"}}}"#, Err(())),
        // Where the body has another shape nobody knows.
        (r#"{"order": "items"}"#, Err(())),
        (r#"{"order": [{"items": [{"sku": "x-1"}]}]}"#, Err(())),
        (r#"[]"#, Err(())),
        ("order=1", Err(())),
        ("not json", Err(())),
    ] {
        assert_eq!(body(&wanted, text), expected, "{text}");
    }
    let both = json!({"/a": ["1"], "/b": ["2"]});
    assert_eq!(body(&both, r#"{"a": 1, "b": 2}"#), Ok(true));
    assert_eq!(body(&both, r#"{"a": 1, "b": 3}"#), Ok(false));
    assert_eq!(body(&both, r#"{"a": {}, "b": 2}"#), Err(()));
    // What does not match settles it.
    assert_eq!(body(&both, r#"{"a": {}, "b": 3}"#), Ok(false));
    assert_eq!(body(&both, r#"{"a": 3, "b": {}}"#), Ok(false));
    let elsewhere = json!({"http": {"path": ["/a"]}, "body": {"/a": ["1"]}});
    assert_eq!(asked(&elsewhere, &call("POST", "/b", "not json")), Ok(false));
    assert_eq!(asked(&elsewhere, &call("POST", "/a", "not json")), Err(()));
}

/// As conditions have it.
#[test]
fn json_that_is_called_a_form_is_not_known() {
    let mut call = call("POST", "/", r#"{"a": 1}"#);
    call.headers[0].1 = "application/x-www-form-urlencoded".into();
    assert_eq!(asked(&json!({"body": {"/a": ["1"]}}), &call), Err(()));
    assert_eq!(asked(&json!({"http": {"form": {"a": ["1"]}}}), &call), Err(()));
}

#[test]
fn arguments_of_tools() {
    let wanted =
        json!({"mcp": {"tool": ["pay"], "arguments": {"to": ["*@evil.example"], "a/b": ["*"]}}});
    let pay = |name: &str, arguments: &Json| {
        let params = json!({"name": name, "arguments": arguments});
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        asked(&wanted, &call("POST", "/mcp", &body.to_string()))
    };
    let evil = json!({"to": "a@evil.example", "a/b": 1});
    assert_eq!(pay("pay", &evil), Ok(true));
    assert_eq!(pay("get", &evil), Ok(false));
    assert_eq!(pay("pay", &json!({"TO": ["b", "a@evil.example"], "a/b": 1})), Ok(true));
    assert_eq!(pay("pay", &json!({"to": "b@evil.example.org", "a/b": 1})), Ok(false));
    assert_eq!(pay("pay", &json!({"to": "a@evil.example"})), Ok(false));
    assert_eq!(pay("pay", &json!({"to": {"address": "a@evil.example"}, "a/b": 1})), Err(()));
    assert_eq!(pay("pay", &Json::Null), Ok(false));
    let list = r#"{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}"#;
    let any = json!({"mcp": {"arguments": {"to": ["*"]}}});
    assert_eq!(asked(&any, &call("POST", "/mcp", list)), Ok(false));
    assert_eq!(asked(&any, &call("POST", "/mcp", "{\"to\": 1}")), Ok(false));
}

#[test]
fn fields_of_forms() {
    let wanted = json!({"http": {"form": {"role": ["adm*"], "id": ["7"]}}});
    let form = |kind: &str, body: &str| {
        let mut call = call("POST", "/", body);
        call.headers[0].1 = kind.into();
        asked(&wanted, &call)
    };
    let plain = "application/x-www-form-urlencoded";
    assert_eq!(form(plain, "role=%61dmin&id=7"), Ok(true));
    assert_eq!(form(plain, "role=user;role=admin&id=7"), Ok(true));
    assert_eq!(form(plain, "role=user&role[]=admin&id=+7&id=7.0"), Ok(true));
    assert_eq!(form(plain, "role=user&id=7"), Ok(false));
    assert_eq!(form(plain, "Role=admin&id=7"), Ok(true));
    assert_eq!(form(plain, ""), Ok(false));
    let part = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let parts = |one: String, other: String| {
        form("multipart/form-data; boundary=b", &format!("{one}{other}--b--\r\n"))
    };
    assert_eq!(parts(part("role", "admin"), part("id", "7")), Ok(true));
    assert_eq!(parts(part("role[]", "admin"), part("id", "7")), Ok(true));
    assert_eq!(parts(part("role", "user"), part("id", "7")), Ok(false));
    // Many servers look into the query as well, and hear names in any case.
    let at = |path: &str, text: &str| {
        let mut call = call("POST", path, text);
        call.headers = vec![("content-type".into(), "application/x-www-form-urlencoded".into())];
        asked(&json!({"http": {"form": {"role": ["admin"]}}}), &call)
    };
    assert_eq!(at("/users?role=admin", ""), Ok(true));
    assert_eq!(at("/users?Role=admin", "name=x"), Ok(true));
    assert_eq!(at("/users?role=user", "ROLE=admin"), Ok(true));
    assert_eq!(at("/users?role=user", "role=user"), Ok(false));
    // A server may read what is none as one.
    assert_eq!(form("text/plain", "role=admin&id=7"), Err(()));
    assert_eq!(form("application/json", r#"{"role": "admin"}"#), Err(()));
}

/// An author's few globs on a caller's long text cost a bounded time.
#[test]
fn the_work_is_counted() {
    let stars = format!("{}b", "*a".repeat(400));
    let long = |length: usize| format!(r#"{{"a": "{}"}}"#, "a".repeat(length));
    assert_eq!(body(&json!({"/a": [stars]}), &long(1_000)), Ok(false));
    assert_eq!(body(&json!({"/a": [stars]}), &long(300_000)), Err(()));
    assert_eq!(body(&json!({"/a": ["*b*"]}), &long(300_000)), Ok(false));
}

#[test]
fn a_plan_for_the_response_asks_about_the_request() {
    let rules: Vec<Rule> = vec![rule(json!({
        "name": "r", "on": "response", "effect": "redact",
        "match": {"findings": ["email"], "body": {"/report": ["full"]}}
    }))];
    let planned = |body: &str| {
        let call = call("POST", "/", body);
        let protocol = protocol::read(Kind::Auto, &call.method, &call.headers, &call.body).unwrap();
        let facts = Facts::new(&call, "/", "db.example", &protocol, &[], vec![]);
        plan_response(&rules, &facts, 0).effect(&[true])
    };
    assert_eq!(planned(r#"{"report": "full"}"#), Effect::Redact);
    assert_eq!(planned(r#"{"report": "short"}"#), Effect::Allow);
    assert_eq!(planned("full"), Effect::Deny);
}

/// Where the default is deny: one harmless value must not open the door for another beside it.
#[test]
fn a_rule_that_allows_asks_for_every_value() {
    let opens = |matches: Json, text: &str| {
        let rules =
            [rule(json!({"name": "r", "on": "request", "effect": "allow", "match": matches}))];
        let mut call = call("POST", "/", text);
        if !text.starts_with('{') {
            call.headers =
                vec![("content-type".into(), "application/x-www-form-urlencoded".into())];
        }
        let protocol = protocol::read(Kind::Http, &call.method, &call.headers, &call.body).unwrap();
        let facts = Facts::new(&call, "/", "db.example", &protocol, &[], vec![]);
        decide_request(&rules, DefaultEffect::Deny, &facts).effect == Effect::Allow
    };
    let body = |text: &str| opens(json!({"body": {"/ids/*": ["7"], "/to": ["a", "b"]}}), text);
    assert!(body(r#"{"ids": [7, 7], "to": ["a", "b"]}"#));
    for other in [
        r#"{"ids": [7, 8], "to": "a"}"#,
        r#"{"ids": [7], "to": ["a", "c"]}"#,
        r#"{"ids": [7], "to": ["a", {}]}"#,
        r#"{"ids": [], "to": "a"}"#,
        r#"{"ids": [7]}"#,
        r#"{"ids": [7], "to": "a", "To": "c"}"#,
    ] {
        assert!(!body(other), "{other}");
    }
    let form = |text: &str| opens(json!({"http": {"form": {"id": ["7"]}}}), text);
    assert!(form("id=7&x=1") && !form("id=7&id=8") && !form("id=7&ID=8") && !form("x=1"));
}

#[test]
fn no_kind_of_route_is_a_way_around() {
    let rules = [rule(json!({
        "name": "r", "on": "request", "effect": "deny", "match": {"body": {"/model": ["big"]}}
    }))];
    let call = call("POST", "/v1/responses", r#"{"model": "big"}"#);
    for kind in [Kind::Auto, Kind::Http, Kind::Openai] {
        assert_eq!(judge_on(kind, &rules, &call, &[]).effect, Effect::Deny);
    }
}
