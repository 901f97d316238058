/*! Refusals in the caller's own protocol. */

use integration::Call;
use integration::shared::case;
use serde_json::{Value, json};

fn drop_database() -> Value {
    json!({ "sql": "DROP DATABASE customers" })
}

#[test]
fn a_blocked_tool_call_is_a_result_the_model_reads() {
    for (prefix, id) in [("", json!(7)), ("/tools", json!("server-probe-1")), ("/tools", json!(0))]
    {
        let case = case();
        let call = Call::tool(case.under(prefix, "mcp"), id.clone(), "query_db", drop_database());
        let response = call.token(&case.token).send(case.gateway).expect(200);
        case.assert_untouched();
        let answer = response.json();
        assert_eq!(answer["jsonrpc"], "2.0");
        assert_eq!(answer["id"], id);
        let result = &answer["result"];
        assert_eq!(result["isError"], json!(true));
        assert_eq!(result["resultType"], "complete");
        let text = result["content"][0]["text"].as_str().unwrap();
        let reference = response.reference().unwrap();
        assert!(text.starts_with("Blocked by policy deny-destroying-sql: "), "{text}");
        assert!(
            text.contains("Do not retry.") && text.contains(&format!("ref={reference}")),
            "{text}"
        );
        assert_eq!(result["_meta"]["gatehouse/decision"], "denied");
        assert_eq!(result["_meta"]["gatehouse/ref"], json!(reference));
        assert!(!text.contains("DROP"), "an answer quotes nothing of the call");
        let record = case.gateway.record_of(&reference);
        assert_eq!(record.record["request"]["mcp"]["tool"], "query_db");
    }
}

#[test]
fn a_tool_call_without_a_token_is_a_401() {
    let case = case();
    let call = Call::tool(case.under("/tools", "mcp"), json!(1), "query_db", drop_database());
    let response = call.send(case.gateway).expect(401);
    assert!(response.header("www-authenticate").is_some());
    case.assert_untouched();
}

#[test]
fn an_mcp_message_nobody_could_read_alike_is_refused() {
    for body in [
        r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Name":"b"}}"#,
        "ping",
        "",
    ] {
        let case = case();
        let call = Call::post(case.under("/tools", "mcp")).token(&case.token);
        let call = call.header("content-type", "application/json").body(body);
        let response = call.send(case.gateway);
        assert_eq!(response.status, 400, "{body}: {}", response.text());
        let code = response.json()["error"]["code"].as_i64().unwrap();
        assert!(![-32000, -32001].contains(&code), "clients repeat {code}");
        case.assert_untouched();
    }
}

#[test]
fn headers_that_contradict_the_message_are_refused() {
    let case = case();
    let mut call = Call::tool(case.under("/tools", "mcp"), json!(1), "delete_customer", json!({}));
    for (name, value) in &mut call.headers {
        if name == "mcp-name" {
            *value = "read_customer".to_owned();
        }
    }
    call.token(&case.token).send(case.gateway).expect_refusal(400, "request_ambiguous");
    case.assert_untouched();
}

