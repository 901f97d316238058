//! Lists of MCP: each caller sees what it may call, and never an error that a rule made.

use serde_json::{Value, json};

use super::lab::*;
use crate::call::Kind;
use crate::exchange::{Event, Exchange, Flow, Steps};
use crate::record::End;
use crate::rule::Rule;

const TOOLS: &str = r#"{"jsonrpc":"2.0","id":5,"result":{"tools":[ {"name":"wipe","x":1.0} , {"name":"read"},
    {"name":"wipe_all"},{"name":"delete_customer"}],"nextCursor":"c"}}"#;

const SHOWN: &str = r#"{"jsonrpc":"2.0","id":5,"result":{"tools":[ {"name":"read"},{"name":"delete_customer"}],"nextCursor":"c"}}"#;

/// The lab's rules, and more.
pub(super) fn lab(more: &[Value]) -> Lab {
    let mut lab = Lab::new();
    lab.engine.limits.request_body = 4096;
    lab.engine.limits.response_body = 1024 * 1024;
    let mut bundle = (**lab.engine.active()).clone();
    let wipe = json!({"name": "no-wiping", "match": {"mcp": {"tool_words": ["wipe"]}}});
    for rule in [&[wipe], more].concat() {
        let mut whole = json!({"on": "request", "effect": "deny"});
        whole.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
        bundle.rules.push(serde_json::from_value::<Rule>(whole).unwrap());
    }
    lab.engine.activate(bundle);
    lab
}

pub(super) fn message(method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": 5, "method": method, "params": params}).to_string()
}

fn ask_on(lab: &mut Lab, kind: Kind, method: &str) -> (Exchange, Steps) {
    let mut head = lab.head("POST", "/mcp", false);
    head.headers.push(("content-type".into(), b"application/json".to_vec()));
    head.route.kind = kind;
    let (mut exchange, _) = lab.begin(head);
    let steps = lab.body(&mut exchange, &message(method, &json!({})));
    (exchange, steps)
}

pub(super) fn ask(lab: &mut Lab, method: &str) -> Exchange {
    let (exchange, steps) = ask_on(lab, Kind::Mcp, method);
    assert_eq!(steps.flow, Flow::Continue, "{steps:?}");
    exchange
}

/// What the caller gets of an answer that comes in pieces of one byte.
pub(super) fn answered(
    lab: &mut Lab,
    exchange: &mut Exchange,
    content_type: &str,
    body: &str,
) -> String {
    answered_with(lab, exchange, "200", content_type, body)
}

fn answered_with(
    lab: &mut Lab,
    exchange: &mut Exchange,
    status: &str,
    content_type: &str,
    body: &str,
) -> String {
    let headers = [(":status", status), ("content-type", content_type)];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).into();
    let steps = lab.on(exchange, Event::ResponseHeaders { headers, end_of_stream: false });
    assert_eq!(steps.flow, Flow::Continue, "{steps:?}");
    let mut out = String::new();
    for (at, byte) in body.as_bytes().iter().enumerate() {
        let end_of_stream = at + 1 == body.len();
        let event = Event::ResponseBody { chunk: std::slice::from_ref(byte), end_of_stream };
        let steps = lab.on(exchange, event);
        assert_eq!(steps.flow, Flow::Continue, "{steps:?}");
        out.push_str(&chunk(&steps).unwrap_or_else(|| char::from(*byte).into()));
    }
    out
}

pub(super) const JSON: &str = "application/json";
pub(super) const EVENTS: &str = "text/event-stream";

