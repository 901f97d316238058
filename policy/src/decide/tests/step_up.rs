//! When a caller is told that a token with more scopes would do.

use serde_json::{Value, json};

use super::{call, judge, rule};
use crate::reason::Reason;
use crate::rule::Effect;
use crate::verdict::Verdict;

fn asks(name: &str, more: &Value) -> Value {
    let mut rule = json!({"name": name, "on": "request", "effect": "deny"});
    let members = rule.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    rule
}

fn judged(scopes: &[&str], rules: &[Value]) -> Verdict {
    let mut call = call("POST", "/orders", "");
    call.principal.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let rules: Vec<_> = rules.iter().cloned().map(rule).collect();
    judge(&rules, &call, &[])
}

#[test]
fn all_scopes_that_are_asked_for_are_told_at_once() {
    let rules = [
        asks("a", &json!({"requires_scope": ["orders.read", "orders.write"]})),
        asks("b", &json!({"requires_scope": ["orders.write", "audit"]})),
        asks("c", &json!({"requires_scope": ["admin"], "mode": "shadow"})),
        asks("d", &json!({"requires_scope": ["else"], "match": {"http": {"path": ["/else"]}}})),
    ];
    let verdict = judged(&["orders.read"], &rules);
    assert_eq!(verdict.reason, Some(Reason::InsufficientScope));
    assert_eq!(verdict.scopes, ["orders.read", "orders.write", "audit"]);
    assert_eq!(verdict.deciding().count(), 2);
    let verdict = judged(&["audit", "orders.write", "orders.read"], &rules);
    assert_eq!((verdict.effect, verdict.scopes.len()), (Effect::Allow, 0));
    // Scopes are compared as they are: neither case nor a part of one counts.
    let near = ["orders.read", "ORDERS.WRITE", "audit", "orders.write.own"];
    assert_eq!(judged(&near, &rules).effect, Effect::Deny);
}

#[test]
fn nobody_is_sent_for_a_token_that_would_not_help() {
    let scoped = asks("a", &json!({"requires_scope": ["orders.write"]}));
    let verdict = judged(&[], &[scoped.clone(), asks("never", &json!({}))]);
    assert_eq!((verdict.reason, verdict.scopes.len()), (Some(Reason::Denied), 0));
    let hold = json!({"name": "hold", "on": "request", "effect": "hold"});
    let verdict = judged(&[], &[hold.clone(), scoped.clone()]);
    assert_eq!(verdict.reason, Some(Reason::InsufficientScope));
    assert_eq!(judged(&["orders.write"], &[hold, scoped]).effect, Effect::Hold);
}
