//! What a model is asked for: itself, and the tools that run where no gateway sees them.

use serde_json::{Value, json};

use super::*;

pub const RULES: &str = "
rules:
  - {name: search, on: request, match: {openai: {tool_type: 'web_search*'}}, effect: deny}
  - {name: foreign-server, on: request, match: {openai: {server: 'https://mcp.foreign.example*'}},
     effect: deny}
  - {name: drops, on: request, match: {openai: {tool_type: function, tool: 'drop_*'}}, effect: deny}
  - {name: big, on: request, match: {openai: {model: 'big-*'}}, effect: deny}
  - {name: not-ours, on: request, match: {kind: openai, http: {path: /v1/embeddings}}, effect: deny,
     when: \"!(action.model in ['ours-1', 'ours-2'])\"}
";

fn asks(case: &str, body: &Value) -> Call {
    Call::post(format!("/v1/responses?{case}")).json(body)
}

fn with(tools: Value) -> Value {
    json!({ "model": "small-1", "input": "hello", "tools": tools })
}

#[test]
fn a_hosted_tool_is_stopped_by_its_type() {
    stopped(asks("t1", &with(json!([{ "type": "web_search_preview" }]))), "search", "denied");
    // Chat Completions have a member of their own for it.
    let options = json!({ "model": "small-1", "messages": [], "web_search_options": {} });
    stopped(asks("t2", &options), "search", "denied");
    passes(asks("t3", &with(json!([{ "type": "function", "name": "web_search" }]))));
    passes(asks("t4", &with(json!([]))));
    passes(asks("t5", &json!({ "model": "small-1", "input": "use web_search" })));
    // Not a route to a model: it may be anything.
    let elsewhere = Call::post("/elsewhere?t6");
    passes(elsewhere.json(&with(json!([{ "type": "web_search" }]))));
    // Tools that are stored with a prompt are told nowhere.
    let stored = json!({ "model": "small-1", "prompt": { "id": "pmpt_1" } });
    let (response, entry, reached) = ask(asks("t7", &stored));
    response.expect_refusal(403, "fact_unavailable");
    assert!(!reached && entry.rules().contains(&"search".to_owned()), "{:?}", entry.rules());
}

#[test]
fn a_server_is_stopped_by_its_url() {
    let server =
        |url: &str| with(json!([{ "type": "mcp", "server_label": "s", "server_url": url }]));
    let foreign = "https://mcp.foreign.example/sse";
    stopped(asks("s1", &server(foreign)), "foreign-server", "denied");
    stopped(asks("s4", &server("HTTPS://MCP.Foreign.example")), "foreign-server", "denied");
    passes(asks("s2", &server("https://mcp.ours.example/?from=https://mcp.foreign.example")));
    let nobody = with(json!([{ "type": "mcp", "server_label": "s" }]));
    stopped(asks("s3", &nobody), "foreign-server", "fact_unavailable");
}

/// All that a rule says about tools has to hold of one of them.
#[test]
fn two_tools_are_not_taken_for_one() {
    let drop = |kind: &str| json!({ "type": kind, "name": "drop_table" });
    let read = json!({ "type": "function", "name": "read_table" });
    stopped(asks("f1", &with(json!([read, drop("function")]))), "drops", "denied");
    passes(asks("f2", &with(json!([read, drop("custom")]))));
}

#[test]
fn the_model_asked_for_decides() {
    let model = |name: &str| json!({ "model": name, "input": "hello" });
    stopped(asks("m1", &model("big-7")), "big", "denied");
    passes(asks("m2", &model("small-big-7")));
    // Which of the two the upstream takes nobody knows.
    let twice = r#"{"model":"small-1","Model":"big-7","input":"hello"}"#;
    let twice = asks("m3", &Value::Null).body(twice);
    stopped(twice, "big", "denied");

    let listed =
        |case: &str, name: &str| Call::post(format!("/v1/embeddings?{case}")).json(&model(name));
    stopped(listed("l1", "small-1"), "not-ours", "denied");
    passes(listed("l2", "ours-2"));
}
