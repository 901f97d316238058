//! Findings that a rule leaves alone: judged, redacted and recorded one by one.

use super::lab::*;
use crate::allowance::digest;
use crate::exchange::{Event, Exchange, Now, Step};

const MASK: &str = "match: {http: {path: [/mask]}, findings: [email, note]}\n    effect: redact\n";
const RESPONSES: &str = "match: {findings: [email]}\n    effect: redact\n";
const TICKETS: &str = "match: {findings: [ticket]}\n    effect: deny\n";
const JSON: (&str, &str) = ("content-type", "application/json");

/// Until the second after `NOW`.
fn with(rule: &str, allowance: &str) -> Lab {
    let until = "until: '2027-01-15T08:00:01Z', reason: ours";
    let mut lab = Lab::new();
    let allowed = format!("{rule}    allow_findings: [{{{allowance}, {until}}}]\n");
    lab.engine.activate(changed(rule, &allowed));
    lab
}

fn sent(
    lab: &mut Lab,
    (media, name): (&str, &str),
    path: &str,
    body: &str,
    now: Now,
) -> (Exchange, String) {
    let mut head = lab.head("POST", path, false);
    head.headers.push((media.to_owned(), name.as_bytes().to_vec()));
    let mut exchange = Exchange::new();
    exchange.on(&mut lab.engine, Event::RequestHeaders(head), now);
    let event = Event::RequestBody { body: body.as_bytes(), upstream_attempts: 0 };
    let steps = exchange.on(&mut lab.engine, event, now);
    if !releases(&steps) {
        return (exchange, reason(&steps).to_owned());
    }
    let replaced = steps.list.iter().find_map(|step| match step {
        Step::ReplaceRequestBody(bytes) => Some(String::from_utf8(bytes.clone()).unwrap()),
        _ => None,
    });
    (exchange, replaced.unwrap_or_else(|| body.to_owned()))
}

const BODY: &str = r#"{"to":"a@x.com","cc":["b@x.com"]}"#;

