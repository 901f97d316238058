//! Texts of models that come in pieces.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::SseStream;
use crate::scan::tests::samples::{aws, card, each, github, pem, scanner, ssn};

fn masked(events: &[Value]) -> (String, Vec<(String, u32)>) {
    let mut stream = SseStream::new(scanner(), |_| true);
    let mut output = Vec::new();
    for event in events {
        output.append(&mut stream.push(format!("data: {event}\n\n").as_bytes()).unwrap());
    }
    output.append(&mut stream.finish().unwrap());
    (String::from_utf8(output).unwrap(), stream.counts())
}

/// The data of the events.
fn data(stream: &str) -> Vec<Value> {
    let lines = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    lines.map(|data| serde_json::from_str(data).unwrap()).collect()
}

fn response(item: &str, delta: &str) -> Value {
    json!({"type": "response.output_text.delta", "item_id": item, "content_index": 0, "delta": delta})
}

fn chat(choice: u32, content: &str) -> Value {
    json!({"id": "c", "choices": [{"index": choice, "delta": {"content": content}, "finish_reason": null}]})
}

fn text_of(events: &[Value], pointer: &str) -> String {
    events.iter().filter_map(|event| event.pointer(pointer)?.as_str()).collect()
}

fn in_pieces(text: &str, size: usize) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(size).map(|piece| piece.iter().collect()).collect()
}

#[test]
fn values_of_every_kind_in_pieces_of_every_size() {
    for (kind, value) in each() {
        let text = format!("The value is\n{value}\n \"as\" requested.");
        for size in 1..=value.len().min(24) {
            let pieces = in_pieces(&text, size);
            let one: Vec<Value> = pieces.iter().map(|piece| response("m1", piece)).collect();
            let other: Vec<Value> = pieces.iter().map(|piece| chat(0, piece)).collect();
            for (events, pointer) in [(one, "/delta"), (other, "/choices/0/delta/content")] {
                let (output, counts) = masked(&events);
                let after = data(&output);
                assert_eq!(after.len(), events.len());
                let text = text_of(&after, pointer);
                let expected = format!("The value is\n[REDACTED:{kind}]\n \"as\" requested.");
                assert_eq!(text, expected, "{kind} in pieces of {size}");
                assert_eq!(counts, [(kind.to_owned(), 1)], "{kind} in pieces of {size}");
            }
        }
    }
}

#[test]
fn a_value_alone_in_its_piece_counts_once() {
    for events in [
        vec![response("m1", "It is "), response("m1", &ssn()), response("m1", ".")],
        vec![response("m1", &format!("It is {} as requested.", ssn()))],
        vec![response("m1", &json!({"ssn": ssn(), "and": 1}).to_string())],
    ] {
        let (output, counts) = masked(&events);
        assert_eq!(counts, [("us-ssn".to_owned(), 1)], "{output}");
        assert!(text_of(&data(&output), "/delta").contains("[REDACTED:us-ssn]"));
    }
}

#[test]
fn a_part_of_a_longer_number_is_none() {
    let events =
        [response("m1", "order 77"), response("m1", &card()), response("m1", "2345 is late.")];
    let (output, counts) = masked(&events);
    assert_eq!((data(&output), counts), (events.to_vec(), Vec::new()));
}

#[test]
fn copies_are_masked_as_well() {
    let text = format!("key {} here", github());
    let mut events: Vec<Value> =
        in_pieces(&text, 5).iter().map(|piece| response("m1", piece)).collect();
    events.push(json!({"type": "response.output_text.done", "item_id": "m1", "content_index": 0, "text": text}));
    events.push(json!({"type": "response.completed", "response": {"output": [{"content": [{"text": text}]}]}}));
    let after = data(&masked(&events).0);
    let expected = "key [REDACTED:github-token] here";
    assert_eq!(text_of(&after, "/delta"), expected);
    assert_eq!(text_of(&after, "/text"), expected);
    assert_eq!(text_of(&after, "/response/output/0/content/0/text"), expected);
}

#[test]
fn answers_that_take_turns() {
    let (one, other) =
        (in_pieces(&format!("a {} b", ssn()), 3), in_pieces(&format!("c {} d", aws()), 3));
    let mut events = Vec::new();
    for number in 0..one.len().max(other.len()) {
        events.extend(one.get(number).map(|piece| chat(0, piece)));
        events.extend(other.get(number).map(|piece| chat(1, piece)));
    }
    let after = data(&masked(&events).0);
    let of = |choice: u64| {
        let own = |event: &&Value| event["choices"][0]["index"] == choice;
        let own: Vec<Value> = after.iter().filter(own).cloned().collect();
        text_of(&own, "/choices/0/delta/content")
    };
    assert_eq!(of(0), "a [REDACTED:us-ssn] b");
    assert_eq!(of(1), "c [REDACTED:aws-access-key-id] d");
    assert_eq!(after.len(), events.len());
}

