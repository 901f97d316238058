/*! The upstream sees one identity, the gateway's: what it gave to one principal no other may bring back. */

use integration::shared::{Case, case};
use integration::{Call, Reply};
use serde_json::{Value, json};

/// A message of MCP to the test's server.
fn message(case: &Case, method: &str) -> Call {
    let path = case.under("/tools", "mcp");
    Call::post(path).json(&json!({ "jsonrpc": "2.0", "id": 1, "method": method }))
}

/// A call of the model's API.
fn model(case: &Case, method: &str, rest: &str) -> Call {
    Call::new(method, case.under("/model", &format!("v1/{rest}")))
}

/// The text between these two.
fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let rest = text.split_once(from).unwrap_or_else(|| panic!("no `{from}` in {text}")).1;
    rest.split_once(to).unwrap_or_else(|| panic!("no `{to}` in {text}")).0
}

#[test]
fn a_session_is_its_principals() {
    let case = case();
    let answer = json!({ "jsonrpc": "2.0", "id": 1, "result": {} }).to_string();
    let headers = [("content-type", "application/json"), ("mcp-session-id", "s-1")];
    case.reply("mcp", Reply::new(200, &headers, answer));
    let began = message(&case, "initialize").token(&case.token).send(case.gateway).expect(200);
    let session = began.header("mcp-session-id").unwrap();
    assert_ne!(session, "s-1");
    let asks = |session: &str, token: &str| {
        message(&case, "ping").token(token).header("mcp-session-id", session).send(case.gateway)
    };
    asks(&session, &case.token).expect(200);
    // The upstream gets its own id.
    let heard = |at: usize| case.requests()[at].header("mcp-session-id");
    assert_eq!((heard(0), heard(1).as_deref()), (None, Some("s-1")));
    let thief = case.gateway.token("a-thief");
    asks(&session, &thief).expect_refusal(404, "id_unknown");
    asks("s-1", &case.token).expect_refusal(404, "id_unknown");
    asks("s-1", &thief).expect_refusal(404, "id_unknown");
    // Nor with the head of a stream, nor to end it.
    for method in ["GET", "DELETE"] {
        let call = Call::new(method, case.under("/tools", "mcp")).token(&thief);
        let call = call.header("mcp-session-id", session.as_str());
        call.send(case.gateway).expect_refusal(404, "id_unknown");
    }
    let twice = message(&case, "ping").token(&case.token).header("mcp-session-id", "s-1");
    let twice = twice.header("mcp-session-id", session.as_str()).send(case.gateway);
    twice.expect_refusal(400, "request_ambiguous");
    assert_eq!(case.requests().len(), 2);
}

#[test]
fn a_stream_is_resumed_by_who_began_it() {
    let case = case();
    let events =
        "id: e-1\ndata: {}\n\n: only a comment\n\nid:e-2\r\ndata: {}\r\n\r\nid\ndata: {}\n\n";
    case.reply("mcp", Reply::event_stream().chunk(events).end(&[]));
    let stream = || Call::get(case.under("/tools", "mcp")).header("accept", "text/event-stream");
    let text = stream().token(&case.token).send(case.gateway).expect(200).text().to_owned();
    let first = between(&text, "id: ", "\n").to_owned();
    let second = between(&text, "id:e-2", "\r\n");
    assert!(first.starts_with("e-1~") && second.starts_with('~'), "{text}");
    assert!(text.ends_with("id\ndata: {}\n\n"), "{text}");
    let resume = |id: &str, token: &str| {
        stream().token(token).header("last-event-id", id).send(case.gateway)
    };
    resume(&first, &case.token).expect(200);
    assert_eq!(case.requests()[1].header("last-event-id").as_deref(), Some("e-1"));
    let thief = case.gateway.token("a-thief");
    resume(&first, &thief).expect_refusal(404, "id_unknown");
    resume("e-1", &thief).expect_refusal(404, "id_unknown");
    resume("e-1", &case.token).expect_refusal(404, "id_unknown");
    assert_eq!(case.requests().len(), 2);
}

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
    let began = message(&case, "tools/call");
    let began = began.json(
        &json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "t" } }),
    );
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

