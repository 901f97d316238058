use crate::bundle::Bundle;
use crate::compile::{Source, SourceFile, compile};
use crate::redact::Redaction;

const PATTERNS: &str = r"
patterns:
  - {name: card, kind: card, regex: '[2-6](?:[ -]?[0-9]){11,18}', validate: payment-card}
  - {name: ssn, kind: ssn, regex: '[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}', validate: us-ssn}
  - {name: phone, kind: phone, regex: '\+[0-9]{12,14}'}
  - {name: key, kind: key, regex: 'key-[a-z0-9]{24}'}
  - {name: name, kind: name, regex: 'name-[a-z]{1,60}'}
";

fn bundle(name: &str, rules: &str) -> Source {
    let text = format!("bundle: {{name: {name}, version: '1'}}\n{rules}");
    let file = SourceFile { path: String::new(), text };
    Source { name: format!("{name}.yaml"), files: vec![file], ..Source::default() }
}

fn rule(name: &str, kinds: &str, redact: &str) -> String {
    format!(
        "  - {{name: {name}, on: response, effect: redact, match: {{findings: [{kinds}]}}, redact: {redact}}}\n"
    )
}

/// Codes and messages.
fn mistakes(kinds: &str, redact: &str) -> Vec<String> {
    let source = bundle("one", &format!("rules:\n{}{PATTERNS}", rule("r", kinds, redact)));
    match compile(&[source]) {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes.iter().map(|m| format!("{} {}", m.code, m.message)).collect(),
    }
}

#[test]
fn ways_that_are_taken() {
    for (kinds, redact) in [
        ("card, ssn, phone, key, name", "{as: token}"),
        ("card, ssn, phone, key, name", "{as: fixed, text: (removed)}"),
        ("key, name", "{as: hash}"),
        ("card, key", "{as: partial, keep_last: 4}"),
    ] {
        assert_eq!(mistakes(kinds, redact), [""; 0], "{kinds} {redact}");
    }
}

#[test]
fn few_values_get_no_pseudonym() {
    for kind in ["card", "ssn", "phone"] {
        let expected =
            format!("GH131 `{kind}` has too few values for `hash`: who can ask tries them all");
        assert_eq!(mistakes(&format!("key, {kind}"), "{as: hash}"), [expected]);
    }
}

#[test]
fn short_values_show_no_part() {
    for kind in ["ssn", "name"] {
        let expected =
            format!("GH130 `{kind}` is too short for `partial`: a part tells too much of it");
        assert_eq!(mistakes(&format!("key, {kind}"), "{as: partial, keep_last: 1}"), [expected]);
    }
    for many in [0, 5, 1000] {
        let redact = format!("{{as: partial, keep_last: {many}}}");
        assert_eq!(mistakes("key", &redact), ["GH130 `keep_last` is 1 to 4"]);
    }
}

#[test]
fn a_way_says_all_it_needs_and_no_more() {
    for (redact, field, way) in [
        ("{as: fixed}", "text", "fixed"),
        ("{as: token, text: x}", "text", "fixed"),
        ("{as: partial}", "keep_last", "partial"),
        ("{as: hash, keep_last: 2}", "keep_last", "partial"),
    ] {
        let expected = format!("GH113 `{field}` and `as: {way}` need each other");
        assert_eq!(mistakes("key", redact), [expected]);
    }
    let deny = "rules: [{name: r, on: request, effect: deny, redact: {as: token}}]\n";
    let mistakes = compile(&[bundle("one", deny)]).unwrap_err();
    assert_eq!((mistakes.len(), mistakes[0].code), (1, "GH113"));
}

