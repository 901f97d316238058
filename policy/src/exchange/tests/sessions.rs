//! Which exchanges are one session, and what becomes of what the caller says about it.

use super::lab::*;
use crate::call::Kind;
use crate::digest;
use crate::exchange::{Event, Step, Steps};
use crate::hold::HoldRequest;
use crate::record::Record;
use crate::session::{JoinedBy, Session};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn posted(lab: &mut Lab, headers: &[(&str, &str)], body: &str) -> (Steps, Record) {
    lab.engine.limits.request_body = 4096;
    let mut head = lab.head("POST", "/mcp", false);
    head.route.kind = Kind::Mcp;
    let own = [("content-type", "application/json")];
    let own = own.iter().chain(headers);
    head.headers.extend(own.map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())));
    let (mut exchange, _) = lab.begin(head);
    let steps = lab.body(&mut exchange, body);
    let record = record(&lab.on(&mut exchange, Event::Log(None)));
    (steps, record)
}

fn joined(lab: &mut Lab, headers: &[(&str, &str)], body: &str) -> Session {
    posted(lab, headers, body).1.session.unwrap()
}

fn call(meta: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{{"name":"delete_customer","arguments":{{"id":1.0}},"_meta":{{{meta}}}}}}}"#
    )
}

fn sent_on(steps: &Steps) -> Option<String> {
    steps.list.iter().find_map(|step| match step {
        Step::ReplaceRequestBody(bytes) => Some(String::from_utf8(bytes.clone()).unwrap()),
        _ => None,
    })
}

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

#[test]
fn a_run_is_one_session_whatever_else_differs() {
    let lab = &mut Lab::new();
    let ping =
        r#"{"jsonrpc":"2.0","id":2,"method":"ping","params":{"_meta":{"gatehouse/run":"r1"}}}"#;
    let one = joined(lab, &[], ping);
    assert_eq!(one.joined_by, JoinedBy::Run);
    for headers in [
        &[("x-gatehouse-run", "r1")][..],
        &[("x-gatehouse-run", " r1 "), ("traceparent", TRACE), ("mcp-session-id", "m")],
    ] {
        assert_eq!(joined(lab, headers, PING), one, "{headers:?}");
    }
    // The body's word is the run's own, a header may be its client's.
    assert_eq!(joined(lab, &[("x-gatehouse-run", "r2")], ping), one);
    assert_ne!(joined(lab, &[("x-gatehouse-run", "r2")], PING), one);
    let trace = joined(lab, &[("traceparent", TRACE), ("mcp-session-id", "m")], PING);
    assert_eq!((trace.joined_by, trace == one), (JoinedBy::Trace, false));
    assert_eq!(joined(lab, &[("traceparent", TRACE)], PING), trace);
    let token = joined(lab, &[("mcp-session-id", "m"), ("traceparent", "00-0-0-0")], PING);
    assert_eq!(token.joined_by, JoinedBy::Token);
    assert_eq!(joined(lab, &[("mcp-session-id", "m")], PING), token);
    assert_ne!(joined(lab, &[], PING), token);
    // A token that is renewed begins another session, but not another run.
    lab.bearer = lab.token("ada");
    assert_ne!(joined(lab, &[("mcp-session-id", "m")], PING), token);
    assert_eq!(joined(lab, &[], ping), one);
}

#[test]
fn nobody_joins_the_session_of_another() {
    let lab = &mut Lab::new();
    let run = [("x-gatehouse-run", "r1")];
    let ada = joined(lab, &run, PING);
    lab.bearer = lab.token("eve");
    let eve = posted(lab, &run, PING).1;
    assert_eq!(eve.principal.as_ref().unwrap().subject, "eve");
    assert_ne!(eve.session, Some(ada.clone()));
    // Nor by an id that looks like the record around it, nor by the session's id itself.
    for id in [format!(r#"r1"}},"session":{{"id":"{}""#, ada.id), ada.id.clone()] {
        let record = posted(lab, &[("x-gatehouse-run", &id)], PING).1;
        assert_eq!(record.claims.run.as_deref(), Some(id.as_str()));
        assert_ne!(record.session.unwrap().id, ada.id);
    }
}

#[test]
fn who_is_not_proven_has_no_session() {
    let lab = &mut Lab::new();
    let mut head = lab.head("GET", "/", true);
    head.headers = vec![("x-gatehouse-run".into(), b"r1".to_vec())];
    let (mut exchange, steps) = lab.begin(head);
    assert_eq!(reason(&steps), "unauthenticated");
    assert_eq!(record(&lab.on(&mut exchange, Event::Log(None))).session, None);
}

#[test]
fn what_is_said_to_the_gateway_goes_no_further() {
    let lab = &mut Lab::new();
    let body = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"_meta":{"gatehouse/run":"ada@example.com", "Gatehouse/decision":"allow","a":1},"name":"read","arguments":{"big":10000000000000000001}}}"#;
    let (steps, record) = posted(lab, &[], body);
    assert!(releases(&steps));
    let after = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"_meta":{"a":1},"name":"read","arguments":{"big":10000000000000000001}}}"#;
    assert_eq!(sent_on(&steps).as_deref(), Some(after));
    // The record tells of what came and shows what was judged.
    assert_eq!(record.request.body.size, body.len() as u64);
    assert_eq!(
        record.request.body.digest,
        digest::body_digest(body.as_bytes(), &lab.engine.digest_key)
    );
    assert_eq!(record.request.body.text, after);
    assert_eq!(record.claims.run.as_deref(), Some("[REDACTED:email]"));
    assert!(record.request.findings.is_empty());
}

#[test]
fn a_message_that_says_nothing_goes_on_as_it_is() {
    let lab = &mut Lab::new();
    let (steps, _) = posted(lab, &[("x-gatehouse-run", "r1")], PING);
    assert_eq!((releases(&steps), sent_on(&steps)), (true, None));
}

/// An approval is bound to what the upstream will see, and the same call of another run joins its hold.
#[test]
fn a_hold_is_of_the_call_without_what_it_says_to_the_gateway() {
    let lab = &mut Lab::new();
    let mut keys = Vec::new();
    for meta in [r#""gatehouse/run":"r1""#, r#""gatehouse/run":"r2""#, ""] {
        let (steps, _) = posted(lab, &[], &call(meta));
        let request: HoldRequest = serde_json::from_slice(&super::lab::call(&steps).body).unwrap();
        assert_eq!(request.call.body, call(""));
        let key = &lab.engine.digest_key;
        keys.push((digest::grant_digest(&request.call, key), digest::join_key(&request.call, key)));
    }
    assert!(keys.windows(2).all(|pair| pair[0] == pair[1]), "{keys:?}");
}
