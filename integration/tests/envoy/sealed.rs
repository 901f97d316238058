/*! The upstream sees one identity, the gateway's: what it gave to one principal no other may bring back. */

use integration::shared::{Case, case};
use integration::{Call, Reply};
use serde_json::json;

/// A message of MCP to the test's server.
pub fn message(case: &Case, method: &str) -> Call {
    let path = case.under("/tools", "mcp");
    Call::post(path).json(&json!({ "jsonrpc": "2.0", "id": 1, "method": method }))
}

/// The text between these two.
pub fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let rest = text.split_once(from).unwrap_or_else(|| panic!("no `{from}` in {text}")).1;
    rest.split_once(to).unwrap_or_else(|| panic!("no `{to}` in {text}")).0
}

#[test]
fn a_session_is_its_principals() {
    let case = case();
    let answer = json!({ "jsonrpc": "2.0", "id": 1, "result": {} }).to_string();
    let headers = [("content-type", "application/json"), ("mcp-session-id", "s-1")];
    case.reply("mcp", Reply::new(200, &headers, answer));
    let began = message(&case, "initialize").token(&case.token).send(case.gateway).expect(200);
    let session = began.header("mcp-session-id").unwrap();
    assert_ne!(session, "s-1");
    let asks = |session: &str, token: &str| {
        message(&case, "ping").token(token).header("mcp-session-id", session).send(case.gateway)
    };
    asks(&session, &case.token).expect(200);
    // The upstream gets its own id.
    let heard = |at: usize| case.requests()[at].header("mcp-session-id");
    assert_eq!((heard(0), heard(1).as_deref()), (None, Some("s-1")));
    let thief = case.gateway.token("a-thief");
    asks(&session, &thief).expect_refusal(404, "id_unknown");
    asks("s-1", &case.token).expect_refusal(404, "id_unknown");
    asks("s-1", &thief).expect_refusal(404, "id_unknown");
    // Nor with the head of a stream, nor to end it.
    for method in ["GET", "DELETE"] {
        let call = Call::new(method, case.under("/tools", "mcp")).token(&thief);
        let call = call.header("mcp-session-id", session.as_str());
        call.send(case.gateway).expect_refusal(404, "id_unknown");
    }
    let twice = message(&case, "ping").token(&case.token).header("mcp-session-id", "s-1");
    let twice = twice.header("mcp-session-id", session.as_str()).send(case.gateway);
    twice.expect_refusal(400, "request_ambiguous");
    assert_eq!(case.requests().len(), 2);
}

#[test]
fn a_stream_is_resumed_by_who_began_it() {
    let case = case();
    let events =
        "id: e-1\ndata: {}\n\n: only a comment\n\nid:e-2\r\ndata: {}\r\n\r\nid\ndata: {}\n\n";
    case.reply("mcp", Reply::event_stream().chunk(events).end(&[]));
    let stream = || Call::get(case.under("/tools", "mcp")).header("accept", "text/event-stream");
    let text = stream().token(&case.token).send(case.gateway).expect(200).text().to_owned();
    let first = between(&text, "id: ", "\n").to_owned();
    let second = between(&text, "id:e-2", "\r\n");
    assert!(first.starts_with("e-1~") && second.starts_with('~'), "{text}");
    assert!(text.ends_with("id\ndata: {}\n\n"), "{text}");
    let resume = |id: &str, token: &str| {
        stream().token(token).header("last-event-id", id).send(case.gateway)
    };
    resume(&first, &case.token).expect(200);
    assert_eq!(case.requests()[1].header("last-event-id").as_deref(), Some("e-1"));
    let thief = case.gateway.token("a-thief");
    resume(&first, &thief).expect_refusal(404, "id_unknown");
    resume("e-1", &thief).expect_refusal(404, "id_unknown");
    resume("e-1", &case.token).expect_refusal(404, "id_unknown");
    assert_eq!(case.requests().len(), 2);
}

/// A plain page's stream: what carries no word of MCP gets its events' ids sealed as well, since the route does not
/// say that it is none.
#[test]
fn a_stream_of_a_route_that_names_no_kind_is_resumed_by_who_began_it() {
    let case = case();
    case.reply("ticks", Reply::event_stream().chunk("id: 7\ndata: tick\n\n").end(&[]));
    let text = case.get("ticks").send(case.gateway).expect(200).text().to_owned();
    let id = between(&text, "id: ", "\n").to_owned();
    assert!(id.starts_with("7~"), "{text}");
    case.get("ticks").header("last-event-id", id.as_str()).send(case.gateway).expect(200);
    assert_eq!(case.requests()[1].header("last-event-id").as_deref(), Some("7"));
    let thief = Call::get(case.path("ticks")).token(&case.gateway.token("a-thief"));
    thief.header("last-event-id", id).send(case.gateway).expect_refusal(404, "id_unknown");
    let own = case.get("ticks").header("last-event-id", "7");
    own.send(case.gateway).expect_refusal(404, "id_unknown");
    // Where the route says so they are the API's own business.
    case.reply("plain", Reply::event_stream().chunk("id: 7\ndata: tick\n\n").end(&[]));
    let plain = Call::get(case.under("/api", "plain")).token(&case.token);
    let text = plain.header("last-event-id", "6").send(case.gateway).expect(200).text().to_owned();
    assert_eq!(text, "id: 7\ndata: tick\n\n");
}

/// Before 2025-03-26 a session's id stood in a URL that the server gives out.
#[test]
fn a_session_of_the_old_sse_transport_is_its_principals() {
    let case = case();
    let address = format!("{}?session_id=s-1", case.under("/tools", "messages"));
    let events = format!("event: endpoint\ndata: {address}\n\n");
    case.reply("sse", Reply::event_stream().chunk(&events).end(&[]));
    case.reply("messages", Reply::new(202, &[], ""));
    let stream = |path: String| {
        let call = Call::get(path).token(&case.token).header("accept", "text/event-stream");
        call.send(case.gateway).expect(200)
    };
    let text = stream(case.under("/tools", "sse")).text().to_owned();
    let given = between(&text, "data: ", "\n").to_owned();
    assert!(given.starts_with(&format!("{address}~")), "{given}");
    let post = |target: &str, token: &str| {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
        Call::post(target).token(token).json(&message).send(case.gateway)
    };
    post(&given, &case.token).expect(202);
    assert!(case.requests().last().unwrap().target.ends_with("?session_id=s-1"));
    let thief = case.gateway.token("a-thief");
    for (target, token) in [(&given, &thief), (&address, &thief), (&address, &case.token)] {
        post(target, token).expect_refusal(404, "id_unknown");
    }
    // Where the route does not say that it is MCP, nothing would be asked back.
    let cut = stream(case.path("sse"));
    assert!(!cut.message.complete && cut.text().is_empty(), "{}", cut.text());
    let plain = Call::get(case.under("/api", "sse")).token(&case.token);
    assert_eq!(plain.send(case.gateway).expect(200).text(), events);
}
