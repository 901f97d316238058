use serde_json::Value;

use super::lab::*;
use crate::exchange::{Event, Exchange, Flow, Step, Steps};
use crate::record::End;

fn released(lab: &mut Lab) -> Exchange {
    let head = lab.head("GET", "/customers", true);
    let (exchange, steps) = lab.begin(head);
    assert!(releases(&steps));
    exchange
}

fn headers(lab: &mut Lab, exchange: &mut Exchange, list: &[(&str, &str)]) -> Steps {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), value.as_bytes().to_vec());
    let headers = list.iter().map(own).collect();
    lab.on(exchange, Event::ResponseHeaders { headers, end_of_stream: false })
}

fn push(lab: &mut Lab, exchange: &mut Exchange, text: &str, end_of_stream: bool) -> Steps {
    lab.on(exchange, Event::ResponseBody { chunk: text.as_bytes(), end_of_stream })
}

const JSON: &[(&str, &str)] = &[(":status", "200"), ("content-type", "application/json")];

#[test]
fn json_is_masked_when_it_is_whole() {
    let mut lab = Lab::new();
    let mut exchange = released(&mut lab);
    let head = [JSON, &[("content-length", "30"), ("etag", "\"x\"")]].concat();
    let steps = headers(&mut lab, &mut exchange, &head);
    assert!(steps.list.contains(&Step::RemoveResponseHeader("content-length".into())));
    assert!(steps.list.contains(&Step::RemoveResponseHeader("etag".into())));
    let first = push(&mut lab, &mut exchange, r#"{"mail":"ada@exa"#, false);
    assert_eq!(chunk(&first).as_deref(), Some(""));
    let last = push(&mut lab, &mut exchange, r#"mple.com"}"#, true);
    assert_eq!(chunk(&last).as_deref(), Some(r#"{"mail":"[REDACTED:email]"}"#));
    let record = record(&lab.on(&mut exchange, Event::Log(None)));
    assert_eq!(record.end, End::Complete);
    assert_eq!(record.response.findings[0].kind, "email");
    assert!(record.response.findings[0].redacted);
    assert_eq!(record.verdict.rules[0].rule, "mask-e-mail");
}

#[test]
fn text_flows_and_a_split_value_is_masked() {
    let mut lab = Lab::new();
    let mut exchange = released(&mut lab);
    headers(&mut lab, &mut exchange, &[(":status", "200"), ("content-type", "text/plain")]);
    let mut out = String::new();
    for (text, end) in [("hello ada@exa", false), ("mple.com and", false), (" bye", true)] {
        let steps = push(&mut lab, &mut exchange, text, end);
        out.push_str(&chunk(&steps).unwrap_or_else(|| text.to_owned()));
    }
    assert_eq!(out, "hello [REDACTED:email] and bye");
}

#[test]
fn json_by_another_name_is_json() {
    let mut lab = Lab::new();
    let mut exchange = released(&mut lab);
    headers(&mut lab, &mut exchange, &[(":status", "200"), ("content-type", "image/png")]);
    let steps = push(&mut lab, &mut exchange, r#" {"mail":"\u0061da@example.com"}"#, true);
    assert_eq!(chunk(&steps).as_deref(), Some(r#" {"mail":"[REDACTED:email]"}"#));
}

#[test]
fn text_in_another_character_set_is_refused() {
    let answer = |media: &str, body: &str| {
        let mut lab = Lab::new();
        let mut exchange = released(&mut lab);
        let head = [(":status", "200"), ("content-type", media)];
        let steps = headers(&mut lab, &mut exchange, &head);
        if response(&steps).is_some() {
            return reason(&steps).to_owned();
        }
        let steps = push(&mut lab, &mut exchange, body, true);
        if steps.list.contains(&Step::ResetResponse) {
            return "reset".to_owned();
        }
        let out = chunk(&steps).unwrap_or_else(|| body.to_owned());
        let error = serde_json::from_str::<Value>(&out).ok();
        let code = error.and_then(|error| error["error"]["code"].as_str().map(str::to_owned));
        code.unwrap_or(out)
    };
    let utf16: String = "ada@example.com".chars().flat_map(|c| [c, '\0']).collect();
    assert_eq!(answer("application/json; charset=utf-16", &utf16), "response_encoded");
    assert_eq!(answer("text/plain; charset=UTF-16LE", &utf16), "response_encoded");
    assert_eq!(answer("application/json", &utf16), "response_unreadable");
    for called_text in ["text/plain", "application/xml", "text/csv"] {
        assert_eq!(answer(called_text, &utf16), "reset", "{called_text}");
    }
    assert_eq!(answer("image/png", "a\0b"), "a\0b");
    assert_eq!(answer("text/html; charset=iso-8859-1", "ada@example.com"), "[REDACTED:email]");
}

#[test]
fn what_leads_past_the_gateway_is_refused_at_the_head() {
    let mut lab = Lab::new();
    for (list, told) in [
        (vec![(":status", "200"), ("content-encoding", "gzip")], "response_encoded"),
        (vec![(":status", "206")], "response_unreadable"),
        (vec![(":status", "307"), ("location", "https://evil.example/")], "response_redirect"),
        (vec![(":status", "302"), ("location", "//evil.example/")], "response_redirect"),
        (vec![(":status", "302"), ("location", "/\t/evil.example/")], "response_redirect"),
        (vec![(":status", "302"), ("location", "https://evil.example/é")], "response_redirect"),
        (
            vec![(":status", "302"), ("location", "/a"), ("location", "//evil.example")],
            "response_redirect",
        ),
        (
            vec![
                (":status", "200"),
                ("content-encoding", "identity"),
                ("content-encoding", "gzip"),
            ],
            "response_encoded",
        ),
        (vec![(":status", "401"), ("www-authenticate", "Basic")], "credential_refused"),
        (vec![(":status", "101")], "upgrade_refused"),
    ] {
        let mut exchange = released(&mut lab);
        let steps = headers(&mut lab, &mut exchange, &list);
        assert_eq!((steps.flow, reason(&steps)), (Flow::Pause, told));
        let own = push(&mut lab, &mut exchange, "our own answer", true);
        assert_eq!(own.list, [], "the gateway's own answer is left alone");
        assert_eq!(record(&lab.on(&mut exchange, Event::Log(None))).end, End::Refused);
    }
    let mut exchange = released(&mut lab);
    let steps = headers(&mut lab, &mut exchange, &[(":status", "302"), ("location", "/here")]);
    assert_eq!(steps.flow, Flow::Continue);
}

#[test]
fn places_elsewhere_are_taken_off_other_answers() {
    let mut lab = Lab::new();
    for (name, value, stays) in [
        ("location", "/orders/7", true),
        ("location", "https://upstream.example/orders/7", false),
        ("operation-location", "//upstream.example/jobs/7", false),
        ("content-location", "https://upstream.example/", false),
        ("link", "</orders?page=2>; rel=\"next\"", true),
        ("link", "</a>; rel=prev, <https://upstream.example/b>; rel=next", false),
        ("link", "<//upstream.example/b>", false),
        ("x-location", "https://upstream.example/", true),
    ] {
        let mut exchange = released(&mut lab);
        let steps = headers(&mut lab, &mut exchange, &[(":status", "201"), (name, value)]);
        let taken = steps.list.contains(&Step::RemoveResponseHeader(name.into()));
        assert_eq!((steps.flow, taken), (Flow::Continue, !stays), "{name}: {value}");
    }
}

#[test]
fn response_headers_are_masked() {
    let mut lab = Lab::new();
    let mut exchange = released(&mut lab);
    let steps =
        headers(&mut lab, &mut exchange, &[(":status", "200"), ("x-owner", "ada@example.com")]);
    let masked = Step::SetResponseHeader("x-owner".into(), b"[REDACTED:email]".to_vec());
    assert!(steps.list.contains(&masked));
}

/// The head is out by then: the body is all that can tell a plain caller why.
#[test]
fn denied_json_becomes_an_error_in_its_place() {
    let mut lab = Lab::new();
    let mut exchange = released(&mut lab);
    headers(&mut lab, &mut exchange, JSON);
    assert_eq!(chunk(&push(&mut lab, &mut exchange, r#"{"t":"#, false)).as_deref(), Some(""));
    let steps = push(&mut lab, &mut exchange, r#""TICKET-123456"}"#, true);
    assert!(!steps.list.contains(&Step::ResetResponse));
    let told: Value = serde_json::from_str(&chunk(&steps).unwrap()).unwrap();
    assert_eq!(told["error"]["code"], "response_denied");
    let message = told["error"]["message"].as_str().unwrap();
    assert!(message.ends_with("Do not retry."), "{message}");
    assert!(!told.to_string().contains("123456"), "{told}");
    let record = record(&lab.on(&mut exchange, Event::Log(None)));
    assert_eq!(
        (record.end, record.verdict.reason.unwrap().code()),
        (End::Refused, "response_denied")
    );
    assert_eq!(told["error"]["ref"], record.exchange);
    assert!(!record.response.body.text.contains("123456"));
}

/// In any other form the error would pass for what was asked for, and half of a body for a whole one.
#[test]
fn what_did_not_promise_json_is_reset() {
    for (media, chunks) in [
        ("text/plain", &["TICKET-123456 "][..]),
        ("text/plain", &[r#"{"t":"TICKET-123456"}"#]),
        ("text/plain", &["a long line that went out. ", "TICKET-123456 "]),
        ("text/csv", &["TICKET-123456\n"]),
        ("image/png", &[r#"["TICKET-123456"]"#]),
        ("text/event-stream", &["data: TICKET-123456\n\n"]),
    ] {
        let mut lab = Lab::new();
        let mut exchange = released(&mut lab);
        headers(&mut lab, &mut exchange, &[(":status", "200"), ("content-type", media)]);
        let mut out = String::new();
        let mut reset = false;
        for (number, text) in chunks.iter().enumerate() {
            let steps = push(&mut lab, &mut exchange, text, number + 1 == chunks.len());
            out.push_str(&chunk(&steps).unwrap_or_else(|| (*text).to_owned()));
            reset |= steps.list.contains(&Step::ResetResponse);
        }
        assert!(reset && !out.contains("error") && !out.contains("123456"), "{media}: {out}");
        let record = record(&lab.on(&mut exchange, Event::Log(None)));
        assert_eq!(record.end, End::Reset, "{media}");
    }
}

#[test]
fn a_denied_tool_result_becomes_an_error_in_its_place() {
    let mut lab = Lab::new();
    let head = lab.head("POST", "/mcp", false);
    let (mut exchange, _) = lab.begin(head);
    lab.engine.limits.request_body = 1000;
    let body = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"q"}}"#;
    assert!(releases(&lab.body(&mut exchange, body)));
    headers(&mut lab, &mut exchange, JSON);
    let answer = r#"{"jsonrpc":"2.0","id":7,"result":{"x":"TICKET-123456"}}"#;
    let steps = push(&mut lab, &mut exchange, answer, true);
    let told = chunk(&steps).unwrap();
    assert!(told.contains("\"isError\":true") && told.contains("\"id\":7"), "{told}");
    assert!(!told.contains("TICKET-123456"));
    assert_eq!(chunk(&push(&mut lab, &mut exchange, "rest", true)).as_deref(), Some(""));
}

#[test]
fn a_response_over_the_limit_is_not_passed_on() {
    let mut lab = Lab::new();
    let mut exchange = released(&mut lab);
    headers(&mut lab, &mut exchange, JSON);
    push(&mut lab, &mut exchange, &format!("[{}", "1,".repeat(127)), false);
    let steps = push(&mut lab, &mut exchange, "1,1,1", false);
    let told: Value = serde_json::from_str(&chunk(&steps).unwrap()).unwrap();
    assert_eq!(told["error"]["code"], "response_too_large");
    assert_eq!(chunk(&push(&mut lab, &mut exchange, ",1]", true)).as_deref(), Some(""));
    assert_eq!(
        record(&lab.on(&mut exchange, Event::Log(None))).verdict.reason.unwrap().code(),
        "response_too_large"
    );
}

#[test]
fn a_response_that_says_it_is_over_the_limit_is_answered_for() {
    let mut lab = Lab::new();
    let mut exchange = released(&mut lab);
    let length = ("content-length", "257");
    let steps = headers(&mut lab, &mut exchange, &[JSON, &[length]].concat());
    assert_eq!(reason(&steps), "response_too_large");
    assert_eq!(response(&steps).unwrap().status, 502);
}

#[test]
fn trailers_do_not_lose_what_is_held_back() {
    let mut lab = Lab::new();
    for (text, cut) in [("mail ada@exa", true), ("no mail here. ", false)] {
        let mut exchange = released(&mut lab);
        headers(&mut lab, &mut exchange, &[(":status", "200"), ("content-type", "text/plain")]);
        push(&mut lab, &mut exchange, text, false);
        let steps = lab.on(&mut exchange, Event::ResponseTrailers { trailers: vec![] });
        assert_eq!(steps.list.contains(&Step::ResetResponse), cut, "{text}");
    }
}
