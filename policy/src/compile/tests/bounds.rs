//! What a bundle may hold, told to who writes it.

use super::{BUNDLE, compile, mistakes, source};
use crate::bundle::Bundle;
use crate::bundle::bounds::{ALLOWANCES, RULES, SECTIONS, SECTIONS_OF_RULE, TEXT};

#[track_caller]
fn bounded(of: impl Fn(usize) -> String, most: usize, told: &str) {
    let file = compile(&[source(&of(most))]).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    assert!(Bundle::decode(&file).is_ok());
    let mistakes = mistakes(&of(most + 1));
    assert!(mistakes.len() == 1 && mistakes[0].starts_with("GH107 "), "{mistakes:?}");
    assert!(mistakes[0].contains(told), "{mistakes:?}");
}

#[test]
fn names_versions_and_sections_are_bounded() {
    let version = |bytes| format!("bundle: {{name: a, version: '{}'}}\n", "v".repeat(bytes));
    bounded(version, TEXT, "the version of a bundle has at most 100 bytes (shorten it");
    let names = |count| (0..count).map(|n| format!("s{n}")).collect::<Vec<_>>().join(", ");
    let sections =
        |count| format!("bundle: {{name: a, version: '1', sections: [{}]}}\n", names(count));
    bounded(sections, SECTIONS, "a bundle has at most 128 sections");
    let long = |name: &str| source(&format!("bundle: {{name: {name}, version: '1'}}\n"));
    let together = compile(&[long(&"a".repeat(50)), long(&"b".repeat(50))]).unwrap_err();
    assert_eq!(together[0].code, "GH107");
    assert!(together[0].help.as_ref().unwrap().contains("joined with `+`"));
}

#[test]
fn lists_of_a_rule_are_bounded() {
    let sections = |count| {
        let names = vec!["s"; count].join(", ");
        format!(
            "bundle: {{name: a, version: '1', sections: [s]}}\nrules:\n  - {{name: r, on: request, effect: deny, sections: [{names}]}}\n"
        )
    };
    bounded(sections, SECTIONS_OF_RULE, "`sections` of a rule has at most 128 entries");
    let allowances = |count| {
        let one = "{kind: key, field: /a, until: '2027-01-31T00:00:00Z', reason: a test}";
        let all = vec![one; count].join(", ");
        format!(
            "{BUNDLE}rules:\n  - {{name: r, on: request, effect: deny, match: {{findings: key}}, allow_findings: [{all}]}}\npatterns:\n  - {{name: key, kind: key, regex: 'key-[a-z0-9]{{24}}'}}\n"
        )
    };
    bounded(allowances, ALLOWANCES, "`allow_findings` of a rule has at most 64 entries");
}

#[test]
fn rules_are_bounded() {
    let rules: String = (0..=RULES)
        .map(|n| {
            format!(
                "  - {{name: r{n}, on: request, match: {{http: {{path: /{n}}}}}, effect: deny}}\n"
            )
        })
        .collect();
    let mistakes = mistakes(&format!("{BUNDLE}rules:\n{rules}"));
    assert_eq!(
        mistakes,
        [
            "GH107 10003:5 a bundle has at most 10000 rules (let one rule name several paths, tools or groups)"
        ]
    );
}
