//! The old SSE transport of MCP, whose sessions no seal could tell apart.

use super::lab::*;
use crate::call::Kind;
use crate::exchange::{Event, Step};

/// What the caller gets of a stream on such a route, and whether it was cut.
fn stream(kind: Kind, events: &str) -> (String, bool) {
    let mut lab = Lab::new();
    let mut head = lab.head("GET", "/sse", true);
    head.route.kind = kind;
    let (mut exchange, steps) = lab.begin(head);
    assert!(releases(&steps), "{steps:?}");
    let headers = [(":status", "200"), ("content-type", "text/event-stream")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).into();
    lab.on(&mut exchange, Event::ResponseHeaders { headers, end_of_stream: false });
    let mut out = String::new();
    for byte in events.as_bytes() {
        let chunk_of = std::slice::from_ref(byte);
        let steps =
            lab.on(&mut exchange, Event::ResponseBody { chunk: chunk_of, end_of_stream: false });
        out.push_str(&chunk(&steps).unwrap_or_else(|| char::from(*byte).into()));
        if steps.list.contains(&Step::ResetResponse) {
            return (out, true);
        }
    }
    (out, false)
}

#[test]
fn a_server_that_gives_out_an_endpoint_is_cut_off() {
    for kind in [Kind::Mcp, Kind::Auto] {
        for event in [
            "event: endpoint\ndata: /messages?session_id=s-1\n\n",
            "event:endpoint\r\ndata: /messages?session_id=s-1\r\n\r\n",
            "data: /messages?session_id=s-1\nevent: x\nevent: endpoint\n\n",
            "\u{feff}event: endpoint\rdata: /messages?session_id=s-1\r\r",
        ] {
            let (out, cut) = stream(kind, event);
            assert!(cut && out.is_empty(), "{out}");
            let (out, cut) = stream(kind, &format!(": hello\n\n{event}"));
            // Behind the first byte of a stream a mark is a part of the name.
            assert!(event.starts_with("\u{feff}") || (cut && !out.contains("s-1")), "{out}");
        }
    }
}

#[test]
fn other_streams_flow() {
    let endpoint = "event: endpoint\ndata: /a\n\n";
    assert_eq!(stream(Kind::Http, endpoint), (endpoint.to_owned(), false));
    for events in [
        "event: message\ndata: {\"endpoint\":1}\n\n",
        "event: endpoints\ndata: endpoint\n\n",
        ": event: endpoint\nevents: endpoint\n\n",
    ] {
        assert_eq!(stream(Kind::Auto, events), (events.to_owned(), false));
        assert_eq!(stream(Kind::Mcp, events), (events.to_owned(), false));
    }
}
