/*!
A model's API that says one call in the pieces of its stream and another at its end, or only to clients that ignore
the case of a name: whichever of them a client reads, it does not learn that the call is whole.
*/

use integration::{Call, Gateway, Reply, Upstream};
use serde_json::{Value, json};

const BUNDLE: &str = "\
bundle: {name: payments, version: '1'}
rules:
  - {name: no-pay, on: proposal, match: {mcp: {tool: pay}}, effect: deny}
  - name: small
    on: proposal
    match: {mcp: {tool: refund}}
    when: action.arguments.amount > 500
    effect: deny
";

fn item(name: &str, arguments: &str) -> Value {
    json!({ "type": "function_call", "id": "fc_1", "call_id": "c_1", "name": name, "arguments": arguments })
}

fn added(item: Value) -> Value {
    json!({ "type": "response.output_item.added", "output_index": 0, "item": item })
}

fn delta(text: &str) -> Value {
    json!({ "type": "response.function_call_arguments.delta", "output_index": 0, "item_id": "fc_1", "delta": text })
}

fn done(item: Value) -> Value {
    json!({ "type": "response.output_item.done", "output_index": 0, "item": item })
}

fn completed(item: Value) -> Value {
    json!({ "type": "response.completed", "response": { "object": "response", "output": [item] } })
}

/// What the model says, and the reason it is refused for.
fn lies() -> Vec<(&'static str, Vec<Value>, Option<&'static str>)> {
    let (safe, denied, unread) = (item("look", "{}"), Some("blocked"), Some("response_unreadable"));
    let ends = [done(safe.clone()), completed(safe.clone())];
    let with = |begin: Vec<Value>| [begin, ends.to_vec()].concat();
    let small = item("refund", r#"{"amount":7}"#);
    vec![
        ("another name", with(vec![added(item("pay", "")), delta("{}")]), denied),
        ("all at once", with(vec![added(item("pay", "{}"))]), denied),
        (
            "another amount",
            vec![
                added(item("refund", "")),
                delta(r#"{"amount""#),
                delta(":900}"),
                done(small.clone()),
                completed(small.clone()),
            ],
            denied,
        ),
        (
            "a case",
            vec![
                json!({ "type": "response.output_item.done", "output_index": 0, "Item": item("pay", "{}") }),
                completed(safe.clone()),
            ],
            unread,
        ),
        (
            "another case",
            vec![
                json!({ "Choices": [{ "message": { "tool_calls": [] } }] }),
                completed(safe.clone()),
            ],
            unread,
        ),
        (
            "a place that some read alike",
            vec![
                json!({ "type": "response.output_item.done", "output_index": 0.0, "item": safe }),
                completed(safe),
            ],
            unread,
        ),
        (
            "no lie",
            vec![
                added(item("refund", "")),
                delta(r#"{"amount""#),
                delta(":7}"),
                done(small.clone()),
                completed(small),
            ],
            None,
        ),
    ]
}

#[test]
fn no_reading_of_a_stream_gets_a_call_that_is_denied() {
    let upstream = Upstream::start();
    let gateway = Gateway::build().upstream("/", &upstream.url()).arg("--kind").arg("/=openai");
    let gateway = gateway.bundle(BUNDLE).start();
    upstream.script(|request| {
        let asked: Value = serde_json::from_slice(request.body()).ok()?;
        let (_, events, _) = lies().into_iter().find(|(lie, ..)| asked["input"] == *lie)?;
        let event = |data: Value| format!("data: {data}\n\n");
        Some(events.into_iter().map(event).fold(Reply::event_stream(), Reply::chunk).end(&[]))
    });
    for (lie, _, reason) in lies() {
        let call = Call::post("/v1/responses").token(&gateway.token("ada"));
        let call = call.json(&json!({ "model": "m", "input": lie, "stream": true }));
        let text = call.send(&gateway).expect(200).text().to_owned();
        assert_eq!(text.contains("response.completed"), reason.is_none(), "{lie}: {text}");
        if let Some(reason) = reason {
            assert!(text.contains(&format!("gatehouse_{reason}")), "{lie}: {text}");
        }
    }
}
