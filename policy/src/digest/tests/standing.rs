//! What calls have in common that one approval may let pass.

use serde_json::json;

use super::{KEY, call, mcp};
use crate::call::{Call, Kind};
use crate::digest::standing_key;
use crate::hold::Scope;
use crate::rule::ScopeTerms;

fn scope(free: serde_json::Value) -> Scope {
    let free = serde_json::from_value(free).unwrap();
    ScopeTerms { uses: 5, lasts_seconds: 60, free }.into()
}

fn of_amount() -> Scope {
    scope(json!({"/params/arguments/amount": ["*"]}))
}

fn key(call: &Call, scope: &Scope) -> Option<String> {
    standing_key(call, scope, KEY)
}

#[test]
fn only_what_is_free_may_differ() {
    let of = |amount: &str, more: &str| {
        let arguments = format!(r#"{{"amount": {amount}, "to": "a"{more}}}"#);
        key(&mcp("1", "{}", &arguments), &of_amount())
    };
    let one = of("1", "");
    assert!(one.is_some());
    assert_eq!(one, of("100000000000000000001", ""));
    assert_eq!(
        one,
        key(&mcp("7", r#"{"progressToken":7}"#, r#"{"to":"a","amount":2}"#), &of_amount())
    );
    for other in [
        of(r#""1""#, ""),
        of("1", r#", "Amount": 9"#),
        of("1", r#", "memo": """#),
        key(&mcp("1", r#"{"x":1}"#, r#"{"amount": 1, "to": "a"}"#), &of_amount()),
        key(&mcp("1", "{}", r#"{"amount": 1, "to": "b"}"#), &of_amount()),
    ] {
        assert!(other.is_some() && other != one);
    }
    let mut later = mcp("1", "{}", r#"{"amount": 1, "to": "a"}"#);
    later.headers.push(("mcp-session-id".into(), "another".into()));
    assert_eq!(key(&later, &of_amount()), one);
    assert_eq!(of("[1]", ""), None);
    assert_eq!(key(&mcp("1", "{}", r#"{"to": "a"}"#), &of_amount()), None);
}

#[test]
fn it_holds_everything_else_the_upstream_sees() {
    let scope = scope(json!({"/n": ["*"]}));
    let base = call(Kind::Http, r#"{"n":1,"m":1e2}"#);
    let one = key(&base, &scope);
    let same: [fn(&mut Call); 2] = [
        |call| call.body = r#" {"m" : 1e2 , "n" : 2}"#.into(),
        |call| call.headers.retain(|(name, _)| name != "traceparent"),
    ];
    for (number, change) in same.into_iter().enumerate() {
        let mut call = base.clone();
        change(&mut call);
        assert_eq!(key(&call, &scope), one, "{number}");
    }
    let others: [fn(&mut Call); 13] = [
        |call| call.principal.agent = Some("other".into()),
        |call| call.headers.push(("mcp-session-id".into(), "s".into())),
        |call| call.principal.subject.push('x'),
        |call| call.principal.issuer.push('x'),
        |call| call.route.push('x'),
        |call| call.cluster.push('x'),
        |call| call.kind = Kind::Openai,
        |call| call.method.push('X'),
        |call| call.authority.push('x'),
        |call| call.path.push('x'),
        |call| call.headers.push(("x-env".into(), "dev".into())),
        |call| call.body = r#"{"n":1,"m":100}"#.into(),
        |call| call.body = r#"{"n":1,"m":1e2,"o":null}"#.into(),
    ];
    for (number, change) in others.into_iter().enumerate() {
        let mut call = base.clone();
        change(&mut call);
        assert_ne!(key(&call, &scope), one, "{number}");
    }
}

/// `&x=1` in a value that is free is another field to a server that reads a form.
#[test]
fn nothing_is_free_in_what_others_read_as_something_else() {
    let free = scope(json!({"/n": ["*"]}));
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "",
        "application/json, text/x-form",
        "json",
    ] {
        let mut call = call(Kind::Http, r#"{"n":1}"#);
        call.headers.retain(|(name, _)| name != "content-type");
        call.headers.push(("content-type".into(), content_type.into()));
        assert_eq!(key(&call, &free), None, "{content_type}");
        // Nor where the caller makes it a message of MCP.
        call.kind = Kind::Mcp;
        assert_eq!(key(&call, &free), None, "{content_type}");
        call.kind = Kind::Http;
        assert!(key(&call, &scope(json!({}))).is_some());
    }
    assert_eq!(key(&call(Kind::Http, "n=1"), &free), None);
    let verbatim = scope(json!({}));
    let of = |body: &str| key(&call(Kind::Http, body), &verbatim);
    assert_ne!(of(r#"{"n":1}"#), of(r#"{"n": 1}"#));
}
