//! A bundle becomes active while exchanges are under way, and before there is one.

use std::sync::Arc;

use super::lab::*;
use crate::bundle::Bundle;
use crate::exchange::{Event, Exchange, Now};

const DELETE: &str = "match: {http: {method: [DELETE]}}\n    effect: hold";

fn deny_deletes() -> Bundle {
    changed("effect: hold\n    hold: {approvers: [dba], expiry: 10m, wait: 60s}", "effect: deny")
}

#[test]
fn an_exchange_is_judged_masked_and_recorded_by_the_bundle_it_began_with() {
    let mut lab = Lab::new();
    let old = lab.engine.active().revision.clone();
    let (mut exchange, _) = lab.begin(lab.head("PATCH", "/customers/7", false));
    let holds = changed("match: {http: {method: [DELETE]}}", "match: {http: {method: [PATCH]}}");
    let masks_nothing = changed(
        "match: {findings: [email]}\n    effect: redact",
        "match: {findings: [email]}\n    effect: redact\n    mode: shadow",
    );
    lab.engine.activate(holds);
    assert!(releases(&lab.body(&mut exchange, "{}")));
    lab.engine.activate(masks_nothing);
    let mail = "{\"to\":\"ada@example.com\"}";
    let headers = vec![
        (":status".to_owned(), b"200".to_vec()),
        ("content-type".to_owned(), b"application/json".to_vec()),
    ];
    lab.on(&mut exchange, Event::ResponseHeaders { headers, end_of_stream: false });
    let event = Event::ResponseBody { chunk: mail.as_bytes(), end_of_stream: true };
    let steps = lab.on(&mut exchange, event);
    assert!(!chunk(&steps).unwrap().contains("ada@"), "{steps:?}");
    let steps = lab.on(&mut exchange, Event::Log(None));
    assert_eq!(record(&steps).revision, old);

    let (exchange, _) = lab.begin(lab.head("PATCH", "/customers/7", true));
    drop(exchange);
    assert_ne!(lab.engine.bundle.revision, old);
}

#[test]
fn a_new_exchange_is_judged_by_the_new_bundle() {
    let mut lab = Lab::new();
    let (_, steps) = lab.begin(lab.head("DELETE", "/customers/7", true));
    assert!(response(&steps).is_none(), "on hold");
    lab.engine.activate(deny_deletes());
    let (_, steps) = lab.begin(lab.head("DELETE", "/customers/7", true));
    assert_eq!(reason(&steps), "denied");
}

/// What a grant does that comes after `bundle` became active.
fn granted_after(bundle: Option<Bundle>) -> String {
    granted_at(Lab::new(), bundle, NOW)
}

fn granted_at(mut lab: Lab, bundle: Option<Bundle>, now: Now) -> String {
    let (mut exchange, grant, receipt) = lab.approved();
    let pair = lab.pair("h_1", grant, receipt);
    bundle.into_iter().for_each(|bundle| lab.engine.activate(bundle));
    let steps = lab.answer_on(&mut exchange, 200, &pair, route(), now);
    if releases(&steps) { "released".into() } else { reason(&steps).to_owned() }
}

#[test]
fn a_grant_outlives_a_bundle_only_where_the_next_one_holds_the_call_alike() {
    assert!(changed(DELETE, DELETE).rules.iter().any(|rule| rule.name == "ask-before-delete"));
    let other_words = changed("deletes a customer for good", "takes a customer away");
    let other_rule = changed("name: ask-before-delete\n", "name: ask\n");
    let other_approvers = changed("approvers: [dba]", "approvers: [sre]");
    let other_expiry = changed("expiry: 10m", "expiry: 9m");
    let not_held = changed(DELETE, "match: {http: {method: [PUT]}}\n    effect: hold");
    let one_more = changed(
        "name: ask-before-delete-by-tool\n    on: request\n    match: {mcp: {tool: [delete_customer]}}",
        "name: ask-before-anything\n    on: request",
    );
    let masks_more = changed("match: {findings: [email]}\n", "match: {findings: [email, note]}\n");
    for (bundle, told) in [
        (None, "released"),
        (Some(masks_more), "grant_invalid"),
        (Some(other_words), "released"),
        (Some(other_rule), "grant_invalid"),
        (Some(other_approvers), "grant_invalid"),
        (Some(other_expiry), "grant_invalid"),
        (Some(not_held), "grant_invalid"),
        (Some(deny_deletes()), "grant_invalid"),
        (Some(one_more), "grant_invalid"),
    ] {
        let name = bundle.as_ref().map(|bundle| bundle.revision.clone());
        assert_eq!(granted_after(bundle), told, "{name:?}");
    }
}

/// A condition on the time speaks of when the call came, however long it was held since.
#[test]
fn time_stands_still_for_a_call_on_hold() {
    let until = "match: {http: {method: [DELETE]}}\n    when: context.time <= timestamp('2027-01-15T08:00:00Z')\n    effect: hold";
    let mut lab = Lab::new();
    lab.engine.activate(changed(DELETE, until));
    let (_, steps) = lab.begin(lab.head("DELETE", "/customers/7", true));
    assert!(response(&steps).is_none(), "on hold");
    let later = Now { unix_ms: NOW.unix_ms + 30_000 };
    let other = changed(DELETE, &until.replace("08:00:00", "08:00:01"));
    assert_eq!(granted_at(lab, Some(other), later), "released");
    // By the clock of the answer this one would hold it.
    let not_yet = until
        .replace("<= timestamp('2027-01-15T08:00:00Z')", "> timestamp('2027-01-15T08:00:10Z')");
    assert_eq!(granted_at(Lab::new(), Some(changed(DELETE, &not_yet)), later), "grant_invalid");
}

#[test]
fn without_a_bundle_everything_is_refused_and_nothing_shown() {
    let mut lab = Lab::new();
    let good = Arc::clone(lab.engine.active());
    lab.engine.activate(Bundle::none());
    let (mut exchange, steps) = lab.begin(lab.head("GET", "/to/ada@example.com", false));
    assert_eq!((reason(&steps), response(&steps).unwrap().status), ("no_bundle", 503));
    assert_eq!(record(&steps).request.path, "[REDACTED]");
    // One that began without goes no further, whatever becomes active.
    lab.engine.activate(good.as_ref().clone());
    assert!(!releases(&lab.body(&mut exchange, "{}")));
    let steps = lab.on(&mut exchange, Event::Log(None));
    assert_eq!(record(&steps).revision, "");
    let (_, steps) = lab.begin(lab.head("GET", "/x", true));
    assert!(releases(&steps));
    // Refused by Envoy before any filter saw it.
    lab.engine.activate(Bundle::none());
    let steps = lab.on(&mut Exchange::new(), Event::Log(None));
    assert!(record(&steps).last);
}

/// The node id is the operator's, and of any length.
#[test]
fn what_the_service_is_told_always_fits() {
    let mut lab = Lab::new();
    let mut report = lab.engine.report(&"g".repeat(5000), &"r".repeat(5000), NOW);
    assert!(report.texts().all(|text| text.len() <= crate::report::LONGEST_TEXT));
}
