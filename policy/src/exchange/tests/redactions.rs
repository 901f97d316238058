//! Ways of redacting, from the request that asks to the response that comes back.

use super::lab::*;
use crate::exchange::{Event, Step};

const RESPONSES: &str = "match: {findings: [email]}\n    effect: redact\n";
const REQUESTS: &str =
    "match: {http: {path: [/mask]}, findings: [email, note]}\n    effect: redact\n";

fn by(way: &str) -> Lab {
    let mut lab = Lab::new();
    lab.engine.activate(changed(RESPONSES, &format!("{RESPONSES}    redact: {way}\n")));
    lab
}

/// What the caller gets of an upstream's answer.
fn answered(lab: &mut Lab, session: &[(&str, &str)], media: &str, body: &str) -> String {
    let mut head = lab.head("GET", "/customers", true);
    for (name, value) in session {
        let sealed = *name == "mcp-session-id";
        let value = if sealed { lab.session(value) } else { value.as_bytes().to_vec() };
        head.headers.push(((*name).to_owned(), value));
    }
    let (mut exchange, _) = lab.begin(head);
    let headers = [(":status", "200"), ("content-type", media), ("x-owner", "ada@example.com")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
    let event = Event::ResponseHeaders { headers: headers.into(), end_of_stream: false };
    let steps = lab.on(&mut exchange, event);
    let owner = steps.list.into_iter().find_map(|step| match step {
        Step::SetResponseHeader(name, value) if name == "x-owner" => String::from_utf8(value).ok(),
        _ => None,
    });
    let event = Event::ResponseBody { chunk: body.as_bytes(), end_of_stream: true };
    let out = chunk(&lab.on(&mut exchange, event)).unwrap();
    // The record does not show what rules leave of a value.
    let record = record(&lab.on(&mut exchange, Event::Log(None)));
    assert!(record.response.body.text.contains("[REDACTED:email]"), "{record:?}");
    assert!(!record.response.body.text.contains("[email:"), "{record:?}");
    assert_eq!(record.response.findings[0].count, 1);
    assert!(out.contains(&owner.unwrap()), "one form in headers and bodies: {out}");
    out
}

const BODIES: [(&str, &str); 3] = [
    ("application/json", r#"{"to":"ada@example.com"}"#),
    ("text/plain", "to ada@example.com."),
    ("text/event-stream", "data: ada@example.com\n\n"),
];

#[test]
fn a_pseudonym_joins_one_principals_session_only() {
    let mut lab = by("{as: hash}");
    for (media, body) in BODIES {
        let one = answered(&mut lab, &[("mcp-session-id", "s1")], media, body);
        assert!(!one.contains("ada@") && one.contains("[email:"), "{one}");
        assert_eq!(answered(&mut lab, &[("mcp-session-id", "s1")], media, body), one);
        assert_ne!(answered(&mut lab, &[("mcp-session-id", "s2")], media, body), one);
        assert_ne!(answered(&mut lab, &[("x-gatehouse-run", "s2")], media, body), one);
        assert_ne!(answered(&mut lab, &[], media, body), one);
        let bob = body.replace("ada", "bob");
        assert_ne!(one, {
            let mut lab = by("{as: hash}");
            answered_without_owner(&mut lab, media, &bob)
        });
    }
}

fn answered_without_owner(lab: &mut Lab, media: &str, body: &str) -> String {
    let mut head = lab.head("GET", "/customers", true);
    head.headers.push(("mcp-session-id".to_owned(), lab.session("s1")));
    let (mut exchange, _) = lab.begin(head);
    let headers = vec![
        (":status".to_owned(), b"200".to_vec()),
        ("content-type".to_owned(), media.as_bytes().to_vec()),
    ];
    lab.on(&mut exchange, Event::ResponseHeaders { headers, end_of_stream: false });
    let event = Event::ResponseBody { chunk: body.as_bytes(), end_of_stream: true };
    chunk(&lab.on(&mut exchange, event)).unwrap()
}

#[test]
fn a_text_stands_in_all_that_comes_back() {
    let mut lab = by("{as: fixed, text: (no address)}");
    for (media, body) in BODIES {
        let expected = body.replace("ada@example.com", "(no address)");
        assert_eq!(answered(&mut lab, &[], media, body), expected);
    }
}

#[test]
fn a_request_goes_on_with_what_its_rule_leaves() {
    let mut lab = Lab::new();
    let rules = format!("{REQUESTS}    redact: {{as: fixed, text: (removed)}}\n");
    lab.engine.activate(changed(REQUESTS, &rules));
    let (mut exchange, _) = lab.begin(lab.head("POST", "/mask", false));
    let steps = lab.body(&mut exchange, r#"{"to":"ada@example.com"}"#);
    assert!(releases(&steps));
    assert!(steps.list.contains(&Step::ReplaceRequestBody(br#"{"to":"(removed)"}"#.to_vec())));
}

/// What goes on is written into what Envoy keeps, and that has an end.
#[test]
fn a_redacted_body_is_no_longer_than_one_may_be() {
    let mut lab = Lab::new();
    let mut sent = |mails: usize| {
        let head = lab.head("POST", "/mask", false);
        let (mut exchange, _) = lab.begin(head);
        let mails = vec!["a@b.com"; mails].join(" ");
        lab.body(&mut exchange, &format!(r#"{{"to":"{mails}"}}"#))
    };
    assert!(releases(&sent(3)), "59 bytes of 64");
    let steps = sent(4);
    assert_eq!((reason(&steps), releases(&steps)), ("body_too_large", false));
    assert!(!steps.list.iter().any(|step| matches!(step, Step::ReplaceRequestBody(_))));
}