#[test]
fn arguments_of_tools_and_a_password_behind_its_name() {
    let arguments = json!({"path": "/x", "password": "t7Kq-vX2zR", "note": pem()}).to_string();
    let events: Vec<Value> = in_pieces(&arguments, 4)
        .iter()
        .map(|piece| {
            let call = json!({"index": 0, "function": {"arguments": piece}});
            json!({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]})
        })
        .collect();
    let after =
        text_of(&data(&masked(&events).0), "/choices/0/delta/tool_calls/0/function/arguments");
    let expected =
        json!({"path": "/x", "password": "[REDACTED:password]", "note": "[REDACTED:private-key]"});
    assert_eq!(serde_json::from_str::<Value>(&after).unwrap(), expected);
}

/// What is held back: the word at hand, and the event that may end it.
#[test]
fn events_leave_as_soon_as_they_may() {
    let mut stream = SseStream::new(scanner(), |_| true);
    let words = "The quick brown fox jumps over the lazy dog and runs";
    let (mut given, mut got) = (String::new(), String::new());
    for word in words.split_inclusive(' ') {
        let event = format!("event: x\r\ndata: {}\r\n\r\n", response("m1", word));
        got += &String::from_utf8(stream.push(event.as_bytes()).unwrap()).unwrap();
        let behind = given.len().saturating_sub(got.len());
        assert!(behind <= 2 * event.len() + 8, "{behind} of {} bytes wait", given.len());
        given += &event;
    }
    let done =
        format!("data: {}\r\n\r\n", json!({"type": "x.done", "item_id": "m1", "content_index": 0}));
    got += &String::from_utf8(stream.push(done.as_bytes()).unwrap()).unwrap();
    given += &done;
    assert_eq!(
        got,
        given.trim_end_matches('\n').to_owned() + &given[given.trim_end_matches('\n').len()..]
    );
}

#[test]
fn what_never_ends_is_refused() {
    let mut stream = SseStream::new(scanner(), |_| true);
    let event = |delta: &str| format!("data: {}\n\n", response("m1", delta));
    let begin = event(&format!("-----{} PRIVATE KEY-----\n", "BEGIN"));
    let more = event(&"MIIBVAIBADANBgkqhkiG9w0B\n".repeat(8));
    let fed = std::iter::once(begin).chain(std::iter::repeat_n(more, 40_000));
    let mut left = 0;
    for event in fed {
        match stream.push(event.as_bytes()) {
            Ok(output) => left += output.len(),
            Err(_) => return,
        }
    }
    assert!(left > 0, "held back for ever");
}

/// Each has a search of its own, so that the oldest are over; no event is lost.
#[test]
fn many_texts_at_once() {
    let events: Vec<Value> = (0..1000).map(|number| response(&number.to_string(), "abc")).collect();
    assert_eq!(data(&masked(&events).0), events);
}

/// How many events wait at most.
fn longest_wait(events: &[Value]) -> usize {
    let mut stream = SseStream::new(scanner(), |_| true);
    let (mut given, mut got, mut longest) = (0, 0, 0);
    for event in events {
        let output = stream.push(format!("data: {event}\n\n").as_bytes()).unwrap();
        given += 1;
        got += output.windows(2).filter(|pair| pair == b"\n\n").count();
        longest = longest.max(given - got);
    }
    longest
}

