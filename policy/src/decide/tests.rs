#[cfg(feature = "compile")]
mod speaking;
#[cfg(feature = "compile")]
mod when;

mod default;
mod model;
mod values;

use serde_json::json;

use super::{Facts, decide_request, plan_response};
use crate::call::{Call, Kind};
use crate::hold::Approval;
use crate::principal::Principal;
use crate::protocol;
use crate::reason::Reason;
use crate::rule::{DefaultEffect, Effect, Rule};
use crate::verdict::Verdict;

fn rule(value: serde_json::Value) -> Rule {
    serde_json::from_value(value).unwrap()
}

fn call(method: &str, path: &str, body: &str) -> Call {
    let content_type = if body.starts_with('{') { "application/json" } else { "text/plain" };
    Call {
        principal: Principal {
            issuer: "https://issuer.example".into(),
            subject: "ada".into(),
            groups: vec!["support".into()],
            agent: None,
        },
        route: "upstream-0".into(),
        cluster: "upstream-0".into(),
        kind: Kind::Http,
        method: method.into(),
        authority: "db.example".into(),
        path: path.into(),
        headers: vec![
            ("content-type".into(), content_type.into()),
            ("x-env".into(), "prod".into()),
        ],
        body: body.into(),
    }
}

fn judge(rules: &[Rule], call: &Call, findings: &[&str]) -> Verdict {
    judge_on(Kind::Auto, rules, call, findings)
}

/// On a route of this kind.
fn judge_on(route: Kind, rules: &[Rule], call: &Call, findings: &[&str]) -> Verdict {
    let protocol = protocol::read(route, &call.method, &call.headers, &call.body).unwrap();
    let facts = Facts::new(call, call.path_only(), "db.example", &protocol, findings, vec![]);
    decide_request(rules, DefaultEffect::Allow, &facts)
}

#[test]
fn deny_beats_hold_beats_redact_beats_allow_in_any_order() {
    let effects = ["allow", "redact", "hold", "deny"];
    for winner in 0..effects.len() {
        let mut rules: Vec<Rule> = effects[..=winner]
            .iter()
            .map(|e| rule(json!({"name": e, "on": "request", "effect": e, "match": {"findings": ["email"]}})))
            .collect();
        for _ in 0..2 {
            let verdict = judge(&rules, &call("GET", "/", ""), &["email"]);
            assert_eq!(format!("{:?}", verdict.effect).to_lowercase(), effects[winner]);
            assert_eq!(verdict.contributions.len(), winner + 1);
            rules.reverse();
        }
    }
}

#[test]
fn shadow_rules_are_told_and_not_followed() {
    let rules = [rule(json!({"name": "r", "on": "request", "effect": "deny", "mode": "shadow"}))];
    let verdict = judge(&rules, &call("GET", "/", ""), &[]);
    assert_eq!(verdict.effect, Effect::Allow);
    assert_eq!(verdict.contributions.len(), 1);
    assert_eq!(verdict.deciding().count(), 0);
}

#[test]
fn every_part_of_a_match_must_hold() {
    let rules = [rule(json!({
        "name": "r", "on": "request", "effect": "deny",
        "match": {
            "principal": {"group": ["support"], "issuer": ["https://issuer.example"]},
            "http": {"method": ["delete"], "path": ["/customers/*"], "host": ["db.*"],
                     "header": {"X-Env": ["prod"]}, "query": {"force": ["1", "true"]}}
        }
    }))];
    let hit = call("DELETE", "/customers/7?force=tr%75e", "");
    assert_eq!(judge(&rules, &hit, &[]).effect, Effect::Deny);
    let shouted = call("DELETE", "/CUSTOMERS/7?force=1", "");
    assert_eq!(judge(&rules, &shouted, &[]).effect, Effect::Deny);
    for miss in [
        call("GET", "/customers/7?force=1", ""),
        call("DELETE", "/orders/7?force=1", ""),
        call("DELETE", "/customers/7?force=0", ""),
        call("DELETE", "/customers/7", ""),
    ] {
        assert_eq!(judge(&rules, &miss, &[]).effect, Effect::Allow, "{}", miss.path);
    }
    let mut other = hit.clone();
    other.principal.groups = vec!["sales".into()];
    assert_eq!(judge(&rules, &other, &[]).effect, Effect::Allow);
    let mut staging = hit;
    staging.headers[1].1 = "staging".into();
    assert_eq!(judge(&rules, &staging, &[]).effect, Effect::Allow);
}

/// As normal forms, which `/admin/` has none of its own.
#[test]
fn a_folder_is_part_of_what_is_in_it() {
    let effect = |glob: &str, path: &str| {
        let http = json!({"path": [glob]});
        let rules = [rule(json!({
            "name": "r", "on": "request", "effect": "deny", "match": {"http": http}
        }))];
        judge(&rules, &call("GET", path, ""), &[]).effect
    };
    for path in ["/admin", "/ADMIN", "/admin/x", "/admin/x/y"] {
        assert_eq!(effect("/admin/**", path), Effect::Deny, "{path}");
    }
    for path in ["/administrator", "/x/admin", "/"] {
        assert_eq!(effect("/admin/**", path), Effect::Allow, "{path}");
    }
    assert_eq!(effect("/admin/", "/admin"), Effect::Deny);
    assert_eq!(effect("/admin/", "/admin/x"), Effect::Allow);
    assert_eq!(effect("/*/notes/**", "/7/notes"), Effect::Deny);
    assert_eq!(effect("/**", "/"), Effect::Deny);
}

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

