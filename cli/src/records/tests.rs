use policy::record::Record;
use policy::record::part::{self, Part, Side};

use super::Records;

fn record(exchange: &str, started_ms: u64) -> Record {
    Record { exchange: exchange.to_owned(), started_ms, ..Record::default() }
}

fn line(record: &Record) -> String {
    let record = record.to_ascii_json();
    format!(
        r#"{{"start_time":"2026-01-01T00:00:00.000Z","status":200,"flags":"","details":"via_upstream","route":"upstream-0","upstream_host":"127.0.0.1:1","duration_ms":3,"bytes_received":1,"bytes_sent":2,"records":[{record}]}}"#
    )
}

fn parse(lines: &[String]) -> Records {
    let mut records = Records::default();
    records.parse((lines.join("\n") + "\n").as_bytes()).unwrap();
    records
}

#[test]
fn lines_come_back_and_bad_ones_are_counted() {
    let half = &line(&record("late", 9))[..40];
    let unseen = r#"{"start_time":"t","status":400,"flags":"DPE","records":[]}"#;
    // Whatever Envoy's own fields may hold some day, they bring in no second record.
    let twice = line(&record("two", 3)).replacen('{', r#"{"records":[],"#, 1);
    let records = parse(&[
        line(&record("one", 1)),
        unseen.to_owned(),
        "\u{0}".to_owned(),
        twice,
        line(&record("two", 2)),
        half.to_owned(),
    ]);
    assert_eq!(records.exchanges.len(), 2);
    assert_eq!((records.unseen, records.unreadable), (1, 3));
    let two = records.find("two").unwrap();
    assert_eq!((two.record.started_ms, two.envoy.status, two.envoy.duration_ms), (2, 200, 3));
    assert_eq!(records.find("three"), None);
}

/// An agent that makes a session of each call makes no list longer than its calls.
#[test]
fn as_many_sessions_as_calls_are_read_in_time() {
    const MANY: u64 = 30_000;
    let one = |n: u64| {
        let mut record = record(&format!("x{n}"), n);
        record.claims.session = Some(format!("m{n}"));
        line(&record)
    };
    let records = parse(&(0..MANY).map(one).collect::<Vec<_>>());
    let begun = std::time::Instant::now();
    let sessions = approval::records::session::list(&records.exchanges);
    assert_eq!(sessions.len() as u64, MANY);
    for session in &sessions {
        let of_it = records.of_session(&session.id);
        assert!(matches!(of_it[..], [one] if one.record.started_ms == session.started_ms));
    }
    // A minute of it, each session by looking at all exchanges, is not a tenth.
    assert!(begun.elapsed() < std::time::Duration::from_secs(60), "{:?}", begun.elapsed());
}

#[test]
fn an_exchange_that_goes_on_is_one() {
    let part = |n, from, text: &str| {
        let part = Part { of: Side::Response, n, from, text: text.into() };
        part::to_ascii_json(&[part])
    };
    let goes_on = |part: String| {
        let line = line(&record("x", 1)).replacen('{', r#"{"type":"DownstreamPeriodic","#, 1);
        line.replace("]}", &format!("],\"parts\":[{part}]}}"))
    };
    let going = [goes_on(part(0, 0, "ab")), line(&record("y", 2)), goes_on(part(1, 2, "cd"))];
    let records = parse(&going);
    let said = |records: &Records| records.find("x").unwrap().record.response.body.text.clone();
    assert_eq!((records.exchanges.len(), said(&records).as_str()), (2, "abcd"));
    let mut end = record("x", 1);
    end.last = true;
    end.response.body.text = "abcdef".into();
    let ended = parse(&[going.as_slice(), &[line(&end)]].concat());
    assert_eq!((ended.exchanges.len(), said(&ended).as_str()), (2, "abcdef"));
    assert_eq!((ended.unseen, ended.unreadable), (0, 0));
}
