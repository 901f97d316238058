use proptest::prelude::*;

use super::{IGNORED_HEADERS, body_digest, grant_digest, join_key};
use crate::call::{Call, Kind};
use crate::principal::Principal;

const KEY: &[u8] = b"digest key of the tests";

fn call(kind: Kind, body: &str) -> Call {
    Call {
        principal: Principal {
            issuer: "https://issuer".into(),
            subject: "agent-7".into(),
            groups: vec!["readers".into()],
            agent: None,
            owners: Vec::new(),
            scopes: Vec::new(),
        },
        route: "upstream-0".into(),
        cluster: "upstream-0".into(),
        kind,
        proven: true,
        proposed: false,
        method: "POST".into(),
        authority: "api.internal".into(),
        path: "/mcp?x=1".into(),
        headers: vec![
            ("content-type".into(), "application/json".into()),
            ("x-env".into(), "prod".into()),
            ("traceparent".into(), "00-1".into()),
        ],
        body: body.into(),
    }
}

/// The token of the next try may have others, and the approval service learns of none.
#[test]
fn scopes_are_in_no_digest() {
    let plain = call(Kind::Http, "{}");
    let mut scoped = plain.clone();
    scoped.principal.scopes = vec!["orders.write".into()];
    assert_eq!(join_key(&plain, KEY), join_key(&scoped, KEY));
    assert_eq!(grant_digest(&plain, KEY), grant_digest(&scoped, KEY));
    assert_eq!(serde_json::to_string(&plain).unwrap(), serde_json::to_string(&scoped).unwrap());
}

/// Who may be let through is told narrowly, what was denied broadly.
#[test]
fn another_agent_or_owner_has_no_part_in_an_approval_but_in_a_denial() {
    let plain = call(Kind::Http, "{}");
    let of = |agent: Option<&str>, owners: &[&str]| {
        let mut other = plain.clone();
        other.principal.agent = agent.map(str::to_owned);
        other.principal.owners = owners.iter().map(|owner| (*owner).to_owned()).collect();
        other
    };
    let others = [of(Some("triage"), &[]), of(None, &["ann"]), of(None, &["ann", "bob"])];
    for (at, other) in others.iter().enumerate() {
        assert_eq!(join_key(&plain, KEY), join_key(other, KEY));
        assert_ne!(grant_digest(&plain, KEY), grant_digest(other, KEY));
        for one in &others[..at] {
            assert_ne!(grant_digest(one, KEY), grant_digest(other, KEY));
        }
    }
}

fn mcp(id: &str, meta: &str, arguments: &str) -> Call {
    call(
        Kind::Mcp,
        &format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"query","_meta":{meta},"arguments":{arguments}}}}}"#
        ),
    )
}

fn both(call: &Call) -> (String, String) {
    (grant_digest(call, KEY), join_key(call, KEY))
}

/// Expected values from Python's `hashlib.blake2b(text, key=key, digest_size=32)`, where the text is the
/// purpose with its length in front, and the body; of a key over 64 bytes its own `blake2b` is the key.
#[test]
fn other_tools_come_to_the_same_digest() {
    let long_key = [7; 65];
    assert_eq!(
        [body_digest(b"hello", KEY), body_digest(b"hello", &long_key), body_digest(b"", KEY)],
        [
            "blake2b-256:foAXYz6dQZlt88LZRJM_yPSAA97l72vpFdOQXqS9ZTo",
            "blake2b-256:oRN3uibfyPmrZutFPCSAg15SSEahAYm5fds7NT0u_3Y",
            ""
        ]
    );
}

