/*! Answers of which clients could put different calls together. */

use serde_json::{Value, json};

use super::super::{Proposal, Proposals, Unread};
use super::{left, read};
use crate::json::Spanned;

/// Of the Responses API: what a client reads that joins the pieces, or takes an item as it was begun.
#[test]
fn pieces_of_an_item_are_told_whatever_its_end_says() {
    let added = |at: u32, item: Value| json!({"type": "response.output_item.added", "output_index": at, "item": item});
    let function = |name: &str, arguments: &str| json!({"type": "function_call", "id": "fc", "name": name, "arguments": arguments});
    let delta = |at: u32, text: &str| json!({"type": "response.function_call_arguments.delta", "output_index": at, "item_id": "fc", "delta": text});
    let done = |at: u32, item: Value| json!({"type": "response.output_item.done", "output_index": at, "item": item});
    let all = |events: &[Value]| {
        let mut proposals = Proposals::default();
        let mut found: Vec<Proposal> =
            events.iter().flat_map(|event| read(&mut proposals, event)).collect();
        found.extend(left(&mut proposals));
        let told = |one: Proposal| format!("{}{}", one.tool, one.arguments.unwrap_or_default());
        let mut found: Vec<String> = found.into_iter().map(told).collect();
        found.sort();
        found.dedup();
        found
    };
    let evil = [
        added(0, function("f", "")),
        delta(0, "{\"a\""),
        delta(0, ":9}"),
        done(0, function("f", "{}")),
    ];
    assert_eq!(all(&evil), ["f{\"a\":9}", "f{}"]);
    // By its place, by its id, before it has a name.
    let late = [delta(0, "{\"a\":9}"), added(0, function("g", ""))];
    assert_eq!(all(&late), ["g{\"a\":9}"]);
    // All at once, and under another name than in the end.
    let at_once = [added(0, function("evil", "{\"a\":9}")), done(0, function("f", "{}"))];
    assert_eq!(all(&at_once), ["evil{\"a\":9}", "f{}"]);
    let renamed = [added(0, function("evil", "")), done(0, function("f", "{\"a\":1}"))];
    assert_eq!(all(&renamed), ["evil{}", "f{\"a\":1}"]);
    // An API that sends no pieces begins a call that it says at its end.
    let honest = [added(0, function("f", "")), done(0, function("f", "{\"a\":1}"))];
    assert_eq!(all(&honest), ["f{\"a\":1}"]);
    let arguments = json!({"type": "response.function_call_arguments.done", "output_index": 0, "arguments": "{\"a\":1}"});
    assert_eq!(all(&[added(0, function("f", "")), arguments]), ["f{\"a\":1}"]);
    let custom = json!({"type": "custom_tool_call", "id": "fc", "name": "run", "input": ""});
    let input = |text: &str| json!({"type": "response.custom_tool_call_input.delta", "item_id": "fc", "delta": text});
    assert_eq!(
        all(&[added(0, custom.clone()), input("rm"), input(" -r x")]),
        ["run{\"input\":\"rm -r x\"}"]
    );
    let told =
        json!({"type": "response.custom_tool_call_input.done", "item_id": "fc", "input": "ls"});
    assert_eq!(all(&[added(0, custom), told]), ["run{\"input\":\"ls\"}"]);
    let shell =
        |command: &[&str]| json!({"type": "local_shell_call", "action": {"command": command}});
    assert_eq!(
        all(&[added(0, shell(&[])), done(0, shell(&["ls"]))]),
        [r#"local_shell_call{"command":["ls"]}"#]
    );
    assert_eq!(all(&[added(0, shell(&["rm"]))]), [r#"local_shell_call{"command":["rm"]}"#]);
    // Text of a message is no call.
    let text = json!({"type": "response.output_text.delta", "item_id": "msg", "output_index": 1, "delta": "{}"});
    assert_eq!(all(&[text]), [""; 0]);
}

#[test]
fn what_readers_take_for_different_calls_is_refused() {
    let refused = |payload: Value| {
        let text = payload.to_string();
        Proposals::default().read(&text, &Spanned::parse(&text).unwrap()) == Err(Unread::Ambiguous)
    };
    let item = || json!({"type": "function_call", "name": "f", "arguments": "{}"});
    let message =
        |name: &str| json!({"choices": [{"message": {name: [{"function": {"name": "f"}}]}}]});
    for payload in [
        json!({"Output": [item()]}),
        json!({"output": [{"Type": "function_call", "name": "f"}]}),
        json!({"response": {"OUTPUT": [item()]}}),
        json!({"Response": {}}),
        json!({"type": "response.output_item.done", "item": {"type": "function_call", "name": "f", "Name": "g"}}),
        json!({"Choices": []}),
        json!({"choices": [{"Message": {}}]}),
        json!({"choices": [{"Delta": {}}]}),
        message("Tool_calls"),
        message("tool_call\u{17f}"),
        json!({"choices": [{"message": {"tool_calls": [{"Function": {}}]}}]}),
        json!({"choices": [{"delta": {"tool_calls": [{"function": {"Arguments": "{}"}}]}}]}),
        json!({"type": "response.output_item.done", "output_index": 1.0, "item": item()}),
        json!({"type": "response.output_item.done", "output_index": "1", "item": item()}),
    ] {
        assert!(refused(payload.clone()), "{payload}");
    }
    let schema = json!({"tools": [{"parameters": {"properties": {"Name": {}, "Output": {}}}}],
        "output": [{"type": "message", "content": [{"Name": 1}]}], "metadata": {"Type": "x"}, "output_index": null});
    assert!(!refused(schema));
    assert!(!refused(message("tool_calls")));
}

/// Streams of which some client reads another call than the pieces by place and id say. Each ends unread, in a call
/// without arguments that can be read, or with that client's call told, too.
#[test]
fn what_clients_join_otherwise() {
    let added = |at: u32, item: Value| json!({"type": "response.output_item.added", "output_index": at, "item": item});
    let function = |id: &str, name: &str| json!({"type": "function_call", "id": id, "name": name, "arguments": ""});
    let delta = |kind: &str, at: u32, id: &str, text: &str| json!({"type": format!("response.{kind}.delta"), "output_index": at, "item_id": id, "delta": text});
    let calls = "function_call_arguments";
    let piece = |choice: Value, call: Value| json!({"choices": [{"index": choice, "delta": {"tool_calls": [call]}}]});
    let read_all = |events: &[Value]| -> Result<Vec<Proposal>, Unread> {
        let mut proposals = Proposals::default();
        let mut found = Vec::new();
        for event in events {
            let text = event.to_string();
            found.extend(proposals.read(&text, &Spanned::parse(&text).unwrap())?);
        }
        found.extend(proposals.finish()?);
        Ok(found)
    };
    let done = json!({"type": "response.output_item.done", "output_index": 0, "item":
        {"type": "function_call", "id": "fc", "name": "f", "arguments": "{\"a\":1}"}});
    // Events of another kind between the pieces, and ids that differ.
    for middle in [
        delta("mcp_call_arguments", 0, "fc", "{\"a\":1,\"c\":"),
        json!({"type": "odd", "output_index": 0, "item_id": "fc", "delta": "{\"a\":1,\"c\":"}),
    ] {
        let stream = [
            added(0, function("fc", "f")),
            middle,
            delta(calls, 0, "fc", "{\"a\":9}"),
            delta(calls, 0, "fc", "}"),
            done.clone(),
        ];
        let found = read_all(&stream).unwrap();
        assert!(found.iter().any(|one| one.tool == "f" && one.arguments.is_none()), "{found:?}");
    }
    let ids = [
        piece(
            json!(0),
            json!({"index": 0, "id": "a", "function": {"name": "f", "arguments": "{\"a\":1,\"c\":"}}),
        ),
        piece(json!(0), json!({"index": 0, "id": "b", "function": {"arguments": "{\"a\":9}"}})),
        piece(json!(0), json!({"index": 0, "id": "a", "function": {"arguments": "}"}})),
    ];
    assert!(read_all(&ids).unwrap().iter().any(|one| one.arguments.is_none()));
    // Both members of one event.
    let both = json!({"type": "response.function_call_arguments.done", "output_index": 0, "item_id": "fc", "delta": "",
        "arguments": "{\"a\":9}"});
    let found = read_all(&[added(0, function("fc", "f")), both, done]).unwrap();
    assert!(found.iter().any(|one| one.arguments.as_deref() == Some("{\"a\":9}")));
    let ambiguous =
        |events: &[Value]| assert_eq!(read_all(events), Err(Unread::Ambiguous), "{events:?}");
    // A name here, its arguments elsewhere.
    let named = |choice: u32, call: u32, detail: Value| {
        piece(json!(choice), json!({"index": call, "function": detail}))
    };
    ambiguous(&[
        named(0, 0, json!({"name": "f", "arguments": ""})),
        named(1, 0, json!({"arguments": "{\"a\":9}"})),
    ]);
    ambiguous(&[
        named(0, 0, json!({"name": "f"})),
        named(1, 0, json!({"name": "g", "arguments": "{}"})),
    ]);
    ambiguous(&[
        named(0, 5, json!({"name": "dan"})),
        named(0, 0, json!({"name": "ger", "arguments": "{}"})),
    ]);
    ambiguous(&[
        named(0, 0, json!({"name": "f"})),
        named(0, 2, json!({"name": "g", "arguments": "{}"})),
    ]);
    ambiguous(&[added(0, function("fc", "f")), delta(calls, 1, "other", "{\"a\":9}")]);
    ambiguous(&[added(0, function("fc", "f")), delta(calls, 1, "fc", "{\"a\":9}")]);
    // What is no text.
    ambiguous(&[named(0, 0, json!({"name": ["danger"], "arguments": "{}"}))]);
    ambiguous(&[
        json!({"output": [{"type": "function_call", "name": ["danger"], "arguments": "{}"}]}),
    ]);
    ambiguous(&[
        added(0, function("fc", "f")),
        json!({"type": "response.function_call_arguments.delta", "output_index": 0, "delta": ["{}"]}),
    ]);
    // A tool that is built in, and another item in its place.
    let shell = json!({"type": "local_shell_call", "action": {"command": ["rm"]}});
    let message = json!({"type": "response.output_item.done", "output_index": 0, "item": {"type": "message"}});
    let found = read_all(&[added(0, shell), message]).unwrap();
    assert_eq!(found.len(), 1);
    // Calls as they are numbered by some, and a call whose begin came in the stream before.
    let single = read_all(&[named(0, 1, json!({"name": "f", "arguments": "{}"}))]).unwrap();
    assert_eq!(single.len(), 1);
    let tail = json!({"type": "response.output_item.done", "output_index": 2, "item":
        {"type": "function_call", "id": "fc", "name": "f", "arguments": "{\"a\":1}"}});
    assert_eq!(read_all(&[delta(calls, 2, "fc", ":1}"), tail.clone()]).unwrap().len(), 1);
    assert!(read_all(&[delta(calls, 2, "fc", "{\"a\":9}"), tail]).unwrap().len() > 1);
    // One server has the id of the call in the events that follow.
    let llama = json!({"type": "response.output_item.added", "item": {"type": "function_call", "call_id": "fc_1", "name": "f", "arguments": ""}});
    let delta = json!({"type": "response.function_call_arguments.delta", "item_id": "fc_1", "delta": "{\"a\":9}"});
    assert_eq!(read_all(&[llama, delta]).unwrap()[0].tool, "f");
}

#[test]
fn names_and_ids_are_bounded() {
    let too_many = |events: &[Value]| {
        let mut proposals = Proposals::default();
        let read = |event: &Value| {
            let text = event.to_string();
            proposals.read(&text, &Spanned::parse(&text).unwrap())
        };
        events.iter().map(read).any(|read| read == Err(Unread::TooMany))
    };
    let long = "x".repeat(300_000);
    let added = |item: Value| json!({"type": "response.output_item.added", "output_index": 0, "item": item});
    assert!(too_many(&[added(json!({"type": "function_call", "id": long, "name": "f"}))]));
    assert!(too_many(&[added(json!({"type": "function_call", "call_id": long, "name": "f"}))]));
    assert!(too_many(&[added(json!({"type": "function_call", "name": long}))]));
    let piece = json!({"choices": [{"delta": {"tool_calls": [{"function": {"name": "f", "namespace": long}}]}}]});
    assert!(!too_many(&[piece.clone(), piece.clone()]));
    assert!(too_many(&vec![piece; 5]));
}
