//! Which endpoints of a model's API a call may go to.

use serde_json::{Value, json};

use super::{Facts, call, decide_request, rule};
use crate::call::Kind;
use crate::path::normal_form;
use crate::protocol;
use crate::reason::Reason;
use crate::rule::{DefaultEffect, Effect};
use crate::verdict::Verdict;

fn judge(rules: &[Value], default: DefaultEffect, (method, path): (&str, &str)) -> Verdict {
    let rules: Vec<_> = rules.iter().cloned().map(rule).collect();
    let call = call(method, path, "");
    let protocol = protocol::read(Kind::Openai, method, &call.headers, "").unwrap();
    let path = normal_form(path).unwrap();
    let facts = Facts::new(&call, &path, "api.example", &protocol, &[], vec![]);
    decide_request(&rules, default, &facts)
}

fn told(rules: &[Value], asked: (&str, &str)) -> Option<Reason> {
    let verdict = judge(rules, DefaultEffect::Allow, asked);
    assert_eq!(verdict.reason.is_some(), verdict.effect == Effect::Deny);
    verdict.reason
}

const UPLOAD: (&str, &str) = ("POST", "/v1/files");
const CLOSED: Option<Reason> = Some(Reason::EndpointNotAllowed);

#[test]
fn what_the_gateway_does_not_know_is_closed() {
    assert_eq!(told(&[], ("GET", "/v1/models?limit=7")), None);
    assert_eq!(told(&[], UPLOAD), CLOSED);
    assert_eq!(judge(&[], DefaultEffect::Allow, UPLOAD).deciding().count(), 0);
    for path in ["/v1/models/", "/v1/models;a=b", "/v1/models/%2561", "/v1/models/a;b"] {
        assert_eq!(told(&[], ("GET", path)), CLOSED, "{path}");
    }
    assert_eq!(told(&[], ("GET", "/v1/mod%65ls/a%3Ab")), None);
    let verdict = judge(&[], DefaultEffect::Deny, ("GET", "/v1/models"));
    assert_eq!(verdict.reason, Some(Reason::NoRule));
}

#[test]
fn a_rule_opens_what_it_names() {
    let allow = |matches: Value| json!({"name": "open", "on": "request", "effect": "allow", "match": matches});
    let files = || allow(json!({"http": {"method": ["POST"], "path": ["/v1/files"]}}));
    assert_eq!(told(&[files()], UPLOAD), None);
    assert_eq!(told(&[files()], ("GET", "/v1/files")), CLOSED);
    assert_eq!(told(&[files()], ("POST", "/v1/FILES")), CLOSED);
    for silent in [json!({}), json!({"http": {"method": ["POST"]}}), json!({"kind": ["openai"]})] {
        assert_eq!(told(&[allow(silent)], UPLOAD), CLOSED);
    }
    let other = |effect: &str, mode: &str| {
        json!({"name": "other", "on": "request", "effect": effect, "mode": mode,
            "match": {"http": {"path": ["/v1/files"]}}})
    };
    assert_eq!(told(&[other("allow", "shadow")], UPLOAD), CLOSED);
    assert_eq!(told(&[other("hold", "enforce")], UPLOAD), CLOSED);
    assert_eq!(told(&[other("deny", "enforce"), files()], UPLOAD), Some(Reason::Denied));
    let held = judge(&[other("hold", "enforce"), files()], DefaultEffect::Allow, UPLOAD);
    assert_eq!(held.effect, Effect::Hold);
}
