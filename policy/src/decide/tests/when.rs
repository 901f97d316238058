//! Rules with conditions.

use serde_json::json;

use super::{Facts, call, judge, judge_on, plan_response};
use crate::call::{Call, Kind};
use crate::compile::compiled_condition;
use crate::protocol;
use crate::reason::Reason;
use crate::rule::{Effect, Rule};

fn rule(effect: &str, when: &str) -> Rule {
    let mut rule = super::rule(json!({"name": "r", "on": "request", "effect": effect}));
    rule.when = Some(compiled_condition(when).unwrap_or_else(|| panic!("{when}")));
    rule
}

/// Effect and whether it was denied for want of a fact.
fn asked(when: &str, call: &Call, findings: &[&str]) -> Result<bool, ()> {
    let verdict = judge(&[rule("hold", when)], call, findings);
    match (verdict.effect, verdict.reason) {
        (Effect::Allow, None) => Ok(false),
        (Effect::Hold, Some(Reason::Denied)) => Ok(true),
        (Effect::Deny, Some(Reason::FactUnavailable)) => Err(()),
        other => panic!("{other:?}"),
    }
}

fn tool(arguments: &serde_json::Value) -> Call {
    let params = json!({"name": "refund", "arguments": arguments});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    call("POST", "/Mcp?a=1&a=%32;B=3", &body.to_string())
}

