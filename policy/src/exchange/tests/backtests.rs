//! What was recorded, judged once more.

use std::collections::BTreeSet;

use super::lab::*;
use crate::backtest::{CannotTell, Change, Side, What, changes, judge, recorded};
use crate::bundle::Bundle;
use crate::call::Kind;
use crate::exchange::{Event, Exchange};
use crate::record::Record;

fn json() -> (String, Vec<u8>) {
    ("content-type".into(), b"application/json".to_vec())
}

fn answered(lab: &mut Lab, exchange: &mut Exchange, body: &str) {
    let headers = vec![(":status".into(), b"200".to_vec()), json()];
    lab.on(exchange, Event::ResponseHeaders { headers, end_of_stream: false });
    lab.on(exchange, Event::ResponseBody { chunk: body.as_bytes(), end_of_stream: true });
}

/// A request and, where it went on, what came back.
pub fn called(lab: &mut Lab, (method, path): (&str, &str), body: &str, answer: &str) -> Record {
    let mut head = lab.head(method, path, body.is_empty());
    if !body.is_empty() {
        head.headers.push(json());
    }
    let (mut exchange, mut steps) = lab.begin(head);
    if !body.is_empty() {
        steps = lab.body(&mut exchange, body);
    }
    if releases(&steps) {
        answered(lab, &mut exchange, answer);
    }
    record(&lab.on(&mut exchange, Event::Log(None)))
}

pub fn lab() -> Lab {
    let mut lab = Lab::new();
    lab.engine.limits.request_body = 4096;
    lab.engine.limits.response_body = 4096;
    lab
}

