//! What is behind the text of a record: numbered parts beside it, and what is shown of a stream while it goes on.

use super::lab::*;
use crate::exchange::{Event, Exchange, Now, Step, Steps};
use crate::record::part::{PART_MOST, PARTS_MOST, Part, Side, so_far};
use crate::record::{BodyRecord, Record};

const EVERY: u64 = 1000;

fn lab(body_limit: usize, parts_limit: usize) -> Lab {
    let mut lab = Lab::new();
    (lab.engine.record.body_limit, lab.engine.record.parts_limit) = (body_limit, parts_limit);
    lab.engine.record.lines_every_ms = EVERY;
    (lab.engine.limits.request_body, lab.engine.limits.response_body) = (1 << 20, 1 << 20);
    lab
}

fn answered(lab: &mut Lab, media: &str) -> Exchange {
    let head = lab.head("GET", "/answer", true);
    let (mut exchange, _) = lab.begin(head);
    let headers = vec![
        (":status".to_owned(), b"200".to_vec()),
        ("content-type".to_owned(), media.as_bytes().to_vec()),
    ];
    lab.on(&mut exchange, Event::ResponseHeaders { headers, end_of_stream: false });
    exchange
}

fn came(lab: &mut Lab, exchange: &mut Exchange, chunk: &[u8], end: bool, after: u64) -> Steps {
    let now = Now { unix_ms: NOW.unix_ms + after };
    exchange.on(&mut lab.engine, Event::ResponseBody { chunk, end_of_stream: end }, now)
}

fn written(steps: &Steps) -> Option<Vec<Part>> {
    steps.list.iter().rev().find_map(|step| match step {
        Step::WriteParts(text) => Some(serde_json::from_str(&format!("[{text}]")).unwrap()),
        _ => None,
    })
}

fn ended(lab: &mut Lab, exchange: &mut Exchange) -> (Record, Vec<Part>) {
    let steps = lab.on(exchange, Event::Log(None));
    (record(&steps), written(&steps).unwrap_or_default())
}

/// As a reader has it.
fn read(record: &Record, parts: &[Part]) -> BodyRecord {
    let mut body = record.response.body.clone();
    body.joined(Side::Response, parts, &record.salt);
    body
}

/// Looked for in all ways a text can lie about a cut: whatever is behind it, and however it comes.
#[test]
fn a_text_is_masked_as_one_wherever_it_is_cut() {
    for before in 70..110 {
        for step in [1, 7, 1000] {
            let mut lab = lab(64, 128);
            let mut exchange = answered(&mut lab, "text/plain");
            let text =
                format!("{} to ada@example.com é {}", "x".repeat(before - 44), "y".repeat(40));
            let shown = text.replace("ada@example.com", "[REDACTED:email]");
            let mut seen = Vec::new();
            for (at, chunk) in text.as_bytes().chunks(step).enumerate() {
                let at = 1000 + 100 * at as u64;
                seen.extend(written(&came(&mut lab, &mut exchange, chunk, false, at)));
            }
            came(&mut lab, &mut exchange, b"", true, 0);
            let (record, parts) = ended(&mut lab, &mut exchange);
            let body = read(&record, &parts);
            assert_eq!((&body.text, body.truncated), (&shown, false), "{before} {step}");
            assert!(record.response.body.text.len() <= 64 && record.response.body.truncated);
            assert!(parts.iter().all(|part| part.from >= record.response.body.text.len() as u64));
            for parts in seen {
                let last = parts.last().unwrap();
                let end = usize::try_from(last.from).unwrap() + last.text.len();
                let is_its = |part: &Part| {
                    shown[usize::try_from(part.from).unwrap()..].starts_with(&part.text)
                };
                assert!(end <= shown.len() && parts.iter().all(is_its), "{parts:?}");
            }
        }
    }
}