#[test]
fn every_fact_is_had() {
    let call = tool(&json!({"cents": 7, "items": [{"id": "a"}, {"id": "b"}]}));
    for when in [
        "principal.issuer == 'https://issuer.example' && principal.subject == 'ada'",
        "principal.groups == ['support'] && !has(principal.agent)",
        "action.kinds == ['http', 'mcp'] && action.method == 'POST'",
        "action.mcp_method == 'tools/call' && action.tool == 'refund'",
        "action.arguments.cents > 5 && action.arguments.items.exists(i, i.id == 'b')",
        "has(action.arguments.cents) && !has(action.arguments.euros)",
        "action.arguments.all(name, name in ['cents', 'items'])",
        "resource.host == 'db.example' && resource.path == '/mcp' && resource.route == 'upstream-0'",
        "'2' in resource.query.a && '1' in resource.query['a'] && !('c' in resource.query)",
        "resource.headers['x-env'] == ['prod'] && !has(resource.headers.accept)",
        "context.findings == [] && context.sql_effects == []",
        "context.body.params.name == 'refund' && context.body.id == 1",
    ] {
        assert_eq!(asked(when, &call, &[]), Ok(true), "{when}");
    }
    assert_eq!(asked("'email' in principal.groups", &call, &["email"]), Ok(false));
    assert_eq!(asked("context.findings.exists(f, f.startsWith('e'))", &call, &["email"]), Ok(true));
    let sql = super::call("POST", "/q", r#"{"sql": "DROP DATABASE x"}"#);
    assert_eq!(asked("'drop_database' in context.sql_effects", &sql, &[]), Ok(true));
    let bare = tool(&serde_json::Value::Null);
    assert_eq!(
        asked("has(action.arguments.cents) || size(action.arguments) > 0", &bare, &[]),
        Ok(false)
    );
}

#[test]
fn a_fact_that_is_missing_denies() {
    let call = tool(&json!({"cents": "7", "Euros": 1}));
    for when in [
        "action.arguments.amount > 5",
        "action.arguments.cents > 5",
        // Some servers take `Euros` for it.
        "has(action.arguments.euros) && action.arguments.euros > 5",
        "principal.agent == 'x'",
        "'b' in resource.query && true",
        "resource.headers.accept == ['a']",
    ] {
        assert_eq!(asked(when, &call, &[]), Err(()), "{when}");
        // Whatever the rule would have done.
        for effect in ["allow", "redact", "deny"] {
            let verdict = judge(&[rule(effect, when)], &call, &[]);
            assert_eq!(verdict.effect, Effect::Deny, "{when}");
        }
    }
    let plain = super::call("POST", "/q", "a=1");
    for when in ["action.tool == 'a'", "has(context.body) && false", "context.body.a == 1"] {
        assert_eq!(
            asked(when, &plain, &[]),
            if when.contains("false") { Ok(false) } else { Err(()) }
        );
    }
    assert_eq!(asked("has(action.tool) && action.tool == 'a'", &plain, &[]), Ok(false));
    let none = super::call("GET", "/q", "");
    assert_eq!(asked("has(context.body)", &none, &[]), Ok(false));
    // JSON that says it is a form is one to some servers.
    let mut form = super::call("POST", "/q", r#"{"a": 1}"#);
    assert_eq!(asked("context.body.a == 1", &form, &[]), Ok(true));
    form.headers[0].1 = "application/x-www-form-urlencoded".into();
    assert_eq!(asked("context.body.a == 1", &form, &[]), Err(()));
    // SQL that cannot be read may do anything.
    let unread = super::call("POST", "/q", r#"{"sql": "DROP DATABASE x; SELECT 'a"}"#);
    assert_eq!(asked("'read' in context.sql_effects", &unread, &[]), Err(()));
}

/// A condition is asked only where the rest of its rule matches, and before it is unread SQL.
/// Nobody knows the time unless it is said.
#[test]
fn the_time_is_when_the_call_is_judged() {
    let call = tool(&json!({}));
    assert_eq!(asked("context.time > timestamp('1970-01-01T00:00:00Z')", &call, &[]), Err(()));
    let protocol = protocol::read(Kind::Auto, &call.method, &call.headers, &call.body).unwrap();
    let rules = [rule("hold", "context.time.getHours() == 8 && context.time.getDayOfWeek() == 5")];
    for (seconds, effect) in [(1_800_000_000, Effect::Hold), (1_800_003_600, Effect::Allow)] {
        let facts = Facts::new(&call, "/", "db.example", &protocol, &[], vec![]).judged_at(seconds);
        assert_eq!(super::super::decide_request(&rules, Default::default(), &facts).effect, effect);
    }
}

#[test]
fn a_condition_narrows_its_rule() {
    let with = |matches: serde_json::Value, when: &str| {
        let mut rule = rule("hold", when);
        rule.matches = serde_json::from_value(matches).unwrap();
        rule
    };
    let call = tool(&json!({"cents": 7}));
    let other = with(json!({"mcp": {"tool": ["pay"]}}), "action.arguments.euros > 1");
    assert_eq!(judge(&[other], &call, &[]).effect, Effect::Allow);
    let shadow = Rule { mode: crate::rule::Mode::Shadow, ..rule("hold", "principal.agent == 'x'") };
    let verdict = judge(&[shadow], &call, &[]);
    assert_eq!((verdict.effect, verdict.contributions[0].effect), (Effect::Allow, Effect::Deny));
    let sql = json!({"sql": {"effect": ["drop_database"], "at": ["/sql"]}});
    let text = super::call("POST", "/q", "DROP");
    let denied = |when| judge(&[with(sql.clone(), when)], &text, &[]).reason;
    assert_eq!(denied("action.method == 'POST'"), Some(Reason::FactUnavailable));
    assert_eq!(denied("action.method == 'GET'"), None);
    let said = judge_on(Kind::Mcp, &[rule("hold", "'http' in action.kinds")], &call, &[]);
    assert_eq!(said.effect, Effect::Allow);
}

#[test]
fn a_plan_for_the_response_asks_about_the_request() {
    let plan = |when: &str| {
        let mut rule = rule("redact", when);
        rule.on = crate::rule::Phase::Response;
        rule.matches.findings = vec!["key".into()];
        let call = call("GET", "/", "");
        let protocol = protocol::read(Kind::Http, "GET", &call.headers, "").unwrap();
        plan_response(&[rule], &Facts::new(&call, "/", "db.example", &protocol, &[], vec![]), 0)
    };
    assert_eq!(plan("'support' in principal.groups").effect(&[true]), Effect::Redact);
    assert_eq!(plan("'sales' in principal.groups").effect(&[true]), Effect::Allow);
    // What it should have redacted must not pass, and what it is not about may.
    let unknown = plan("principal.agent == 'x'");
    assert_eq!((unknown.effect(&[true]), unknown.effect(&[false])), (Effect::Deny, Effect::Allow));
    assert_eq!(unknown.denying(&[true]).map(|rule| rule.rule.as_str()), Some("r"));
}

/// Many conditions cost what one does: what they look through is paid for together.
#[test]
fn one_budget_serves_all_conditions() {
    let list = serde_json::Value::from(vec!["x"; 3_000]);
    let call = tool(&json!({"list": list}));
    let squared =
        "action.arguments.list.exists(a, a == 'y' || action.arguments.list.exists(b, b == 'y'))";
    let verdict = judge(&[rule("allow", squared)], &call, &[]);
    assert_eq!(verdict.reason, Some(Reason::FactUnavailable));
    let once = || rule("hold", "action.arguments.list.exists(a, a == 'y')");
    let rules: Vec<Rule> = (0..3).map(|_| once()).collect();
    assert_eq!(judge(&rules, &call, &[]).effect, Effect::Allow);
    let rules: Vec<Rule> = (0..300).map(|_| once()).collect();
    assert_eq!(judge(&rules, &call, &[]).reason, Some(Reason::FactUnavailable));
}
