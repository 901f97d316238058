//! What a record has masked decides nothing, and a caller masks nothing by itself.

use super::backtests::{called, lab};
use super::lab::*;
use crate::backtest::{CannotTell, Stop, judge};
use crate::bundle::Bundle;
use crate::engine::Subjects;

const DELETES: &str = "{http: {method: [DELETE]}}";
const ANSWERS: &str = "on: response\n    match: {findings: [email]}";

fn when(text: &str) -> Bundle {
    changed(DELETES, &format!("{{}}\n    when: '{text}'"))
}

fn stops(bundle: &Bundle, body: &str) -> Result<Option<Stop>, CannotTell> {
    let record = called(&mut lab(), ("POST", "/d"), body, "{}");
    judge(bundle, &record).map(|outcome| outcome.request.stops)
}

#[test]
fn a_caller_hides_nothing_behind_a_mark_of_its_own() {
    let bundle = changed("[drop_database]", "[drop_table]");
    let denied = Ok(Some(Stop::Deny));
    for text in [
        "select '[REDACTED'; drop table users; -- ]'",
        "select '[REDACTED]'; drop table users; -- ]'",
        "select '[REDACTED:a b]'; drop table users; -- ]'",
    ] {
        assert_eq!(stops(&bundle, &serde_json::json!({"sql": text}).to_string()), denied, "{text}");
    }
    let mut lab = lab();
    let mut head = lab.head("GET", "/a", true);
    head.headers.push(("x-mode".into(), b"[REDACTED all]".to_vec()));
    let (mut exchange, _) = lab.begin(head);
    let record = record(&lab.on(&mut exchange, crate::exchange::Event::Log(None)));
    let bundle = changed(DELETES, "{http: {header: {x-mode: ['*all*']}}}");
    assert_eq!(judge(&bundle, &record).unwrap().request.stops, Some(Stop::Hold));
}

#[test]
fn of_more_marks_than_findings_nobody_knows_whose_they_are() {
    let bundle = changed("[drop_database]", "[drop_table]");
    for (body, told) in [
        (r#"{"to":"ada@example.com","cc":"[REDACTED:email]"}"#, false),
        (r#"{"cc":"[REDACTED:none]"}"#, false),
        (r#"{"to":"ada@example.com","cc":"bob@example.com"}"#, true),
    ] {
        let outcome = stops(&bundle, body);
        assert_eq!(outcome.err(), (!told).then_some(CannotTell::MaskedDecides), "{body}");
    }
}

/// Masked, one of JSON is `0` like any other.
#[test]
fn a_number_that_is_masked_decides_nothing() {
    let numbers = "patterns:\n  - {name: number, kind: number, regex: '[0-9]{7}'}\n";
    let mut lab = lab();
    lab.engine.activate(changed("patterns:\n", numbers));
    let body = r#"{"amount":1234567,"to":"bob"}"#;
    let record = called(&mut lab, ("POST", "/d"), body, "{}");
    assert_eq!(record.request.body.text, r#"{"amount":0,"to":"bob"}"#);
    let greater = when("has(context.body.amount) && context.body.amount > 100.0");
    assert_eq!(judge(&greater, &record), Err(CannotTell::MaskedDecides));
    let by_value = changed(DELETES, "{body: {/amount: ['0']}}");
    assert_eq!(judge(&by_value, &record), Err(CannotTell::MaskedDecides));
    assert!(judge(&when(r#"resource.path == "/e""#), &record).is_ok());
}

#[test]
fn a_rule_on_answers_that_reads_what_is_masked_is_no_fact() {
    let body = r#"{"to":"ada@example.com"}"#;
    let record = called(&mut lab(), ("POST", "/d"), body, r#"{"by":"bob@example.com"}"#);
    let asks = |text: &str| changed(ANSWERS, &format!("{ANSWERS}\n    when: '{text}'"));
    let masked = asks(r#"has(context.body.to) && context.body.to == "x""#);
    assert_eq!(judge(&masked, &record), Err(CannotTell::MaskedDecides));
    let other = asks(r#"has(context.body.to) && resource.path == "/d""#);
    assert!(judge(&other, &record).is_ok());
}

#[test]
fn a_rule_for_a_caller_says_nothing_of_one_that_is_only_a_key() {
    let mut lab = lab();
    let named = changed(DELETES, "{principal: {subject: [bob]}}");
    let by_when = when(r#"principal.subject == "bob""#);
    let record = called(&mut lab, ("GET", "/a"), "", "{}");
    assert!(judge(&named, &record).is_ok() && judge(&by_when, &record).is_ok());
    lab.engine.record.subjects = Subjects::Keyed;
    let record = called(&mut lab, ("GET", "/a"), "", "{}");
    for bundle in [&named, &by_when] {
        assert_eq!(judge(bundle, &record), Err(CannotTell::MaskedDecides));
    }
    assert!(judge(&lab.engine.bundle, &record).is_ok());
}

#[test]
fn an_answer_that_cannot_be_read_is_not_one_without_findings() {
    let lab = &mut lab();
    let mut record = called(lab, ("GET", "/a"), "", r#"{"a":1}"#);
    assert!(judge(&lab.engine.bundle, &record).is_ok());
    record.response.body.text = format!("{}{}", "[".repeat(65), "]".repeat(65));
    assert_eq!(judge(&lab.engine.bundle, &record), Err(CannotTell::ReadOtherwise));
}
