use super::Proof;
use crate::protocol::McpCall;

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream; charset=utf-8";

fn shown(method: &str, id: &str, content_type: &str, pieces: &[&str]) -> bool {
    let mcp = McpCall { id: Some(id.into()), method: method.into(), ..McpCall::default() };
    let Some(mut proof) = Proof::of(&mcp) else { return false };
    proof.begin(&[("content-type".into(), content_type.into())]);
    let last = pieces.len() - 1;
    let mut pieces = pieces.iter().enumerate();
    pieces.any(|(at, piece)| proof.push(piece.as_bytes(), at == last))
}

const INITIALIZED: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"s","version":"1"}}}"#;

#[test]
fn answers_of_mcp_servers_show_it() {
    let (one, two) = INITIALIZED.split_at(40);
    assert!(shown("initialize", "1", JSON, &[one, two]));
    assert!(shown("server/discover", "1", JSON, &[INITIALIZED]));
    let list = r#"{"jsonrpc":"2.0","id":"a","result":{"tools":[{"name":"t"}]}}"#;
    assert!(shown("tools/list", "\"a\"", JSON, &[list]));
    let called = r#"{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"x"}]}}"#;
    assert!(shown("tools/call", "7", JSON, &[called]));
    // A stream that goes on, cut anywhere.
    let event = format!(": ping\n\nevent: message\ndata: {INITIALIZED}\n\n");
    for at in 0..event.len() {
        let (one, two) = event.split_at(at);
        assert!(shown("initialize", "1", EVENTS, &[one, two, ": ping\n\n"]), "{at}");
    }
}

#[test]
fn other_answers_do_not() {
    let tools = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}"#;
    for (method, body) in [
        (
            "initialize",
            r#"{"jsonrpc":"2.0","id":2,"result":{"protocolVersion":"1","serverInfo":{}}}"#,
        ),
        ("initialize", r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"1"}}"#),
        ("initialize", r#"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#),
        ("tools/list", r#"{"jsonrpc":"2.0","id":1,"result":{"tools":["t"]}}"#),
        ("tools/call", r#"{"jsonrpc":"2.0","id":1,"result":{}}"#),
        ("tools/call", r#"{"id":1,"result":{"content":[]}}"#),
        ("tools/call", r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#),
        ("tools/call", r#"{"jsonrpc":"2.0","id":1,"method":"x","result":{"content":[]}}"#),
        ("tools/call", r#"{"jsonrpc":"2.0","id":1,"params":{},"result":{"content":[]}}"#),
        ("ping", r#"{"jsonrpc":"2.0","id":1,"result":{}}"#),
        ("tools/call", "deleted"),
    ] {
        assert!(!shown(method, "1", JSON, &[body]), "{method} {body}");
        let event = format!("data: {body}\n\n");
        assert!(!shown(method, "1", EVENTS, &[&event]), "{method} {body}");
    }
    assert!(shown("tools/list", "1", JSON, &[tools]));
    let line = format!("data: {tools}\n\n");
    for content_type in ["text/html", "text/plain", "", "application/json, text/event-stream"] {
        assert!(!shown("tools/list", "1", content_type, &[tools]), "{content_type}");
        assert!(!shown("tools/list", "1", content_type, &[&line]), "{content_type}");
    }
    assert!(!shown("tools/list", "1", JSON, &[&line]), "no event in JSON");
    assert!(!shown("tools/list", "1", JSON, &[&" ".repeat(300_000), tools]), "too long");
}
