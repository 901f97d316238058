use std::sync::Arc;

use serde_json::{Value, json};

use super::{Asker, Proposed};
use crate::bundle::Bundle;
use crate::call::{Call, Kind};
use crate::compile::{Source, SourceFile, compile};
use crate::json::Spanned;
use crate::reason::Reason;
use crate::seal::tests::principal;

const RULES: &str = "
bundle: {name: one, version: '1'}
rules:
  - {name: no-shell, on: proposal, match: {mcp: {tool: local_shell_call}}, effect: deny,
     message: Commands are not run here}
  - {name: no-drop, on: proposal, match: {sql: {effect: [drop_table]}}, effect: deny}
  - {name: big, on: proposal, match: {mcp: {tool: refund}}, when: 'action.arguments.amount > 500', effect: hold}
  - {name: ben, on: proposal, match: {principal: {subject: ben}, mcp: {tool: 'delete_*'}}, effect: deny}
  - {name: tried, on: proposal, match: {mcp: {tool: '*'}}, effect: deny, mode: shadow}
  - {name: requests, on: request, match: {mcp: {tool: '*'}}, effect: deny}
";

fn proposed(subject: &str) -> Proposed {
    let files = vec![SourceFile { path: String::new(), text: RULES.into() }];
    let file = compile(&[Source { name: "one".into(), files, ..Source::default() }]);
    let bundle = Bundle::decode(&file.unwrap_or_else(|why| panic!("{why:?}"))).unwrap();
    let call = Call {
        principal: principal(subject),
        route: "r".into(),
        cluster: "c".into(),
        kind: Kind::Mcp,
        proven: true,
        proposed: false,
        method: "POST".into(),
        authority: "api".into(),
        path: "/v1/responses".into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: String::new(),
    };
    Proposed::new(Asker {
        bundle: Arc::new(bundle),
        call,
        path: "/v1/responses".into(),
        host: "api".into(),
        sections: Default::default(),
        mcp: None,
        said: false,
        now: 0,
    })
    .unwrap()
}

fn see(proposed: &mut Proposed, text: &str) {
    proposed.see(text, Spanned::parse(text).ok().as_ref());
}

fn judged(subject: &str, item: Value) -> (Option<(Reason, String)>, Vec<String>) {
    let mut proposed = proposed(subject);
    let text = json!({"output": [item]}).to_string();
    see(&mut proposed, &text);
    proposed.finish();
    let rules = proposed.rules().iter().map(|rule| rule.rule.clone()).collect();
    (proposed.refused(), rules)
}

fn function(name: &str, arguments: &str) -> Value {
    json!({"type": "function_call", "name": name, "arguments": arguments})
}

#[test]
fn rules_judge_what_a_model_proposes() {
    let denied = |rule: &str, tool: &str| {
        Some((
            Reason::ResponseDenied,
            format!("rule `{rule}` denies the call of `{tool}` that the model proposes"),
        ))
    };
    let shell = json!({"type": "local_shell_call", "action": {"command": ["ls"]}});
    let why = denied("no-shell", "local_shell_call")
        .map(|(reason, text)| (reason, text + ". Commands are not run here"));
    assert_eq!(judged("ada", shell), (why, vec!["no-shell".into(), "tried".into()]));
    let drop = function("query", r#"{"sql":"DROP TABLE users"}"#);
    assert_eq!(judged("ada", drop).0, denied("no-drop", "query"));
    let delete = function("delete_customer", r#"{"id":1}"#);
    assert_eq!(judged("ben", delete.clone()).0, denied("ben", "delete_customer"));
    assert_eq!(judged("ada", delete), (None, vec!["tried".into()]));
    let refund = |amount: &str| function("refund", &format!(r#"{{"amount":{amount}}}"#));
    assert_eq!(judged("ada", refund("20")).0, None);
    assert_eq!(judged("ada", refund("501")), (None, vec!["big".into(), "tried".into()]));
}

#[test]
fn what_cannot_be_read_is_denied_where_a_rule_asks() {
    for arguments in [r#"{"amount":1,"amount":900}"#, "[1]", "7", "{"] {
        let refused = judged("ada", function("refund", arguments)).0;
        assert!(refused.is_some(), "{arguments}");
    }
    // A fact that is asked for is not there.
    assert!(judged("ada", function("refund", "{}")).0.is_some());
    assert!(judged("ada", function("refund", "")).0.is_some());
    let odd = judged("ben", function("delete_\u{202e}x\n", "{}")).0.unwrap().1;
    assert!(odd.contains("`delete_x`"), "{odd}");
}

/// An answer that only some take for JSON is refused, and a comment in a stream ends nothing.
#[test]
fn what_only_some_can_read_does_not_pass() {
    let call = r#"{"type":"function_call","name":"local_shell_call","arguments":"{}"}"#;
    for text in [
        format!(r#"{{"x":NaN,"output":[{call}]}}"#),
        format!("\u{feff}{{\"output\":[{call}]}}"),
        format!(r#"{{"output":[],"output":[{call}]}}"#),
        format!("data: {{\"output\":[{call}]}}\n\n"),
    ] {
        let mut proposed = proposed("ada");
        see(&mut proposed, &text);
        assert_eq!(proposed.refused().map(|why| why.0), Some(Reason::ResponseUnreadable), "{text}");
    }
    let mut proposed = proposed("ada");
    see(&mut proposed, "[DONE]");
    assert_eq!(proposed.refused(), None);
}

/// In streams a call stands several times: what was judged once costs nothing more.
#[test]
fn one_call_is_judged_once_and_many_have_a_limit() {
    let mut proposed = proposed("ada");
    let event = |n: usize| json!({"response": {"output": [function("refund", &format!("{{\"amount\":0.{n:04}}}"))]}});
    for _ in 0..5000 {
        see(&mut proposed, &event(7).to_string());
    }
    assert_eq!((proposed.refused(), proposed.judged.len()), (None, 1));
    for n in 0..1100 {
        see(&mut proposed, &event(n).to_string());
    }
    assert_eq!(proposed.refused().map(|why| why.0), Some(Reason::OverBudget));
}

#[test]
fn a_held_call_that_is_spelled_differently_stays_one_call() {
    let mut proposed = proposed("ada");
    let at = |place: usize, arguments: &str| {
        let mut output = vec![json!({"type": "message"}); place];
        output.push(function("refund", arguments));
        json!({"output": output}).to_string()
    };
    for arguments in [r#"{"amount":900}"#, r#"{ "amount": 900 }"#] {
        see(&mut proposed, &at(0, arguments));
    }
    assert_eq!((proposed.refused(), proposed.held().len()), (None, 1));
    see(&mut proposed, &at(1, r#"{ "amount": 900 }"#));
    assert_eq!(proposed.refused().map(|why| why.0), Some(Reason::ResponseDenied));
}

/// The limit on an answer is the route's, not that of the work which many calls have in common.
#[test]
fn one_long_call_is_no_work_of_many() {
    let mut proposed = proposed("ada");
    let text = "x".repeat(5 * 1024 * 1024);
    let call = function("write_file", &json!({ "text": text }).to_string());
    see(&mut proposed, &json!({"output": [call]}).to_string());
    assert_eq!((proposed.refused(), proposed.judged.len()), (None, 1));
}
