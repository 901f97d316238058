//! What a call gets that no rule speaks for.

use serde_json::{Value, json};

use super::{Facts, call, decide_request, rule};
use crate::call::{Call, Kind};
use crate::path::normal_form;
use crate::protocol;
use crate::reason::Reason;
use crate::rule::{DefaultEffect, Effect};
use crate::verdict::Verdict;

/// Under `default: deny`, on a route of this kind.
fn judge(route: Kind, rules: &[Value], call: &Call, findings: &[&str]) -> Verdict {
    let rules: Vec<_> = rules.iter().cloned().map(rule).collect();
    let protocol = protocol::read(route, &call.method, &call.headers, &call.body).unwrap();
    let path = normal_form(&call.path).unwrap();
    let facts = Facts::new(call, &path, "db.example", &protocol, findings, vec![]);
    decide_request(&rules, DefaultEffect::Deny, &facts)
}

fn effect(rules: &[Value], call: &Call) -> Effect {
    judge(Kind::Http, rules, call, &["email"]).effect
}

fn allow(matches: Value) -> [Value; 1] {
    [json!({"name": "open", "on": "request", "effect": "allow", "match": matches})]
}

#[test]
fn what_no_rule_speaks_for_is_denied_by_no_rule() {
    let verdict = judge(Kind::Auto, &[], &call("GET", "/a", ""), &[]);
    assert_eq!((verdict.effect, verdict.reason), (Effect::Deny, Some(Reason::NoRule)));
    assert_eq!((verdict.deciding().count(), verdict.message), (0, None));
    assert_eq!(
        effect(&allow(json!({"http": {"path": ["/a"]}})), &call("GET", "/a", "")),
        Effect::Allow
    );
    assert_eq!(
        effect(&allow(json!({"http": {"path": ["/b"]}})), &call("GET", "/a", "")),
        Effect::Deny
    );
}

#[test]
fn precedence_stays_and_only_rules_in_force_that_allow_or_hold_open() {
    let get = call("GET", "/a", "");
    let one = |effect: &str, mode: &str| {
        json!({"name": format!("{effect}-{mode}"), "on": "request", "effect": effect, "mode": mode,
            "match": {"findings": ["email"]}})
    };
    let enforce = |effect| one(effect, "enforce");
    assert_eq!(effect(&[enforce("hold")], &get), Effect::Hold);
    assert_eq!(effect(&[enforce("allow"), enforce("redact")], &get), Effect::Redact);
    assert_eq!(effect(&[enforce("allow"), enforce("redact"), enforce("hold")], &get), Effect::Hold);
    assert_eq!(effect(&[enforce("deny"), enforce("allow")], &get), Effect::Deny);
    // Whoever writes an address into a call does not open it by that.
    let verdict = judge(Kind::Http, &[enforce("redact")], &get, &["email"]);
    assert_eq!((verdict.effect, verdict.reason), (Effect::Deny, Some(Reason::NoRule)));
    for shadow in ["allow", "hold", "deny"] {
        let verdict = judge(Kind::Http, &[one(shadow, "shadow")], &get, &["email"]);
        assert_eq!((verdict.effect, verdict.reason), (Effect::Deny, Some(Reason::NoRule)));
        assert_eq!(verdict.contributions.len(), 1);
    }
    let on_response = json!({"name": "r", "on": "response", "effect": "allow", "match": {}});
    assert_eq!(effect(&[on_response], &get), Effect::Deny);
}

#[test]
fn a_rule_that_denies_is_told_before_the_default() {
    let rules = [json!({"name": "r", "on": "request", "effect": "deny", "message": "no"})];
    let verdict = judge(Kind::Http, &rules, &call("GET", "/a", ""), &[]);
    assert_eq!((verdict.reason, verdict.message.as_deref()), (Some(Reason::Denied), Some("no")));
}

/// A call must not pass by a reading that its server may not share.
#[test]
fn rules_that_allow_are_compared_narrowly() {
    let to = |path: &str| call("GET", path, "");
    let open = allow(
        json!({"http": {"path": ["/pub/**"], "query": {"env": ["dev"]}, "header": {"X-Env": ["prod"]}}}),
    );
    assert_eq!(effect(&open, &to("/pub/x?env=dev")), Effect::Allow);
    assert_eq!(effect(&open, &to("/pub?env=dev")), Effect::Allow);
    for path in [
        "/PUB/x?env=dev",
        "/pub/x?env=dev&env=live",
        "/pub/x?env=dev&Env=live",
        "/pub/x",
        // Not every server takes the parameter off, or decodes twice.
        "/pub/x;y?env=dev",
        "/pub/%2578?env=dev",
    ] {
        assert_eq!(effect(&open, &to(path)), Effect::Deny, "{path}");
    }
    let mut twice = to("/pub/x?env=dev");
    twice.headers.push(("x-env".into(), "test".into()));
    assert_eq!(effect(&open, &twice), Effect::Deny);

    let open = allow(json!({"sql": {"effect": ["read"], "at": ["/sql"]}}));
    let run = |sql: &str| call("POST", "/q", &json!({"sql": sql}).to_string());
    assert_eq!(effect(&open, &run("SELECT 1")), Effect::Allow);
    for sql in ["SELECT 1; DROP TABLE a", "SELECT 1; SELECT 'a", "hello"] {
        assert_eq!(effect(&open, &run(sql)), Effect::Deny, "{sql}");
    }
    let open = allow(json!({"sql": {"effect": ["read"]}}));
    assert_eq!(effect(&open, &run("SELECT a FROM b")), Effect::Allow);
    assert_eq!(effect(&open, &run("SELECT a FROM b; DROP TABLE b")), Effect::Deny);
}

/// A body that looks like a message opens nothing where the route does not say what it speaks.
#[test]
fn a_tool_is_allowed_on_routes_of_its_kind_alone() {
    let params = json!({"name": "look_up", "arguments": {}});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let call = call("POST", "/refunds", &body.to_string());
    for open in [allow(json!({"mcp": {"tool": ["look_up"]}})), allow(json!({"kind": ["mcp"]}))] {
        assert_eq!(judge(Kind::Mcp, &open, &call, &[]).effect, Effect::Allow);
        assert_eq!(judge(Kind::Auto, &open, &call, &[]).effect, Effect::Deny);
        assert_eq!(judge(Kind::Http, &open, &call, &[]).effect, Effect::Deny);
    }
    // The same body where the method, or another reading of the body, is what counts.
    let open = allow(json!({"mcp": {"tool": ["look_up"]}}));
    for (method, content_type) in
        [("DELETE", "application/json"), ("GET", "application/json"), ("POST", "text/plain")]
    {
        let mut dressed = call.clone();
        dressed.method = method.into();
        dressed.headers = vec![("content-type".into(), content_type.into())];
        assert_eq!(judge(Kind::Mcp, &open, &dressed, &[]).effect, Effect::Deny, "{method}");
    }
    assert_eq!(
        judge(Kind::Auto, &allow(json!({"kind": ["http"]})), &call, &[]).effect,
        Effect::Allow
    );
}
