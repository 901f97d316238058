//! Which fact a denial names.

use serde_json::{Value, json};

use super::{call, judge_on};
use crate::call::{Call, Kind};
use crate::compile::compiled_condition;
use crate::reason::Reason;
use crate::rule::{Mode, Rule};

fn rule(matches: &Value) -> Rule {
    super::rule(json!({"name": "r", "on": "request", "effect": "deny", "match": matches}))
}

fn when(condition: &str) -> Rule {
    let when = Some(compiled_condition(condition).unwrap_or_else(|| panic!("{condition}")));
    Rule { when, ..rule(&json!({})) }
}

/// What the denial names; `None` where a rule denies nothing for want of a fact.
fn named(route: Kind, rules: &[Rule], call: &Call) -> Option<String> {
    let verdict = judge_on(route, rules, call, &[]);
    assert_eq!(
        verdict.unavailable.is_some(),
        verdict.reason == Some(Reason::FactUnavailable),
        "{verdict:?}"
    );
    verdict.unavailable
}

fn tool(arguments: &Value) -> Call {
    let params = json!({"name": "refund", "arguments": arguments});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    call("POST", "/mcp", &body.to_string())
}

#[test]
fn a_condition_names_what_it_asks_about() {
    let call = tool(&json!({
        "force": "sesame", "Cents": 5, "items": [{"id": "a"}, {"name": "b"}], "dry-run": 1
    }));
    for (condition, name) in [
        ("principal.agent == 'x'", "principal.agent"),
        ("action.arguments.euros > 5000", "action.arguments.euros"),
        ("action.arguments['euros'] > 5000", "action.arguments['euros']"),
        ("action.method == 'POST' && action.arguments.euros > 1", "action.arguments.euros"),
        // Of both sides the first.
        ("action.arguments.euros > 1 || principal.agent == 'x'", "action.arguments.euros"),
        // In another spelling, in another type, and no flag where one is asked for.
        ("has(action.arguments.cents)", "action.arguments.cents"),
        ("action.arguments.force == true", "action.arguments.force"),
        ("has(action.tool) && action.arguments.force", "action.arguments.force"),
        ("!(action.arguments.force)", "action.arguments.force"),
        ("action.arguments.`dry-run` == 'x'", "action.arguments.`dry-run`"),
        ("action.arguments.items.all(i, i.id == 'a')", "i.id"),
        ("action.arguments.items.exists(i, i == 5)", "action.arguments.items"),
        ("resource.headers.accept == ['x']", "resource.headers.accept"),
    ] {
        let told = named(Kind::Auto, &[when(condition)], &call);
        assert_eq!(told.as_deref(), Some(format!("`{name}`").as_str()), "{condition}");
    }
    // A side that does not count is not what was lacking.
    let settled =
        "(principal.agent == 'x' || action.method == 'POST') && action.arguments.euros > 1";
    let told = named(Kind::Auto, &[when(settled)], &call);
    assert_eq!(told.as_deref(), Some("`action.arguments.euros`"));
    assert_eq!(named(Kind::Auto, &[when("action.method == 'POST'")], &call), None);
}

#[test]
fn a_match_names_the_place_it_asks_for() {
    let order = call("POST", "/orders", r#"{"currency": {"secret": "sesame"}, "cents": 5}"#);
    let form = call("POST", "/orders", "role=admin");
    let text = call("POST", "/orders", "sesame");
    let model = r#"{"model": "gpt", "prompt": {"id": "sesame"}, "input": "x"}"#;
    let model = call("POST", "/v1/responses", model);
    let tool = tool(&json!({"to": {"name": "sesame"}}));
    for (route, matches, call, name) in [
        (
            Kind::Http,
            json!({"body": {"/cents": ["5"], "/currency": ["USD"]}}),
            &order,
            "`/currency` in the body",
        ),
        (Kind::Http, json!({"body": {"/cents": ["5"]}}), &text, "`/cents` in the body"),
        (Kind::Http, json!({"http": {"form": {"role": ["admin"]}}}), &form, "`role` in the form"),
        (
            Kind::Http,
            json!({"sql": {"effect": ["drop_table"], "at": ["/sql"]}}),
            &text,
            "the SQL at `/sql`",
        ),
        (
            Kind::Mcp,
            json!({"mcp": {"arguments": {"to": ["a"]}}}),
            &tool,
            "`to` among the arguments",
        ),
        (
            Kind::Openai,
            json!({"openai": {"tool_type": ["mcp"]}}),
            &model,
            "`tool_type` of the request to the model",
        ),
    ] {
        let told = named(route, &[rule(&matches)], call);
        assert_eq!(told.as_deref(), Some(name), "{matches}");
    }
}

#[test]
fn the_rule_that_decides_names_it() {
    let call = tool(&json!({"cents": 5}));
    let (first, second) = (when("action.arguments.euros > 1"), when("principal.agent == 'x'"));
    let shadow = Rule { mode: Mode::Shadow, ..first.clone() };
    let told = |rules: &[Rule]| named(Kind::Auto, rules, &call);
    let (euros, agent) = ("`action.arguments.euros`", "`principal.agent`");
    assert_eq!(told(&[first.clone(), second.clone()]).as_deref(), Some(euros));
    assert_eq!(told(&[shadow.clone(), second.clone()]).as_deref(), Some(agent));
    assert_eq!(told(&[shadow]), None);
    // One that denies the call for what it is speaks first.
    let plain = rule(&json!({"http": {"method": ["POST"]}}));
    assert_eq!(judge_on(Kind::Auto, &[plain, first], &call, &[]).unavailable, None);
}