#[test]
fn a_new_try_of_a_call_is_the_same_call() {
    let first = mcp("1", r#"{"progressToken":1,"traceparent":"a"}"#, r#"{"a":1,"b":"é"}"#);
    let mut second = mcp("\"x\"", r#"{ "traceparent":"b"}"#, r#"{"b":"\u00e9","a":1}"#);
    for name in IGNORED_HEADERS {
        second.headers.retain(|(known, _)| known != name);
        second.headers.push(((*name).into(), "other".into()));
    }
    assert_eq!(both(&first), both(&second));
}

#[test]
fn number_literals_are_told_apart() {
    let literals = [
        "1",
        "1.0",
        "1e0",
        "100000000000000000001",
        "100000000000000000002",
        "1e20",
        "9007199254740992",
        "9007199254740993",
        "1.00000000000000001",
        "\"1\"",
        "true",
        "null",
    ];
    for (index, one) in literals.iter().enumerate() {
        for other in literals.iter().skip(index + 1) {
            let with = |literal: &str| mcp("1", "{}", &format!(r#"{{"id":{literal}}}"#));
            assert_ne!(
                grant_digest(&with(one), KEY),
                grant_digest(&with(other), KEY),
                "{one} {other}"
            );
            assert_ne!(join_key(&with(one), KEY), join_key(&with(other), KEY), "{one} {other}");
        }
    }
}

#[test]
fn what_is_not_strict_json_is_taken_byte_by_byte() {
    let one = call(Kind::Mcp, r#"{"id":1,"a":1,"a":2}"#);
    let other = call(Kind::Mcp, r#"{"id":2,"a":1,"a":2}"#);
    assert_ne!(grant_digest(&one, KEY), grant_digest(&other, KEY));
    // Outside of JSON-RPC an id is content like any other.
    let one = call(Kind::Http, r#"{"id":1}"#);
    let other = call(Kind::Http, r#"{"id":2}"#);
    assert_ne!(both(&one).0, both(&other).0);
    assert_ne!(both(&one).1, both(&other).1);
}

#[test]
fn meta_and_headers_bind_the_grant_but_not_the_join() {
    let first = mcp("1", r#"{"tenant":"a"}"#, "{}");
    let mut second = mcp("1", r#"{"tenant":"b"}"#, "{}");
    assert_ne!(grant_digest(&first, KEY), grant_digest(&second, KEY));
    assert_eq!(join_key(&first, KEY), join_key(&second, KEY));
    second = first.clone();
    second.headers.push(("mcp-session-id".into(), "s".into()));
    assert_ne!(grant_digest(&first, KEY), grant_digest(&second, KEY));
    assert_eq!(join_key(&first, KEY), join_key(&second, KEY));
}

#[test]
fn only_the_place_of_an_ignored_member_is_ignored() {
    let first = mcp("1", "{}", r#"{"id":1,"_meta":{"progressToken":1}}"#);
    for arguments in
        [r#"{"id":2,"_meta":{"progressToken":1}}"#, r#"{"id":1,"_meta":{"progressToken":2}}"#]
    {
        let second = mcp("1", "{}", arguments);
        assert_ne!(grant_digest(&first, KEY), grant_digest(&second, KEY));
        assert_ne!(join_key(&first, KEY), join_key(&second, KEY));
    }
}

#[test]
fn the_key_and_the_purpose_are_part_of_it() {
    let call = mcp("1", "{}", "{}");
    assert_ne!(grant_digest(&call, KEY), grant_digest(&call, b"another"));
    assert_ne!(grant_digest(&call, KEY), join_key(&call, KEY));
}

/// A call that differs in one thing the upstream sees.
fn changed(call: &Call, what: usize, text: &str) -> Call {
    let mut call = call.clone();
    let add = |field: &mut String| field.push_str(text);
    match what {
        0 => add(&mut call.principal.issuer),
        1 => add(&mut call.principal.subject),
        2 => add(&mut call.route),
        3 => add(&mut call.cluster),
        4 => add(&mut call.method),
        5 => add(&mut call.authority),
        6 => add(&mut call.path),
        7 => add(&mut call.headers[1].0),
        8 => add(&mut call.headers[1].1),
        9 => call.headers.push((format!("x-{text}"), String::new())),
        10 => call.headers.swap(0, 1),
        11 => drop(call.headers.remove(1)),
        12 => call.kind = Kind::Openai,
        // From one field to the next: lengths keep them apart.
        13 => {
            let first = call.path.remove(0);
            call.authority.push(first);
        }
        _ => add(&mut call.body),
    }
    call
}

proptest! {
    #[test]
    fn any_change_of_what_is_forwarded_changes_the_grant(
        what in 0usize..15, text in "[a-z0-9 /?&=\\-]{1,12}", body in "[^{]{0,40}", kind in prop_oneof![
            Just(Kind::Http), Just(Kind::Mcp)
        ],
    ) {
        let first = call(kind, &body);
        let second = changed(&first, what, &text);
        prop_assert_ne!(grant_digest(&first, KEY), grant_digest(&second, KEY));
    }

    /// Any byte of a JSON-RPC message: either the digest changes, or the bytes mean the same and only
    /// the id or white space differs.
    #[test]
    fn any_byte_of_a_message_counts(at in 0usize..200, byte in 0x20u8..0x7f) {
        let first = mcp("17", r#"{"progressToken":"p","run":"r"}"#, r#"{"sql":"DELETE FROM t","n":[1,{"x":1.50}]}"#);
        let mut bytes = first.body.clone().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        let second = Call { body: String::from_utf8(bytes).unwrap(), ..first.clone() };
        if grant_digest(&first, KEY) == grant_digest(&second, KEY) {
            let strip = |body: &str| {
                let mut value: serde_json::Value = serde_json::from_str(body).unwrap();
                value["id"].take();
                value["params"]["_meta"]["progressToken"].take();
                value
            };
            prop_assert_eq!(strip(&first.body), strip(&second.body));
        }
    }
}

mod standing;

/// Spellings that are one in JSON are two to a server that reads a form.
#[test]
fn a_message_is_canonical_only_where_it_is_called_json() {
    let body = |text: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","n":"{text}"}}"#);
    let of = |content_type: &str, text: &str| {
        let mut call = call(Kind::Mcp, &body(text));
        if let Some((_, value)) = call.headers.first_mut() {
            *value = content_type.to_owned();
        }
        both(&call)
    };
    let (plain, escaped) = ("&to=eve", r"\u0026to=eve");
    assert_eq!(of("application/json", plain), of("application/json", escaped));
    let form = "application/x-www-form-urlencoded";
    assert_ne!(of(form, plain).0, of(form, escaped).0);
    assert_ne!(of(form, plain).1, of(form, escaped).1);
}
