//! Bundles that build on others.

use super::{Source, SourceFile, compile, test};
use crate::bundle::Bundle;
use crate::compile::{Parent, bundles};
use crate::rule::{DefaultEffect, Effect, Mode};

fn named(name: &str, text: &str, parents: &[(&str, Source)]) -> Source {
    let parents = parents
        .iter()
        .map(|(wanted, source)| Parent { wanted: (*wanted).to_owned(), found: Ok(source.clone()) });
    let file = SourceFile { path: String::new(), text: text.to_owned() };
    Source { name: name.to_owned(), files: vec![file], parents: parents.collect() }
}

const BASE: &str = "\
bundle: {name: base, version: '7', serial: 70, not_after: 2030-01-01T00:00:00Z, default: deny, sections: [pay]}
rules:
  - {name: no-keys, on: request, match: {findings: key}, effect: deny}
  - {name: no-delete, on: request, sections: pay, match: {http: {method: DELETE}}, effect: deny}
patterns:
  - {name: key, kind: key, regex: 'key-[0-9]{4}'}
tests:
  - {name: never passes, expect: {effect: hold}}
";

const SHOP: &str = "\
bundle: {name: shop, version: '1', serial: 3, extends: [base]}
rules:
  - {name: masked, on: response, match: {findings: key}, effect: redact}
  - {name: pay-reads, on: request, sections: pay, match: {http: {method: GET}}, effect: allow}
";

fn shop(from: &str, to: &str) -> Result<Bundle, Vec<String>> {
    assert!(SHOP.contains(from), "{from}");
    let base = named("base", BASE, &[]);
    built(&[named("shop.yaml", &SHOP.replacen(from, to, 1), &[("base", base)])])
}

fn built(sources: &[Source]) -> Result<Bundle, Vec<String>> {
    let told = |mistakes: Vec<super::super::Diagnostic>| {
        let one = |d: &super::super::Diagnostic| {
            let help = d.help.as_deref().unwrap_or_default();
            format!("{} {}:{}:{} {} ({help})", d.code, d.file, d.line, d.column, d.message)
        };
        mistakes.iter().map(one).collect::<Vec<_>>()
    };
    compile(sources).map_err(told).map(|file| Bundle::decode(&file).unwrap())
}

fn rules(bundle: &Bundle) -> Vec<(&str, Option<&str>)> {
    bundle.rules.iter().map(|rule| (rule.name.as_str(), rule.from.as_deref())).collect()
}

#[test]
fn rules_and_patterns_are_taken_over_and_say_where_from() {
    let bundle = shop("", "").unwrap();
    let mut all = rules(&bundle);
    all.sort_unstable();
    let inherited = [("no-delete", Some("base")), ("no-keys", Some("base"))];
    assert_eq!(all, [&[("masked", None)][..], &inherited, &[("pay-reads", None)]].concat());
    assert_eq!(bundle.scanner.kinds(), ["key"]);
    // Its name and its releases are the child's; what it promises nobody takes back.
    assert_eq!((bundle.name.as_str(), bundle.version.as_str(), bundle.serial), ("shop", "1", 3));
    assert!(bundle.not_after.is_some() && bundle.sections == ["pay"]);
    assert_eq!(bundle.default, DefaultEffect::Deny);
    assert_eq!(
        shop("serial: 3", "serial: 3, default: allow").unwrap().default,
        DefaultEffect::Deny
    );
    assert_eq!(shop("", "").unwrap().revision, bundle.revision);
}

#[test]
fn only_own_cases_run_over_the_whole() {
    let text = format!(
        "{SHOP}tests:
  - {{name: inherited, request: {{sections: pay, method: DELETE}}, expect: {{effect: deny, rules: no-delete}}}}
  - {{name: own, request: {{sections: pay}}, expect: {{effect: allow, rules: pay-reads}}}}
  - {{name: masks, response: {{body: key-1234}}, expect: {{effect: redact, rules: masked}}}}
"
    );
    let report = test(&[named("shop.yaml", &text, &[("base", named("base", BASE, &[]))])]).unwrap();
    assert_eq!(report.cases.len(), 3);
    for case in &report.cases {
        assert_eq!(case.failures, [""; 0], "{}", case.name);
    }
    // `no-keys` has its case where it comes from.
    assert_eq!((report.rules, report.uncovered), (2, vec![]));
}

