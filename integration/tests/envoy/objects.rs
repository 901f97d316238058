/*! Stored objects of a model's API are used by whom they were given to. */

use integration::shared::{Case, case};
use integration::{Call, Reply};
use serde_json::{Value, json};

/// A call of the model's API.
fn model(case: &Case, method: &str, rest: &str) -> Call {
    Call::new(method, case.under("/model", &format!("v1/{rest}")))
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
