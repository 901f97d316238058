//! Tasks of MCP come back from whom they were given to.

use serde_json::{Value, json};

use super::lab::*;
use super::lists::{answered, lab, message};
use crate::call::Kind;
use crate::exchange::{Exchange, Flow, Step, Steps};

fn ask(lab: &mut Lab, (kind, name): (Kind, &str), body: &str) -> (Exchange, Steps, Steps) {
    let mut head = lab.head("POST", "/mcp", false);
    head.route.kind = kind;
    head.headers.push(("content-type".into(), b"application/json".to_vec()));
    if !name.is_empty() {
        head.headers.push(("mcp-name".into(), name.as_bytes().to_vec()));
    }
    let (mut exchange, first) = lab.begin(head);
    let steps = lab.body(&mut exchange, body);
    (exchange, first, steps)
}

/// A task that ada was given.
fn given(lab: &mut Lab, kind: Kind) -> String {
    let call = message("tools/call", &json!({"name": "t", "task": {"ttl": 60000}}));
    let (mut exchange, _, steps) = ask(lab, (kind, ""), &call);
    assert_eq!(steps.flow, Flow::Continue, "{steps:?}");
    let answer =
        json!({"jsonrpc": "2.0", "id": 5, "result": {"task": {"taskId": "t-1"}}}).to_string();
    let answer = answered(lab, &mut exchange, "application/json", &answer);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["result"]["task"]["taskId"].as_str().unwrap().to_owned()
}

fn get(task: &str) -> String {
    message("tasks/get", &json!({"taskId": task}))
}

fn refused(steps: &Steps) -> (u32, Value) {
    let answer = response(steps).unwrap();
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

#[test]
fn a_task_is_asked_for_by_whom_it_was_given_to() {
    for kind in [Kind::Mcp, Kind::Auto] {
        let mut lab = lab(&[]);
        let task = given(&mut lab, kind);
        assert!(task.starts_with("t-1~"), "{task}");
        // Since 2026-07-28 a header says the same.
        for name in ["", &task] {
            let (_, first, steps) = ask(&mut lab, (kind, name), &get(&task));
            assert!(releases(&steps), "{steps:?}");
            assert!(steps.list.contains(&Step::ReplaceRequestBody(get("t-1").into_bytes())));
            let opened = Step::SetRequestHeader("mcp-name", "t-1".into());
            assert_eq!(first.list.contains(&opened), !name.is_empty());
        }
        // It has to say the same.
        let (_, _, steps) = ask(&mut lab, (kind, "t-2"), &get(&task));
        assert_eq!(reason(&steps), "request_ambiguous");
        let ben = lab.token("ben");
        let ada = std::mem::replace(&mut lab.bearer, ben);
        for name in ["", &task] {
            let (_, _, steps) = ask(&mut lab, (kind, name), &get(&task));
            assert_eq!(reason(&steps), "id_unknown");
            // With 404 a client would give up its session.
            let (status, answer) = refused(&steps);
            let told = (status, &answer["error"]["code"], &answer["id"]);
            assert_eq!(told, (200, &json!(-32602), &json!(5)));
        }
        let (_, _, steps) = ask(&mut lab, (kind, &task), &get("t-1"));
        assert_eq!(reason(&steps), "id_unknown");
        lab.bearer = ada;
        let (_, _, steps) = ask(&mut lab, (kind, "t-1"), &get("t-1"));
        assert_eq!(reason(&steps), "id_unknown");
    }
}

#[test]
fn nobody_lists_the_tasks_of_all() {
    let mut lab = lab(&[]);
    for kind in [Kind::Mcp, Kind::Auto] {
        let (_, _, steps) = ask(&mut lab, (kind, ""), &message("tasks/list", &json!({})));
        assert_eq!(reason(&steps), "method_not_allowed");
        let (status, answer) = refused(&steps);
        assert_eq!((status, &answer["error"]["code"]), (200, &json!(-32601)));
    }
    // A plain API has tasks of its own.
    let plain = r#"{"method":"tasks/list","params":{"taskId":"t-1"}}"#;
    for (kind, body) in [(Kind::Auto, plain), (Kind::Http, &message("tasks/list", &json!({})))] {
        let (_, _, steps) = ask(&mut lab, (kind, ""), body);
        assert!(releases(&steps), "{steps:?}");
    }
}