/// What a model's API answers to the first call of a run.
fn answer() -> Value {
    json!({
        "id": "resp_1", "object": "response", "conversation": { "id": "conv_1" }, "model": "m",
        "output": [
            { "type": "code_interpreter_call", "id": "ci_1", "container_id": "cntr_1" },
            { "type": "reasoning", "id": "rs_1", "summary": [] },
            { "type": "message", "id": "msg_1", "role": "assistant", "content": [{
                "type": "output_text", "text": "done", "annotations": [{
                    "type": "container_file_citation", "file_id": "cfile_1", "container_id": "cntr_1" }] }] },
        ],
    })
}

/// Ways to bring back what the answer named: method, rest of the path, body.
fn ways(given: &Value) -> Vec<(&'static str, String, Option<Value>)> {
    let id = |pointer: &str| given.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
    let response = id("/id");
    let file = id("/output/2/content/0/annotations/0/file_id");
    let ask = |more: Value| {
        let mut body = json!({ "model": "m", "input": "go on" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ("POST", "responses".to_owned(), Some(body))
    };
    let container = id("/output/0/container_id");
    vec![
        ask(json!({ "previous_response_id": response })),
        ask(json!({ "conversation": id("/conversation/id") })),
        ask(json!({ "conversation": given["conversation"] })),
        ask(json!({ "input": [given["output"][1]] })),
        ask(json!({ "input": [{ "type": "item_reference", "id": id("/output/2/id") }] })),
        ask(
            json!({ "input": [{ "role": "user", "content": [{ "type": "input_file", "file_id": file }] }] }),
        ),
        ask(json!({ "tools": [{ "type": "code_interpreter", "container": container }] })),
        ("GET", format!("responses/{response}"), None),
        ("GET", format!("responses/{response}/input_items"), None),
        ("POST", format!("responses/{response}/cancel"), None),
    ]
}

#[test]
fn stored_objects_are_their_principals() {
    let case = case();
    case.reply("v1/", Reply::json(200, &answer()));
    let send = |(method, rest, body): &(&str, String, Option<Value>), token: &str| {
        let call = model(&case, method, rest).token(token);
        match body {
            Some(body) => call.json(body).send(case.gateway),
            None => call.send(case.gateway),
        }
    };
    let first = ("POST", "responses".to_owned(), Some(json!({ "model": "m", "input": "begin" })));
    let given = send(&first, &case.token).expect(200).json();
    assert!(given["id"].as_str().unwrap().starts_with("resp_1~"), "{given}");
    let thief = case.gateway.token("a-thief");
    let own = ways(&given);
    for (way, plain) in own.iter().zip(ways(&answer())) {
        let before = case.requests().len();
        send(way, &thief).expect_refusal(404, "id_unknown");
        send(&plain, &thief).expect_refusal(404, "id_unknown");
        send(&plain, &case.token).expect_refusal(404, "id_unknown");
        assert_eq!(case.requests().len(), before, "{plain:?}");
        send(way, &case.token).expect(200);
        // The upstream gets its own ids, in path and body.
        let heard = case.requests().pop().unwrap();
        assert!(heard.target.ends_with(&format!("/v1/{}", plain.1)), "{}", heard.target);
        let sent = plain.2.map_or_else(String::new, |body| body.to_string());
        assert_eq!(heard.text(), sent);
    }
}

#[test]
fn ids_in_a_stream_are_sealed_alike_in_every_event() {
    let case = case();
    let created = json!({ "type": "response.created", "response": { "id": "resp_1" } });
    let delta = json!({ "type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0,
        "content_index": 0, "delta": "hello " });
    let done = json!({ "type": "response.completed", "response": answer() });
    let events: String =
        [created, delta, done].iter().map(|event| format!("data: {event}\n\n")).collect();
    case.reply("v1/", Reply::event_stream().chunk(events).end(&[]));
    let ask = json!({ "model": "m", "input": "begin", "stream": true });
    let stream = model(&case, "POST", "responses").token(&case.token).json(&ask);
    let text = stream.send(case.gateway).expect(200).text().to_owned();
    let events: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    let response = events[0]["response"]["id"].as_str().unwrap();
    assert!(response.starts_with("resp_1~"), "{text}");
    assert_eq!(events[2]["response"]["id"], response);
    assert_eq!(events[1]["item_id"], events[2]["response"]["output"][2]["id"]);
    assert_eq!(events[1]["delta"], "hello ");
    let retrieve = |token: &str| {
        model(&case, "GET", &format!("responses/{response}")).token(token).send(case.gateway)
    };
    retrieve(&case.gateway.token("a-thief")).expect_refusal(404, "id_unknown");
    retrieve(&case.token).expect(200);
}
