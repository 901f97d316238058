//! Tables, schemas and columns that SQL names.

use serde_json::{Value, json};

use super::{Facts, call, decide_request, judge, rule};
use crate::call::Kind;
use crate::protocol;
use crate::reason::Reason;
use crate::rule::{DefaultEffect, Effect, Rule};

fn about(effect: &str, sql: Value) -> Rule {
    rule(json!({"name": "r", "on": "request", "effect": effect, "match": {"sql": sql}}))
}

fn ask(rules: &[Rule], sql: &str) -> (Effect, Option<Reason>) {
    let verdict = judge(rules, &call("POST", "/q", &json!({"sql": sql}).to_string()), &[]);
    (verdict.effect, verdict.reason)
}

fn denied(sql: Value, text: &str) -> bool {
    let (effect, reason) = ask(&[about("deny", sql)], text);
    assert_ne!(reason, Some(Reason::FactUnavailable), "{text}");
    effect == Effect::Deny
}

#[test]
fn a_table_stops_in_any_case_and_schema() {
    for text in [
        "SELECT a FROM Users",
        "SELECT a FROM \"USERS\"",
        "SELECT a FROM hr.users",
        "SELECT a FROM shop.hr.users u",
        "DELETE FROM users WHERE id = 1",
        "WITH d AS (SELECT a FROM users) SELECT a FROM d",
    ] {
        assert!(denied(json!({"table": ["users"]}), text), "{text}");
        assert!(denied(json!({"table": ["hr.users"]}), text), "{text}");
        assert!(denied(json!({"table": ["U*"]}), text), "{text}");
    }
    for text in ["SELECT users FROM t", "SELECT a FROM users2", "SELECT 'FROM users' FROM t"] {
        assert!(!denied(json!({"table": ["users"]}), text), "{text}");
    }
    assert!(!denied(json!({"table": ["hr.users"]}), "SELECT a FROM sales.users"));
    assert!(denied(json!({"table": ["hr.*"]}), "SELECT a FROM hr.orders"));
    assert!(!denied(json!({"table": ["hr.*"]}), "SELECT a FROM orders"));
    assert!(denied(json!({"schema": ["hr"]}), "SELECT a FROM HR.orders"));
    assert!(denied(json!({"schema": ["hr"]}), "SET search_path = hr"));
    assert!(!denied(json!({"schema": ["hr"]}), "SELECT a FROM orders"));
}

#[test]
fn all_parts_have_to_hold() {
    let of = json!({"table": ["users"], "effect": ["delete"]});
    assert!(denied(of.clone(), "DELETE FROM users WHERE id = 1"));
    assert!(!denied(of.clone(), "SELECT a FROM users"));
    assert!(!denied(of, "DELETE FROM orders WHERE id = 1"));
}

#[test]
fn all_columns_are_each_column() {
    let ssn = json!({"column": ["ssn"]});
    for text in [
        "SELECT ssn FROM users",
        "SELECT substr(SSN, 1, 3) FROM users",
        "SELECT * FROM orders",
        "SELECT u FROM users u",
        "UPDATE users SET ssn = 1 WHERE id = 2",
    ] {
        assert!(denied(ssn.clone(), text), "{text}");
    }
    for text in
        ["SELECT count(*) FROM users", "SELECT name, 'ssn' FROM users", "SELECT 5 * id FROM users"]
    {
        assert!(!denied(ssn.clone(), text), "{text}");
    }
    let of_users = json!({"table": ["users"], "column": ["ssn"]});
    assert!(denied(of_users.clone(), "SELECT * FROM users"));
    assert!(!denied(of_users.clone(), "SELECT * FROM orders"));
    assert!(!denied(of_users, "SELECT name FROM users"));
}

