use std::cell::Cell;

use super::super::Manifest;
use super::PartDigests;
use crate::rule::{DefaultEffect, Rule};

thread_local! {
    /// Values that were made JSON for a digest.
    pub(super) static WRITTEN: Cell<usize> = const { Cell::new(0) };
}

fn rule(name: &str, sections: &[String]) -> Rule {
    let json = serde_json::json!({
        "name": name, "on": "request", "effect": "deny", "sections": sections,
    });
    serde_json::from_value(json).unwrap()
}

fn digests(sections: &[String], rules: &[Rule]) -> PartDigests {
    let manifest = Manifest {
        name: "b".into(),
        version: "1".into(),
        serial: 1,
        not_after: None,
        default: DefaultEffect::Allow,
        sections: sections.to_vec(),
    };
    PartDigests::of(&manifest, (rules, &[], &[]), &[]).unwrap()
}

#[test]
fn a_rule_is_written_once_however_many_sections_it_names() {
    let sections: Vec<String> = (0..100).map(|n| format!("s{n}")).collect();
    WRITTEN.set(0);
    let all = digests(&sections, &[rule("a", &sections), rule("b", &sections)]);
    assert_eq!((WRITTEN.get(), all.sections.len()), (3, 100), "the manifest and two rules");
}

#[test]
fn each_part_has_the_digest_of_its_own_rules() {
    let [a, b] = ["a", "b"].map(str::to_owned);
    let both = [a.clone(), b.clone()];
    let of = |rules: &[Rule]| digests(&both, rules);
    let first = of(&[rule("all", &[]), rule("one", std::slice::from_ref(&a))]);
    let twice = of(&[rule("all", &[]), rule("one", &[a.clone(), a.clone()])]);
    let moved = of(&[rule("all", &[]), rule("one", std::slice::from_ref(&b))]);
    let other = of(&[rule("other", &[]), rule("one", std::slice::from_ref(&a))]);
    assert_ne!(first.sections[&a], twice.sections[&a], "it is another text");
    assert_eq!(first.sections[&b], twice.sections[&b]);
    assert_ne!(first.sections[&a], moved.sections[&a]);
    assert_ne!(first.sections[&b], moved.sections[&b]);
    assert_eq!(first.common, moved.common);
    assert_ne!(first.common, other.common);
    assert_eq!(first.sections, other.sections);
    assert_ne!(first.sections[&a], first.sections[&b]);
    assert_ne!(of(&[]).sections[&a], of(&[]).sections[&b], "the name is in it");
}
