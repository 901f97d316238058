//! What records say of the caller, of time, and of what the caller got in the upstream's place.

use super::lab::*;
use crate::engine::Subjects;
use crate::exchange::journal::Journal;
use crate::exchange::{Event, Exchange, Now};
use crate::principal::{self, Principal};
use crate::record::{AnswerRecord, Ended, Record, ResponseEdit, Speaker};
use crate::rule::Recording;

fn head(content_type: &str) -> Event<'static> {
    let headers = vec![
        (":status".to_owned(), b"200".to_vec()),
        ("content-type".to_owned(), content_type.into()),
    ];
    Event::ResponseHeaders { headers, end_of_stream: false }
}

fn over(lab: &mut Lab, exchange: &mut Exchange) -> Record {
    record(&lab.on(exchange, Event::Log(None)))
}

/// Of a call of `GET /query`.
fn answered(lab: &mut Lab, content_type: &str, body: &[u8]) -> Record {
    let (mut exchange, _) = lab.begin(lab.head("GET", "/query", true));
    lab.on(&mut exchange, head(content_type));
    lab.on(&mut exchange, Event::ResponseBody { chunk: body, end_of_stream: true });
    over(lab, &mut exchange)
}

#[test]
fn a_caller_has_one_key_whatever_its_token() {
    let mut lab = Lab::new();
    lab.scope = "read write:ada@example.com";
    let one = answered(&mut lab, "text/plain", b"x");
    assert_eq!(one.scopes, ["read", "write:[REDACTED:email]"]);
    lab.scope = "";
    let other = answered(&mut lab, "text/plain", b"x");
    assert_eq!((one.caller.len(), &one.caller), (24, &other.caller));
    assert!(one.caller.starts_with("p_") && other.scopes.is_empty());
    let mut head = lab.head("GET", "/query", true);
    head.headers = vec![("authorization".into(), format!("Bearer {}", lab.token("bob")).into())];
    let (mut exchange, _) = lab.begin(head);
    assert_ne!(over(&mut lab, &mut exchange).caller, one.caller);
    let mut nobody = lab.head("GET", "/query", true);
    nobody.headers.clear();
    let (mut exchange, _) = lab.begin(nobody);
    assert_eq!(over(&mut lab, &mut exchange).caller, "");
}

#[test]
fn a_hold_names_the_grant_that_released_it() {
    let mut lab = Lab::new();
    let (mut exchange, grant, receipt) = lab.approved();
    let pair = lab.pair("h_1", grant, receipt);
    assert!(releases(&lab.answer(&mut exchange, 200, &pair)));
    let grant = over(&mut lab, &mut exchange).hold.unwrap().grant.unwrap();
    assert_eq!((grant.id.as_str(), grant.expires_at), ("h_1", NOW.seconds() + 600));
}

#[test]
fn times_are_told_by_phase() {
    let mut lab = Lab::new();
    let at = |ms| Now { unix_ms: NOW.unix_ms + ms };
    let mut exchange = Exchange::new();
    let begun = Event::RequestHeaders(lab.head("POST", "/query", false));
    exchange.on(&mut lab.engine, begun, at(0));
    exchange.judged_at(at(1));
    let body = Event::RequestBody { body: b"x", upstream_attempts: 0 };
    exchange.on(&mut lab.engine, body, at(20));
    exchange.judged_at(at(25));
    exchange.on(&mut lab.engine, head("text/plain"), at(70));
    for (end_of_stream, ms) in [(false, 0), (true, 90)] {
        let event = Event::ResponseBody { chunk: b"y", end_of_stream };
        assert_eq!(event.is_timed(), end_of_stream);
        exchange.on(&mut lab.engine, event, at(ms));
    }
    let timings = record(&exchange.on(&mut lab.engine, Event::Log(None), at(95))).timings;
    let phases = [
        timings.body_ms,
        timings.judged_ms,
        timings.released_ms,
        timings.answered_ms,
        timings.answer_end_ms,
    ];
    assert_eq!(phases, [20, 25, 25, 70, 90].map(Some));
    assert_eq!(timings.total_ms, 95);
}

#[test]
fn what_the_gateway_said_is_recorded() {
    let mut lab = Lab::new();
    let (mut exchange, steps) = lab.begin(lab.head("TRACE", "/query", true));
    let said = response(&steps).unwrap().clone();
    let record = over(&mut lab, &mut exchange);
    let answer = AnswerRecord { by: Speaker::Gateway, status: said.status, body: said.body };
    assert_eq!(record.answer, Some(answer));
    assert!(record.response.edits.is_empty());
    assert_eq!(answered(&mut lab, "text/plain", b"x").answer, None);
}

