//! What a list shows, against the judgement of the very calls.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{call, rule};
use crate::call::{Call, Kind};
use crate::decide::{Facts, decide_request, may_pass};
use crate::protocol::{self, List, Protocol};
use crate::rule::{DefaultEffect, Effect, Rule};

const TOOLS: [&str; 4] = ["read_orders", "delete_order", "deleteAll", "mail"];

fn message(body: &str) -> Call {
    Call { kind: Kind::Mcp, ..call("POST", "/mcp", body) }
}

/// On a route that says it is of kind `mcp`.
fn shows(rules: &[Rule], default: DefaultEffect, list: List, key: &str) -> bool {
    shows_on(Kind::Mcp, rules, default, list, key)
}

fn shows_on(route: Kind, rules: &[Rule], default: DefaultEffect, list: List, key: &str) -> bool {
    // As a list is asked for: by a message, too.
    let call = Call { body: String::new(), ..message("{}") };
    let protocol = Protocol {
        kind: Kind::Mcp,
        said: route == Kind::Mcp,
        mcp: Some(list.call(key)),
        json: None,
        parts: Vec::new(),
    };
    let facts = Facts::new(&call, "/mcp", "db.example", &protocol, &[], vec![]);
    may_pass(rules, default, &facts.of_any_resource(list == List::Templates))
}

fn denies(
    route: Kind,
    rules: &[Rule],
    default: DefaultEffect,
    params: &Value,
    findings: &[&str],
) -> bool {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let call = message(&body.to_string());
    let protocol = protocol::read(route, "POST", &call.headers, &call.body).unwrap();
    let facts = Facts::new(&call, "/mcp", "db.example", &protocol, findings, vec![]).judged_at(7);
    decide_request(rules, default, &facts).effect == Effect::Deny
}

fn deny(matches: Value) -> Rule {
    rule(json!({"name": "r", "on": "request", "effect": "deny", "match": matches}))
}

#[test]
fn a_deny_that_asks_for_nothing_in_the_call_hides_it() {
    let shows = |rule: &Rule| {
        TOOLS.map(|tool| shows(std::slice::from_ref(rule), DefaultEffect::Allow, List::Tools, tool))
    };
    for (matches, seen) in [
        (json!({"mcp": {"tool": ["delete*"]}}), [true, false, false, true]),
        (json!({"mcp": {"tool_words": ["delete"]}}), [true, false, false, true]),
        (json!({"mcp": {"method": ["tools/call"], "tool": ["mail"]}}), [true, true, true, false]),
        (json!({"mcp": {"method": ["tools/list"]}}), [true; 4]),
        (json!({"mcp": {"method": ["tools/call"]}}), [false; 4]),
        (
            json!({"principal": {"subject": ["ada"]}, "mcp": {"tool": ["mail"]}}),
            [true, true, true, false],
        ),
        (json!({"principal": {"subject": ["ben"]}, "mcp": {"tool": ["mail"]}}), [true; 4]),
        (json!({"http": {"path": ["/mcp"], "header": {"x-env": ["prod"]}}}), [false; 4]),
        (json!({"http": {"path": ["/other"]}}), [true; 4]),
        (json!({"kind": ["http"]}), [true; 4]),
        // What these say depends on what is in the call.
        (json!({"mcp": {"tool": ["mail"], "arguments": {"to": ["*"]}}}), [true; 4]),
        (json!({"mcp": {"tool": ["mail"]}, "sql": {"effect": ["drop_table"]}}), [true; 4]),
        (json!({"mcp": {"tool": ["mail"]}, "findings": ["email"]}), [true; 4]),
        (json!({"mcp": {"tool": ["mail"]}, "body": {"/params/arguments/to": ["*"]}}), [true; 4]),
        (json!({"mcp": {"tool": ["mail"]}, "http": {"form": {"to": ["*"]}}}), [true; 4]),
        (json!({"openai": {"model": ["*"]}}), [true; 4]),
    ] {
        assert_eq!(shows(&deny(matches.clone())), seen, "{matches}");
    }
    let shadow = Rule { mode: crate::rule::Mode::Shadow, ..deny(json!({})) };
    assert_eq!(shows(&shadow), [true; 4], "shadow");
    let response = Rule { on: crate::rule::Phase::Response, ..deny(json!({})) };
    assert_eq!(shows(&response), [true; 4], "responses");
    let hold = Rule { effect: Effect::Hold, ..deny(json!({})) };
    assert_eq!(shows(&hold), [true; 4], "who waits for an approver has to know of it");
}

