//! What a message of MCP says of itself.

use serde_json::{Value, json};

use super::{call, rule};
use crate::call::Kind;
use crate::condition::Fault;
use crate::decide::{Facts, decide_request};
use crate::pin::Definition;
use crate::protocol;
use crate::rule::{DefaultEffect, Effect, Rule};
use crate::verdict::Verdict;

fn judge(rules: &[Rule], default: DefaultEffect, method: &str, params: &Value) -> Verdict {
    judge_defined(rules, default, (method, params), Ok(None))
}

fn judge_defined(
    rules: &[Rule],
    default: DefaultEffect,
    (method, params): (&str, &Value),
    definition: Result<Option<Definition>, Fault>,
) -> Verdict {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let call = call("POST", "/mcp", &body.to_string());
    let protocol = protocol::read(Kind::Mcp, "POST", &call.headers, &call.body).unwrap();
    let facts = Facts::new(&call, "/mcp", "db.example", &protocol, &[], vec![]);
    decide_request(rules, default, &facts.defined(definition))
}

fn one(effect: &str, mcp: Value) -> Vec<Rule> {
    let matches = json!({"mcp": mcp});
    vec![rule(json!({"name": "r", "on": "request", "effect": effect, "match": matches}))]
}

#[test]
fn prompts_and_resources_are_asked_for_by_name() {
    let denies = |mcp: Value, method: &str, params: Value| {
        let verdict = judge(&one("deny", mcp), DefaultEffect::Allow, method, &params);
        verdict.effect == Effect::Deny
    };
    let admin = || json!({"prompt": ["admin*"]});
    assert!(denies(admin(), "prompts/get", json!({"name": "admin-help"})));
    assert!(!denies(admin(), "prompts/get", json!({"name": "help"})));
    assert!(!denies(admin(), "tools/call", json!({"name": "admin-help"})));
    let etc = || json!({"resource": ["file:///etc/*"]});
    for method in ["resources/read", "resources/subscribe", "resources/unsubscribe"] {
        assert!(denies(etc(), method, json!({"uri": "file:///etc/passwd"})));
        assert!(denies(etc(), method, json!({"uri": "file:///a/%2e./ETC/passwd"})));
        assert!(!denies(etc(), method, json!({"uri": "file:///a/passwd"})));
    }
    assert!(!denies(etc(), "resources/list", json!({})));
    let allows = |uri: &str| {
        let rules = one("allow", json!({"resource": ["file:///public/*"]}));
        let params = json!({"uri": uri});
        judge(&rules, DefaultEffect::Deny, "resources/read", &params).effect == Effect::Allow
    };
    assert!(allows("file:///public/a"));
    for other in ["file:///public/../etc/a", "file:///public/%2e%2e/a", "FILE:///public/a"] {
        assert!(!allows(other), "{other}");
    }
}

#[test]
fn each_resource_that_is_listened_to_counts() {
    let effect = |effect: &str, default: DefaultEffect, uris: &[&str]| {
        let rules = one(effect, json!({"resource": ["file:///a/*"]}));
        let params = json!({"notifications": {"resourceSubscriptions": uris}});
        judge(&rules, default, "subscriptions/listen", &params).effect
    };
    let (mine, other) = ("file:///a/x", "file:///b/x");
    for (uris, any, all) in [
        (&[mine][..], true, true),
        (&[mine, "file:///a/y"], true, true),
        (&[mine, other], true, false),
        (&[other, mine], true, false),
        (&[mine, "file:///a/../b/x"], true, false),
        (&[other], false, false),
        (&[], false, false),
    ] {
        let stopped = |how: &str| effect(how, DefaultEffect::Allow, uris);
        assert_eq!(stopped("deny") == Effect::Deny, any, "{uris:?}");
        assert_eq!(stopped("hold") == Effect::Hold, any, "{uris:?}");
        let allowed = effect("allow", DefaultEffect::Deny, uris) == Effect::Allow;
        assert_eq!(allowed, all, "{uris:?}");
    }
}

#[test]
fn what_is_completed_is_asked_for_by_name() {
    let denies = |mcp: Value, of: Value| {
        let params = json!({"ref": of, "argument": {"name": "a", "value": ""}});
        let rules = one("deny", mcp);
        judge(&rules, DefaultEffect::Allow, "completion/complete", &params).effect == Effect::Deny
    };
    let prompt = |name: &str| json!({"type": "ref/prompt", "name": name});
    assert!(denies(json!({"prompt": ["admin*"]}), prompt("admin-help")));
    assert!(!denies(json!({"prompt": ["admin*"]}), prompt("help")));
    let etc = || json!({"resource": ["file:///etc/*"]});
    for (uri, stops) in [
        ("file:///etc/passwd", true),
        ("file:///{path}", true),
        ("file:///etc/{name}", true),
        ("file:///public/{name}", false),
    ] {
        let of = json!({"type": "ref/resource", "uri": uri});
        assert_eq!(denies(etc(), of), stops, "{uri}");
    }
    // What is read is no template.
    let read = |uri: &str| {
        let params = json!({"uri": uri});
        judge(&one("deny", etc()), DefaultEffect::Allow, "resources/read", &params).effect
    };
    assert_eq!(read("file:///{path}"), Effect::Allow);
}

