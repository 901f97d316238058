/*!
Any stream of events of a model: whoever reads what goes out, by whichever of the ways in which clients join
the pieces, finds no call in it that a rule denies.
*/

use std::collections::BTreeMap;
use std::sync::Arc;

use bolero::check;
use policy::answer::{Answer, Asker};
use policy::bundle::Bundle;
use policy::call::{Call, Kind};
use policy::principal::Principal;
use policy::scan::SseStream;
use policy::seal::{Id, Opened, Seal};
use serde_json::Value;

const RULES: &str = "
bundle: {name: streams, version: '1'}
rules:
  - {name: no-danger, on: proposal, match: {mcp: {tool: danger}}, effect: deny}
  - {name: no-drop, on: proposal, match: {sql: {effect: [drop_table]}}, effect: deny}
";

/// Deltas of a chunk of Chat Completions.
const DELTAS: &[&str] = &[
    r#"{"index":0,"function":{"name":"danger","arguments":""}}"#,
    r#"{"index":0,"function":{"name":"dan"}}"#,
    r#"{"index":0,"function":{"name":"ger"}}"#,
    r#"{"index":0,"function":{"name":"safe","arguments":"{}"}}"#,
    r#"{"index":0,"function":{"arguments":"{\"q\":\"DROP "}}"#,
    r#"{"index":0,"function":{"arguments":"TABLE a\"}"}}"#,
    r#"{"index":1,"custom":{"name":"danger","input":"x"}}"#,
    r#"{"index":0,"function":{"name":"safe"},"function":{"name":"danger"}}"#,
    r#"{"index":0.0,"function":{"name":"danger","arguments":"{}"}}"#,
    r#"{"id":"call_1","index":0}"#,
];

/// Other events, and what may stand between two.
const EVENTS: &[&str] = &[
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n",
    "data: {\"type\":\"response.output_item.added\",\"item\":{\"type\":\"function_call\",\"id\":\"fc_1\",\"name\":\"danger\",\"arguments\":\"\"}}\n\n",
    "data: {\"type\":\"response.function_call_arguments.done\",\"item_id\":\"fc_1\",\"arguments\":\"{}\"}\n\n",
    "data: {\"type\":\"response.output_item.done\",\"item\":{\"type\":\"function_call\",\"id\":\"fc_1\",\"name\":\"danger\",\"arguments\":\"{}\"}}\n\n",
    "data: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"output\":[]}}\n\n",
    "data: {\"response\":{},\"output\":[{\"type\":\"custom_tool_call\",\"name\":\"danger\",\"input\":\"\"}]}\n\n",
    "data: {\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"type\":\"function_call\",\"id\":\"fc_1\",\"name\":\"safe\",\"arguments\":\"\"}}\n\n",
    "data: {\"type\":\"response.output_item.added\",\"output_index\":1,\"item\":{\"type\":\"custom_tool_call\",\"id\":\"fc_2\",\"name\":\"danger\",\"input\":\"\"}}\n\n",
    "data: {\"type\":\"response.function_call_arguments.delta\",\"output_index\":0,\"item_id\":\"fc_1\",\"delta\":\"{\\\"q\\\":\\\"DROP \"}\n\n",
    "data: {\"type\":\"response.function_call_arguments.delta\",\"output_index\":0,\"item_id\":\"fc_1\",\"delta\":\"TABLE a\\\"}\"}\n\n",
    "data: {\"type\":\"response.function_call_arguments.delta\",\"item_id\":\"fc_1\",\"delta\":\"TABLE a\\\"}\"}\n\n",
    "data: {\"type\":\"response.custom_tool_call_input.delta\",\"output_index\":0,\"delta\":\"{\\\"q\\\":\\\"DROP TABLE a\\\"}\"}\n\n",
    "data: {\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{\"type\":\"function_call\",\"id\":\"fc_1\",\"name\":\"safe\",\"arguments\":\"{}\"}}\n\n",
    "data: {\"Output\":[{\"type\":\"custom_tool_call\",\"name\":\"danger\",\"input\":\"\"}]}\n\n",
    "data: {\"choices\":[{\"Delta\":{\"tool_calls\":[{\"function\":{\"Name\":\"danger\"}}]}}]}\n\n",
    "data: {\"type\":\"response.mcp_call_arguments.delta\",\"output_index\":0,\"item_id\":\"fc_1\",\"delta\":\"{\\\"a\\\":1,\\\"c\\\":\"}\n\n",
    "data: {\"type\":\"response.mcp_call_arguments.delta\",\"output_index\":0,\"item_id\":\"fc_1\",\"delta\":\"}\"}\n\n",
    "data: {\"type\":\"response.function_call_arguments.delta\",\"output_index\":0,\"item_id\":\"fc_1\",\"delta\":\"{\\\"q\\\":\\\"DROP TABLE a\\\"}\"}\n\n",
    "data: {\"type\":\"response.function_call_arguments.delta\",\"output_index\":0,\"item_id\":\"fc_1\",\"delta\":\"\",\"arguments\":\"{\\\"q\\\":\\\"DROP TABLE a\\\"}\"}\n\n",
    "data: {\"choices\":[{\"index\":1,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"q\\\":\\\"DROP TABLE a\\\"}\"}}]}}]}\n\n",
    ": keep-alive\n\n",
    "id: 7\n\n",
    "data: [DONE]\n\n",
    "data: {\"x\":NaN}\n\n",
    "data: {\n",
    "data: }\n\n",
    "\r",
];