#[test]
fn where_the_default_is_deny_a_rule_has_to_let_it_pass() {
    let shows = |rules: &[Value]| {
        let rules: Vec<Rule> = rules.iter().cloned().map(rule).collect();
        TOOLS.map(|tool| shows(&rules, DefaultEffect::Deny, List::Tools, tool))
    };
    let named = |effect: &str, matches: Value| json!({"name": effect, "on": "request", "effect": effect, "match": matches});
    assert_eq!(shows(&[]), [false; 4]);
    let reads = named("allow", json!({"mcp": {"tool": ["read_*"]}}));
    assert_eq!(shows(std::slice::from_ref(&reads)), [true, false, false, false]);
    let mail = named("hold", json!({"mcp": {"tool": ["mail"], "arguments": {"to": ["*"]}}}));
    assert_eq!(shows(&[reads.clone(), mail]), [true, false, false, true]);
    let masks = named("redact", json!({"findings": ["email"]}));
    assert_eq!(shows(&[masks]), [false; 4], "one that redacts speaks for no call");
    let no_reads = named("deny", json!({"mcp": {"tool": ["read_*"]}}));
    assert_eq!(shows(&[reads, no_reads]), [false; 4]);
    let unread = json!({"name": "sql", "on": "request", "effect": "redact", "unparsed": "hold",
        "match": {"sql": {"effect": ["drop_table"]}, "findings": ["email"]}});
    assert_eq!(shows(&[unread]), [true; 4], "it holds what cannot be read");
}

#[test]
fn each_list_is_judged_by_the_call_its_entries_are_for() {
    let rules = [deny(json!({"mcp": {"method": ["resources/read"]}}))];
    let shown = List::ALL.map(|list| shows(&rules, DefaultEffect::Allow, list, "x"));
    assert_eq!(shown, [true, true, false, false]);
    let rules = [deny(json!({"mcp": {"method": ["prompts/*"]}}))];
    let shown = List::ALL.map(|list| shows(&rules, DefaultEffect::Allow, list, "x"));
    assert_eq!(shown, [true, false, true, true]);
    let arguments = json!({"mcp": {"arguments": {"a": ["*"]}}});
    let rules =
        [rule(json!({"name": "a", "on": "request", "effect": "allow", "match": arguments}))];
    let shown = List::ALL.map(|list| shows(&rules, DefaultEffect::Deny, list, "x"));
    assert_eq!(shown, [true, true, false, false], "resources take none");
}

#[test]
fn a_template_is_for_any_resource() {
    let etc = json!({"mcp": {"resource": ["file:///etc/*"]}});
    let named =
        |list| shows(&[deny(etc.clone())], DefaultEffect::Allow, list, "file:///etc/{name}");
    assert!(named(List::Templates) && !named(List::Resources));
    let allow = [Rule { effect: Effect::Allow, ..deny(etc.clone()) }];
    assert!(shows(&allow, DefaultEffect::Deny, List::Templates, "file:///{path}"));
    assert!(!shows(&allow, DefaultEffect::Deny, List::Resources, "file:///a"));
    assert!(shows(&allow, DefaultEffect::Deny, List::Resources, "file:///etc/a"));
    let prompts = [Rule { effect: Effect::Allow, ..deny(json!({"mcp": {"prompt": ["p"]}})) }];
    let shown = List::ALL.map(|list| shows(&prompts, DefaultEffect::Deny, list, "p"));
    assert_eq!(shown, [false, true, false, false]);
}