fn meta(name: &str, version: &str, protocol: &str) -> Value {
    json!({"name": "t", "_meta": {
        "io.modelcontextprotocol/clientInfo": {"name": name, "version": version},
        "io.modelcontextprotocol/protocolVersion": protocol}})
}

#[test]
fn who_does_not_say_what_a_rule_asks_for_is_denied() {
    let effect = |effect: &str, mcp: Value, default: DefaultEffect, params: &Value| {
        let verdict = judge(&one(effect, mcp), default, "tools/call", params);
        (verdict.effect, verdict.unavailable)
    };
    let said = meta("cursor", "1.2.3", "2026-07-28");
    let silent = json!({"name": "t"});
    for (field, glob, other) in [
        ("client", "cur*", "x"),
        ("client_version", "1.*", "2.*"),
        ("protocol_version", "2026-*", "2025-*"),
    ] {
        let mcp = |glob: &str| json!({field: [glob]});
        let allow = DefaultEffect::Allow;
        assert_eq!(effect("deny", mcp(glob), allow, &said), (Effect::Deny, None));
        assert_eq!(effect("deny", mcp(other), allow, &said), (Effect::Allow, None));
        let lacking = Some(format!("`{field}` of the message"));
        for how in ["deny", "hold", "allow"] {
            assert_eq!(effect(how, mcp(glob), allow, &silent), (Effect::Deny, lacking.clone()));
        }
        assert_eq!(effect("allow", mcp(glob), DefaultEffect::Deny, &said).0, Effect::Allow);
        assert_eq!(effect("allow", mcp(other), DefaultEffect::Deny, &said).0, Effect::Deny);
        // Another tool than that of the rule.
        let of_tool = json!({field: [glob], "tool": ["x"]});
        assert_eq!(effect("deny", of_tool, allow, &silent), (Effect::Allow, None));
    }
    let odd = json!({"name": "t", "_meta": {"io.modelcontextprotocol/clientInfo": {"name": 7}}});
    let verdict = effect("deny", json!({"client": ["x"]}), DefaultEffect::Allow, &odd);
    assert_eq!(verdict.0, Effect::Deny);
}

#[test]
fn definitions_are_asked_for() {
    let params = json!({"name": "t"});
    let of = |wanted: &[&str], known: Result<Option<Definition>, Fault>| {
        let rules = one("deny", json!({"definition": wanted}));
        judge_defined(&rules, DefaultEffect::Allow, ("tools/call", &params), known).effect
    };
    let changed = Ok(Some(Definition::Changed));
    assert_eq!(of(&["changed"], changed), Effect::Deny);
    assert_eq!(of(&["unpinned", "changed"], changed), Effect::Deny);
    assert_eq!(of(&["unpinned"], changed), Effect::Allow);
    assert_eq!(of(&["changed"], Ok(Some(Definition::Pinned))), Effect::Allow);
    assert_eq!(of(&["changed", "unpinned", "pinned"], Ok(None)), Effect::Allow);
    assert_eq!(of(&["changed"], Err(Fault::Unreadable)), Effect::Deny);
    let allows = |known| {
        let rules = one("allow", json!({"definition": ["pinned"]}));
        judge_defined(&rules, DefaultEffect::Deny, ("tools/call", &params), known).effect
    };
    assert_eq!(allows(Ok(Some(Definition::Pinned))), Effect::Allow);
    for other in [Ok(Some(Definition::Unpinned)), changed, Ok(None), Err(Fault::Unreadable)] {
        assert_eq!(allows(other), Effect::Deny);
    }
}

#[cfg(feature = "compile")]
#[test]
fn conditions_ask_for_the_same() {
    let holds = |when: &str, method: &str, params: Value| {
        let when = crate::compile::compiled_condition(when).unwrap_or_else(|| panic!("{when}"));
        let rules = [Rule { when: Some(when), ..one("deny", json!({}))[0].clone() }];
        let known = Ok(Some(Definition::Unpinned));
        let verdict = judge_defined(&rules, DefaultEffect::Allow, (method, &params), known);
        (verdict.effect == Effect::Deny, verdict.unavailable)
    };
    let said = meta("cursor", "1.2.3", "2026-07-28");
    for when in [
        "action.client == 'cursor' && action.client_version.startsWith('1.')",
        "action.protocol_version >= '2026'",
        "action.definition != 'pinned'",
        "!has(action.prompt) && !has(action.resource_uri)",
    ] {
        assert_eq!(holds(when, "tools/call", said.clone()), (true, None), "{when}");
    }
    assert!(holds("action.prompt == 'p'", "prompts/get", json!({"name": "p"})).0);
    assert!(holds("action.resource_uri == 'a:b'", "resources/read", json!({"uri": "a:b"})).0);
    let two = json!({"notifications": {"resourceSubscriptions": ["a:b", "c:d"]}});
    let unclear = holds("action.resource_uri == 'x'", "subscriptions/listen", two);
    assert!(unclear.0 && unclear.1.is_some(), "{unclear:?}");
    let silent = holds("action.client == 'x'", "tools/call", json!({"name": "t"}));
    assert_eq!(silent, (true, Some("`action.client`".to_owned())));
    let asks = "has(action.client) && action.client == 'x'";
    assert_eq!(holds(asks, "tools/call", json!({"name": "t"})), (false, None));
}