#[test]
fn an_inherited_rule_is_left_out_or_replaced_only_by_name() {
    let without = shop("extends: [base]", "extends: [base], disable: no-keys").unwrap();
    assert!(!rules(&without).iter().any(|(name, _)| *name == "no-keys"));
    let own = "rules:\n  - {name: no-keys, on: request, match: {findings: key}, effect: redact}";
    let twice = shop("rules:", own).unwrap_err();
    assert_eq!(twice.len(), 1);
    assert!(
        twice[0].starts_with("GH111") && twice[0].contains("`disable: [no-keys]`"),
        "{twice:?}"
    );
    let base = named("base", BASE, &[]);
    let text = SHOP.replace("[base]}", "[base], disable: [no-keys]}").replace("rules:", own);
    let replaced = built(&[named("shop.yaml", &text, &[("base", base)])]).unwrap();
    let rule = replaced.rules.iter().find(|rule| rule.name == "no-keys").unwrap();
    assert_eq!((rule.effect, &rule.from), (Effect::Redact, &None));
}

#[test]
fn what_is_not_inherited_cannot_be_disabled() {
    for (name, said) in [
        (
            "no-key",
            "GH118 shop.yaml:1:73 no rule named `no-key` is inherited, so there is nothing to disable (did you mean `no-keys`?)",
        ),
        ("masked", "own rules are taken out of the file"),
    ] {
        let mistakes = shop("[base]", &format!("[base], disable: {name}")).unwrap_err();
        assert!(mistakes.len() == 1 && mistakes[0].contains(said), "{mistakes:?}");
    }
    // Nor by a bundle that merely runs beside it.
    let beside = named("a.yaml", "bundle: {name: a, version: '1', disable: no-keys}\n", &[]);
    let mistakes = built(&[beside, named("base", BASE, &[])]).unwrap_err();
    assert!(mistakes[0].starts_with("GH118"), "{mistakes:?}");
}

#[test]
fn a_bundle_that_was_not_found_is_a_mistake() {
    let mut source = named("shop.yaml", SHOP, &[]);
    let mistakes = built(&[source.clone()]).unwrap_err();
    assert!(mistakes[0].starts_with("GH117 shop.yaml:1:57 cannot extend `base`"), "{mistakes:?}");
    source.parents = vec![Parent { wanted: "base".into(), found: Err("it is away".into()) }];
    let mistakes = built(&[source]).unwrap_err();
    assert!(mistakes[0].contains("cannot extend `base`: it is away"), "{mistakes:?}");
}

#[test]
fn what_comes_by_two_ways_is_there_once_and_stays_if_one_of_them_keeps_it() {
    let base = named("base", BASE, &[]);
    let between = |name: &str, more: &str| {
        let text = format!("bundle: {{name: {name}, version: '1', extends: base{more}}}\n");
        named(name, &text, &[("base", base.clone())])
    };
    let child = |left: Source, right: Source| {
        let text = "bundle: {name: child, version: '1', extends: [left, right]}\n";
        built(&[named("child", text, &[("left", left), ("right", right)])]).unwrap()
    };
    let off = ", disable: no-keys";
    let names = |bundle: &Bundle| bundle.rules.iter().filter(|r| r.name == "no-keys").count();
    assert_eq!(names(&child(between("left", ""), between("right", ""))), 1);
    assert_eq!(names(&child(between("left", off), between("right", ""))), 1);
    assert_eq!(names(&child(between("left", ""), between("right", off))), 1);
    assert_eq!(names(&child(between("left", off), between("right", off))), 0);
    let all = child(between("left", ""), between("right", ""));
    assert!(all.rules.iter().all(|rule| rule.from.as_deref() == Some("base")));
    // Two bundles that run together are no family: each brings its own.
    let twice = built(&[between("left", ""), between("right", "")]).unwrap_err();
    assert!(twice.iter().all(|mistake| mistake.starts_with("GH111")), "{twice:?}");
}

/// Those that are built in can be built on.
#[test]
fn built_in_bundles_are_extended() {
    let secrets = bundles::folder("secrets");
    let text = "bundle: {name: shop, version: '1', extends: secrets}\n";
    let child = built(&[named("shop", text, &[("secrets", secrets.clone())])]).unwrap();
    let alone = built(&[secrets]).unwrap();
    let names = |bundle: &Bundle| bundle.rules.iter().map(|r| r.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&child), names(&alone));
    assert_eq!(child.scanner.kinds(), alone.scanner.kinds());
}

#[test]
fn a_bundle_in_shadow_tries_what_it_takes_over_too() {
    let bundle = shop("serial: 3", "serial: 3, mode: shadow").unwrap();
    assert!(bundle.rules.iter().all(|rule| rule.mode == Mode::Shadow));
    assert_eq!(bundle.default, DefaultEffect::Allow);
    let base = named("base", &BASE.replace("serial: 70", "mode: shadow"), &[]);
    let bundle = built(&[named("shop.yaml", SHOP, &[("base", base)])]).unwrap();
    let tried = bundle.rules.iter().filter(|rule| rule.mode == Mode::Shadow);
    assert!(tried.clone().count() == 2 && tried.clone().all(|rule| rule.from.is_some()));
    assert_eq!(bundle.default, DefaultEffect::Allow);
}
