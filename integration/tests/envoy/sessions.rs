/*! One run, one session; and what a message says to the gateway goes no further. */

use integration::Call;
use integration::shared::{Case, case};
use serde_json::{Value, json};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A tool call of this test, told apart from its others by `rest`.
fn tool(case: &Case, rest: &str, meta: &Value) -> Call {
    let params = json!({ "name": "read", "arguments": { "id": 1 }, "_meta": meta });
    Call::mcp(case.under("/tools", rest), json!(1), "tools/call", params).token(&case.token)
}

fn session(case: &Case, rest: &str) -> Value {
    case.record(rest).record["session"].clone()
}

#[test]
fn exchanges_of_one_run_are_one_session_over_protocols_and_tokens() {
    let case = case();
    let other_token = case.gateway.token(&case.subject);
    let run = format!("run-of-{}", case.subject);
    tool(&case, "tool", &json!({ "gatehouse/run": run })).send(case.gateway).expect(200);
    let model =
        Call::post(case.under("/v1", "responses")).json(&json!({ "model": "m", "input": "x" }));
    let model = model.header("x-gatehouse-run", &run).header("traceparent", TRACE);
    model.token(&other_token).send(case.gateway);
    let plain = Call::get(case.under("/api", "plain")).header("x-gatehouse-run", &run);
    plain.token(&case.token).send(case.gateway);
    let one = session(&case, "tool");
    assert_eq!(one["joined_by"], "run");
    assert!(one["id"].as_str().unwrap().starts_with("s_"), "{one}");
    assert_eq!((session(&case, "responses"), session(&case, "plain")), (one.clone(), one));
    assert_eq!(case.record("tool").record["claims"]["run"], json!(run));
}

#[test]
fn nobody_joins_the_session_of_another() {
    let case = case();
    let eve = case.gateway.token(&format!("{}-eve", case.subject));
    case.get("ada").header("x-gatehouse-run", "r").send(case.gateway).expect(200);
    let ada = session(&case, "ada");
    let id = ada["id"].as_str().unwrap();
    for (at, said) in ["r", id, &format!("r\",\"session\":{{\"id\":\"{id}\"")].iter().enumerate() {
        let rest = format!("eve-{at}");
        Call::get(case.path(&rest)).token(&eve).header("x-gatehouse-run", *said).send(case.gateway);
        let record = case.record(&rest).record;
        assert_eq!(record["claims"]["run"], json!(said));
        assert_ne!(record["session"]["id"], ada["id"]);
    }
}

#[test]
fn without_a_run_a_trace_joins_and_else_the_token() {
    let case = case();
    let begun = json!({ "jsonrpc": "2.0", "id": 1, "result": {} }).to_string();
    let headers = [("content-type", "application/json"), ("mcp-session-id", "m")];
    case.reply("begin", integration::Reply::new(200, &headers, begun));
    let begun = tool(&case, "begin", &json!({})).send(case.gateway).expect(200);
    let mcp = begun.header("mcp-session-id").unwrap();
    let mcp = mcp.as_str();
    let mut joined = Vec::new();
    for (rest, headers) in [
        ("t1", vec![("traceparent", TRACE)]),
        ("t2", vec![("traceparent", TRACE), ("mcp-session-id", mcp)]),
        ("n1", vec![("mcp-session-id", mcp)]),
        ("n2", vec![("mcp-session-id", mcp), ("traceparent", "00-0-0-00")]),
        ("n3", vec![]),
    ] {
        let mut call = tool(&case, rest, &json!({}));
        for (name, value) in headers {
            call = call.header(name, value);
        }
        call.send(case.gateway).expect(200);
        joined.push(session(&case, rest));
    }
    let by: Vec<_> = joined.iter().map(|one| one["joined_by"].as_str().unwrap()).collect();
    assert_eq!(by, ["trace", "trace", "token", "token", "token"]);
    assert_eq!((&joined[0], &joined[2]), (&joined[1], &joined[3]));
    assert_ne!(joined[3], joined[4]);
}

#[test]
fn what_a_message_says_to_the_gateway_goes_no_further() {
    let case = case();
    let before = r#"{"jsonrpc":"2.0", "id":1,"method":"tools/call","params":{"name":"read","_meta":{"gate\u0068ouse\/run":"r1","progressToken":7, "GATEHOUSE/decision":"allow"},"arguments":{"_meta":{"gatehouse/own":1},"big":10000000000000000001}}}"#;
    let after = r#"{"jsonrpc":"2.0", "id":1,"method":"tools/call","params":{"name":"read","_meta":{"progressToken":7},"arguments":{"_meta":{"gatehouse/own":1},"big":10000000000000000001}}}"#;
    for (rest, chunked) in [("sized", false), ("chunked", true)] {
        let call = Call::post(case.under("/tools", rest)).token(&case.token);
        let call = call.header("content-type", "application/json").header("x-gatehouse-run", "r2");
        let (one, two) = before.as_bytes().split_at(70);
        let call = if chunked { call.chunked(&[one, two], &[]) } else { call.body(before) };
        call.send(case.gateway).expect(200);
        let record = case.record(rest).record;
        assert_eq!(record["claims"]["run"], "r1");
        assert_eq!(record["request"]["body"]["size"], before.len());
    }
    let sent = case.requests();
    assert_eq!(sent.len(), 2);
    for request in sent {
        assert_eq!(request.text(), after);
        assert_eq!(request.header("x-gatehouse-run"), None);
        let length = request.header("content-length");
        assert!(length.is_none_or(|length| length == after.len().to_string()));
    }
}
