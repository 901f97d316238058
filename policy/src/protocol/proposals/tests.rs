use serde_json::{Value, json};

use super::{Mark, Place, Proposal, Proposals};
use crate::json::Spanned;

mod joined;

fn read(proposals: &mut Proposals, payload: &Value) -> Vec<Proposal> {
    let text = payload.to_string();
    anywhere(proposals.read(&text, &Spanned::parse(&text).unwrap()).unwrap())
}

fn left(proposals: &mut Proposals) -> Vec<Proposal> {
    anywhere(proposals.finish().unwrap())
}

fn anywhere(found: Vec<Proposal>) -> Vec<Proposal> {
    found.into_iter().map(|one| Proposal { mark: Mark::default(), ..one }).collect()
}

fn places(proposals: &mut Proposals, payload: &Value) -> Vec<Option<Place>> {
    let text = payload.to_string();
    let found = proposals.read(&text, &Spanned::parse(&text).unwrap()).unwrap();
    found.into_iter().map(|one| one.mark.place).collect()
}

fn proposal(tool: &str, arguments: Value) -> Proposal {
    Proposal {
        mark: Mark::default(),
        which: Vec::new(),
        tool: tool.into(),
        arguments: Some(arguments.to_string()),
    }
}

fn unread(tool: &str) -> Proposal {
    Proposal { arguments: None, ..proposal(tool, json!({})) }
}

#[test]
fn whole_answers() {
    let mut none = Proposals::default();
    let responses = json!({"object": "response", "output": [
        {"type": "message", "content": [{"type": "output_text", "text": "function_call"}]},
        {"type": "function_call", "name": "f", "arguments": "{\"a\":1}", "call_id": "c"},
        {"type": "custom_tool_call", "name": "run", "input": "rm -rf /"},
        {"type": "local_shell_call", "action": {"type": "exec", "command": ["ls"]}},
        {"type": "mcp_approval_request", "name": "drop", "arguments": "", "server_label": "s"},
        {"type": "function_call", "name": "twice", "arguments": "{\"a\":1,\"a\":2}"},
    ]});
    assert_eq!(
        read(&mut none, &responses),
        [
            proposal("f", json!({"a": 1})),
            proposal("run", json!({"input": "rm -rf /"})),
            proposal("local_shell_call", json!({"type": "exec", "command": ["ls"]})),
            Proposal {
                which: vec![("server_label", "\"s\"".to_owned())],
                ..proposal("drop", json!({}))
            },
            unread("twice"),
        ]
    );
    let chat = json!({"choices": [{"message": {"tool_calls": [
        {"type": "function", "function": {"name": "f", "arguments": "{}"}},
        {"type": "custom", "custom": {"name": "run", "input": "x"}},
    ], "function_call": {"name": "old", "arguments": "{}"}}, "finish_reason": "tool_calls"}]});
    let found = read(&mut none, &chat);
    let names: Vec<&str> = found.iter().map(|one| one.tool.as_str()).collect();
    assert_eq!(names, ["f", "run", "old"]);
}

#[test]
fn events_of_responses() {
    let mut proposals = Proposals::default();
    let added = json!({"type": "response.output_item.added", "item":
        {"type": "function_call", "id": "fc_1", "name": "f", "arguments": ""}});
    assert_eq!(read(&mut proposals, &added), []);
    let delta = |text: &str| json!({"type": "response.function_call_arguments.delta", "item_id": "fc_1", "delta": text});
    assert_eq!(read(&mut proposals, &delta("{\"a\":")), []);
    let call = [proposal("f", json!({"a": 1}))];
    assert_eq!(read(&mut proposals, &delta("1}")), call);
    let done = json!({"type": "response.function_call_arguments.done", "item_id": "fc_1", "arguments": "{\"a\":1}"});
    assert_eq!(read(&mut proposals, &done), call);
    let item =
        json!({"type": "function_call", "id": "fc_1", "name": "f", "arguments": "{\"a\":1}"});
    let done = json!({"type": "response.output_item.done", "item": item});
    assert_eq!(read(&mut proposals, &done), call);
    let completed = json!({"type": "response.completed", "response": {"output": [item]}});
    assert_eq!(read(&mut proposals, &completed), call);
    assert_eq!(left(&mut proposals), []);
}

