/*! Tasks of MCP are asked for by whom they were given to. */

use integration::shared::{Case, case};
use integration::{Call, Reply};
use serde_json::json;

use crate::sealed::{between, message};

/// A message of MCP that names a task.
fn names_task(case: &Case, method: &str, task: &str) -> Call {
    let params = match method {
        "subscriptions/listen" => json!({ "notifications": { "taskIds": [task] } }),
        "tools/call" => json!({ "name": "t", "arguments": { "taskId": "mine" },
            "_meta": { "io.modelcontextprotocol/related-task": { "taskId": task } } }),
        _ => json!({ "taskId": task }),
    };
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let call = Call::post(case.under("/tools", "mcp")).json(&body);
    // Since 2026-07-28 a header says the same.
    if method.starts_with("tasks/") { call.header("mcp-name", task) } else { call }
}

#[test]
fn a_task_is_its_principals() {
    let case = case();
    let created = json!({ "jsonrpc": "2.0", "id": 1, "result": { "task": { "taskId": "t-1", "status": "working" } } });
    let status = json!({ "jsonrpc": "2.0", "method": "notifications/tasks/status",
        "params": { "taskId": "t-1", "status": "working" } });
    let events = format!("data: {status}\n\ndata: {created}\n\n");
    case.reply("mcp", Reply::event_stream().chunk(&events).end(&[]));
    let call =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "t" } });
    let began = Call::post(case.under("/tools", "mcp")).json(&call);
    let text = began.token(&case.token).send(case.gateway).expect(200).text().to_owned();
    let task = between(&text, "\"taskId\":\"", "\"").to_owned();
    assert!(task.starts_with("t-1~") && text.matches(&task).count() == 2, "{text}");
    let thief = case.gateway.token("a-thief");
    for method in [
        "tasks/get",
        "tasks/result",
        "tasks/cancel",
        "tasks/update",
        "subscriptions/listen",
        "tools/call",
    ] {
        let before = case.requests().len();
        for (id, token) in [(task.as_str(), &thief), ("t-1", &thief), ("t-1", &case.token)] {
            // A client takes 404 for the end of its session.
            let refused = names_task(&case, method, id).token(token).send(case.gateway);
            refused.expect_refusal(200, "id_unknown");
        }
        assert_eq!(case.requests().len(), before, "{method}");
        names_task(&case, method, &task).token(&case.token).send(case.gateway).expect(200);
        let heard = case.requests().pop().unwrap();
        assert!(
            heard.text().contains("\"taskId") && !heard.text().contains('~'),
            "{}",
            heard.text()
        );
        let name = method.starts_with("tasks/").then_some("t-1");
        assert_eq!(heard.header("mcp-name").as_deref(), name);
    }
    let list = message(&case, "tasks/list").token(&case.token).send(case.gateway);
    list.expect_refusal(200, "method_not_allowed");
}
