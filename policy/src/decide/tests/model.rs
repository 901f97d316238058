//! Rules about requests to models.

use serde_json::{Value as Json, json};

use super::{call, judge_on, rule};
use crate::call::Kind;
use crate::decide::{Facts, decide_request};
use crate::protocol;
use crate::reason::Reason;
use crate::rule::{DefaultEffect, Effect, Rule};

fn judged(route: Kind, rule: Rule, body: &Json) -> Result<bool, ()> {
    let call = call("POST", "/v1/responses", &body.to_string());
    let verdict = judge_on(route, &[rule], &call, &[]);
    match (verdict.effect, verdict.reason) {
        (Effect::Allow, None) => Ok(false),
        (Effect::Hold, Some(Reason::Denied)) => Ok(true),
        (Effect::Deny, Some(Reason::FactUnavailable)) => Err(()),
        other => panic!("{other:?}"),
    }
}

fn asked(wanted: &Json, body: &Json) -> Result<bool, ()> {
    let rule = json!({"name": "r", "on": "request", "effect": "hold", "match": {"openai": wanted}});
    judged(Kind::Openai, super::rule(rule), body)
}

/// Whether a rule that allows lets it pass where the default is deny.
fn opened(wanted: &Json, body: &Json) -> bool {
    let rules = [super::rule(
        json!({"name": "r", "on": "request", "effect": "allow", "match": {"openai": wanted}}),
    )];
    let call = call("POST", "/v1/responses", &body.to_string());
    let read = protocol::read(Kind::Openai, &call.method, &call.headers, &call.body).unwrap();
    let facts = Facts::new(&call, "/v1/responses", "api", &read, &[], vec![]);
    decide_request(&rules, DefaultEffect::Deny, &facts).effect == Effect::Allow
}

/// The caller writes the URL, and a host is the same in any case.
#[test]
fn a_server_is_stopped_in_any_case() {
    let body = |url: &str| json!({"tools": [{"type": "mcp", "server_url": url}]});
    for wanted in ["https://mcp.foreign.example*", "https://MCP.foreign.example*"] {
        let wanted = json!({"server": [wanted]});
        for (url, expected) in [
            ("https://mcp.foreign.example/sse", true),
            ("HTTPS://Mcp.Foreign.Example/sse", true),
            ("https://mcp.ours.example/sse", false),
        ] {
            assert_eq!(asked(&wanted, &body(url)), Ok(expected), "{url}");
        }
    }
    let ours = json!({"server": ["https://mcp.ours.example/a"]});
    assert!(opened(&ours, &body("https://mcp.ours.example/a")));
    assert!(!opened(&ours, &body("https://mcp.ours.example/A")));
}

#[test]
fn hosted_tools_are_stopped_where_they_are_asked_for() {
    let hosted = json!({"tool_type": ["mcp", "web_search*"]});
    let with = |tools: Json| json!({"model": "gpt-9", "input": "hi", "tools": tools});
    for (body, expected) in [
        (with(json!([{"type": "mcp", "server_url": "https://a"}])), Ok(true)),
        (
            with(json!([{"type": "function", "name": "x"}, {"type": "web_search_preview"}])),
            Ok(true),
        ),
        (json!({"model": "m", "messages": [], "web_search_options": {}}), Ok(true)),
        (json!({"model": "m", "TOOLS": [{"type": "mcp"}]}), Ok(true)),
        (with(json!([{"type": "function", "name": "mcp"}])), Ok(false)),
        (with(json!([{"type": "something_new"}])), Ok(false)),
        (with(json!([])), Ok(false)),
        (json!({"model": "m", "input": "use mcp"}), Ok(false)),
        // What brings tools along that the request does not name.
        (json!({"prompt": {"id": "pmpt_1"}}), Err(())),
        (with(json!([{"name": "x"}])), Err(())),
        (with(json!({"type": "mcp"})), Err(())),
    ] {
        assert_eq!(asked(&hosted, &body), expected, "{body}");
    }
    let function = json!({"tool_type": ["function"], "tool": ["delete_*"]});
    let chat = |name: &str| with(json!([{"type": "function", "function": {"name": name}}]));
    assert_eq!(asked(&function, &chat("delete_all")), Ok(true));
    assert_eq!(asked(&function, &chat("read")), Ok(false));
    // One tool has to be all of it.
    let two = json!([{"type": "function", "name": "a"}, {"type": "custom", "name": "delete_b"}]);
    assert_eq!(asked(&function, &with(two)), Ok(false));
    let server = json!({"tool_type": ["mcp"], "server": ["https://*.evil.example/*"]});
    let mcp = |url: &str| with(json!([{"type": "mcp", "server_label": "a", "server_url": url}]));
    assert_eq!(asked(&server, &mcp("https://x.evil.example/mcp")), Ok(true));
    assert_eq!(asked(&server, &mcp("https://good.example/mcp")), Ok(false));
    assert_eq!(asked(&server, &with(json!([{"type": "mcp", "server_label": "a"}]))), Err(()));
    assert_eq!(asked(&json!({"server_label": ["a"]}), &mcp("https://b")), Ok(true));
    let model = json!({"model": ["gpt-9*"]});
    assert_eq!(asked(&model, &json!({"model": "gpt-9-mini"})), Ok(true));
    assert_eq!(asked(&model, &json!({"model": "gpt-8", "Model": "gpt-9"})), Ok(true));
    assert_eq!(asked(&model, &json!({"model": "gpt-8"})), Ok(false));
    assert_eq!(asked(&model, &json!({"prompt": {"id": "pmpt_1"}})), Err(()));
    let stars = json!({"model": [format!("{}b", "*a".repeat(400))]});
    assert_eq!(asked(&stars, &json!({"model": "a".repeat(300_000)})), Err(()));
    let both = json!({"model": ["gpt-9"], "tool_type": ["mcp"]});
    assert_eq!(asked(&both, &json!({"model": "gpt-8", "tools": [{"name": "x"}]})), Ok(false));
}

