use proptest::prelude::*;
use serde_json::{Value, json};

use super::{asks_for_all, close, is_message, may_hold, open};
use crate::json::Spanned;
use crate::seal::openai::NotIssued;
use crate::seal::tests::{edited, seal};
use crate::seal::{Id, Seal};

fn opened(of: &Seal, body: &Value) -> Result<Value, NotIssued> {
    let text = body.to_string();
    let edits = open(of, &Spanned::parse(&text).unwrap())?;
    Ok(edited(&text, &edits))
}

fn closed(of: &Seal, body: &Value) -> Value {
    let text = body.to_string();
    let edits = close(of, &Spanned::parse(&text).unwrap());
    assert!(edits.is_empty() || may_hold(&text), "{text}");
    edited(&text, &edits)
}

const RELATED: &str = "io.modelcontextprotocol/related-task";

/// Each message in which a server gives out a task, with its id.
fn given(id: &str) -> Vec<Value> {
    let related = json!({RELATED: {"taskId": id}});
    vec![
        json!({"id": 1, "result": {"task": {"taskId": id, "status": "working", "ttl": 60000}}}),
        json!({"id": 1, "result": {"resultType": "task", "taskId": id, "status": "working"}}),
        json!({"id": 1, "result": {"content": [], "_meta": related}}),
        json!({"id": 1, "result": {"tasks": [{"taskId": id}]}}),
        json!({"method": "notifications/tasks/status", "params": {"taskId": id, "status": "failed"}}),
        json!({"method": "notifications/tasks", "params": {"taskId": id, "result": {"content": []}}}),
        json!({"method": "notifications/subscriptions/acknowledged",
            "params": {"notifications": {"taskIds": [id], "toolsListChanged": true}}}),
        json!({"id": 5, "method": "elicitation/create", "params": {"message": "m", "_meta": related}}),
        json!([{"id": 1, "result": {"taskId": id}}]),
    ]
}

/// Each way in which a client names one.
fn named(id: &Value) -> Vec<Value> {
    let call = |method: &str, params: Value| json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    vec![
        call("tasks/get", json!({"taskId": id})),
        call("tasks/result", json!({"taskId": id})),
        call("tasks/cancel", json!({"taskId": id})),
        call(
            "tasks/update",
            json!({"taskId": id, "inputResponses": {"name": {"action": "accept"}}}),
        ),
        call("subscriptions/listen", json!({"notifications": {"taskIds": [id]}})),
        call("tools/call", json!({"name": "t", "_meta": {RELATED: {"taskId": id}}})),
        json!({"jsonrpc": "2.0", "id": 5, "result": {"action": "accept", "_meta": {RELATED: {"taskId": id}}}}),
    ]
}

#[test]
fn a_task_comes_back_to_its_principal_alone() {
    let (ada, ben) = (seal("ada"), seal("ben"));
    let sealed = ada.close(Id::Task, "t-1");
    for (plain, expected) in given("t-1").into_iter().zip(given(&sealed)) {
        assert_eq!(closed(&ada, &plain), expected, "{plain}");
    }
    for (way, plain) in named(&json!(sealed)).into_iter().zip(named(&json!("t-1"))) {
        assert_eq!(opened(&ada, &way), Ok(plain.clone()), "{way}");
        assert_eq!(opened(&ben, &way), Err(NotIssued), "{way}");
        assert_eq!(opened(&ada, &plain), Err(NotIssued), "{plain}");
    }
    // Not an id of something else, nor a part of it, nor what some servers would take for one.
    for odd in [
        json!(ada.close(Id::Object, "t-1")),
        json!(ada.close(Id::Session, "t-1")),
        json!(1),
        json!(["t-1"]),
        json!({"taskId": "t-1"}),
        json!(null),
    ] {
        for way in named(&odd) {
            assert_eq!(opened(&ada, &way), Err(NotIssued), "{way}");
        }
    }
}

#[test]
fn disguises_are_refused() {
    let ada = seal("ada");
    for body in [
        json!({"method": "tasks/get", "Params": {"TaskID": "t-1"}}),
        json!({"method": "tasks/get", "params": {"tas\u{212a}Id": "t-1"}}),
        json!({"method": "x", "params": {"_META": {"IO.modelcontextprotocol/Related-Task": {"TASKID": "t-1"}}}}),
        json!({"method": "subscriptions/listen", "params": {"notifications": {"taskIds": "t-1"}}}),
        json!({"method": "notifications/tasks/status", "params": {"taskId": "t-1"}}),
        json!({"id": 1, "result": {"task": {"taskId": "t-1"}}}),
        json!({"id": 1, "result": {"tasks": [{"taskId": "t-1"}]}}),
        json!([{"method": "tasks/get", "params": {"taskId": "t-1"}}]),
    ] {
        assert_eq!(opened(&ada, &body), Err(NotIssued), "{body}");
    }
}

/// Arguments and results of a tool: an echo of them must not leave sealed, either.
#[test]
fn what_tools_call_a_task_is_their_own() {
    let ada = seal("ada");
    for body in [
        json!({"method": "tools/call", "params": {"name": "t", "arguments": {"taskId": "t-1", "task": {"taskId": "t-2"}}}}),
        json!({"method": "tools/call", "params": {"name": "t", "task": {"ttl": 60000}}}),
        json!({"id": 1, "result": {"content": [{"type": "text", "text": "taskId"}],
            "structuredContent": {"taskId": "t-1", "_meta": {RELATED: {"taskId": "t-1"}}}}}),
        json!({"id": 1, "result": {"action": "accept", "content": {"taskId": "t-1"}}}),
        json!({"id": 1, "error": {"code": 1, "data": {"taskId": "t-1"}}}),
    ] {
        assert_eq!(opened(&ada, &body), Ok(body.clone()));
        assert_eq!(closed(&ada, &body), body);
    }
}

#[test]
fn a_list_of_all_tasks_is_known() {
    let all = |text: &str| asks_for_all(&Spanned::parse(text).unwrap());
    assert!(all(r#"{"method":"tasks/list"}"#));
    assert!(all(r#"{"Method":"tasks\/list","params":{}}"#));
    assert!(all(r#"[{"method":"ping"},{"method":"tasks/list"}]"#));
    assert!(!all(r#"{"method":"tasks/get","params":{"method":"tasks/list"}}"#));
    let message = |text: &str| is_message(&Spanned::parse(text).unwrap());
    assert!(message(r#"{"JsonRPC":"2.0"}"#) && message(r#"[1,{"jsonrpc":1}]"#));
    assert!(!message(r#"{"taskId":"t-1"}"#) && !message("7"));
}

proptest! {
    #[test]
    fn anybodys_text_is_read(text in any::<String>()) {
        let ada = seal("ada");
        let body = json!({"result": {"taskId": text}, "params": {"taskId": text}});
        let sent = closed(&ada, &body);
        prop_assert!(sent == body || opened(&ada, &sent) == Ok(body));
    }
}