#[test]
fn what_stands_beside_a_text_holds_nothing_up() {
    let words = || {
        "one two three four five six seven eight nine ten".split_inclusive(' ').cycle().take(400)
    };
    let delta = |delta: Value| json!({"choices": [{"index": 0, "delta": delta}]});
    let beside = words().map(|word| {
        delta(json!({"content": word, "channel": "analysis", "details": [{"format": "unknown", "text": word}]}))
    });
    let turns = words().enumerate().map(|(number, word)| match number {
        0..100 => delta(json!({"reasoning_content": format!(" {}", word.trim())})),
        100..200 => delta(json!({"content": format!(" {}", word.trim())})),
        _ => {
            delta(json!({"tool_calls": [{"index": number / 50, "function": {"arguments": word}}]}))
        }
    });
    let ids = words().enumerate().map(|(number, word)| {
        json!({"type": "response.output_text.delta", "item_id": format!("i{number}"), "output_index": 0, "delta": word})
    });
    let first = json!({"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "now"});
    let steps = (0..400).map(|step| json!({"type": "STEP_STARTED", "stepName": step}));
    let idle = std::iter::once(first).chain(steps);
    for (name, events, most) in [
        ("beside", beside.collect::<Vec<_>>(), 3),
        ("turns", turns.collect(), 4),
        ("ids", ids.collect(), 3),
        ("idle", idle.collect(), 10),
    ] {
        let longest = longest_wait(&events);
        assert!(longest <= most, "{name}: {longest} events wait");
    }
}

#[test]
fn a_run_of_base64_is_waited_for_only_so_long() {
    let long = "QUJDREVGR0hJSktM".repeat(4096);
    let events: Vec<Value> =
        in_pieces(&long, 8).iter().map(|piece| response("m1", piece)).collect();
    assert!(longest_wait(&events) <= 4 * 1024 / 8 + 2);
    assert_eq!(data(&masked(&events).0), events);
}

#[test]
fn values_below_a_delta_that_are_no_text() {
    let secret = ["t7", "Kq-vX2zR"].concat();
    for (event, pointer, kind) in [
        (json!({"delta": {"password": secret}}), "/delta/password", "password"),
        (json!({"delta": {"ssn": ssn().replace('-', "")}}), "/delta/ssn", "us-ssn"),
        (
            json!({"delta": [{"op": "add", "path": "/x", "value": ssn()}]}),
            "/delta/0/value",
            "us-ssn",
        ),
        (
            json!({"delta": {"rows": [{"ssn": ssn()}, {"ssn": ssn()}]}}),
            "/delta/rows/1/ssn",
            "us-ssn",
        ),
        (
            json!({"delta": {"citations": [{"content": ssn()}, {"content": "2024 report"}]}}),
            "/delta/citations/0/content",
            "us-ssn",
        ),
    ] {
        let after = data(&masked(std::slice::from_ref(&event)).0);
        assert_eq!(
            after[0].pointer(pointer).unwrap(),
            &json!(format!("[REDACTED:{kind}]")),
            "{event}"
        );
    }
}

#[test]
fn a_transcript_and_its_sound_are_two_texts() {
    let audio =
        |delta: &str| json!({"type": "response.audio.delta", "response_id": "r", "delta": delta});
    let words = |delta: &str| json!({"type": "response.audio.transcript.delta", "response_id": "r", "delta": delta});
    let events = [
        words("the ssn is "),
        audio("AAAA"),
        words(&ssn()[..5]),
        audio("BBBB"),
        words(&ssn()[5..]),
        words(" ok"),
    ];
    let after = data(&masked(&events).0);
    let said: Vec<Value> =
        after.iter().filter(|event| event["type"] != "response.audio.delta").cloned().collect();
    assert_eq!(text_of(&said, "/delta"), "the ssn is [REDACTED:us-ssn] ok");
    assert_eq!(after[1], events[1]);
}

#[test]
fn numbers_in_arguments_stay_numbers() {
    let arguments = format!("{{\"card\": {}, \"ssns\": [\"{}\"], \"n\": 1}}", card(), ssn());
    for size in [1, 4, 1000] {
        let events: Vec<Value> =
            in_pieces(&arguments, size).iter().map(|piece| response("m1", piece)).collect();
        let after = text_of(&data(&masked(&events).0), "/delta");
        let after: Value = serde_json::from_str(&after).unwrap();
        assert_eq!(after, json!({"card": 0, "ssns": ["[REDACTED:us-ssn]"], "n": 1}), "{size}");
    }
}

#[test]
fn what_does_not_end_a_text() {
    let ssn = ssn();
    let (one, other) = ssn.split_at(6);
    let between = [
        "ping",
        "{\"a\":1,\"a\":2}",
        r#"{"type":"response.output_text.annotation.added","item_id":"m1","content_index":0}"#,
        r#"{"type":"response.web_search_call.completed","item_id":"w"}"#,
        r#"{"type":"response.output_text.delta","item_id":"m2","content_index":0,"delta":"and "}"#,
    ];
    for between in between {
        let mut stream = SseStream::new(scanner(), |_| true);
        let events = [
            response("m1", one).to_string(),
            between.to_owned(),
            response("m1", other).to_string(),
        ];
        let mut output = Vec::new();
        for event in events {
            output.append(&mut stream.push(format!("data: {event}\n\n").as_bytes()).unwrap());
        }
        output.append(&mut stream.finish().unwrap());
        assert!(String::from_utf8(output).unwrap().contains("[REDACTED:us-ssn]"), "{between}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However a text comes, in whatever pieces and cut wherever by the network, no value arrives.
    #[test]
    fn no_value_arrives(picked in prop::collection::vec((0usize..64, 1usize..9), 1..12), cuts in prop::collection::vec(0usize..4096, 0..8)) {
        let values: Vec<String> = picked.iter().map(|(n, _)| each()[n % each().len()].1.clone()).collect();
        let text = values.iter().map(|value| format!("it is {value}\n and ")).collect::<String>();
        let mut sizes = picked.iter().map(|(_, size)| *size).cycle();
        let letters: Vec<char> = text.chars().collect();
        let (mut events, mut at) = (String::new(), 0);
        while at < letters.len() {
            let to = (at + sizes.next().unwrap()).min(letters.len());
            events += &format!("data: {}\n\n", response("m1", &letters[at..to].iter().collect::<String>()));
            at = to;
        }
        let run = |cuts: &[usize]| {
            let mut stream = SseStream::new(scanner(), |_| true);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (events.len() + 1)).collect();
            cuts.sort_unstable();
            cuts.push(events.len());
            let mut from = 0;
            let mut output = Vec::new();
            for to in cuts {
                output.append(&mut stream.push(&events.as_bytes()[from..to]).unwrap());
                from = to;
            }
            output.append(&mut stream.finish().unwrap());
            (String::from_utf8(output).unwrap(), stream.counts())
        };
        let whole = run(&[]);
        prop_assert_eq!(&run(&cuts), &whole);
        let after = text_of(&data(&whole.0), "/delta");
        for value in values {
            prop_assert!(!after.contains(&value), "{} in {}", value, after);
        }
    }
}