/// Approvers may write anything.
#[test]
fn words_of_people_are_masked_there() {
    let mut lab = Lab::new();
    let (mut exchange, _) = lab.held();
    let mut state: crate::hold::HoldState =
        serde_json::from_str(&state(crate::hold::HoldStatus::Denied)).unwrap();
    state.reason_text = Some("ask ada@example.com".into());
    let steps = lab.answer(&mut exchange, 200, &serde_json::to_string(&state).unwrap());
    assert!(response(&steps).unwrap().body.contains("ada@example.com"));
    let body = over(&mut lab, &mut exchange).answer.unwrap().body;
    assert!(body.contains("ask [REDACTED:email]"), "{body}");
}

#[test]
fn what_took_the_place_of_an_answer_is_told_from_it() {
    let mut lab = Lab::new();
    let record = answered(&mut lab, "application/json", br#"{"a":"TICKET-123456"}"#);
    let answer = record.answer.unwrap();
    assert_eq!((answer.by, answer.status), (Speaker::Gateway, 200));
    assert!(answer.body.contains("response_denied"), "{}", answer.body);
    assert_eq!(record.response.edits, [ResponseEdit::Replaced]);
    assert_eq!(record.response.body.text, r#"{"a":"[REDACTED:ticket]"}"#);
    let record = answered(&mut lab, "text/plain", b"to ada@example.com");
    assert_eq!(record.response.edits, [ResponseEdit::Redacted]);
}

#[test]
fn what_envoy_said_is_no_answer_of_the_upstream() {
    let mut lab = Lab::new();
    let (mut exchange, _) = lab.begin(lab.head("GET", "/query", true));
    lab.on(&mut exchange, head("text/plain"));
    let chunk = b"upstream connect error";
    lab.on(&mut exchange, Event::ResponseBody { chunk, end_of_stream: true });
    let ended = Ended { status: 200, details: "via_upstream".into(), ..Ended::default() };
    let own =
        Ended { status: 503, flags: 1 << 5, details: "upstream_reset".into(), ..ended.clone() };
    let record = super::lab::record(&lab.on(&mut exchange, Event::Log(Some(ended))));
    assert_eq!((record.answer, record.response.status), (None, 200));

    let (mut exchange, _) = lab.begin(lab.head("GET", "/query", true));
    let headers = vec![(":status".to_owned(), b"503".to_vec())];
    lab.on(&mut exchange, Event::ResponseHeaders { headers, end_of_stream: false });
    lab.on(&mut exchange, Event::ResponseBody { chunk, end_of_stream: true });
    let record = super::lab::record(&lab.on(&mut exchange, Event::Log(Some(own))));
    let body = "upstream connect error".to_owned();
    assert_eq!(record.answer, Some(AnswerRecord { by: Speaker::Envoy, status: 503, body }));
    assert_eq!((record.response.status, record.response.body.size), (0, 0));
}

/// Where the caller leaves, or it lies idle, Envoy says so in the place of `via_upstream`.
#[test]
fn an_error_of_the_upstream_stays_its_own_whatever_ends_it() {
    let broken = |at_head: &str, (flag, details): (u32, &str)| {
        let mut lab = Lab::new();
        let (mut exchange, _) = lab.begin(lab.head("GET", "/query", true));
        let headers = vec![
            (":status".to_owned(), b"500".to_vec()),
            ("content-type".to_owned(), b"text/plain".to_vec()),
        ];
        lab.on(&mut exchange, Event::ResponseHeaders { headers, end_of_stream: false });
        let chunk = b"row 1: ada@example.com, and half of another row of that table";
        lab.on(&mut exchange, Event::ResponseBody { chunk, end_of_stream: false });
        let ended = Ended {
            status: 500,
            flags: 1 << flag,
            details: details.into(),
            details_at_head: at_head.into(),
            ..Ended::default()
        };
        super::lab::record(&lab.on(&mut exchange, Event::Log(Some(ended))))
    };
    for end in [(14, "downstream_remote_disconnect"), (16, "stream_idle_timeout")] {
        let record = broken("via_upstream", end);
        assert_eq!((record.answer, record.response.status), (None, 500), "{end:?}");
        assert_eq!(record.response.body.size, 61);
        assert_eq!(record.response.findings[0].kind, "email");
        // What Envoy itself said stays that, too.
        let record = broken("upstream_reset_before_response_started", end);
        assert_eq!(record.answer.map(|answer| answer.by), Some(Speaker::Envoy), "{end:?}");
        assert_eq!(record.response.status, 0);
    }
}

#[test]
fn what_is_no_text_is_not_recorded_as_text() {
    let mut lab = Lab::new();
    for (content_type, body) in [
        ("image/png", &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..]),
        ("application/octet-stream", b"caf\xe9 in another encoding"),
        ("text/plain", b"caf\xe9 in another encoding"),
        ("application/json", b"{\"a\":\"caf\xe9\"}"),
        ("image/gif", b"GIF89a\0"),
    ] {
        let record = answered(&mut lab, content_type, body);
        assert_eq!(record.response.body.text, "", "{content_type}");
        let why = ["response body: it is not text, not recorded"];
        assert_eq!(record.not_inspected, why, "{content_type}");
        assert_eq!(record.response.body.size, body.len() as u64);
    }
    let record = answered(&mut lab, "text/plain", "caf\u{e9}".as_bytes());
    assert_eq!((record.response.body.text.as_str(), record.not_inspected.len()), ("caf\u{e9}", 0));
}

const PRIVATE: &str = "
  - name: patients
    on: request
    match: {http: {path: [/patients]}}
    effect: allow
    record: none
  - name: private-answers
    on: response
    match: {findings: [email]}
    effect: redact
    record: none
patterns:";

fn posted(lab: &mut Lab, path: &str, said: &[u8]) -> (Vec<Record>, Record) {
    let mut call = lab.head("POST", path, false);
    call.headers.push(("content-type".into(), b"application/json".to_vec()));
    let (mut exchange, _) = lab.begin(call);
    let early = record(&lab.body(&mut exchange, r#"{"name":"Jane Roe"}"#));
    lab.on(&mut exchange, head("application/json"));
    lab.on(&mut exchange, Event::ResponseBody { chunk: said, end_of_stream: true });
    (vec![early], over(lab, &mut exchange))
}

#[test]
fn a_rule_keeps_bodies_out_of_records() {
    let mut lab = Lab::new();
    lab.engine.activate(changed("\npatterns:", PRIVATE));
    let (early, last) = posted(&mut lab, "/patients", br#"{"found":"Jane Roe"}"#);
    for record in early.iter().chain([&last]) {
        assert!(!record.to_ascii_json().contains("Jane"), "{record:?}");
        assert_eq!(record.recording, Some(Recording::None));
        assert_eq!((record.request.body.size, record.request.body.digest.len()), (19, 55));
    }
    assert_eq!(last.response.body.size, 20);
    let (_, other) = posted(&mut lab, "/query", br#"{"found":"Jane Roe"}"#);
    assert!(other.request.body.text.contains("Jane") && other.response.body.text.contains("Jane"));
    assert_eq!(other.recording, None);
    // By what is in the answer.
    let (_, last) = posted(&mut lab, "/query", br#"{"found":"Jane Roe, ada@example.com"}"#);
    assert!(!last.to_ascii_json().contains("Jane"), "{last:?}");
    assert_eq!((last.response.findings[0].count, last.recording), (1, Some(Recording::None)));
}

/// What is only tried is not acted on.
#[test]
fn a_rule_in_shadow_keeps_nothing_out() {
    let mut lab = Lab::new();
    let shadow = ("serial: 1}", "serial: 1, mode: shadow}");
    lab.engine.activate(changed_both(shadow, ("\npatterns:", PRIVATE)));
    let (_, record) = posted(&mut lab, "/patients", b"{}");
    assert!(record.request.body.text.contains("Jane"));
}

#[test]
fn people_may_be_named_by_keys_alone() {
    let mut lab = Lab::new();
    lab.engine.record.subjects = Subjects::Keyed;
    let record = answered(&mut lab, "text/plain", b"x");
    let principal = record.principal.clone().unwrap();
    assert_eq!((&principal.subject, record.caller.is_empty()), (&record.caller, false));
    assert_eq!(principal.issuer, "https://issuer.example");
    assert!(!record.to_ascii_json().contains("\"ada\""), "{record:?}");
}

/// A name that is an address is masked, and its key still tells an approver of that name.
#[test]
fn owners_are_told_by_keys() {
    for subjects in [Subjects::Clear, Subjects::Keyed] {
        let mut lab = Lab::new();
        lab.engine.record.subjects = subjects;
        let mut journal = Journal::default();
        let owners = vec!["ada@example.com".into(), "bob".into()];
        let principal = Principal {
            issuer: "https://issuer.example".into(),
            subject: "agent".into(),
            groups: Vec::new(),
            agent: None,
            owners,
            scopes: Vec::new(),
        };
        journal.called_by(&lab.engine, &principal, None);
        let record = &journal.record;
        assert!(!record.to_ascii_json().contains("ada@"), "{record:?}");
        let key = |name: &str| principal::owner(name, &lab.engine.digest_key);
        assert_eq!(record.owner_keys, [key(" ADA@Example.com "), key("Bob")]);
        assert!(record.owner_keys.iter().all(|key| key.len() == 24 && key.starts_with("o_")));
        assert_ne!(key("ada"), principal::owner("ada", b"another key"));
    }
}