#[test]
fn on_a_route_that_does_not_say_so_nothing_is_allowed_by_name() {
    let rules = [rule(json!({"name": "a", "on": "request", "effect": "allow",
        "match": {"mcp": {"tool": ["mail"]}}}))];
    assert!(shows(&rules, DefaultEffect::Deny, List::Tools, "mail"));
    assert!(!shows_on(Kind::Auto, &rules, DefaultEffect::Deny, List::Tools, "mail"));
    let rules = [deny(json!({"kind": ["http"]}))];
    assert!(!shows_on(Kind::Auto, &rules, DefaultEffect::Allow, List::Tools, "mail"));
}

#[cfg(feature = "compile")]
#[test]
fn of_a_condition_the_parts_that_are_known_may_be_enough() {
    let shows = |effect: &str, default: DefaultEffect, when: &str| {
        let text = format!(
            "bundle: {{name: a, version: '1'}}\nrules:\n  - {{name: r, on: request, effect: {effect}, when: \"{when}\"}}\n"
        );
        let file = crate::compile::SourceFile { path: "a.yaml".into(), text };
        let source =
            crate::compile::Source { name: "a".into(), files: vec![file], ..Default::default() };
        let compiled = crate::compile::compile(&[source])
            .unwrap_or_else(|errors| panic!("{when}: {errors:?}"));
        let bundle = crate::bundle::Bundle::decode(&compiled).unwrap();
        shows(&bundle.rules, default, List::Tools, "mail")
    };
    for (when, seen) in [
        ("action.tool == 'mail'", false),
        ("action.tool != 'mail'", true),
        ("principal.subject == 'ada' && !(action.tool == 'other')", false),
        ("resource.path.startsWith('/mcp') && 'support' in principal.groups", false),
        ("action.tool == 'mail' && action.arguments.amount > 5", true),
        ("action.tool == 'mail' || action.arguments.amount > 5", false),
        ("!(action.tool == 'x' && action.arguments.amount > 5)", false),
        ("has(action.arguments.amount)", true),
        ("[1].exists(e, e == action.arguments.amount)", true),
        ("context.time > timestamp('2027-01-31T18:00:00Z')", true),
        ("size(context.findings) == 0", true),
        // The call will lack this, too, and is denied for it.
        ("principal.agent == 'x'", false),
        ("principal.agent == 'x' && action.arguments.amount > 5", true),
        ("has(principal.agent) && principal.agent == 'x'", true),
    ] {
        assert_eq!(shows("deny", DefaultEffect::Allow, when), seen, "deny {when}");
    }
    for (when, seen) in [
        ("action.tool == 'mail'", true),
        ("action.tool == 'x'", false),
        ("action.tool == 'x' && action.arguments.amount > 5", false),
        ("action.tool == 'mail' && action.arguments.amount > 5", true),
        ("action.arguments.amount > 5 || action.tool == 'x'", true),
        ("principal.agent == 'x'", false),
    ] {
        assert_eq!(shows("allow", DefaultEffect::Deny, when), seen, "allow {when}");
    }
}