#[test]
fn chunks_of_chat_completions() {
    let chunk = |delta: Value, finish: Value| json!({"choices": [{"index": 0, "delta": {"tool_calls": [delta]}, "finish_reason": finish}]});
    let mut proposals = Proposals::default();
    for (delta, told) in [
        (json!({"index": 0, "id": "c", "function": {"name": "f", "arguments": ""}}), None),
        (json!({"index": 0, "function": {"arguments": "{\"a\": \"}"}}), None),
        (json!({"index": 1, "function": {"name": "g", "arguments": ""}}), None),
        (json!({"index": 0, "function": {"arguments": "\\\"\"}"}}), Some(json!({"a": "}\""}))),
    ] {
        let found = read(&mut proposals, &chunk(delta, Value::Null));
        let found: Option<Value> =
            found.first().map(|one| serde_json::from_str(one.arguments.as_ref().unwrap()).unwrap());
        assert_eq!(found, told);
    }
    let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]});
    assert_eq!(read(&mut proposals, &end), [proposal("g", json!({}))]);

    // Cut off before it says that it has ended.
    let mut proposals = Proposals::default();
    read(&mut proposals, &chunk(json!({"index": 0, "function": {"name": "f"}}), Value::Null));
    assert_eq!(left(&mut proposals), [proposal("f", json!({}))]);
}

