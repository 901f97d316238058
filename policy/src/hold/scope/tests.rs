use serde_json::json;

use super::Scope;
use crate::json::Node;
use crate::rule::ScopeTerms;

fn scope(uses: u32, lasts_seconds: u32, free: serde_json::Value) -> Scope {
    let free = serde_json::from_value(free).unwrap();
    ScopeTerms { uses, lasts_seconds, free }.into()
}

#[test]
fn what_is_free_has_to_be_there_and_within() {
    let scope = scope(5, 60, json!({"/a/n": ["1*"], "/a~1b": ["x", "true"]}));
    let kinds = |body: &str| {
        let body = Node::parse(body, 8).unwrap();
        let kinds = scope.kinds(&body);
        kinds.map(|kinds| kinds.into_iter().map(|(_, kind)| kind).collect::<Vec<_>>())
    };
    assert_eq!(kinds(r#"{"a": {"n": 12}, "a/b": "x"}"#), Some(vec!["number", "text"]));
    assert_eq!(kinds(r#"{"a": {"n": "12"}, "a/b": true}"#), Some(vec!["text", "boolean"]));
    for other in [
        r#"{"a": {"n": 21}, "a/b": "x"}"#,
        r#"{"a": {"n": 12}}"#,
        r#"{"a": {"N": 12}, "a/b": "x"}"#,
        r#"{"a": [{"n": 12}], "a/b": "x"}"#,
        r#"{"a": {"n": [12]}, "a/b": "x"}"#,
        r#"{"a": {"n": 12}, "a/b": null}"#,
        r#"{"a": {"n": 12}, "a/b": {"x": 1}}"#,
        r#"{"a/n": 12, "a/b": "x"}"#,
        r#"{"a": {"n": 1e300}, "a/b": "y"}"#,
        r#""1""#,
    ] {
        assert_eq!(kinds(other), None, "{other}");
    }
    let long = format!(r#"{{"a": {{"n": "1{}"}}, "a/b": "x"}}"#, "2".repeat(1024));
    assert_eq!(kinds(&long), None);
    assert!(scope.frees(&["a", "n"]) && scope.frees(&["a/b"]));
    assert!(!scope.frees(&["a"]) && !scope.frees(&["a", "n", "n"]) && !scope.frees(&["a", "[]"]));
}

/// Short globs are no way around for long numbers.
#[test]
fn numbers_are_compared_as_they_are_written_and_written_out() {
    let short = scope(5, 60, json!({"/n": ["?", "??", "00*"]}));
    let fits = |literal: &str| {
        let body = format!(r#"{{"n": {literal}}}"#);
        short.kinds(&Node::parse(&body, 8).unwrap()).is_some()
    };
    for literal in ["7", "42", "\"9\"", "\"007\"", "\"e\""] {
        assert!(fits(literal), "{literal}");
    }
    for literal in ["100", "9e9", "\"9e9\"", "1e300", "0.001", "1e2"] {
        assert!(!fits(literal), "{literal}");
    }
}

#[test]
fn of_two_rules_only_what_both_allow_is_free() {
    let one = scope(5, 600, json!({"/a": ["1*"], "/b": ["*"]}));
    let other = scope(9, 60, json!({"/a": ["*2"], "/c": ["*"]}));
    let both = one.clone().and(other.clone());
    assert_eq!(both, other.and(one));
    assert_eq!((both.uses, both.lasts_seconds), (5, 60));
    let fits = |body: &str| both.kinds(&Node::parse(body, 8).unwrap()).is_some();
    assert!(fits(r#"{"a": 12}"#) && !fits(r#"{"a": 11}"#) && !fits(r#"{"a": 22}"#));
    assert!(!both.frees(&["b"]) && !both.frees(&["c"]));
}