#[test]
fn a_text_is_the_same_everywhere() {
    let expected = "GH132 `a\\\"b` cannot stand everywhere";
    assert_eq!(mistakes("key", r#"{as: fixed, text: 'a"b'}"#), [expected]);
    assert_eq!(mistakes("key", "{as: fixed, text: ''}").len(), 1);
}

#[test]
fn what_is_left_behind_triggers_no_pattern() {
    let found = |kinds: &str, redact: &str, more: &str| {
        let rules = rule("r", kinds, redact);
        compile(&[bundle("one", &format!("rules:\n{rules}{PATTERNS}{more}"))])
            .map_or_else(|m| m.iter().map(|m| m.code).collect(), |_| Vec::new())
    };
    assert_eq!(found("key", "{as: fixed, text: see key-a}", ""), ["GH304"]);
    assert_eq!(found("key", "{as: fixed, text: see keys}", ""), [""; 0]);
    // Sixteen letters of the alphabet of pseudonyms, and what stays of a value.
    let letters = "  - {name: odd, kind: odd, regex: '[b-v]{16}\\]!'}\n";
    assert_eq!(found("key", "{as: hash}", letters), ["GH304"]);
    assert_eq!(found("key", "{as: token}", letters), [""; 0]);
    let digits = "  - {name: odd, kind: odd, regex: '\\*[0-9]{4}'}\n";
    assert_eq!(found("card", "{as: partial, keep_last: 4}", digits), ["GH304"]);
    assert_eq!(found("card", "{as: partial, keep_last: 3}", digits), [""; 0]);
    // Letters of a trigger alone are no match, and `]` ends them.
    let four = "  - {name: odd, kind: odd, regex: 'AKIA[A-Z]{16}'}\n";
    assert_eq!(found("card", "{as: partial, keep_last: 4}", four), [""; 0]);
}

/// Rules speak in another order than that of their file.
#[test]
fn what_is_left_behind_is_told_where_it_is_written() {
    let way = rule("z", "key", "{as: fixed, text: see key-a}");
    let plain = "  - {name: a, on: request, effect: deny}\n".to_owned();
    for other in [rule("a", "card", "{as: fixed, text: gone}"), plain] {
        for (rules, line) in [(format!("{way}{other}"), 3), (format!("{other}{way}"), 4)] {
            let source = bundle("one", &format!("rules:\n{rules}{PATTERNS}"));
            let mistakes = compile(&[source]).unwrap_err();
            let told: Vec<_> = mistakes.iter().map(|m| (m.code, m.line)).collect();
            assert_eq!(told, [("GH304", line)]);
        }
    }
}

#[test]
fn one_kind_has_one_part() {
    let rules = |first, second| format!("rules:\n{first}{second}{PATTERNS}");
    let four = rule("a", "card, key", "{as: partial, keep_last: 4}");
    let two = rule("b", "card", "{as: partial, keep_last: 2}");
    let mistakes = compile(&[bundle("one", &rules(four.clone(), two))]).unwrap_err();
    assert_eq!((mistakes.len(), mistakes[0].code), (1, "GH133"));
    let hash = rule("b", "key", "{as: hash}");
    assert!(compile(&[bundle("one", &rules(four, hash))]).is_ok());
}

/// Whatever keeps rules apart does not keep their readers apart: routes are one agent's, and what is in
/// shadow today is enforced tomorrow.
#[test]
fn one_kind_has_one_part_wherever_it_is_shown() {
    let part = |name: &str, keep: u8, more: &str| {
        format!(
            "  - {{name: {name}, on: response, effect: redact, match: {{findings: card}}, redact: {{as: partial, keep_last: {keep}}}{more}}}\n"
        )
    };
    for (one, other) in [
        (", sections: payments", ", sections: stock"),
        (", mode: shadow", ""),
        (", when: \"principal.subject == 'a'\"", ", when: \"principal.subject != 'a'\""),
    ] {
        let rules = [part("a", 4, one), part("b", 2, other)].concat();
        let text = format!(
            "bundle: {{name: one, version: '1', sections: [payments, stock]}}\nrules:\n{rules}{PATTERNS}"
        );
        let file = SourceFile { path: String::new(), text };
        let source = Source { name: "one.yaml".into(), files: vec![file], ..Source::default() };
        let mistakes = compile(&[source]).unwrap_err();
        assert_eq!((mistakes.len(), mistakes[0].code), (1, "GH133"), "{one}");
        assert_eq!(mistakes[0].message, "`card` keeps its last 2 here and its last 4 elsewhere");
    }
}

/// The first six of a card number and its last four leave 10^5 to try, so there is no way to keep the first.
#[test]
fn the_first_of_a_value_is_never_kept() {
    for redact in ["{as: partial, keep_first: 6}", "{as: partial, keep_last: 4, keep_first: 6}"] {
        let told = mistakes("card", redact);
        assert!(told.iter().any(|one| one.contains("keep_first")), "{told:?}");
    }
}

#[test]
fn across_bundles_the_stronger_part_is_taken() {
    let one = format!(
        "rules:\n{}{}{PATTERNS}",
        rule("a", "card, key", "{as: partial, keep_last: 4}"),
        rule("c", "key", "{as: partial, keep_last: 4}"),
    );
    let other = format!("rules:\n{}", rule("b", "card", "{as: partial, keep_last: 2}"));
    for sources in
        [[bundle("one", &one), bundle("two", &other)], [bundle("two", &other), bundle("one", &one)]]
    {
        let rules = Bundle::decode(&compile(&sources).unwrap()).unwrap().rules;
        let two = Some(Redaction::Partial { keep_last: 2 });
        assert!(rules.len() == 3 && rules.iter().all(|rule| rule.redact == two), "{rules:?}");
    }
}

/// Whoever compiled it: a gateway follows no way that breaks a body or shows too much.
#[test]
fn a_bundle_with_another_way_is_not_taken() {
    use crate::bundle::wire::{self, section};
    let decoded = |redact: &str| {
        let rules = format!(
            r#"[{{"name":"r","on":"response","effect":"redact","match":{{"findings":["k"]}},"redact":{redact}}}]"#
        );
        let manifest = br#"{"name":"a","version":"1","serial":1}"#;
        let sections: &[(&str, &[u8])] = &[
            (section::MANIFEST, manifest),
            (section::RULES, rules.as_bytes()),
            (section::PATTERNS, b"[]"),
        ];
        Bundle::decode(&wire::write(sections)).is_ok()
    };
    assert!(decoded(r#"{"as":"fixed","text":"gone"}"#) && decoded(r#"{"as":"hash"}"#));
    assert!(!decoded(r#"{"as":"fixed","text":"\""}"#));
    assert!(!decoded(r#"{"as":"partial","keep_last":5}"#));
    assert!(!decoded(r#"{"as":"none"}"#));
}
