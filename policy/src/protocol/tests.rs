use proptest::prelude::*;

use super::{Protocol, ReadError, read};
use crate::call::Kind;
use crate::json::Node;
use crate::reason::Reason;

fn head(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn post(kind: Kind, body: &str) -> Result<Protocol<'_>, ReadError> {
    read(kind, "POST", &head(&[("content-type", "application/json")]), body)
}

fn reason(result: Result<Protocol<'_>, ReadError>) -> Reason {
    result.unwrap_err().reason
}

#[test]
fn a_tool_call() {
    let body = r#"{"params":{"arguments":{"id":1,"name":"read"},"name":"\u0064elete_file"},
        "id":"7\u0041","method":"tools/call","jsonrpc":"2.0"}"#;
    let protocol = post(Kind::Auto, body).unwrap();
    assert_eq!(protocol.kind, Kind::Mcp);
    let call = protocol.mcp.unwrap();
    assert!(call.is_tool_call());
    assert_eq!(call.tool.as_deref(), Some("delete_file"));
    assert_eq!(call.id.as_deref(), Some(r#""7\u0041""#));
    let params = protocol.json.unwrap().get("params").cloned().unwrap();
    assert_eq!(params.get("arguments").unwrap().get("id"), Some(&Node::Number("1")));
}

#[test]
fn other_messages() {
    let call = |body: &str| post(Kind::Mcp, body).unwrap().mcp.unwrap();
    let read =
        call(r#"{"jsonrpc":"2.0","id":0,"method":"resources/read","params":{"uri":"file:///x"}}"#);
    assert_eq!((read.id.as_deref(), read.resources), (Some("0"), vec!["file:///x".to_owned()]));
    let gone = call(
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3,"reason":"late"}}"#,
    );
    assert_eq!((gone.id, gone.cancels.as_deref()), (None, Some("3")));
    let prompt = call(r#"{"jsonrpc":"2.0","id":1.0,"method":"prompts/get","params":{"name":"p"}}"#);
    assert_eq!((prompt.id.as_deref(), prompt.prompt.as_deref()), (Some("1.0"), Some("p")));
    for method in ["resources/subscribe", "resources/unsubscribe"] {
        let bare = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{}}}}"#);
        assert_eq!(call(&bare).resources, [""; 0]);
        let named = bare.replace("{}", r#"{"uri":"file:///x"}"#);
        assert_eq!(call(&named).resources, ["file:///x"]);
        let odd = bare.replace("{}", r#"{"uri":["file:///x"]}"#);
        assert_eq!(reason(post(Kind::Mcp, &odd)), Reason::BodyUnreadable);
    }
    let answer = call(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    assert_eq!(answer.method, "");
    assert!(post(Kind::Mcp, r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#).is_ok());
}

#[test]
fn what_mcp_readers_take_differently_is_refused() {
    for body in [
        "",
        "ping",
        "[]",
        "7",
        "{}",
        r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Name":"b"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","Method":"tools/call"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","param\u017f":{"name":"a"}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestid":1}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["a"]}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a\u0000b"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":[1]}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#,
        r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":["ping"]}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#,
        r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
        r#"{"id":1,"method":"ping"}"#,
        "\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
    ] {
        assert_eq!(reason(post(Kind::Mcp, body)), Reason::BodyUnreadable, "{body}");
    }
    assert_eq!(reason(post(Kind::Auto, r#"[{"jsonrpc":"2.0"}]"#)), Reason::BodyUnreadable);
    assert_eq!(reason(post(Kind::Auto, r#"[1,{"jsonrpc":"2.0"}]"#)), Reason::BodyUnreadable);
    assert_eq!(reason(post(Kind::Auto, r#"{"JsonRpc":"2.0"}"#)), Reason::BodyUnreadable);
}

#[test]
fn headers_have_to_agree_with_the_body() {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"é"}}"#;
    let with = |headers: &[(&str, &str)]| read(Kind::Mcp, "POST", &head(headers), body);
    assert!(with(&[("mcp-method", "tools/call"), ("mcp-name", "é")]).is_ok());
    assert!(with(&[("mcp-name", "=?base64?w6k=?=")]).is_ok());
    for headers in [
        [("mcp-method", "tools/list"), ("x", "")],
        [("mcp-method", "tools/call"), ("mcp-method", "ping")],
        [("mcp-name", "list"), ("x", "")],
        [("mcp-name", "=?base64?!?="), ("x", "")],
        [("mcp-name", "é"), ("mcp-name", "=?base64?eA==?=")],
    ] {
        assert_eq!(reason(with(&headers)), Reason::RequestAmbiguous, "{headers:?}");
    }
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    assert!(read(Kind::Mcp, "POST", &head(&[("mcp-method", "tools/list")]), list).is_ok());
}

#[test]
fn a_name_in_the_head_is_in_the_message() {
    let said = |name: &str, method: &str, params: &str| {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let result = read(Kind::Mcp, "POST", &head(&[("mcp-name", name)]), &body);
        result.map(|_| ()).map_err(|error| error.reason)
    };
    let refused = Err(Reason::RequestAmbiguous);
    for (name, method, params, same) in [
        ("t", "tools/list", "{}", false),
        ("", "tools/list", "{}", false),
        ("x", "tasks/get", r#"{"taskId":"t"}"#, false),
        ("t", "tasks/get", r#"{"taskId":"t"}"#, true),
        ("=?base64?dA==?=", "tasks/get", r#"{"taskId":"t"}"#, true),
        ("t", "tasks/get", r#"{"of":{"taskId":"t"}}"#, false),
        ("a:b", "resources/read", r#"{"uri":"a:c","cursor":"a:b"}"#, false),
        (
            "a:b",
            "subscriptions/listen",
            r#"{"notifications":{"resourceSubscriptions":["a:b"]}}"#,
            true,
        ),
        (
            "a:b",
            "subscriptions/listen",
            r#"{"notifications":{"resourceSubscriptions":["a:c"]}}"#,
            false,
        ),
        ("p", "completion/complete", r#"{"ref":{"type":"ref/prompt","name":"q"}}"#, false),
    ] {
        let wanted = if same { Ok(()) } else { refused };
        assert_eq!(said(name, method, params), wanted, "{name} {method} {params}");
    }
}

#[test]
fn what_is_listened_to_and_completed_is_named() {
    let listen = |wanted: &str| {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{{"notifications":{wanted}}}}}"#
        );
        let read = post(Kind::Mcp, &body).map(|read| read.mcp.unwrap().resources);
        read.map_err(|error| error.reason)
    };
    assert_eq!(listen(r#"{"resourceSubscriptions":["a:b","c:\u0064"]}"#).unwrap(), ["a:b", "c:d"]);
    for none in ["{}", r#"{"toolsListChanged":true}"#, r#"{"resourceSubscriptions":null}"#] {
        assert_eq!(listen(none).unwrap(), [""; 0], "{none}");
    }
    let many = |count: usize| {
        let uris = vec![r#""a:b""#; count].join(",");
        listen(&format!(r#"{{"resourceSubscriptions":[{uris}]}}"#))
    };
    assert_eq!(many(128).unwrap().len(), 128);
    assert_eq!(many(129), Err(Reason::BodyUnreadable));
    for odd in [
        "[]",
        "null",
        r#"{"resourceSubscriptions":"a:b"}"#,
        r#"{"resourceSubscriptions":["a:b",7]}"#,
        r#"{"resourceSubscriptions":["a\u0000"]}"#,
        r#"{"ResourceSubscriptions":["a:b"]}"#,
        r#"{"resource_subscriptions":["a:b"]}"#,
        r#"{"resourceSubscriptions":[],"Resource_subscriptions":["a:b"]}"#,
    ] {
        assert_eq!(listen(odd), Err(Reason::BodyUnreadable), "{odd}");
    }
    let complete = |of: &str| {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{{"ref":{of}}}}}"#
        );
        let call = post(Kind::Mcp, &body).map(|read| read.mcp.unwrap());
        call.map(|call| (call.prompt, call.resources)).map_err(|error| error.reason)
    };
    let prompt = complete(r#"{"type":"ref/prompt","name":"p","title":"P"}"#).unwrap();
    assert_eq!(prompt, (Some("p".to_owned()), vec![]));
    let template = complete(r#"{"type":"ref/resource","uri":"a:{b}"}"#).unwrap();
    assert_eq!(template, (None, vec!["a:{b}".to_owned()]));
    assert_eq!(complete("{}").unwrap(), (None, vec![]));
    for odd in [
        "[]",
        r#"{"type":"ref/prompt","name":"p","uri":"a:b"}"#,
        r#"{"type":"ref/prompt","name":7}"#,
        r#"{"type":"ref/prompt","Name":"p"}"#,
        r#"{"uri":["a:b"]}"#,
    ] {
        assert_eq!(complete(odd), Err(Reason::BodyUnreadable), "{odd}");
    }
}

#[test]
fn auto_settles() {
    let kind = |method: &str, headers: &[(&str, &str)], body: &str| {
        read(Kind::Auto, method, &head(headers), body).unwrap().kind
    };
    assert_eq!(kind("POST", &[], r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#), Kind::Mcp);
    assert_eq!(kind("GET", &[("mcp-session-id", "s")], ""), Kind::Mcp);
    assert_eq!(kind("DELETE", &[("mcp-protocol-version", "2025-11-25")], ""), Kind::Mcp);
    assert_eq!(kind("GET", &[], ""), Kind::Http);
    assert_eq!(kind("POST", &[], r#"{"method":"ping","id":1}"#), Kind::Http);
    assert_eq!(
        kind("POST", &[], r#"{"jsonrpc":"2.0","method":"eth_call","params":[1]}"#),
        Kind::Http
    );
    assert_eq!(kind("POST", &[], "[1,2]"), Kind::Http);
    assert_eq!(kind("POST", &[], "plain words"), Kind::Http);
}

#[test]
fn http_bodies() {
    fn with<'a>(content_type: &str, body: &'a str) -> Result<Protocol<'a>, ReadError> {
        read(Kind::Http, "POST", &head(&[("content-type", content_type)]), body)
    }
    assert!(with("text/plain", "DROP it").unwrap().json.is_none());
    assert_eq!(
        with("text/plain", " {\"a\":1}").unwrap().json,
        Some(Node::Object(vec![("a".into(), Node::Number("1"))]))
    );
    assert_eq!(with("application/problem+json", "7").unwrap().json, Some(Node::Number("7")));
    assert!(with("application/json", "").unwrap().json.is_none());
    assert!(with("application/json; charset=UTF-8", "{}").is_ok());
    assert!(read(Kind::Http, "GET", &[], "").is_ok());
    for (content_type, body) in [
        ("application/json", "{\"a\":1,\"a\":2}"),
        ("text/plain", "{\"a\":1,\"a\":2}"),
        ("image/png", "{\"a\":NaN}"),
        ("application/json", "words"),
        ("application/json", "\u{feff}"),
        ("text/plain", "\u{feff}{}"),
        ("text/plain", "{a:1}"),
    ] {
        assert_eq!(
            reason(with(content_type, body)),
            Reason::BodyUnreadable,
            "{content_type} {body}"
        );
    }
    for content_type in ["text/plain; charset=utf-16", "application/json;Charset=\"latin1\""] {
        assert_eq!(reason(with(content_type, "{}")), Reason::BodyEncoded, "{content_type}");
    }
    let gzip = head(&[("content-encoding", "gzip")]);
    assert_eq!(reason(read(Kind::Http, "POST", &gzip, "{}")), Reason::BodyEncoded);
}

#[test]
fn lines_of_json() {
    let lines = |kind, body| {
        read(kind, "POST", &head(&[("content-type", "application/x-ndjson; charset=utf-8")]), body)
    };
    let several = lines(Kind::Auto, "{\"a\": 1}\n\n{\"b\": 2}\r\n").unwrap();
    assert_eq!((several.kind, several.json), (Kind::Http, None));
    let one = lines(Kind::Auto, "{\"a\": 1}\n").unwrap();
    assert!(one.json.is_some(), "a single value is a body like any other");
    for body in [
        "{\"a\": 1}\n{\"a\": 1, \"a\": 2}",
        "{\"a\": 1}\n{",
        "1\n{\"a\": 1}",
        "[{\"jsonrpc\": \"2.0\", \"method\": \"tools/call\"}]\n{}",
        "{\"a\": 1} {\"b\": 2}\n{}",
        "{}\n{\"jsonrpc\": \"2.0\", \"method\": \"tools/call\"}",
    ] {
        assert_eq!(reason(lines(Kind::Auto, body)), Reason::BodyUnreadable, "{body}");
    }
    for kind in [Kind::Mcp, Kind::Openai] {
        assert_eq!(reason(lines(kind, "{}\n{}")), Reason::BodyUnreadable);
    }
    assert_eq!(reason(post(Kind::Auto, "{}\n{}")), Reason::BodyUnreadable);
}

#[test]
fn openai_bodies_are_objects() {
    assert!(post(Kind::Openai, r#"{"model":"m"}"#).is_ok());
    assert!(read(Kind::Openai, "GET", &[], "").is_ok());
    for body in ["[]", "7", "{"] {
        assert_eq!(reason(post(Kind::Openai, body)), Reason::BodyUnreadable);
    }
    assert_eq!(reason(read(Kind::Openai, "POST", &[], "--boundary")), Reason::BodyUnreadable);
}

#[test]
fn errors_quote_nothing() {
    let secret = "hunter2";
    for body in [format!("{{\"{secret}\":1,\"{secret}\":2}}"), format!("{{{secret}}}")] {
        assert!(!post(Kind::Auto, &body).unwrap_err().detail.contains(secret));
    }
}

proptest! {
    #[test]
    fn no_body_panics(body in any::<String>(), pieces in prop::collection::vec(
        prop_oneof![
            Just("{"), Just("}"), Just("["), Just("]"), Just(","), Just(":"), Just("\"jsonrpc\""),
            Just("\"2.0\""), Just("\"method\""), Just("\"tools/call\""), Just("\"params\""),
            Just("\"name\""), Just("\"id\""), Just("7"), Just("null"), Just("\u{feff}"),
        ], 0..24)
    ) {
        for kind in [Kind::Auto, Kind::Http, Kind::Mcp, Kind::Openai] {
            let _ = post(kind, &body);
            if let Ok(protocol) = post(kind, &pieces.concat()) {
                prop_assert_ne!(protocol.kind, Kind::Auto);
                prop_assert!(protocol.kind == Kind::Mcp || protocol.mcp.is_none());
            }
        }
    }
}

#[test]
fn a_message_says_who_sends_it() {
    let said = |headers: &[(String, String)], body: &str| {
        let call = read(Kind::Mcp, "POST", headers, body).unwrap().mcp.unwrap();
        [call.client, call.client_version, call.protocol_version].map(Option::unwrap_or_default)
    };
    let meta = |meta: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{"_meta":{meta}}}}}"#)
    };
    let new = meta(
        r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"a","version":"1"}}"#,
    );
    assert_eq!(said(&[], &new), ["a", "1", "2026-07-28"]);
    let header = |version: &str| head(&[("mcp-protocol-version", version), ("x", "")]);
    assert_eq!(said(&header("2026-07-28"), &new), ["a", "1", "2026-07-28"]);
    let old = meta("{}");
    assert_eq!(said(&header("2025-11-25"), &old), ["", "", "2025-11-25"]);
    assert_eq!(said(&[], &old), ["", "", ""]);
    let opening = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","clientInfo":{"name":"a","version":"1"}}}"#;
    assert_eq!(said(&[], opening), ["a", "1", "2025-11-25"]);
    assert_eq!(said(&header("2025-06-18"), opening), ["a", "1", "2025-11-25"]);
    let odd = meta(r#"{"io.modelcontextprotocol/clientInfo":[1]}"#);
    assert_eq!(said(&[], &odd), ["", "", ""]);

    let refused = |headers: &[(String, String)], body: &str| {
        read(Kind::Mcp, "POST", headers, body).unwrap_err().reason
    };
    assert_eq!(refused(&header("2025-11-25"), &new), Reason::RequestAmbiguous);
    let number = meta(r#"{"io.modelcontextprotocol/protocolVersion":7}"#);
    assert_eq!(refused(&header("2025-11-25"), &number), Reason::RequestAmbiguous);
    let twice =
        head(&[("mcp-protocol-version", "2025-11-25"), ("mcp-protocol-version", "2026-07-28")]);
    assert_eq!(refused(&twice, &old), Reason::RequestAmbiguous);
    for wrong in [
        meta(r#"{"io.modelcontextprotocol/ClientInfo":{}}"#),
        meta(r#"{"io.modelcontextprotocol/clientInfo":{"Name":"b","name":"a"}}"#),
    ] {
        assert_eq!(refused(&[], &wrong), Reason::BodyUnreadable);
    }
}

/// Names are kept several times while a call waits for people.
#[test]
fn names_have_an_end() {
    let long = |length: usize| "a".repeat(length);
    let call = |name: &str, id: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":"{id}","method":"tools/call","params":{{"name":"{name}"}}}}"#
        )
    };
    let read = |uri: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{{"uri":"{uri}"}}}}"#
        )
    };
    let fine = [call(&long(8192), "1"), call("t", &long(8190)), read(&long(8192))];
    for body in &fine {
        let mcp = post(Kind::Mcp, body).unwrap().mcp.unwrap();
        assert!((8192..8300).contains(&mcp.size()), "{}", mcp.size());
    }
    for body in [call(&long(8193), "1"), call("t", &long(8191)), read(&long(8193))] {
        assert_eq!(reason(post(Kind::Mcp, &body)), Reason::BodyUnreadable);
    }
}