fn matches() -> impl Strategy<Value = Value> {
    let part = prop_oneof![
        prop_oneof![Just("*"), Just("delete*"), Just("mail"), Just("*_order*")]
            .prop_map(|glob| json!({"mcp": {"tool": [glob]}})),
        Just(json!({"mcp": {"tool_words": ["delete"]}})),
        Just(json!({"mcp": {"client": ["x"]}})),
        Just(json!({"mcp": {"definition": ["changed", "unpinned"]}})),
        Just(json!({"mcp": {"resource": ["*"]}})),
        Just(json!({"mcp": {"prompt": ["*"]}})),
        prop_oneof![Just("tools/call"), Just("tools/*"), Just("prompts/get")]
            .prop_map(|method| json!({"mcp": {"method": [method]}})),
        prop_oneof![Just("ada"), Just("ben")]
            .prop_map(|who| json!({"principal": {"subject": [who]}})),
        prop_oneof![Just("/mcp"), Just("/**"), Just("/x")]
            .prop_map(|path| json!({"http": {"path": [path]}})),
        Just(json!({"http": {"header": {"x-env": ["prod"]}}})),
        prop_oneof![Just("http"), Just("mcp")].prop_map(|kind| json!({"kind": [kind]})),
        Just(json!({"mcp": {"arguments": {"to": ["ada"]}}})),
        Just(json!({"body": {"/params/arguments/to": ["ada"]}})),
        Just(json!({"http": {"form": {"to": ["ada"]}}})),
        Just(json!({"sql": {"effect": ["drop_table", "read"]}})),
        Just(json!({"shell": {"effect": ["recursive_delete"], "at": ["/params/arguments/to"]}})),
        Just(json!({"openai": {"model": ["*"]}})),
        Just(json!({"findings": ["email"]})),
    ];
    prop::collection::vec(part, 0..3).prop_map(|parts| {
        let mut whole = serde_json::Map::new();
        for part in parts {
            for (name, value) in part.as_object().unwrap() {
                // Of two parts of one name the members of both.
                match (whole.get_mut(name).and_then(Value::as_object_mut), value.as_object()) {
                    (Some(members), Some(more)) => members.extend(more.clone()),
                    _ => drop(whole.insert(name.clone(), value.clone())),
                }
            }
        }
        Value::Object(whole)
    })
}

/// As a compiled bundle has it.
fn condition() -> impl Strategy<Value = Option<Value>> {
    let equals =
        |fact: &str, text: &str| json!({"compare": ["equal", [{"fact": fact}, {"text": text}]]});
    let member = json!({"select": [{"fact": "action.arguments"}, "to"]});
    let leaf = prop_oneof![
        Just(equals("action.tool", "mail")),
        Just(equals("principal.subject", "ada")),
        Just(equals("principal.agent", "x")),
        Just(json!({"has_fact": "principal.agent"})),
        Just(json!({"compare": ["equal", [member, {"text": "ada"}]]})),
        Just(json!({"in": [{"text": "email"}, {"fact": "context.findings"}]})),
        Just(json!({"compare": ["less", [{"fact": "context.time"}, {"moment": 5}]]})),
    ];
    let whole = leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, other)| json!({"and": [one, other]})),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| json!({"or": [one, other]})),
            inner.prop_map(|one| json!({"not": one})),
        ]
    });
    prop::option::of(whole)
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let effect = prop_oneof![Just("allow"), Just("redact"), Just("hold"), Just("deny")];
    let mode = prop_oneof![4 => Just("enforce"), 1 => Just("shadow")];
    let unparsed = prop::option::of(prop_oneof![Just("hold"), Just("deny")]);
    let one = (effect, mode, unparsed, matches(), condition());
    let one = one.prop_map(|(effect, mode, unparsed, matches, when)| {
        rule(json!({"name": "r", "on": "request", "effect": effect, "mode": mode,
            "unparsed": unparsed, "match": matches, "when": when}))
    });
    prop::collection::vec(one, 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn what_a_list_hides_is_refused_whatever_it_carries(
        rules in rules(),
        allow in any::<bool>(),
        said in any::<bool>(),
        carried in prop::collection::vec(prop_oneof![
            Just("ada"), Just("ben"), Just("DROP TABLE a"), Just("SELECT '"), Just("rm -rf /"), Just("")
        ], 3),
        finds in any::<bool>(),
    ) {
        let default = if allow { DefaultEffect::Allow } else { DefaultEffect::Deny };
        let route = if said { Kind::Mcp } else { Kind::Auto };
        let findings: &[&str] = if finds { &["email"] } else { &[] };
        for tool in TOOLS {
            if shows_on(route, &rules, default, List::Tools, tool) {
                continue;
            }
            let mut calls = vec![json!({"name": tool}), json!({"name": tool, "arguments": {"to": [1]}})];
            calls.extend(carried.iter().map(|text| json!({"name": tool, "arguments": {"to": text}})));
            for params in calls {
                prop_assert!(denies(route, &rules, default, &params, findings), "{params}");
            }
        }
    }
}