#[test]
fn a_fact_that_cannot_be_had_is_a_deny() {
    let rules = [rule(json!({
        "name": "r", "on": "request", "effect": "deny", "unparsed": "hold",
        "match": {"http": {"path": ["/query"]}, "sql": {"effect": ["drop_database"], "at": ["/sql"]}}
    }))];
    let verdict = judge(&rules, &call("POST", "/query", "not json"), &[]);
    assert_eq!((verdict.effect, verdict.reason), (Effect::Deny, Some(Reason::FactUnavailable)));
    // Elsewhere the rule has no say, and without a body there is nothing to ask about.
    assert_eq!(judge(&rules, &call("POST", "/other", "not json"), &[]).effect, Effect::Allow);
    assert_eq!(judge(&rules, &call("GET", "/query", ""), &[]).effect, Effect::Allow);
}

#[test]
fn tools_match_by_glob() {
    let rules = [rule(json!({
        "name": "r", "on": "request", "effect": "hold",
        "match": {"mcp": {"method": ["tools/call"], "tool": ["delete_*"]}}
    }))];
    let ask = |tool: &str| {
        let body =
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool}});
        judge(&rules, &call("POST", "/mcp", &body.to_string()), &[])
    };
    assert_eq!(ask("delete_customer").effect, Effect::Hold);
    assert!(ask("delete_customer").terms.is_some());
    assert_eq!(ask("read_customer").effect, Effect::Allow);
}

#[test]
fn two_holds_join_to_the_stricter_terms() {
    let hold = |name: &str, groups: &[&str], expiry: u32| {
        rule(json!({"name": name, "on": "request", "effect": "hold",
            "hold": {"approvers": groups, "expiry_seconds": expiry}}))
    };
    let terms = |rules: &[Rule]| judge(rules, &call("GET", "/", ""), &[]).terms.unwrap();
    let yes = |name: &str, groups: &[&str]| Approval {
        approver: name.to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    };
    let both = terms(&[hold("a", &["dba", "sre"], 60), hold("b", &["sre"], 600)]);
    assert_eq!((both.expiry_seconds, both.requirements.len()), (60, 2));
    assert!(both.satisfied_by(&[yes("ada", &["sre"])]));
    assert!(!both.satisfied_by(&[yes("ada", &["dba"])]));
    let open = terms(&[hold("a", &[], 60), hold("b", &["sre"], 60)]);
    assert!(!open.satisfied_by(&[yes("ada", &[])]) && open.satisfied_by(&[yes("ada", &["sre"])]));
    // Two of finance and one of legal are not one of each, in whichever order the rules stand.
    let mut finance = hold("a", &["finance"], 60);
    finance.hold.as_mut().unwrap().quorum = 2;
    let legal = hold("b", &["legal"], 600);
    let joined = terms(&[finance.clone(), legal.clone()]);
    assert_eq!(terms(&[legal.clone(), finance.clone(), legal]), joined);
    let (ada, bob) = (yes("ada", &["finance"]), yes("bob", &["legal"]));
    assert!(!joined.satisfied_by(&[ada.clone(), bob.clone()]));
    assert!(joined.satisfied_by(&[ada, bob, yes("cid", &["finance"])]));
}

#[test]
fn a_response_plan_knows_each_kind_ahead() {
    let rules = [
        rule(
            json!({"name": "mask", "on": "response", "effect": "redact", "match": {"findings": ["email", "key"]}}),
        ),
        rule(
            json!({"name": "stop", "on": "response", "effect": "deny", "match": {"findings": ["key"]}}),
        ),
        rule(
            json!({"name": "try", "on": "response", "effect": "deny", "mode": "shadow", "match": {"findings": ["email"]}}),
        ),
        rule(json!({"name": "else", "on": "response", "effect": "deny",
            "match": {"http": {"path": ["/other"]}, "findings": ["email"]}})),
    ];
    let call = call("GET", "/", "");
    let protocol = protocol::read(Kind::Http, "GET", &call.headers, "").unwrap();
    let plan =
        plan_response(&rules, &Facts::new(&call, "/", "db.example", &protocol, &[], vec![]), 0);
    // The rule of another path is none of the plan's.
    assert_eq!(plan.effect(&[true, false, true]), Effect::Redact);
    assert!(plan.denying(&[true, false, true]).is_none());
    assert!(plan.denying(&[true, true, true]).is_some());
    assert_eq!(plan.effect(&[false, false, true]), Effect::Allow);
    let told: Vec<_> =
        plan.contributions(&[true, false, true]).into_iter().map(|c| c.rule).collect();
    assert_eq!(told, ["mask", "try"]);
}
