//! Commands where a rule points at them.

use serde_json::json;

use super::{call, judge, rule};
use crate::reason::Reason;
use crate::rule::{Effect, Rule};

fn holding(unparsed: &str) -> [Rule; 1] {
    [rule(json!({
        "name": "r", "on": "request", "effect": "hold", "unparsed": unparsed,
        "match": {"shell": {"effect": ["recursive_delete"], "at": ["/command", "/steps/*/run"]}}
    }))]
}

fn effect(rules: &[Rule], body: &str) -> Effect {
    judge(rules, &call("POST", "/exec", body), &[]).effect
}

#[test]
fn a_command_is_judged_where_it_stands() {
    for (body, wanted) in [
        (r#"{"command": "rm -rf /srv"}"#, Effect::Hold),
        (r#"{"COMMAND": "\u0072m -rf /srv"}"#, Effect::Hold),
        (r#"{"command": ["rm", "-rf", "/srv"]}"#, Effect::Hold),
        (r#"{"command": ["rm -rf /srv"]}"#, Effect::Hold),
        (r#"{"command": ["cd /srv", "rm -rf x"]}"#, Effect::Hold),
        (r#"{"command": [["ls"], ["rm", "-r", "x"]]}"#, Effect::Hold),
        (r#"{"command": {"unix": "rm -rf /srv", "windows": "dir"}}"#, Effect::Hold),
        (r#"{"steps": [{"run": "ls"}, {"run": "rm -rf x"}]}"#, Effect::Hold),
        (r#"{"command": ["echo", "x; rm -rf /srv"]}"#, Effect::Allow),
        (r#"{"command": ["sleep", 5]}"#, Effect::Allow),
        (r#"{"command": "git push -f"}"#, Effect::Allow),
        (r#"{"command": "ls", "note": "rm -rf /srv"}"#, Effect::Allow),
        (r#"{"command": null}"#, Effect::Allow),
        (r#"{"other": 1}"#, Effect::Allow),
        ("", Effect::Allow),
    ] {
        assert_eq!(effect(&holding("hold"), body), wanted, "{body}");
    }
}

#[test]
fn what_cannot_be_read_gets_what_the_rule_says() {
    for body in [
        r#"{"command": "$X -rf /srv"}"#,
        r#"{"command": "echo 'a"}"#,
        r#"{"command": 7}"#,
        r#"{"command": []}"#,
    ] {
        assert_eq!(effect(&holding("hold"), body), Effect::Hold, "{body}");
        assert_eq!(effect(&holding("deny"), body), Effect::Deny, "{body}");
        let rules = [Rule { unparsed: None, ..holding("hold")[0].clone() }];
        assert_eq!(effect(&rules, body), Effect::Allow, "{body}");
    }
}

#[test]
fn a_body_that_cannot_be_pointed_at_is_denied() {
    let verdict = judge(&holding("hold"), &call("POST", "/exec", "command=ls"), &[]);
    assert_eq!((verdict.effect, verdict.reason), (Effect::Deny, Some(Reason::FactUnavailable)));
    assert_eq!(verdict.unavailable.as_deref(), Some("the command at `/command`"));
}

#[test]
fn work_that_is_too_much_denies() {
    let command = format!("x={}; {}", "a".repeat(2_000), "echo $x; ".repeat(4_000));
    let body = json!({"command": command}).to_string();
    let verdict = judge(&holding("hold"), &call("POST", "/exec", &body), &[]);
    assert_eq!(verdict.reason, Some(Reason::FactUnavailable));
}

/// Where the default is deny: nothing else may be done, and all of it can be read.
#[test]
fn what_allows_is_compared_narrowly() {
    let rules = [
        rule(json!({
            "name": "a", "on": "request", "effect": "allow",
            "match": {"shell": {"effect": ["recursive_delete"], "at": ["/command"]}}
        })),
        rule(json!({"name": "h", "on": "request", "effect": "hold"})),
    ];
    let allowed = |body: &str| {
        let verdict = judge(&rules, &call("POST", "/exec", body), &[]);
        verdict.contributions.iter().any(|one| one.rule == "a")
    };
    assert!(allowed(r#"{"command": "rm -rf build"}"#));
    assert!(!allowed(r#"{"command": "ls"}"#));
    assert!(!allowed(r#"{"command": "rm -rf build; git push -f"}"#));
    assert!(!allowed(r#"{"command": "rm -rf build; $X"}"#));
    assert!(!allowed(r#"{"command": "rm -rf build; echo 'a"}"#));
}