#[test]
fn above_the_limit_is_cut_and_said() {
    let mut lab = lab(16, 32);
    let mut exchange = answered(&mut lab, "text/plain");
    came(&mut lab, &mut exchange, "é".repeat(60).as_bytes(), true, 0);
    assert_eq!(lab.engine.parts_room.taken(), 32);
    let (record, parts) = ended(&mut lab, &mut exchange);
    assert!(record.response.body.parts_truncated);
    let body = read(&record, &parts);
    assert_eq!((body.text.len(), body.truncated, body.size), (48, true, 120));
    assert_eq!(lab.engine.parts_room.taken(), 0);
    // None at all, and all as it was before there were any.
    lab.engine.record.parts_limit = 0;
    let mut exchange = answered(&mut lab, "text/plain");
    came(&mut lab, &mut exchange, "é".repeat(60).as_bytes(), true, 0);
    let steps = lab.on(&mut exchange, Event::Log(None));
    let body = &super::lab::record(&steps).response.body;
    assert_eq!((body.text.len(), body.truncated, body.parts.len()), (16, true, 0));
    assert_eq!(written(&steps), None);
}

#[test]
fn an_answer_that_is_read_whole_has_parts_too_and_a_request_what_is_left() {
    let mut lab = lab(1024, PARTS_MOST);
    let list =
        |begin: &str, times| format!("[\"{begin}\",\"{}\"]", "ada@example.com ".repeat(times));
    let (asked, told) = (list("asked", 9_000), list("told", 11_000));
    let mut head = lab.head("POST", "/query", false);
    head.headers.push(("content-type".into(), b"application/json".to_vec()));
    let (mut exchange, _) = lab.begin(head);
    lab.body(&mut exchange, &asked);
    let headers = vec![
        (":status".to_owned(), b"200".to_vec()),
        ("content-type".to_owned(), b"application/json".to_vec()),
    ];
    lab.on(&mut exchange, Event::ResponseHeaders { headers, end_of_stream: false });
    for chunk in told.as_bytes().chunks(10_000) {
        assert_eq!(written(&came(&mut lab, &mut exchange, chunk, false, 5000)), None);
    }
    came(&mut lab, &mut exchange, b"", true, 0);
    let (mut record, parts) = ended(&mut lab, &mut exchange);
    assert!(parts.iter().all(|part| part.text.len() <= PART_MOST));
    let kept: usize = parts.iter().map(|part| part.text.len()).sum();
    assert_eq!(kept, PARTS_MOST);
    let masked = |text: &str| text.replace("ada@example.com", "[REDACTED:email]");
    let body = read(&record, &parts);
    assert_eq!((body.text, body.truncated), (masked(&told), false));
    let salt = record.salt.clone();
    assert!(record.request.body.parts_truncated);
    record.request.body.joined(Side::Request, &parts, &salt);
    assert!(masked(&asked).starts_with(&record.request.body.text));
    assert_eq!(record.request.body.text.len(), 2048 + PARTS_MOST - masked(&told).len());
    assert!(record.request.body.truncated);
}

#[test]
fn a_short_exchange_writes_none() {
    let mut lab = lab(1024, 1024);
    let mut exchange = answered(&mut lab, "text/plain");
    let first = came(&mut lab, &mut exchange, b"some ", false, 10);
    let last = came(&mut lab, &mut exchange, b"text", true, 20);
    let log = lab.on(&mut exchange, Event::Log(None));
    assert_eq!([first, last, log].map(|steps| written(&steps)), [None, None, None]);
}

/// Each line of a stream that goes on has what the one before it may not have had; in the end all stands in the last.
#[test]
fn a_stream_is_shown_while_it_goes_on() {
    let mut lab = lab(64, PARTS_MOST);
    let mut exchange = answered(&mut lab, "text/event-stream");
    let mut all = String::new();
    let (mut kept, mut longest) = (Vec::<Part>::new(), 0);
    for number in 0..200_u64 {
        let event = format!("data: {number} of ada@example.com\n\n");
        all.push_str(&event.replace("ada@example.com", "[REDACTED:email]"));
        let steps = came(&mut lab, &mut exchange, event.as_bytes(), false, number * 300);
        let Some(parts) = written(&steps) else { continue };
        longest = longest.max(parts.iter().map(|part| part.text.len()).sum());
        kept.retain(|known| parts.iter().all(|part| part.n != known.n));
        kept.extend(parts);
        assert_eq!(so_far(Side::Response, &kept), all, "{number}");
    }
    // Not all of it each time.
    assert!(longest < all.len() / 2, "{longest} of {}", all.len());
    let (record, parts) = ended(&mut lab, &mut exchange);
    let body = read(&record, &parts);
    // Its end never came.
    assert_eq!((body.text, body.truncated), (all, true));
    let numbers: Vec<u32> = parts.iter().map(|part| part.n).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1) && numbers.len() < 130);
    let own = record.response.body.text.len() as u64;
    assert_eq!(parts[0].from, own);
}

