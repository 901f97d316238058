/*! Held messages of MCP on a route that does not say what it speaks. */

use integration::shared::{Case, case};
use integration::{Call, Reply};
use serde_json::{Value, json};

/// Not waiting for anybody.
fn delete(case: &Case, id: u32) -> Call {
    let call = Call::tool(case.path("mcp"), json!(id), "delete_customer", json!({ "id": 5 }));
    call.token(&case.token).header("x-gatehouse-wait", "0")
}

fn holds(case: &Case) -> Vec<Value> {
    let list = case.gateway.cli_ok(&["approvals", "list", "--format", "json"]);
    let list: Value = serde_json::from_str(&list).unwrap();
    let holds = list["holds"].as_array().cloned().unwrap_or_default();
    holds.into_iter().filter(|hold| hold["principal"]["subject"] == case.subject).collect()
}

#[track_caller]
fn is_pending(case: &Case, id: u32) {
    let answer = delete(case, id).send(case.gateway).expect(200).json();
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    assert!(answer.to_string().contains("pending"), "{answer}");
}

/// A plain API that reads `id` must not be asked for another one than was approved.
#[test]
fn another_id_is_another_call_until_an_mcp_server_has_answered() {
    let case = case();
    case.reply("mcp", Reply::json(200, &json!({ "deleted": true })));
    for id in [1, 2] {
        is_pending(&case, id);
        let list = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list" });
        let call = Call::post(case.path("mcp")).token(&case.token).json(&list);
        call.send(case.gateway).expect(200);
    }
    assert_eq!(holds(&case).len(), 2, "each id has a hold of its own");

    let tools = json!({ "jsonrpc": "2.0", "id": 3, "result": { "tools": [{ "name": "delete_customer" }] } });
    case.reply("mcp", Reply::event_stream().chunk(format!("data: {tools}\n\n")).end(&[]));
    let list = json!({ "jsonrpc": "2.0", "id": 3, "method": "tools/list" });
    let listed = Call::post(case.path("mcp")).token(&case.token).json(&list);
    assert!(listed.send(case.gateway).expect(200).text().contains("delete_customer"));
    // On both workers: each call has a connection of its own.
    for id in 4..12 {
        is_pending(&case, id);
    }
    let holds = holds(&case);
    assert_eq!(holds.len(), 3, "one hold for all of them: {holds:?}");
}
