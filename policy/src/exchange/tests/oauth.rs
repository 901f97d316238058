use super::lab::*;
use crate::call::Kind;
use crate::exchange::{Flow, RequestHead, Step};
use crate::record::End;
use crate::refusal::LocalResponse;

const DOCUMENT: &str = "/.well-known/oauth-protected-resource";

/// Of a caller without a token.
fn stranger(lab: &Lab, method: &str, path: &str) -> RequestHead {
    RequestHead { headers: Vec::new(), ..lab.head(method, path, true) }
}

fn challenge(answer: &LocalResponse) -> Option<&str> {
    let found = answer.headers.iter().find(|(name, _)| name == "www-authenticate");
    found.map(|(_, value)| value.as_str())
}

#[test]
fn the_document_is_told_to_everybody() {
    let mut lab = Lab::new();
    for method in ["GET", "HEAD"] {
        let head = stranger(&lab, method, "/.well-known/oauth-protected-resource/mcp");
        let (_, steps) = lab.begin(head);
        let answer = response(&steps).unwrap();
        assert_eq!((steps.flow, answer.status), (Flow::Pause, 200));
        let document: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(document["resource"], "https://gateway.example/mcp");
        assert_eq!(document["authorization_servers"][0], "https://issuer.example");
        let record = record(&steps);
        assert_eq!((record.end, record.principal), (End::Answered, None));
        assert!(!releases(&steps));
    }
    for method in ["POST", "OPTIONS", "DELETE", "BREW"] {
        let head = stranger(&lab, method, DOCUMENT);
        assert_eq!(reason(&lab.begin(head).1), "method_not_allowed", "{method}");
    }
}

#[test]
fn who_is_not_known_learns_where_the_document_is() {
    let mut lab = Lab::new();
    let url = "https://gateway.example/.well-known/oauth-protected-resource";
    for kind in [Kind::Auto, Kind::Mcp, Kind::Openai, Kind::Http] {
        let mut head = stranger(&lab, "POST", "/a/mcp?token=x");
        head.route.kind = kind;
        // What the upstream sees is nothing to the caller.
        head.route.prefix = "/a".into();
        let (_, steps) = lab.begin(head);
        let answer = response(&steps).unwrap();
        let expected = format!(r#"Bearer resource_metadata="{url}/a/mcp""#);
        assert_eq!((answer.status, challenge(answer)), (401, Some(expected.as_str())));
    }
    let mut head = stranger(&lab, "POST", "/mcp");
    head.headers = vec![("authorization".into(), b"Bearer a.b.c".to_vec())];
    let (_, steps) = lab.begin(head);
    let expected = format!(r#"Bearer error="invalid_token", resource_metadata="{url}/mcp""#);
    assert_eq!(challenge(response(&steps).unwrap()), Some(expected.as_str()));
    let mut head = stranger(&lab, "GET", "/x%22,%20realm=%22y");
    head.authority = b"gateway.example".to_vec();
    let (_, steps) = lab.begin(head);
    let expected = format!(r#"Bearer resource_metadata="{url}""#);
    assert_eq!(challenge(response(&steps).unwrap()), Some(expected.as_str()));
}

/// Denies what a token without a scope asks for, and holds deletions as before.
const WANTS_SCOPE: (&str, &str) = (
    "rules:",
    "rules:\n  - {name: writers, on: request, match: {http: {method: [DELETE, POST]}}, effect: deny,\n     requires_scope: [orders.write], message: writing needs a scope}",
);

#[test]
fn a_token_with_too_few_scopes_is_told_which_it_needs() {
    let mut lab = Lab::new();
    lab.engine.activate(changed(WANTS_SCOPE.0, WANTS_SCOPE.1));
    lab.scope = "orders.read";
    let call = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a"}}"#;
    lab.engine.limits.request_body = 1024;
    for kind in [Kind::Mcp, Kind::Auto, Kind::Http] {
        let mut head = lab.head("POST", "/mcp", false);
        head.route.kind = kind;
        head.headers.push(("content-type".into(), b"application/json".to_vec()));
        let (mut exchange, _) = lab.begin(head);
        let steps = lab.body(&mut exchange, call);
        let answer = response(&steps).unwrap();
        // A result in a 200 would be for the model, which gets no tokens.
        assert_eq!((answer.status, reason(&steps)), (403, "insufficient_scope"));
        assert_eq!(
            challenge(answer),
            Some(
                "Bearer error=\"insufficient_scope\", scope=\"orders.write\", \
                resource_metadata=\"https://gateway.example/.well-known/oauth-protected-resource/mcp\""
            )
        );
        assert!(
            answer.body.contains("Blocked by policy writers: Writing needs a scope."),
            "{answer:?}"
        );
        assert!(record(&steps).verdict.detail.unwrap().ends_with("scopes orders.write"));
    }
    lab.scope = "orders.read orders.write";
    let head = lab.head("POST", "/mcp", true);
    assert!(releases(&lab.begin(head).1));
}

#[test]
fn a_call_on_hold_is_judged_again_with_the_scopes_it_came_with() {
    for (scope, passes) in [("", false), ("orders.read", false), ("orders.write", true)] {
        let mut lab = Lab::new();
        lab.scope = scope;
        let (mut exchange, grant, receipt) = lab.approved();
        lab.engine.activate(changed(WANTS_SCOPE.0, WANTS_SCOPE.1));
        let pair = lab.pair("h_1", grant, receipt);
        let steps = lab.answer(&mut exchange, 200, &pair);
        assert_eq!(releases(&steps), passes, "{scope}: {steps:?}");
    }
}

#[test]
fn what_is_meant_for_an_authorization_server_goes_nowhere() {
    let mut lab = Lab::new();
    let secret = "s3cr3t-of-the-client";
    let target = |path: &str| format!("{path}?client_secret={secret}");
    let basic = ("authorization".to_owned(), format!("Basic {secret}").into_bytes());
    for kind in [Kind::Auto, Kind::Mcp, Kind::Openai, Kind::Http] {
        for path in ["/token", "/register", "/.well-known/openid-configuration/mcp"] {
            let mut head = stranger(&lab, "POST", &target(path));
            (head.route.kind, head.end_of_stream) = (kind, false);
            head.headers.push(basic.clone());
            let (mut exchange, steps) = lab.begin(head);
            let answer = response(&steps).unwrap();
            assert_eq!((answer.status, reason(&steps)), (404, "authorization_server"));
            assert_eq!((steps.flow, challenge(answer)), (Flow::Pause, None));
            let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
            assert_eq!(body["error"]["code"], "authorization_server");
            let late = lab.body(&mut exchange, &format!("client_secret={secret}"));
            assert_eq!((late.flow, late.list.as_slice()), (Flow::Pause, &[][..]));
            let written = record(&steps);
            assert_eq!((written.request.path.as_str(), written.principal), (path, None));
            assert!(!format!("{steps:?}").contains(secret), "{steps:?}");
        }
    }
    // A valid token makes no difference.
    let head = lab.head("GET", "/token", true);
    assert_eq!(reason(&lab.begin(head).1), "authorization_server");
    let head = lab.head("GET", "/register", true);
    assert!(lab.begin(head).1.list.contains(&Step::SetVerdict("allow")));
}