fn event(pick: u8) -> String {
    let pick = pick as usize % (DELTAS.len() + EVENTS.len());
    match DELTAS.get(pick) {
        Some(delta) => {
            format!(
                "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{delta}]}}}}]}}\n\n"
            )
        }
        None => EVENTS[pick - DELTAS.len()].to_owned(),
    }
}

fn bundle() -> Arc<Bundle> {
    let file = policy::compile::release(&[fuzz::source(RULES)]);
    let file = file.unwrap_or_else(|mistakes| panic!("{}", mistakes[0]));
    Arc::new(Bundle::decode(&file).unwrap())
}

fn principal() -> Principal {
    Principal {
        issuer: "i".into(),
        subject: "s".into(),
        groups: Vec::new(),
        agent: None,
        owners: Vec::new(),
        scopes: Vec::new(),
    }
}

fn seal() -> Seal {
    Seal::new(&[7; 32], &principal(), "c")
}

fn answer(bundle: &Arc<Bundle>) -> Answer {
    let call = Call {
        principal: principal(),
        route: "r".into(),
        cluster: "c".into(),
        kind: Kind::Mcp,
        proven: true,
        proposed: false,
        method: "POST".into(),
        authority: "a".into(),
        path: "/v1/responses".into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: String::new(),
    };
    Answer::new(Kind::Openai, Some(seal())).to(Asker {
        bundle: Arc::clone(bundle),
        call,
        path: "/v1/responses".into(),
        host: "a".into(),
        sections: Default::default(),
        mcp: None,
        said: true,
        now: 0,
    })
}

/// What goes out, as `exchange` lets it: nothing of the piece in which the answer is refused.
fn sent(bundle: &Arc<Bundle>, stream: &[u8], cut: usize) -> Option<Vec<u8>> {
    let mut events = SseStream::new(&bundle.scanner, |_| true).mended(Box::new(answer(bundle)));
    let mut out = Vec::new();
    for chunk in stream.chunks(cut.max(1)) {
        let more = events.push(chunk).ok()?;
        if events.mend()?.refuses().is_some() {
            return Some(out);
        }
        out.extend(more);
    }
    let rest = events.finish().ok()?;
    if events.mend()?.refuses().is_none() {
        out.extend(rest);
    }
    Some(out)
}

/// A client that takes of two members the last, whatever their case, and pieces by their place, joined or
/// replaced.
#[derive(Default)]
struct Client {
    joined: BTreeMap<i64, (String, String)>,
    last: BTreeMap<i64, String>,
    /// Items of the Responses API, by their place and by their id.
    items: BTreeMap<String, (String, String)>,
    whole: Vec<(String, String)>,
}