#[test]
fn however_small_its_pieces_a_stream_is_shown_so_often() {
    let mut lab = lab(1024, PARTS_MOST);
    let mut exchange = answered(&mut lab, "text/event-stream");
    let mut times = 0;
    for _ in 0..20_000 {
        let steps = came(&mut lab, &mut exchange, b"data: x\n\n", false, 100);
        times += usize::from(written(&steps).is_some());
    }
    assert!((1..20).contains(&times), "{times}");
    let mut exchange = answered(&mut lab, "text/event-stream");
    for number in 0..20_000 {
        came(&mut lab, &mut exchange, b"data: x\n\n", false, number * EVERY);
    }
    let (record, parts) = ended(&mut lab, &mut exchange);
    assert!(parts.len() < 150 && record.to_ascii_json().len() < 64 * 1024, "{}", parts.len());
}

#[test]
fn a_short_stream_is_in_its_record_alone() {
    let mut lab = lab(1024, 1024);
    let mut exchange = answered(&mut lab, "text/event-stream");
    let steps = came(&mut lab, &mut exchange, b"data: 1\n\n", false, 10);
    let shown = written(&steps).unwrap();
    assert_eq!((shown[0].from, shown[0].text.as_str()), (0, "data: 1\n\n"));
    came(&mut lab, &mut exchange, b"", true, 20);
    let steps = lab.on(&mut exchange, Event::Log(None));
    // What was shown is taken back.
    assert_eq!(written(&steps), Some(Vec::new()));
    assert_eq!(record(&steps).response.body.text, "data: 1\n\n");
}

#[test]
fn what_a_rule_wants_in_no_record_is_in_no_part() {
    let none = "match: {http: {path: [/answer]}}\n    effect: allow\n    record: none";
    let of_request = changed(
        "match: {sql: {effect: [drop_database]}}\n    effect: deny\n    message: databases are not dropped through the gateway",
        none,
    );
    let of_answer = changed(
        "match: {findings: [email]}\n    effect: redact",
        "match: {findings: [email]}\n    effect: redact\n    record: none",
    );
    for bundle in [of_request, of_answer] {
        let mut lab = lab(16, 1024);
        lab.engine.activate(bundle);
        let mut exchange = answered(&mut lab, "text/event-stream");
        for at in [10, 2000, 4000] {
            let event = "data: to ada@example.com\n\n";
            assert_eq!(written(&came(&mut lab, &mut exchange, event.as_bytes(), false, at)), None);
        }
        let (record, parts) = ended(&mut lab, &mut exchange);
        assert!(record.recording.is_some() && parts.is_empty());
        let BodyRecord { text, parts, .. } = &record.response.body;
        assert_eq!((text.as_str(), parts.len()), ("", 0));
    }
}

#[test]
fn what_is_no_text_is_in_no_part() {
    let mut lab = lab(16, 1024);
    let mut exchange = answered(&mut lab, "application/octet-stream");
    for at in [10, 2000, 4000] {
        let bytes = [[0_u8, 0xff].as_slice(), &[b'x'; 40]].concat();
        assert_eq!(written(&came(&mut lab, &mut exchange, &bytes, false, at)), None);
    }
    let (record, parts) = ended(&mut lab, &mut exchange);
    assert_eq!((record.response.body.text.as_str(), parts), ("", Vec::new()));
}
