//! What records say of a call in its protocol's words.

use super::lab::*;
use crate::call::Kind;
use crate::exchange::Event;
use crate::record::Record;
use crate::rule::Effect;
use crate::sql::{Dialect, SqlEffect};

fn recorded(lab: &mut Lab, kind: Kind, body: &str) -> Record {
    lab.engine.limits.request_body = 4096;
    let mut head = lab.head("POST", "/v1", false);
    head.route.kind = kind;
    head.headers.push(("content-type".into(), b"application/json".to_vec()));
    let (mut exchange, _) = lab.begin(head);
    lab.body(&mut exchange, body);
    record(&lab.on(&mut exchange, Event::Log(None)))
}

#[test]
fn a_message_of_mcp_says_who_sends_it_and_what_it_names() {
    let mut lab = Lab::new();
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",
        "capabilities":{},"clientInfo":{"name":"desk of ada@example.com","version":"9.1"}}}"#;
    let mcp = recorded(&mut lab, Kind::Mcp, body).request.mcp.unwrap();
    assert_eq!(mcp.client.as_deref(), Some("desk of [REDACTED:email]"));
    let versions = (mcp.client_version.as_deref(), mcp.protocol_version.as_deref());
    assert_eq!(versions, (Some("9.1"), Some("2025-11-25")));

    let body = r#"{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"greet"}}"#;
    let mcp = recorded(&mut lab, Kind::Mcp, body).request.mcp.unwrap();
    assert_eq!((mcp.prompt.as_deref(), mcp.tool), (Some("greet"), None));

    let long = "x".repeat(400);
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{{"uri":"db://ada@example.com/{long}"}}}}"#
    );
    let mcp = recorded(&mut lab, Kind::Mcp, &body).request.mcp.unwrap();
    assert!(mcp.resources[0].starts_with("db://[REDACTED:email]/x"), "{:?}", mcp.resources);
    assert_eq!(mcp.resources[0].len(), 200);
}

#[test]
fn a_request_to_a_model_says_which_and_with_which_tools() {
    let mut lab = Lab::new();
    let body = r#"{"model":"gpt-9","stream":true,"input":"x","tools":[{"type":"function","name":"refund"},
        {"type":"web_search"},{"type":7}]}"#;
    let model = recorded(&mut lab, Kind::Openai, body).request.model.unwrap();
    assert_eq!((model.models, model.stream), (vec!["gpt-9".to_owned()], true));
    assert_eq!(model.tools, ["refund", "web_search", "unknown"]);
    assert_eq!(recorded(&mut lab, Kind::Http, body).request.model, None);
}

#[test]
fn sql_that_a_rule_read_is_told_by_statement() {
    let mut lab = Lab::new();
    let body =
        r#"{"q":"DELETE FROM orders WHERE id = 1","also":"DROP DATABASE shop","to":"nobody"}"#;
    let found = recorded(&mut lab, Kind::Http, body);
    let sql = &found.request.sql;
    assert_eq!(found.verdict.effect, Some(Effect::Deny));
    assert_eq!(sql.len(), 2, "{sql:?}");
    assert_eq!(
        (sql[0].dialect, sql[0].effects.as_slice()),
        (Dialect::Any, &[SqlEffect::Delete][..])
    );
    assert_eq!((sql[0].tables.as_slice(), sql[0].unparsed), (&["orders".to_owned()][..], false));
    assert_eq!(sql[1].effects, [SqlEffect::DropDatabase]);

    let body = r#"{"q":"DELETE FROM \"ada@example.com\" WHERE id = 1"}"#;
    let sql = recorded(&mut lab, Kind::Http, body).request.sql;
    assert_eq!(sql[0].tables, ["[REDACTED:email]"]);
    let many = vec![r#""DELETE FROM t WHERE id = 1""#; 40].join(",");
    let sql = recorded(&mut lab, Kind::Http, &format!("[{many}]")).request.sql;
    assert_eq!(sql.len(), 1, "one text is told once");

    lab.engine.activate(changed(
        "match: {sql: {effect: [drop_database]}}",
        "match: {http: {path: [/x]}}",
    ));
    let sql = recorded(&mut lab, Kind::Http, body).request.sql;
    assert!(sql.is_empty(), "no rule asked");
}