#[test]
fn a_request_is_redacted_but_for_the_field() {
    let mut lab = with(MASK, "kind: email, field: /to");
    let (mut exchange, out) = sent(&mut lab, JSON, "/mask", BODY, NOW);
    assert_eq!(out, r#"{"to":"a@x.com","cc":["[REDACTED:email]"]}"#);
    let record = record(&lab.on(&mut exchange, Event::Log(None)));
    let found = &record.request.findings[0];
    // Some of them passed: it is not said that the kind was redacted.
    assert_eq!((found.count, found.redacted, found.allowed), (2, false, true));
    assert_eq!(record.request.body.text, r#"{"to":"[REDACTED:email]","cc":["[REDACTED:email]"]}"#);

    // The rule has nothing to do where it leaves all alone.
    let (mut exchange, out) = sent(&mut lab, JSON, "/mask", r#"{"to":"a@x.com"}"#, NOW);
    assert_eq!(out, r#"{"to":"a@x.com"}"#);
    let record = super::lab::record(&lab.on(&mut exchange, Event::Log(None)));
    let found = &record.request.findings[0];
    assert!(record.verdict.rules.is_empty());
    assert_eq!((found.count, found.redacted, found.allowed), (1, false, true));
    // A rule that has no say in the call leaves nothing alone.
    let (mut exchange, _) = sent(&mut lab, JSON, "/other", r#"{"to":"a@x.com"}"#, NOW);
    let record = super::lab::record(&lab.on(&mut exchange, Event::Log(None)));
    assert!(!record.request.findings[0].allowed);
}

#[test]
fn it_is_left_alone_until_its_moment() {
    let mut lab = with(MASK, "kind: email, field: /*/0");
    let body = r#"{"cc":["b@x.com"]}"#;
    let at = |ms: u64| Now { unix_ms: NOW.unix_ms + ms };
    assert_eq!(sent(&mut lab, JSON, "/mask", body, at(999)).1, body);
    assert_eq!(sent(&mut lab, JSON, "/mask", body, at(1000)).1, r#"{"cc":["[REDACTED:email]"]}"#);
}

#[test]
fn no_field_where_the_upstream_may_read_something_else() {
    let mut lab = with(MASK, "kind: email, field: /to");
    for media in ["text/plain", "application/x-www-form-urlencoded"] {
        let (_, out) = sent(&mut lab, ("content-type", media), "/mask", r#"{"to":"a@x.com"}"#, NOW);
        assert!(!out.contains("a@x.com"), "{media}: {out}");
    }
    // Nor does the body excuse what stands in the target.
    let (_, out) = sent(&mut lab, JSON, "/mask?to=a@x.com", r#"{"to":"a@x.com"}"#, NOW);
    assert_eq!(out, "denied");
}

fn answered(lab: &mut Lab, media: &str, body: &str) -> (String, crate::record::Record) {
    let (mut exchange, _) = lab.begin(lab.head("GET", "/customers", true));
    let headers = [(":status", "200"), ("content-type", media)];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
    lab.on(&mut exchange, Event::ResponseHeaders { headers: headers.into(), end_of_stream: false });
    let event = Event::ResponseBody { chunk: body.as_bytes(), end_of_stream: true };
    let steps = lab.on(&mut exchange, event);
    let out = chunk(&steps).unwrap_or_else(|| body.to_owned());
    (out, record(&lab.on(&mut exchange, Event::Log(None))))
}

#[test]
fn a_response_is_redacted_but_for_the_field() {
    let mut lab = with(RESPONSES, "kind: email, field: /to");
    let expected = r#"{"to":"a@x.com","cc":["[REDACTED:email]"]}"#;
    let (out, record) = answered(&mut lab, "application/json", BODY);
    assert_eq!(out, expected);
    assert!(record.response.findings[0].allowed && !record.response.findings[0].redacted);
    assert!(!record.response.body.text.contains("a@x.com"));
    // Event by event, in its data alone.
    let events = format!("data: {BODY}\n\nid: a@x.com\ndata: a@x.com\n\n");
    let (out, record) = answered(&mut lab, "text/event-stream", &events);
    assert_eq!(
        out,
        format!("data: {expected}\n\nid: [REDACTED:email]\ndata: [REDACTED:email]\n\n")
    );
    assert!(record.response.findings[0].allowed && !record.response.findings[0].redacted);
    for media in ["text/plain", "application/octet-stream"] {
        assert!(!answered(&mut lab, media, BODY).0.contains("a@x.com"), "{media}");
    }
}

#[test]
fn a_value_is_left_alone_in_whatever_flows() {
    let salt = "bundle: {name: lab, version: 1.0.0, serial: 1}";
    let tag = digest("0123456789abcdef", "email", b"a@x.com");
    let allowance = format!(
        "{RESPONSES}    allow_findings: [{{kind: email, value: '{tag}', until: '2027-01-15T08:00:01Z', reason: x}}]\n"
    );
    let mut lab = Lab::new();
    let salted = "bundle: {name: lab, version: 1.0.0, serial: 1, salt: 0123456789abcdef}";
    lab.engine.activate(changed_both((salt, salted), (RESPONSES, &allowance)));
    for (media, body, expected) in [
        ("application/json", BODY, r#"{"to":"a@x.com","cc":["[REDACTED:email]"]}"#),
        ("text/plain", "a@x.com b@x.com", "a@x.com [REDACTED:email]"),
        ("text/event-stream", "data: a@x.com b@x.com\n\n", "data: a@x.com [REDACTED:email]\n\n"),
    ] {
        let (out, record) = answered(&mut lab, media, body);
        assert_eq!(out, expected);
        let found = &record.response.findings[0];
        assert_eq!((found.count, found.allowed, found.redacted), (2, true, false), "{media}");
    }
}

#[test]
fn a_response_that_would_be_refused_passes_with_the_field_alone() {
    let mut lab = with(TICKETS, "kind: ticket, field: /id");
    let body = r#"{"id":"TICKET-123456"}"#;
    let (out, record) = answered(&mut lab, "application/json", body);
    assert_eq!(out, body);
    assert!(record.verdict.rules.is_empty() && record.response.findings[0].allowed);
    for (media, body) in [
        ("application/json", r#"{"id":"TICKET-123456","x":"TICKET-123456"}"#),
        ("text/plain", "TICKET-123456"),
        ("text/event-stream", "data: {\"x\":\"TICKET-123456\"}\n\n"),
    ] {
        let (out, record) = answered(&mut lab, media, body);
        assert!(!out.contains("TICKET-"), "{media}: {out}");
        assert_eq!(record.verdict.reason, Some(crate::reason::Reason::ResponseDenied), "{media}");
    }
}
