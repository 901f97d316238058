//! Where SQL is looked for in a request.

use serde_json::json;

use super::{call, judge, judge_on, rule};
use crate::call::Kind;
use crate::reason::Reason;
use crate::rule::{Effect, Rule};

#[test]
fn sql_is_found_wherever_the_caller_can_put_it() {
    let rules = [rule(json!({
        "name": "r", "on": "request", "effect": "deny", "match": {"sql": {"effect": ["drop_database"]}}
    }))];
    for (method, path, body) in [
        ("POST", "/query", r#"{"sql": "DROP DATABASE prod"}"#),
        ("POST", "/query", r#"{"a": [{"b": "drop/**/database prod"}]}"#),
        ("POST", "/query", r#"{"sql": "SELECT 1; \u0044ROP DATABASE prod"}"#),
        ("POST", "/query", "DROP DATABASE prod"),
        ("POST", "/query", "sql=DROP+DATABASE+prod"),
        ("GET", "/query?sql=DROP%20DATABASE%20prod", ""),
        ("GET", "/query?sql=SELECT+1;DROP+DATABASE+prod", ""),
        ("GET", "/query?SELECT+1;DROP+DATABASE+prod", ""),
        ("POST", "/query", "sql=SELECT+1;DROP+DATABASE+prod"),
        ("GET", "/query/DROP DATABASE prod", ""),
    ] {
        assert_eq!(
            judge(&rules, &call(method, path, body), &[]).effect,
            Effect::Deny,
            "{path} {body}"
        );
    }
    for body in
        [r#"{"sql": "SELECT 'DROP DATABASE prod'"}"#, r#"{"note": "never drop the database"}"#]
    {
        assert_eq!(
            judge(&rules, &call("POST", "/query", body), &[]).effect,
            Effect::Allow,
            "{body}"
        );
    }
}

fn denying_databases() -> [Rule; 1] {
    [rule(json!({
        "name": "r", "on": "request", "effect": "deny", "match": {"sql": {"effect": ["drop_database"]}}
    }))]
}

#[test]
fn sql_in_json_in_a_string_is_found() {
    let rules = denying_databases();
    let mut packed = json!({"sql": "DROP DATABASE x"}).to_string();
    for depth in 1..=3 {
        let body = json!({"arguments": packed}).to_string();
        assert_eq!(judge(&rules, &call("POST", "/q", &body), &[]).effect, Effect::Deny, "{depth}");
        packed = json!({"arguments": packed}).to_string();
    }
    // Whoever unpacks it may read what strict readers refuse.
    for inner in [
        r#" {"sql": "DROP DATABASE x", "sql": "SELECT 1"}"#,
        r#"["DROP DATABASE x",]"#,
        r#"{"sql": "\u0044ROP DATABASE x"}"#,
        r#""DROP DATABASE x""#,
        r#"{"DROP DATABASE x": 1}"#,
    ] {
        let body = json!({"arguments": inner}).to_string();
        assert_eq!(judge(&rules, &call("POST", "/q", &body), &[]).effect, Effect::Deny, "{inner}");
    }
    for inner in [r#"{"sql": "SELECT 'DROP DATABASE x'"}"#, r#""DROP DATABASE" is a statement"#] {
        let body = json!({"arguments": inner}).to_string();
        assert_eq!(judge(&rules, &call("POST", "/q", &body), &[]).effect, Effect::Allow, "{inner}");
    }
}

#[test]
fn sql_in_the_parts_of_a_form_is_found() {
    let rules = denying_databases();
    let form = "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--b\r\n\
        Content-Disposition: form-data; name=\"sql\"\r\n\r\nDROP DATABASE customers\r\n--b--\r\n";
    let ask = |content_type: &str, body: &str| {
        let mut call = call("POST", "/query", body);
        call.headers[0].1 = content_type.into();
        judge(&rules, &call, &[]).effect
    };
    for body in [form.to_owned(), form.replace('\r', "")] {
        let multipart = "multipart/form-data; boundary=b";
        assert_eq!(ask(multipart, &body), Effect::Deny, "{body}");
        let named =
            body.replace("\"sql\"", "\"DROP DATABASE x\"").replace("DROP DATABASE customers", "");
        assert_eq!(ask(multipart, &named), Effect::Deny, "{named}");
        let prose = body.replace("DROP DATABASE customers", "never drop the database");
        assert_eq!(ask(multipart, &prose), Effect::Allow);
    }
    let quoted = call("POST", "/query", "\"DROP DATABASE customers\"");
    assert_eq!(judge(&rules, &quoted, &[]).effect, Effect::Deny);
}

/// Whoever goes by the content type reads a form, and its values from within strings.
#[test]
fn sql_in_a_form_that_is_json_is_found() {
    let rules = denying_databases();
    let ask = |content_type: &str, body: &str| {
        let mut call = call("POST", "/query", body);
        call.headers[0].1 = content_type.into();
        judge(&rules, &call, &[]).effect
    };
    let form = "application/x-www-form-urlencoded";
    for body in
        [r#"{"a": "&sql=DROP+DATABASE+x&"}"#, r#"{"a": "& sql=%44ROP/*", "b": "*/DATABASE x&"}"#]
    {
        assert_eq!(ask(form, body), Effect::Deny, "{body}");
        assert_eq!(ask("application/json", body), Effect::Allow, "{body}");
    }
    let quoted = r#"{"sql": "SELECT 'a; DROP DATABASE x; b' FROM t WHERE a = 'DROP DATABASE x'"}"#;
    assert_eq!(ask(form, quoted), Effect::Allow);
}

#[test]
fn a_pointer_finds_every_spelling() {
    let rules = [rule(json!({
        "name": "r", "on": "request", "effect": "deny",
        "match": {"sql": {"effect": ["drop_database"], "at": ["/params/sql"]}}
    }))];
    for body in [
        r#"{"params": {"SQL": "DROP DATABASE x"}}"#,
        r#"{"Params": {"Sql": "DROP DATABASE x"}}"#,
        r#"{"params": {"sql": "SELECT 1", "SQL": "DROP DATABASE x"}}"#,
        r#"{"params": {"sql": "DROP DATABASE x", "SQL": "SELECT 1"}}"#,
    ] {
        assert_eq!(judge(&rules, &call("POST", "/q", body), &[]).effect, Effect::Deny, "{body}");
    }
    let other = r#"{"params": {"sq": "DROP DATABASE x"}, "sql": "DROP DATABASE x"}"#;
    assert_eq!(judge(&rules, &call("POST", "/q", other), &[]).effect, Effect::Allow);
}

/// A rule that denies what was not found is not talked around by more text than can be read.
#[test]
fn sql_that_costs_too_much_is_a_deny() {
    let attack = format!("SELECT 1 FROM a -- \n{}", "ALSO DELETE FROM(".repeat(1_000));
    let bodies = [
        json!({"sql": attack}).to_string(),
        json!({"a": attack, "b": attack, "c": "DROP DATABASE x"}).to_string(),
    ];
    for at in [json!([]), json!(["/sql", "/a", "/b", "/c"])] {
        for effect in ["hold", "deny"] {
            let rules = [rule(json!({
                "name": "r", "on": "request", "effect": effect,
                "match": {"sql": {"effect": ["drop_schema"], "at": at}}
            }))];
            for body in &bodies {
                let verdict = judge(&rules, &call("POST", "/q", body), &[]);
                let reason = Some(Reason::FactUnavailable);
                assert_eq!((verdict.effect, verdict.reason), (Effect::Deny, reason));
            }
        }
    }
    // Many strings are as good as one: none has a budget of its own.
    let many = vec!["SELECT a FROM t WHERE b = 1; DELETE FROM t WHERE c = 2"; 500];
    let body = json!({"all": many}).to_string();
    let rules = denying_databases();
    assert_eq!(judge(&rules, &call("POST", "/q", &body), &[]).effect, Effect::Allow);
}

#[test]
fn sql_of_a_tool_is_looked_for_in_its_arguments_only() {
    let rules = [rule(json!({
        "name": "r", "on": "request", "effect": "deny", "match": {"sql": {"effect": ["drop_database"]}}
    }))];
    let ask = |name: &str, sql: &str| {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": name, "arguments": {"sql": sql}}});
        call("POST", "/mcp", &body.to_string())
    };
    assert_eq!(judge(&rules, &ask("query", "DROP DATABASE x"), &[]).effect, Effect::Deny);
    assert_eq!(judge(&rules, &ask("query", "SELECT 1"), &[]).effect, Effect::Allow);
    let titled = ask("DROP DATABASE x", "SELECT 1");
    assert_eq!(judge_on(Kind::Mcp, &rules, &titled, &[]).effect, Effect::Allow);
}

/// A caller that calls its request a tool call does not choose what is read of it: the route leads to
/// an API that reads the member beside.
#[test]
fn the_callers_own_words_narrow_nothing() {
    let rules = [
        rule(json!({"name": "sql", "on": "request", "effect": "deny",
            "match": {"sql": {"effect": ["drop_database"]}}})),
        rule(json!({"name": "delete", "on": "request", "effect": "hold",
            "match": {"kind": ["http", "openai"], "http": {"method": ["DELETE"]}}})),
    ];
    let tool = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "x", "arguments": {}}, "sql": "DROP DATABASE x"});
    let query = call("POST", "/query", &tool.to_string());
    assert_eq!(judge(&rules, &query, &[]).effect, Effect::Deny);
    assert_eq!(judge_on(Kind::Mcp, &rules, &query, &[]).effect, Effect::Allow);

    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let mut ending = call("DELETE", "/customers/7", "");
    ending.headers.push(("mcp-session-id".into(), "s".into()));
    for delete in [call("DELETE", "/customers/7", ping), ending] {
        assert_eq!(judge(&rules, &delete, &[]).effect, Effect::Hold);
        assert_eq!(judge_on(Kind::Mcp, &rules, &delete, &[]).effect, Effect::Allow);
        assert_eq!(judge_on(Kind::Http, &rules, &delete, &[]).effect, Effect::Hold);
    }
}

#[test]
fn what_is_said_to_a_model_is_not_run() {
    let rules = [rule(json!({
        "name": "r", "on": "request", "effect": "deny", "match": {"sql": {"effect": ["drop_database"]}}
    }))];
    let said = call("POST", "/v1/responses", r#"{"input": "DROP DATABASE prod"}"#);
    assert_eq!(judge_on(Kind::Openai, &rules, &said, &[]).effect, Effect::Allow);
    assert_eq!(judge(&rules, &said, &[]).effect, Effect::Deny);
}