#[test]
fn a_caller_sees_only_what_it_may_call() {
    let mut lab = lab(&[]);
    let mut exchange = ask(&mut lab, "tools/list");
    assert_eq!(answered(&mut lab, &mut exchange, JSON, TOOLS), SHOWN);
    let record = record(&lab.on(&mut exchange, Event::Log(None)));
    assert_eq!((record.end, record.response.hidden), (End::Complete, 2));
    for (method, answer, shown) in [
        ("prompts/list", r#"{"prompts":[{"name":"wipe"}]}"#, r#"{"prompts":[{"name":"wipe"}]}"#),
        ("tools/list", r#"{"tools":[{"name":"wipe"}]}"#, r#"{"tools":[]}"#),
        (
            "tools/list",
            r#"{"tools":[{"name":"\u0077ipe"},7,{"name":7}]}"#,
            r#"{"tools":[7,{"name":7}]}"#,
        ),
        ("tools/list", r#"{"\u0074ools":[{"name":"wipe"}]}"#, r#"{"\u0074ools":[]}"#),
        (
            "tools/list",
            r#"{"cacheScope":"public","ttlMs":9,"tools":[{"name":"wipe"},{"name":"a"}]}"#,
            r#"{"cacheScope":"private","ttlMs":9,"tools":[{"name":"a"}]}"#,
        ),
        (
            "prompts/list",
            r#"{"prompts":[],"cacheScope":"public"}"#,
            r#"{"prompts":[],"cacheScope":"private"}"#,
        ),
        // What a tool answers is not a list.
        ("tools/call", r#"{"tools":[{"name":"wipe"}]}"#, r#"{"tools":[{"name":"wipe"}]}"#),
    ] {
        let whole = |result: &str| format!(r#"{{"jsonrpc":"2.0","id":5,"result":{result}}}"#);
        let (mut exchange, steps) = match method {
            "tools/call" => {
                let mut head = lab.head("POST", "/mcp", false);
                head.route.kind = Kind::Mcp;
                let (mut exchange, _) = lab.begin(head);
                let call =
                    r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"read"}}"#;
                let steps = lab.body(&mut exchange, call);
                (exchange, steps)
            }
            _ => ask_on(&mut lab, Kind::Mcp, method),
        };
        assert!(releases(&steps));
        assert_eq!(answered(&mut lab, &mut exchange, JSON, &whole(answer)), whole(shown));
    }
}

#[test]
fn lists_in_events_are_cut_too() {
    let mut lab = lab(&[]);
    let event = |data: &str| format!("event: message\nid: 7\ndata: {data}\n\n");
    let one_line = |text: &str| text.replace("\n    ", "");
    let (tools, shown) = (one_line(TOOLS), one_line(SHOWN));
    let mut exchange = ask(&mut lab, "tools/list");
    let before = "id: 3\ndata: \n\n: ping\n\n".to_owned()
        + &event(r#"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#);
    let sent = before.clone() + &event(&tools);
    let got = answered(&mut lab, &mut exchange, EVENTS, &sent);
    // Their ids leave sealed.
    let plain: Vec<&str> = got.lines().filter(|line| !line.starts_with("id: ")).collect();
    let wanted = before + &event(&shown);
    let wanted: Vec<&str> = wanted.lines().filter(|line| !line.starts_with("id: ")).collect();
    assert_eq!(plain, wanted);
    let record = record(&lab.on(&mut exchange, Event::Log(None)));
    assert_eq!(record.response.hidden, 2);

    // In several lines.
    let mut exchange = ask(&mut lab, "tools/list");
    let split = format!("data: {}\n\n", TOOLS.replace('\n', "\ndata: "));
    let got = answered(&mut lab, &mut exchange, EVENTS, &split);
    let data: String = got.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    let names: Value = serde_json::from_str(&data).unwrap();
    assert_eq!(names["result"]["tools"], json!([{"name": "read"}, {"name": "delete_customer"}]));

    // Taken up again on the stream of a GET, where nobody says which message it answers.
    let mut head = lab.head("GET", "/mcp", true);
    head.route.kind = Kind::Mcp;
    let (mut exchange, steps) = lab.begin(head);
    assert!(releases(&steps));
    let got = answered(&mut lab, &mut exchange, EVENTS, &format!("data: {tools}\n\n"));
    assert_eq!(got, format!("data: {shown}\n\n"));
}

#[test]
fn a_list_that_a_rule_stops_is_an_empty_one() {
    let rule = |effect: &str| json!({"name": effect, "effect": effect, "match": {"mcp": {"method": ["*/list"]}}});
    for (effect, kind) in [("deny", Kind::Mcp), ("hold", Kind::Mcp), ("hold", Kind::Auto)] {
        let mut lab = lab(&[rule(effect)]);
        for (method, member) in [
            ("tools/list", "tools"),
            ("prompts/list", "prompts"),
            ("resources/list", "resources"),
            ("resources/templates/list", "resourceTemplates"),
        ] {
            let (mut exchange, steps) = ask_on(&mut lab, kind, method);
            let answer = response(&steps).unwrap();
            assert_eq!((answer.status, reason(&steps)), (200, "denied"));
            let body: Value = serde_json::from_str(&answer.body).unwrap();
            assert_eq!(body["id"], json!(5));
            assert_eq!(body["result"][member], json!([]));
            assert_eq!(body["result"]["resultType"], json!("complete"));
            assert_eq!(body["result"]["_meta"]["gatehouse/decision"], json!("denied"));
            let record = record(&lab.on(&mut exchange, Event::Log(None)));
            assert_eq!(record.end, End::Refused);
            assert_eq!(record.verdict.rules[0].rule, effect);
        }
    }
}

pub(super) fn is_empty_list(answer: &str) {
    let body: Value = serde_json::from_str(answer).unwrap_or_else(|_| panic!("{answer}"));
    assert_eq!((&body["id"], &body["result"]["tools"]), (&json!(5), &json!([])), "{answer}");
}

#[test]
fn a_list_whose_answer_must_be_refused_is_an_empty_one() {
    let mut lab = lab(&[]);
    // At the head.
    for headers in
        [[(":status", "200"), ("content-encoding", "gzip")], [(":status", "206"), ("x", "y")]]
    {
        let mut exchange = ask(&mut lab, "tools/list");
        let headers = headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
        let event = Event::ResponseHeaders { headers: headers.into(), end_of_stream: false };
        let steps = lab.on(&mut exchange, event);
        let answer = response(&steps).unwrap();
        assert_eq!(answer.status, 200);
        is_empty_list(&answer.body);
    }
    // In the body.
    let two = r#"{"jsonrpc":"2.0","id":5,"result":{"tools":[],"tools":[{"name":"wipe"}]}}"#;
    for unread in ["no JSON", two, "[1,", "\u{feff}{}"] {
        let mut exchange = ask(&mut lab, "tools/list");
        is_empty_list(&answered(&mut lab, &mut exchange, JSON, unread));
        let record = record(&lab.on(&mut exchange, Event::Log(None)));
        assert_eq!(record.verdict.reason.unwrap().code(), "response_unreadable");
        let mut exchange = ask(&mut lab, "tools/list");
        let ping = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}\n\n";
        let got = answered(&mut lab, &mut exchange, EVENTS, &format!("{ping}data: {unread}\n\n"));
        let rest = got.strip_prefix(ping).unwrap().strip_prefix("event: message\ndata: ").unwrap();
        is_empty_list(rest.trim());
    }
    // What the upstream says with another status is no list.
    let mut exchange = ask(&mut lab, "tools/list");
    let error = answered_with(&mut lab, &mut exchange, "500", "text/html", "<h1>sorry");
    assert_eq!(error, "<h1>sorry");
    lab.engine.limits.response_body = 64;
    let mut exchange = ask(&mut lab, "tools/list");
    is_empty_list(&answered(&mut lab, &mut exchange, JSON, TOOLS));
}

/// On a stream that stays open for long: it is not used up by what came before, unless nothing comes with it.
#[test]
fn lists_of_a_long_stream_are_judged_to_its_end() {
    let mut lab = lab(&[]);
    let rules = lab.engine.active().rules.len();
    let list = |padding: usize| {
        let text = "x".repeat(padding);
        let tools = format!(r#"[{{"name":"wipe"}},{{"name":"read","description":"{text}"}}]"#);
        format!("data: {{\"jsonrpc\":\"2.0\",\"result\":{{\"tools\":{tools}}}}}\n\n")
    };
    let stream = |lab: &mut Lab, event: &str, count: usize| {
        let mut head = lab.head("GET", "/mcp", true);
        head.route.kind = Kind::Mcp;
        let (mut exchange, _) = lab.begin(head);
        let headers = [(":status", "200"), ("content-type", EVENTS)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
        let headers = headers.into();
        lab.on(&mut exchange, Event::ResponseHeaders { headers, end_of_stream: false });
        let mut hidden = 0;
        for _ in 0..count {
            let event = Event::ResponseBody { chunk: event.as_bytes(), end_of_stream: false };
            let out = chunk(&lab.on(&mut exchange, event)).unwrap_or_default();
            hidden += usize::from(out.contains("read") && !out.contains("wipe"));
        }
        hidden
    };
    let once = 1_000 + 2 * (rules + 1);
    let enough = list(once / 4);
    assert_eq!(stream(&mut lab, &enough, 3_000), 3_000);
    // Of an upstream that sends many lists in few bytes those at the begin alone.
    let seen = stream(&mut lab, &list(0), 6_000);
    assert!((2_500..3_500).contains(&seen), "{seen}");
}

#[test]
fn a_list_that_takes_too_much_work_is_an_empty_one() {
    let more: Vec<Value> = (0..2000)
        .map(|n| json!({"name": format!("r{n}"), "match": {"mcp": {"tool": ["x"]}}}))
        .collect();
    let mut lab = lab(&more);
    let list = |count: usize| {
        let tools = vec![r#"{"name":"a"}"#; count].join(",");
        format!(r#"{{"jsonrpc":"2.0","id":5,"result":{{"tools":[{tools}]}}}}"#)
    };
    for (count, fits) in [(900, true), (1100, false)] {
        let mut exchange = ask(&mut lab, "tools/list");
        let headers = vec![(":status".to_owned(), b"200".to_vec())];
        lab.on(&mut exchange, Event::ResponseHeaders { headers, end_of_stream: false });
        let list = list(count);
        let event = Event::ResponseBody { chunk: list.as_bytes(), end_of_stream: true };
        let steps = lab.on(&mut exchange, event);
        match fits {
            true => assert_eq!(chunk(&steps), None, "as it came"),
            false => is_empty_list(&chunk(&steps).unwrap()),
        }
    }
}
