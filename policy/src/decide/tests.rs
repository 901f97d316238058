#[cfg(feature = "compile")]
mod speaking;
#[cfg(feature = "compile")]
mod when;

mod default;
mod endpoint;
mod may_pass;
mod mcp;
mod model;
mod names;
mod shell;
mod sql;
mod step_up;
#[cfg(feature = "compile")]
mod unavailable;
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
            owners: Vec::new(),
            scopes: Vec::new(),
        },
        route: "upstream-0".into(),
        cluster: "upstream-0".into(),
        kind: Kind::Http,
        proven: false,
        proposed: false,
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
            "http": {"method": ["delete"], "path": ["/customers/*"], "host": ["Db.*"],
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