/// By a statement before it in the call a bare name is one of the schema that is set.
#[test]
fn a_path_that_is_set_is_the_schema_of_bare_names() {
    // Where a rule says that it is SQL: a lone `USE hr` could be anything.
    let of = |table: &str| json!({"table": [table], "at": ["/sql"]});
    let hr = of("hr.*");
    let path = [
        "SET search_path = hr",
        "set search_path to sales, \"hr\"",
        "SET LOCAL search_path TO 'hr'",
        "SET SESSION search_path = HR, public",
        "SET SCHEMA 'hr'",
        "SET CURRENT SCHEMA = hr",
        "USE hr",
        "USE [hr]",
        "USE SCHEMA hr",
        "USE shop.hr",
        "ALTER SESSION SET CURRENT_SCHEMA = hr",
        "ALTER USER a WITH DEFAULT_SCHEMA = hr",
        "ALTER ROLE a SET search_path = hr",
        "SET ROLE hr",
        "SET SESSION AUTHORIZATION 'hr'",
        "ATTACH 'f.db' AS hr",
    ];
    for set in path {
        assert!(denied(hr.clone(), &format!("{set}; SELECT a FROM employees")), "{set}");
        // A later call on the same connection has no word of it.
        assert!(denied(hr.clone(), set), "{set}");
        assert!(denied(of("*.hr.*"), set) || set.contains("shop"), "{set}");
        assert!(denied(json!({"schema": ["hr"], "at": ["/sql"]}), set), "{set}");
        assert!(!denied(of("hr.users"), set), "{set}");
        assert!(!denied(of("users"), set), "{set}");
        assert!(!denied(of("sales2.*"), set), "{set}");
    }
    for text in [
        "SET search_path = public; SELECT a FROM employees",
        "SET search_path TO DEFAULT; SELECT a FROM employees",
        "RESET search_path; SELECT a FROM employees",
        "SHOW search_path",
        "SELECT current_setting('search_path'), current_schema FROM hr",
        "SET ROLE NONE",
        "SELECT a FROM employees USE INDEX (hr)",
        "UPDATE employees SET role = 'hr' WHERE schema_name = 'hr'",
    ] {
        assert!(!denied(hr.clone(), text), "{text}");
    }
    let listed = call("POST", "/q", r#"{"sql": ["SELECT a FROM employees", "USE hr"]}"#);
    let rules = [about("deny", json!({"table": ["hr.*"], "at": ["/sql"]}))];
    assert_eq!(judge(&rules, &listed, &[]).effect, Effect::Deny);
}

/// Which tables are named cannot be told, so no rule about tables passes it.
#[test]
fn a_path_that_cannot_be_read_is_a_deny() {
    for set in [
        "SET search_path = $1",
        "SET search_path TO :schema",
        "SELECT set_config('search_path', 'hr', false)",
        "USE @name",
        "USE ?",
        "USE identifier($x)",
        "UPDATE pg_settings SET setting = 'hr' WHERE name = 'search_path'",
        "ALTER SESSION SET CURRENT_SCHEMA = :x",
    ] {
        let text = format!("{set}; SELECT a FROM employees");
        for effect in ["deny", "hold"] {
            let rules = [about(effect, json!({"table": ["hr.*"], "at": ["/sql"]}))];
            let found = ask(&rules, &text);
            assert_eq!(found, (Effect::Deny, Some(Reason::FactUnavailable)), "{set}");
        }
        let held = rule(json!({"name": "r", "on": "request", "effect": "hold", "unparsed": "hold",
            "match": {"sql": {"table": ["hr.*"], "at": ["/sql"]}}}));
        assert_eq!(ask(std::slice::from_ref(&held), &text).0, Effect::Hold, "{set}");
    }
}

#[test]
fn names_that_cannot_be_read_are_a_deny() {
    for text in [
        "EXECUTE p(1)",
        "EXEC sp_executesql @text",
        "SELECT * FROM dblink('x', 'SELECT 1')",
        "DELETE FROM $1 WHERE id = 1",
        "DROP SCHEMA hr",
        "SELECT a FROM orders WHERE (b = 1",
    ] {
        for effect in ["hold", "deny"] {
            for sql in [
                json!({"table": ["users"], "at": ["/sql"]}),
                json!({"column": ["ssn"], "at": ["/sql"]}),
            ] {
                if text.contains('*') && sql.get("column").is_some() {
                    continue;
                }
                let found = ask(&[about(effect, sql)], text);
                assert_eq!(found, (Effect::Deny, Some(Reason::FactUnavailable)), "{text}");
            }
        }
    }
    // Where the effect already says that the rule is about something else, no name is needed.
    let of = json!({"table": ["users"], "effect": ["drop_table"], "at": ["/sql"]});
    assert!(!denied(of, "EXECUTE p(1)"));
    let held = rule(json!({"name": "r", "on": "request", "effect": "hold", "unparsed": "hold",
        "match": {"sql": {"table": ["users"], "at": ["/sql"]}}}));
    for text in ["SELECT a FROM orders WHERE (b = 1", "EXECUTE p(1)"] {
        assert_eq!(ask(std::slice::from_ref(&held), text).0, Effect::Hold, "{text}");
    }
}

#[test]
fn a_rule_that_allows_wants_all_of_them() {
    let allowed = |sql: Value, text: &str| {
        let rule = about("allow", sql);
        let call = call("POST", "/q", &json!({"sql": text}).to_string());
        let protocol = protocol::read(Kind::Http, "POST", &call.headers, &call.body).unwrap();
        let facts = Facts::new(&call, "/q", "db.example", &protocol, &[], vec![]);
        decide_request(&[rule], DefaultEffect::Deny, &facts).effect == Effect::Allow
    };
    let orders = json!({"effect": ["read"], "table": ["orders", "sales.*"]});
    for text in [
        "SELECT a FROM orders",
        "SELECT a FROM Orders o JOIN sales.items i ON o.id = i.order_id",
        "SELECT extract(year FROM a) FROM orders WHERE b IS DISTINCT FROM c",
    ] {
        assert!(allowed(orders.clone(), text), "{text}");
    }
    for text in [
        "SELECT 1",
        "SELECT a FROM orders, users",
        "SELECT a FROM hr.orders",
        "SELECT a FROM \"Orders\"",
        "SELECT a FROM \"sales.users\"",
        "SELECT a FROM shop.sales.items",
        "DELETE FROM orders WHERE id = 1",
        "SELECT (SELECT max(a) FROM users) FROM orders",
        "SELECT a FROM orders WHERE (b = 1",
        "SET search_path = hr; SELECT a FROM orders",
        "SET search_path = $1; SELECT a FROM orders",
        "USE hr; SELECT a FROM orders",
    ] {
        assert!(!allowed(orders.clone(), text), "{text}");
    }
    assert!(allowed(orders.clone(), "SET search_path = sales; SELECT a FROM orders"));
    let columns = json!({"effect": ["read"], "table": ["*"], "column": ["id", "name"]});
    assert!(allowed(columns.clone(), "SELECT id, t.name FROM hr.t ORDER BY name DESC LIMIT 5"));
    for text in
        ["SELECT * FROM t", "SELECT id, ssn FROM t", "SELECT t FROM t", "SELECT ssn(t) FROM t"]
    {
        assert!(!allowed(columns.clone(), text), "{text}");
    }
}

#[cfg(feature = "compile")]
#[test]
fn conditions_have_them_in_lower_case() {
    let when = |text: &str, sql: &str| {
        let mut rule = rule(json!({"name": "r", "on": "request", "effect": "deny"}));
        rule.when = crate::compile::compiled_condition(text);
        assert!(rule.when.is_some(), "{text}");
        ask(&[rule], sql)
    };
    let tables = "context.sql_tables.exists(t, t.endsWith('users'))";
    assert_eq!(when(tables, "SELECT a FROM hr.\"Users\"").0, Effect::Deny);
    assert_eq!(when(tables, "SELECT a FROM orders").0, Effect::Allow);
    let hidden = "SELECT a FROM dblink('x', 'SELECT 1')";
    assert_eq!(when(tables, hidden).1, Some(Reason::FactUnavailable));
    assert_eq!(when("'hr' in context.sql_schemas", "SELECT a FROM HR.t").0, Effect::Deny);
    assert_eq!(when("'*' in context.sql_columns", "SELECT * FROM t").0, Effect::Deny);
}

/// What is made while it runs may be any of the effects a rule names.
#[test]
fn sql_that_is_made_while_it_runs() {
    let with = |effects: Value, unparsed: Option<&str>| {
        let mut written = json!({"name": "r", "on": "request", "effect": "hold",
            "match": {"sql": {"effect": effects, "at": ["/sql"]}}});
        if let Some(unparsed) = unparsed {
            written["unparsed"] = json!(unparsed);
        }
        [rule(written)]
    };
    for text in [
        "EXECUTE p(1)",
        "DO $$ BEGIN EXECUTE 'del'||'ete from hr.people'; END $$",
        "EXECUTE IMMEDIATE 'x'",
        "EXEC('del'+'ete from hr.people')",
    ] {
        assert_eq!(ask(&with(json!(["delete"]), Some("hold")), text).0, Effect::Hold, "{text}");
        assert_eq!(ask(&with(json!(["delete"]), Some("deny")), text).0, Effect::Deny, "{text}");
        assert_eq!(ask(&with(json!(["dynamic_sql"]), None), text).0, Effect::Hold, "{text}");
        assert_eq!(ask(&with(json!(["delete"]), None), text).0, Effect::Allow, "{text}");
    }
    assert_eq!(ask(&with(json!(["delete"]), Some("hold")), "SELECT 'EXECUTE p'").0, Effect::Allow);
}