#[test]
fn other_routes_have_no_requests_to_models() {
    let any = json!({"name": "r", "on": "request", "effect": "hold", "match": {"openai": {}}});
    let body = json!({"model": "m"});
    assert_eq!(judged(Kind::Openai, rule(any.clone()), &body), Ok(true));
    for kind in [Kind::Auto, Kind::Http] {
        assert_eq!(judged(kind, rule(any.clone()), &body), Ok(false));
    }
}

#[cfg(feature = "compile")]
#[test]
fn conditions_know_the_model_and_its_tools() {
    let ask = |kind, when: &str, body: &Json| {
        let mut one = rule(json!({"name": "r", "on": "request", "effect": "hold"}));
        one.when =
            Some(crate::compile::compiled_condition(when).unwrap_or_else(|| panic!("{when}")));
        judged(kind, one, body)
    };
    let body = json!({"model": "m", "tools": [
        {"type": "function", "name": "x"}, {"type": "mcp", "server_url": "https://a"}]});
    for when in [
        "action.model == 'm' && 'mcp' in action.tool_types && 'x' in action.tools",
        "action.tool_servers == ['https://a'] && size(action.tool_types) == 2",
        "!action.tool_servers.all(s, s in ['https://b'])",
    ] {
        assert_eq!(ask(Kind::Openai, when, &body), Ok(true), "{when}");
        assert_eq!(ask(Kind::Http, when, &body), Err(()), "{when}");
    }
    assert_eq!(ask(Kind::Http, "has(action.model) || has(action.tools)", &body), Ok(false));
    for (when, body) in [
        ("action.model == 'm'", json!({"model": "m", "MODEL": "n"})),
        ("size(action.tool_types) == 0", json!({"prompt": {"id": "p"}})),
        ("size(action.tool_types) == 0", json!({"tools": [{"name": "x"}]})),
        ("size(action.tool_servers) == 0", json!({"tools": [{"type": "mcp"}]})),
        ("action.model == 'm'", json!({"input": "x"})),
    ] {
        assert_eq!(ask(Kind::Openai, when, &body), Err(()), "{when} {body}");
    }
}

/// Where the default is deny: one harmless tool must not open the door for another beside it.
#[test]
fn a_rule_that_allows_asks_for_every_tool() {
    let wanted = json!({"model": ["small"], "tool_type": ["function"]});
    let opens = |body: Json| opened(&wanted, &body);
    let function = json!({"type": "function", "name": "a"});
    assert!(opens(json!({"model": "small", "tools": [function, function]})));
    for other in [
        json!({"model": "small", "tools": [function, {"type": "code_interpreter"}]}),
        json!({"model": "small", "tools": [function], "web_search_options": {}}),
        json!({"model": "small", "tools": [function], "prompt": {"id": "p"}}),
        json!({"model": "small", "MODEL": "large", "tools": [function]}),
        json!({"model": "large", "tools": [function]}),
        json!({"model": "small"}),
    ] {
        assert!(!opens(other.clone()), "{other}");
    }
}

/// What names the model elsewhere is no way around a rule on the body's.
#[test]
fn a_model_named_elsewhere_is_not_known() {
    let asked = |path: &str| {
        let rules = [super::rule(json!({"name": "r", "on": "request", "effect": "deny",
            "match": {"openai": {"model": ["big"]}}}))];
        let call = call("POST", path, r#"{"model": "small"}"#);
        judge_on(Kind::Openai, &rules, &call, &[]).effect
    };
    assert_eq!(asked("/v1/responses"), Effect::Allow);
    for path in ["/openai/deployments/big/chat/completions", "/v1/responses?model=big"] {
        assert_eq!(asked(path), Effect::Deny, "{path}");
    }
}