impl Client {
    fn read(&mut self, data: &str) {
        let Ok(event) = serde_json::from_str::<Value>(data) else { return };
        let event = lower(event);
        self.piece(&event);
        for output in [&event["output"], &event["response"]["output"]] {
            output.as_array().into_iter().flatten().for_each(|item| self.item(item));
        }
        if event["type"] == "response.output_item.done" {
            self.item(&event["item"]);
        }
        for piece in event["choices"][0]["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let place = piece["index"].as_f64().unwrap_or(0.0) as i64;
            for detail in [&piece["function"], &piece["custom"]] {
                let text = |name: &str| detail[name].as_str().unwrap_or_default();
                let (name, arguments) = self.joined.entry(place).or_default();
                name.push_str(text("name"));
                arguments.push_str(text("arguments"));
                arguments.push_str(text("input"));
                if !text("name").is_empty() {
                    self.last.insert(place, text("name").to_owned());
                }
            }
        }
    }

    fn piece(&mut self, event: &Value) {
        let (item, kind) = (&event["item"], event["type"].as_str().unwrap_or_default());
        let begins = kind == "response.output_item.added";
        if !begins && !kind.ends_with("arguments.delta") && !kind.ends_with("input.delta") {
            return;
        }
        let place = event["output_index"].as_f64().map(|number| format!("{number}"));
        let id = event["item_id"].as_str().or(item["id"].as_str()).map(|id| format!("id {id}"));
        // Some join the pieces of functions alone.
        let functions = kind.starts_with("response.function") || begins;
        let alone = place.iter().chain(&id).filter(|_| functions).map(|key| format!("{key} alone"));
        let keys: Vec<_> = alone.chain(place.clone()).chain(id.clone()).collect();
        for key in keys {
            let (name, arguments) = self.items.entry(key).or_default();
            name.push_str(item["name"].as_str().unwrap_or_default());
            for text in [&item["arguments"], &item["input"], &event["delta"]] {
                arguments.push_str(text.as_str().unwrap_or_default());
            }
        }
    }

    fn item(&mut self, item: &Value) {
        let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
        self.whole.push((text("name"), text("arguments") + &text("input")));
    }

    fn has_joined_danger(&self) -> bool {
        let mut calls = self.joined.iter().flat_map(|(place, (name, arguments))| {
            let last = self.last.get(place).cloned().unwrap_or_default();
            [(name.clone(), arguments.clone()), (last, arguments.clone())]
        });
        calls.any(|call| is_denied(&call))
    }
}

fn lower(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name.to_lowercase(), lower(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(lower).collect(),
        other => other,
    }
}

fn is_denied((name, arguments): &(String, String)) -> bool {
    let drops = serde_json::from_str::<Value>(arguments)
        .is_ok_and(|value| value["q"].as_str().is_some_and(|q| q.contains("DROP TABLE")));
    name == "danger" || (drops && !name.is_empty())
}

fn survive(bundle: &Arc<Bundle>, stream: &[u8], cut: usize) {
    let Some(out) = sent(bundle, stream, cut) else { return };
    let text = String::from_utf8_lossy(&out).replace("\r\n", "\n").replace('\r', "\n");
    let mut client = Client::default();
    for event in text.split_inclusive("\n\n").filter(|event| event.ends_with("\n\n")) {
        let data: Vec<&str> = event
            .lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .map(|data| data.strip_prefix(' ').unwrap_or(data))
            .collect();
        let data = data.join("\n");
        client.read(&data);
        // Pieces go out as they come; a client acts on them once it is told that they are whole.
        if data.contains("finish_reason") || data == "[DONE]" {
            assert!(!client.has_joined_danger(), "{text}");
        }
        if data.contains("response.completed") || data == "[DONE]" {
            assert!(!client.items.values().any(is_denied), "{text}");
        }
        assert!(!client.whole.iter().any(is_denied), "{text}");
        if let Ok(event) = serde_json::from_str::<Value>(&data)
            && let Some(id) = event["response"]["id"].as_str()
        {
            assert!(matches!(seal().open(Id::Object, id), Opened::Own(_)), "{id} leaves unsealed");
        }
    }
}

#[test]
fn streams() {
    let bundle = bundle();
    check!()
        .with_type::<(Vec<u8>, u8)>()
        .for_each(|(stream, cut)| survive(&bundle, stream, *cut as usize));
}

#[test]
fn pieces_of_streams() {
    let bundle = bundle();
    check!().with_type::<(Vec<u8>, u8)>().for_each(|(picks, cut)| {
        let stream: String = picks.iter().take(12).copied().map(event).collect();
        survive(&bundle, stream.as_bytes(), *cut as usize);
    });
}