/// One of each kind.
fn all(lab: &mut Lab) -> Vec<Record> {
    let tool = |name: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}","arguments":{{}}}}}}"#
        )
    };
    let calls = [
        (("GET", "/a"), String::new(), r#"{"ok":1}"#),
        (("POST", "/b"), r#"{"q":"DROP DATABASE prod"}"#.into(), ""),
        (("DELETE", "/c"), String::new(), ""),
        (("POST", "/mask"), r#"{"to":"ada@example.com"}"#.into(), r#"{"by":"bob@example.com"}"#),
        (("POST", "/d"), r#"{"to":"ada@example.com"}"#.into(), r#"{"t":"TICKET-123456"}"#),
        (("POST", "/mcp"), tool("delete_customer"), ""),
        (("POST", "/mcp"), tool("read_customer"), r#"{"jsonrpc":"2.0","id":1,"result":{}}"#),
    ];
    calls.iter().map(|(target, body, answer)| called(lab, *target, body, answer)).collect()
}

fn between(record: &Record, bundle: &Bundle) -> Vec<Change> {
    changes(&recorded(record).unwrap(), &judge(bundle, record).unwrap())
}

fn kinds(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn the_same_bundle_makes_the_same_of_everything() {
    let mut lab = lab();
    for record in all(&mut lab) {
        let path = &record.request.path;
        assert_eq!(between(&record, &lab.engine.bundle), [], "{path}: {record:?}");
    }
}

/// What one word of the bundle changes, and for which calls.
#[test]
fn another_bundle_is_told_by_what_it_would_do() {
    let records = all(&mut lab());
    let told = |bundle: &Bundle| -> Vec<(String, What, Side, BTreeSet<String>)> {
        let each = records.iter().flat_map(|record| {
            let path = record.request.path.clone();
            between(record, bundle)
                .into_iter()
                .map(move |change| (path.clone(), change.what, change.of, change.kinds))
        });
        each.collect()
    };
    let one = |path: &str, what, of, found: &[&str]| (path.to_owned(), what, of, kinds(found));
    let (request, response) = (Side::Request, Side::Response);
    let cases = [
        (
            ("[DELETE]", "[GET]"),
            vec![one("/a", What::Hold, request, &[]), one("/c", What::Pass, request, &[])],
        ),
        (("effect: hold\n    hold:", "effect: deny\n#"), vec![one("/c", What::Deny, request, &[])]),
        (("[drop_database]", "[drop_table]"), vec![one("/b", What::Pass, request, &[])]),
        (
            ("path: [/mask]", "path: [/d]"),
            vec![
                one("/mask", What::Unmask, request, &["email"]),
                one("/d", What::Mask, request, &["email"]),
            ],
        ),
        (
            (
                "on: response\n    match: {findings: [email]}",
                "on: response\n    match: {findings: [note]}",
            ),
            vec![one("/mask", What::Unmask, response, &["email"])],
        ),
        (
            ("[ticket]}\n    effect: deny", "[ticket]}\n    effect: redact"),
            vec![one("/d", What::Pass, response, &[])],
        ),
        (
            ("tool: [delete_customer]", "tool: [read_customer]"),
            vec![one("/mcp", What::Pass, request, &[]), one("/mcp", What::Hold, request, &[])],
        ),
    ];
    for ((from, to), wanted) in cases {
        assert_eq!(told(&changed(from, to)), wanted, "{from}");
    }
}

#[test]
fn who_decides_is_named() {
    let records = all(&mut lab());
    let changes = between(&records[0], &changed("[DELETE]", "[GET]"));
    assert_eq!(changes[0].rules, kinds(&["ask-before-delete"]));
    let shadow = changed("[DELETE]}}", "[GET]}}\n    mode: shadow");
    let outcome = judge(&shadow, &records[0]).unwrap();
    assert_eq!(outcome.request.shadow, kinds(&["ask-before-delete"]));
    assert_eq!(outcome.request.stops, None);
}

#[test]
fn what_a_record_cannot_tell_is_said() {
    let mut lab = lab();
    let record = called(&mut lab, ("POST", "/d"), r#"{"to":"ada@example.com"}"#, "{}");
    let with = |change: &dyn Fn(&mut Record)| {
        let mut record = record.clone();
        change(&mut record);
        judge(&lab.engine.bundle, &record).err()
    };
    assert_eq!(with(&|_| ()), None);
    assert_eq!(with(&|one| one.request.body.truncated = true), Some(CannotTell::RequestCut));
    assert_eq!(with(&|one| one.request.body.text.clear()), Some(CannotTell::RequestNotKept));
    assert_eq!(with(&|one| one.request.body.text.push('}')), Some(CannotTell::ReadOtherwise));
    // Refused before anybody asked a rule.
    let head = lab.head("POST", "/", false);
    let (mut exchange, _) = lab.begin(head);
    lab.body(&mut exchange, "\0");
    let unread = record_of(&mut lab, &mut exchange);
    assert_eq!(recorded(&unread), None);
}

fn record_of(lab: &mut Lab, exchange: &mut Exchange) -> Record {
    record(&lab.on(exchange, Event::Log(None)))
}

/// A condition that reads what is masked: nobody knows what it would say.
#[test]
fn where_masked_text_decides_nobody_can_tell() {
    let mut lab = lab();
    let record = called(&mut lab, ("POST", "/d"), r#"{"to":"ada@example.com"}"#, "{}");
    let asks =
        |text: &str| changed("{http: {method: [DELETE]}}", &format!("{{}}\n    when: '{text}'"));
    let masked = asks(r#"has(context.body.to) && context.body.to == "x""#);
    assert_eq!(judge(&masked, &record), Err(CannotTell::MaskedDecides));
    let other = asks(r#"has(context.body.by) && context.body.by == "x""#);
    assert!(judge(&other, &record).is_ok());
}

/// As the upstream sees it, which is what rules see; and by the kind that the route says.
#[test]
fn it_is_judged_as_it_was_sent_on() {
    let mut lab = lab();
    let mut head = lab.head("DELETE", "/api/a", true);
    head.route.prefix = "/api".into();
    head.route.rewrite = "/v2".into();
    head.route.host = Some("upstream.example".into());
    head.route.kind = Kind::Http;
    let (mut exchange, _) = lab.begin(head);
    let record = record_of(&mut lab, &mut exchange);
    let target = record.request.judged_as.clone().unwrap();
    assert_eq!((&target.authority[..], &target.path[..]), ("upstream.example", "/v2/a"));
    assert!(!record.kind_guessed);
    let narrow =
        changed("method: [DELETE]", "method: [DELETE], path: [/v2/a], host: [upstream.example]");
    assert_eq!(between(&record, &narrow), []);
    let plain = called(&mut lab, ("GET", "/a"), "", "{}");
    assert_eq!((plain.request.judged_as, plain.kind_guessed), (None, true));
}
