use super::lab::*;
use crate::exchange::{Event, Step};
use crate::record::End;
use crate::record::chain::{Link, record_digest};

#[test]
fn a_record_says_who_what_and_why_and_no_value_in_clear() {
    let mut lab = Lab::new();
    let mut head = lab.head("POST", "/query?to=ada%40example.com", false);
    head.headers.push(("x-gatehouse-run".into(), b"run-1".to_vec()));
    let (mut exchange, early) = lab.begin(head);
    assert_eq!(record(&early).end, End::Unfinished);
    lab.body(&mut exchange, r#"{"to":"ada@example.com"}"#);
    let record = record(&lab.on(&mut exchange, Event::Log));
    let line = record.to_ascii_json();
    assert!(!line.contains("ada@") && !line.contains("ada%40") && !line.contains("eyJ"), "{line}");
    assert_eq!(record.principal.unwrap().subject, "ada");
    assert_eq!(record.claims.run.as_deref(), Some("run-1"));
    assert_eq!(record.request.findings[0].count, 1);
    assert!(!record.request.findings[0].redacted);
    assert!(record.request.body.digest.starts_with("blake2b-256:"));
    assert_eq!(record.request.body.size, 24);
    assert_eq!(record.revision, lab.engine.bundle.revision);
    assert_eq!((record.part, record.last, record.end), (0, true, End::Aborted));
}

#[test]
fn records_of_one_worker_are_a_chain() {
    let mut lab = Lab::new();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let head = lab.head("GET", "/", true);
        let (mut exchange, _) = lab.begin(head);
        let steps = lab.on(&mut exchange, Event::Log);
        let [Step::WriteRecord(line), Step::WriteLink(link), ..] = &steps.list[..] else {
            panic!("{steps:?}")
        };
        let link: Link = serde_json::from_str(link).unwrap();
        assert_eq!(link.record, record_digest(line));
        assert!(line.starts_with("{\"version\":2,\"salt\":\""), "{line}");
        seen.push(link);
    }
    for pair in seen.windows(2) {
        assert_eq!((pair[1].sequence, &pair[1].chain), (pair[0].sequence + 1, &pair[0].chain));
        assert_eq!(pair[1].previous, pair[0].digest());
    }
    assert_eq!(lab.engine.chain.head().count, 3);
}

/// A worker that dies leaves one that nothing is tied to.
#[test]
fn a_record_is_linked_in_the_log_callback_alone() {
    let mut lab = Lab::new();
    let mut head = lab.head("POST", "/query", false);
    head.headers.push(("content-type".into(), b"application/json".to_vec()));
    let (mut exchange, early) = lab.begin(head);
    let judged = lab.body(&mut exchange, r#"{"a":1}"#);
    for steps in [&early, &judged] {
        assert!(!steps.list.iter().any(|step| matches!(step, Step::WriteLink(_))), "{steps:?}");
    }
    assert_eq!(lab.engine.chain.head().count, 0);
    let salt = record(&early).salt;
    assert_eq!((record(&lab.on(&mut exchange, Event::Log)).salt, salt.len()), (salt, 22));
}

#[test]
fn a_body_that_could_not_be_read_is_not_copied() {
    let mut lab = Lab::new();
    let mut head = lab.head("POST", "/query", false);
    head.headers.push(("content-type".into(), b"application/json".to_vec()));
    let (mut exchange, _) = lab.begin(head);
    let steps = lab.body(&mut exchange, r#"{"a":1,"a":"ada@example.com"}"#);
    assert_eq!(reason(&steps), "body_unreadable");
    let record = record(&lab.on(&mut exchange, Event::Log));
    assert_eq!((record.request.body.text.as_str(), record.end), ("", End::Refused));
}

#[test]
fn a_fact_that_is_not_to_be_had_is_named_without_its_value() {
    let mut lab = Lab::new();
    let asks = "match: {http: {path: [/pay]}, body: {/amount: ['5']}}";
    lab.engine.activate(changed("match: {sql: {effect: [drop_database]}}", asks));
    let mut head = lab.head("POST", "/pay", false);
    head.headers.push(("content-type".into(), b"application/json".to_vec()));
    let (mut exchange, _) = lab.begin(head);
    let steps = lab.body(&mut exchange, r#"{"amount":{"cents":4711}}"#);
    assert_eq!(reason(&steps), "fact_unavailable");
    let detail = record(&steps).verdict.detail.unwrap();
    let told = &response(&steps).unwrap().body;
    for text in [&detail, told] {
        assert!(text.contains("needs `/amount` in the body, which"), "{text}");
        assert!(!text.contains("cents") && !text.contains("4711"), "{text}");
    }
}