#[test]
fn the_model_api_gets_its_own_error() {
    let case = case();
    case.reply("v1/", integration::Reply::json(200, &json!({ "id": "resp_1" })));
    let responses = case.under("/model", "v1/responses");
    let ask = Call::post(&responses).token(&case.token);
    let given =
        ask.json(&json!({ "model": "m", "input": "x" })).send(case.gateway).expect(200).json();
    let response = given["id"].as_str().unwrap();
    let call = Call::new("DELETE", format!("{responses}/{response}"));
    let call = call.token(&case.token).header("x-gatehouse-wait", "0");
    let code = || {
        let response = call.send(case.gateway).expect(403);
        let error = &response.json()["error"];
        assert_eq!(error["type"], "invalid_request_error");
        assert_eq!(response.header("x-should-retry").as_deref(), Some("false"));
        error["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(code(), "gatehouse_pending");
    let holds = case.gateway.cli_ok(&["approvals", "list", "--format", "json"]);
    let holds: Value = serde_json::from_str(&holds).unwrap();
    let mut holds = holds["holds"].as_array().unwrap().iter();
    let mine = holds.find(|hold| hold["principal"]["subject"] == json!(case.subject));
    case.gateway.cli_ok(&["approvals", "deny", mine.unwrap()["id"].as_str().unwrap()]);
    assert_eq!(code(), "gatehouse_hold_denied");
    assert_eq!(case.requests().len(), 1);
}

/// More calls than people can look at are the caller's trouble, not the service's.
#[test]
fn a_caller_whose_calls_all_wait_is_told_so() {
    let case = case();
    let delete = |number: u32| {
        let call = case.call("DELETE", &format!("customers/{number}"));
        call.header("x-gatehouse-wait", "0").send(case.gateway)
    };
    for number in 0..32 {
        delete(number).expect_refusal(403, "pending");
    }
    delete(32).expect_refusal(429, "hold_limit");
    delete(0).expect_refusal(403, "pending");
    case.assert_untouched();
}

/// What is said to a model runs nowhere; the tool call it leads to is judged when it is made.
#[test]
fn words_that_read_like_sql_reach_the_model() {
    let case = case();
    let call = Call::post(case.under("/model", "v1/responses")).token(&case.token);
    call.json(&json!({ "input": "DROP DATABASE x" })).send(case.gateway).expect(200);
    assert_eq!(case.requests().len(), 1);
}

/// The caller's own words do not choose what is read of its call where the route says nothing.
#[test]
fn a_call_dressed_as_another_protocol_is_judged_as_both() {
    let case = case();
    let tool = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "x", "arguments": {} }, "sql": "DROP DATABASE x" });
    let answer = case.post("query").json(&tool).send(case.gateway).expect(200).json();
    assert_eq!(answer["result"]["isError"], json!(true));
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let delete = case.call("DELETE", "customers/5").header("x-gatehouse-wait", "0");
    let answer = delete.clone().json(&ping).send(case.gateway);
    assert!(answer.text().contains("pending"), "{}", answer.text());
    delete.header("mcp-protocol-version", "2025-11-25").send(case.gateway).expect(403);
    case.assert_untouched();
}

#[test]
fn a_plain_api_gets_code_message_and_reference() {
    let case = case();
    let call = Call::post(case.under("/api", "query")).token(&case.token).json(&drop_database());
    let response = call.send(case.gateway).expect_refusal(403, "denied");
    let error = &response.json()["error"];
    assert_eq!(error["code"], "denied");
    assert_eq!(error["ref"], json!(response.reference()));
    assert_eq!(response.header("cache-control").as_deref(), Some("no-store"));
    assert_eq!(response.header("content-type").as_deref(), Some("application/json"));
}

/// What a tool gives back is masked in both of its copies, and the schema's types stay.
#[test]
fn a_tool_result_is_masked_in_both_copies() {
    let case = case();
    let ssn = integration::sample::ssn();
    let row = json!({ "id": 1, "ssn": ssn });
    let result = json!({
        "jsonrpc": "2.0", "id": 3,
        "result": {
            "content": [{ "type": "text", "text": row.to_string() }],
            "structuredContent": row, "isError": false, "resultType": "complete",
        },
    });
    case.reply("mcp", integration::Reply::json(200, &result));
    let call =
        Call::tool(case.under("/tools", "mcp"), json!(3), "read_customer", json!({ "id": 1 }));
    let answer = call.token(&case.token).send(case.gateway).expect(200).json();
    let masked = json!({ "id": 1, "ssn": "[REDACTED:us-ssn]" });
    assert_eq!(answer["result"]["structuredContent"], masked);
    assert_eq!(answer["result"]["content"][0]["text"], masked.to_string());
}