/// Clients differ in what they make of pieces: each reading is judged.
#[test]
fn pieces_that_clients_join_differently() {
    let chunk = |delta: Value, finish: Value| json!({"choices": [{"index": 0, "delta": {"tool_calls": [delta]}, "finish_reason": finish}]});
    let all = |pieces: &[Value]| {
        let mut proposals = Proposals::default();
        let mut found: Vec<Proposal> = pieces
            .iter()
            .flat_map(|piece| read(&mut proposals, &chunk(piece.clone(), Value::Null)))
            .collect();
        found.extend(left(&mut proposals));
        found
    };
    let function = |detail: Value| json!({"index": 0, "function": detail});
    let named = [
        function(json!({"name": "safe", "arguments": ""})),
        function(json!({"name": "danger", "arguments": "{}"})),
    ];
    let all_names = ["danger", "safedanger", "safe"].map(|name| proposal(name, json!({})));
    assert_eq!(all(&named), all_names);
    let late = [function(json!({"arguments": "{\"a\":1}"})), function(json!({"name": "danger"}))];
    assert_eq!(all(&late), [proposal("danger", json!({"a": 1}))]);
    let free = |text: &str| json!({"index": 0, "type": "custom", "custom": {"name": "run", "input": text}});
    let told = all(&[free("echo ${x}"), json!({"index": 0, "custom": {"input": "; rm -rf /"}})]);
    assert_eq!(told, [proposal("run", json!({"input": "echo ${x}; rm -rf /"}))]);
    let more = [
        function(json!({"name": "f", "arguments": "{\"a\":1}"})),
        function(json!({"arguments": "{\"b\":2}"})),
    ];
    assert_eq!(all(&more).last().unwrap().arguments, None);
    let both = json!({"index": 0, "function": {"name": "safe", "arguments": "{}"},
        "custom": {"name": "danger", "input": "x"}});
    assert!(all(&[both]).iter().any(|one| one.tool == "danger"));
    for index in ["0.0", "\"0\"", "1e0", "00", "9999999999", "-1"] {
        let text = format!(r#"{{"choices":[{{"index":{index},"delta":{{"tool_calls":[]}}}}]}}"#);
        let Ok(root) = Spanned::parse(&text) else { continue };
        assert!(Proposals::default().read(&text, &root).is_err(), "{index}");
    }
}

#[test]
fn each_place_of_an_answer_is_read() {
    let call = json!({"type": "function_call", "name": "f", "arguments": "{}"});
    let both = json!({"response": {"output": [call]}, "output": [call]});
    assert_eq!(read(&mut Proposals::default(), &both).len(), 2);
    let hidden = json!({"response": {}, "output": [call]});
    assert_eq!(read(&mut Proposals::default(), &hidden).len(), 1);
    let many = json!({"output": vec![call; 300]}).to_string();
    assert!(Proposals::default().read(&many, &Spanned::parse(&many).unwrap()).is_err());
}

#[test]
fn what_is_kept_is_bounded() {
    let mut proposals = Proposals::default();
    let piece = "x".repeat(100_000);
    let chunk = json!({"choices": [{"index": 0, "delta": {"tool_calls":
        [{"index": 0, "function": {"name": "f", "arguments": piece}}]}}]})
    .to_string();
    let root = Spanned::parse(&chunk).unwrap();
    let read = (0..20).map(|_| proposals.read(&chunk, &root)).any(|read| read.is_err());
    assert!(read);
}

/// The same call stands in several events at one place; at another one it is another call.
#[test]
fn each_call_has_a_place() {
    let mut none = Proposals::default();
    let call = json!({"type": "function_call", "id": "fc", "name": "f", "arguments": "{}"});
    let whole = json!({"output": [{"type": "message"}, call, call]});
    assert_eq!(places(&mut none, &whole), [Some((0, Some(1))), Some((0, Some(2)))]);
    let done = json!({"type": "response.output_item.done", "output_index": 1, "item": call});
    assert_eq!(places(&mut none, &done), [Some((0, Some(1)))]);
    // Clients make a call of each.
    let text = done.to_string();
    assert!(none.read(&text, &Spanned::parse(&text).unwrap()).is_err());
    let apart = json!({"type": "response.function_call_arguments.done", "item_id": "fc", "output_index": 1,
        "arguments": "{}"});
    assert_eq!(places(&mut none, &apart), [Some((0, Some(1)))]);
    let unsaid = json!({"type": "response.output_item.done", "item": call});
    assert_eq!(places(&mut none, &unsaid), [None]);
    let chat = |name: &str| {
        let call = json!({"index": 1, "function": {"name": "f", "arguments": "{}"}});
        json!({"choices": [{"index": 2, name: {"tool_calls": [call]}}]})
    };
    assert_eq!(places(&mut none, &chat("message")), [Some((2, Some(0)))]);
    assert_eq!(places(&mut none, &chat("delta")), [Some((2, Some(1)))]);
}

/// However often a call grows, what is read of it is bounded, and what goes on after its end is unreadable.
#[test]
fn a_call_that_grows_for_ever_is_too_much() {
    let delta = |member: &str, text: &str| {
        let call = json!({"index": 0, "function": {member: text}});
        json!({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}).to_string()
    };
    let long = json!({"a": "x".repeat(500_000)}).to_string();
    let mut proposals = Proposals::default();
    let mut push = |text: &str| proposals.read(text, &Spanned::parse(text).unwrap());
    push(&delta("name", "f")).unwrap();
    let whole = push(&delta("arguments", &long)).unwrap();
    assert!(whole[0].arguments.is_some());
    let more = push(&delta("arguments", "{}")).unwrap();
    assert_eq!(more[0].arguments, None);
    assert!((0..100).any(|_| push(&delta("arguments", "{}")).is_err()));
}

/// Clients read the one or the other; what they get has one meaning or none.
#[test]
fn arguments_in_two_ways_are_unreadable() {
    let of = |item: Value| read(&mut Proposals::default(), &json!({"output": [item]}));
    let call = |more: Value| {
        let mut item = json!({"type": "function_call", "name": "f"});
        item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        of(item)
    };
    assert_eq!(call(json!({"arguments": "{\"a\":1}", "input": "ls"})), [unread("f")]);
    assert_eq!(call(json!({"arguments": {"a": 1}})), [proposal("f", json!({"a": 1}))]);
    assert_eq!(call(json!({"arguments": ["a"]})), [unread("f")]);
    assert_eq!(call(json!({"input": {"a": 1}})), [unread("f")]);
    assert_eq!(call(json!({"arguments": "{\"__proto__\":{}}"})), [unread("f")]);
    let both = json!({"type": "computer_call", "action": {"type": "screenshot"}, "actions": [{"type": "type"}]});
    assert_eq!(of(both.clone()), [proposal("computer_call", both)]);
    let named = of(
        json!({"type": "function_call", "name": "f", "namespace": "prod", "server_label": null}),
    );
    assert_eq!(named[0].which, [("namespace", "\"prod\"".to_owned())]);
}

#[test]
fn pieces_of_two_members_are_two_calls() {
    let mut proposals = Proposals::default();
    let piece = |call: Value| json!({"choices": [{"delta": {"tool_calls": [call]}}]});
    let first = piece(json!({"index": 0, "function": {"name": "evil", "arguments": "{\"a\":"},
        "custom": {"name": "ok", "input": ""}}));
    assert_eq!(read(&mut proposals, &first), []);
    let next = piece(json!({"index": 0, "function": {"arguments": "1}"}}));
    assert_eq!(read(&mut proposals, &next), [proposal("evil", json!({"a": 1}))]);
    let mut proposals = Proposals::default();
    for call in [json!({"name": "f", "input": ""}), json!({"arguments": "{}"})] {
        let found = read(&mut proposals, &piece(json!({"index": 0, "function": call})));
        assert!(found.iter().all(|one| *one == unread("f")), "{found:?}");
    }
    assert!(left(&mut proposals).iter().all(|one| *one == unread("f")));
}

#[test]
fn what_says_that_two_are_one_call() {
    let mark = |place, item: &str, call: &str| Mark {
        place: Some((0, Some(place))).filter(|_| place != 9),
        item: Some(item.to_owned()).filter(|item| !item.is_empty()),
        call: Some(call.to_owned()).filter(|call| !call.is_empty()),
    };
    let one = mark(0, "fc", "c1");
    for (other, same) in [
        (mark(0, "fc", "c1"), true),
        (mark(9, "fc", ""), true),
        (mark(0, "", ""), true),
        (mark(0, "fc", "c2"), false),
        (mark(1, "fc", "c1"), false),
        (mark(9, "", ""), false),
    ] {
        assert_eq!(one.is_same(&other), same, "{other:?}");
    }
    let mut known = mark(9, "fc", "");
    known.add(one);
    assert!(!known.is_same(&mark(9, "fc", "c2")));
}
