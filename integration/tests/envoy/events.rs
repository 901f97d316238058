/*! Event streams: masked event by event, never kept whole. */

use std::sync::Arc;

use integration::http1::Connection;
use integration::shared::case;
use integration::wait::{Gate, SOON};
use integration::{Reply, sample};

/// Reads from the connection until the text holds `wanted`.
#[track_caller]
fn read_until(connection: &mut Connection, text: &mut String, wanted: &str) {
    let start = std::time::Instant::now();
    while !text.contains(wanted) {
        assert!(start.elapsed() < SOON, "no `{wanted}` in {text}");
        let bytes = connection.bytes().unwrap_or_else(|| panic!("the stream ended: {text}"));
        text.push_str(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn each_event_goes_out_when_it_is_whole() {
    let case = case();
    let (first, second) = (Arc::new(Gate::default()), Arc::new(Gate::default()));
    let ssn = sample::ssn();
    let (left, right) = ssn.split_at(4);
    let reply = Reply::event_stream()
        .chunk(format!("id: 1\nevent: message\ndata: {{\"ssn\":\"{ssn}\"}}\n\n"))
        .wait(&first)
        .chunk(format!(": comment\r\ndata: plain {left}"))
        .chunk(format!("{right}\r\n\r\n"))
        .wait(&second)
        .chunk("data: end\n\n")
        .end(&[]);
    case.reply("events", reply);
    let mut connection = Connection::open(&case.gateway.address);
    connection.write(case.get("events").bytes());
    let head = connection.head().unwrap();
    assert_eq!(head.header("content-type").as_deref(), Some("text/event-stream"));
    let mut text = String::new();
    read_until(
        &mut connection,
        &mut text,
        "\nevent: message\ndata: {\"ssn\":\"[REDACTED:us-ssn]\"}\n\n",
    );
    // Its id can be brought back by nobody else.
    assert!(text.contains("id: 1~"), "{text}");
    first.open();
    read_until(&mut connection, &mut text, ": comment\r\ndata: plain [REDACTED:us-ssn]\r\n\r\n");
    assert!(!text.contains("data: end"));
    second.open();
    read_until(&mut connection, &mut text, "data: end\n\n");
    assert!(!text.contains(&ssn));
    case.record("events");
}

/// One event over the limit ends the stream with an error, not with the event.
#[test]
fn an_endless_event_is_refused() {
    let case = case();
    let mut reply = Reply::event_stream().chunk("data: fine\n\ndata: ");
    for _ in 0..100 {
        reply = reply.chunk("x".repeat(65_536));
    }
    case.reply("events", reply.chunk("\n\n").end(&[]));
    let mut connection = Connection::open(&case.gateway.address);
    connection.write(case.get("events").bytes());
    let response = connection.response(false).unwrap();
    assert!(response.text().starts_with("data: fine\n\n"), "{}", response.text());
    assert!(response.message.body.len() < 65_536, "{} bytes", response.message.body.len());
    let record = case.record("events");
    assert_eq!(record.reason(), "over_budget");
    assert_eq!(record.record["response"]["status"], 200);
}
