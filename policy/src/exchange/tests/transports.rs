//! The old SSE transport of MCP, whose sessions are in the address that its stream begins with.

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

const ADDRESSES: [&str; 4] = [
    "event: endpoint\ndata: /messages?session_id=s-1\n\n",
    "event:endpoint\r\ndata: /messages?session_id=s-1\r\n\r\n",
    "data: /messages?session_id=s-1\nevent: x\nevent: endpoint\n\n",
    "\u{feff}event: endpoint\rdata: /messages?session_id=s-1\r\r",
];

/// Where nobody says that it is MCP nothing could be asked back.
#[test]
fn a_session_is_given_out_where_it_is_asked_back() {
    for event in ADDRESSES {
        let (out, cut) = stream(Kind::Auto, event);
        assert!(cut && out.is_empty(), "{out}");
        let (out, cut) = stream(Kind::Mcp, event);
        assert!(!cut && out.contains("/messages?session_id=s-1~"), "{out}");
        let (out, cut) = stream(Kind::Mcp, &event.replace("session_id=", ""));
        assert!(cut && out.is_empty(), "{out}");
    }
}

#[test]
fn an_address_is_for_whom_it_was_given_to() {
    let lab = Lab::new();
    let given = lab.sealed(crate::seal::Id::Session, "s-1");
    let given = format!("/messages?session_id={}", String::from_utf8(given).unwrap());
    let (out, _) = stream(Kind::Mcp, ADDRESSES[0]);
    assert_eq!(out.lines().nth(1).and_then(|line| line.strip_prefix("data: ")), Some(&*given));
    let post = |subject: &str, target: &str| {
        let mut lab = Lab::new();
        lab.bearer = lab.token(subject);
        let mut head = lab.head("POST", target, false);
        head.route.kind = Kind::Mcp;
        lab.begin(head).1
    };
    let opened = Step::SetRequestHeader(":path", "/messages?session_id=s-1".to_owned());
    assert!(post("ada", &given).list.contains(&opened));
    for (subject, target) in [("eve", given.as_str()), ("ada", "/messages?session_id=s-1")] {
        assert_eq!(reason(&post(subject, target)), "id_unknown", "{subject} {target}");
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
