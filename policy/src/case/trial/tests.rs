use serde_json::json;

use super::{Case, EACH, MOST_WORK, RULE, STEP, Step, Trial, cost};
use crate::bundle::{Bundle, wire};
use crate::compile::{Source, SourceFile, release};

fn bundle(rules: usize) -> Bundle {
    let manifest = br#"{"name":"b","version":"1","serial":1}"#.as_slice();
    let rule = |n| {
        format!(
            r#"{{"name":"r{n}","on":"request","match":{{"http":{{"path":["/{n}"]}}}},"effect":"deny"}}"#
        )
    };
    let rules = format!("[{}]", (0..rules).map(rule).collect::<Vec<_>>().join(","));
    let sections = [("manifest", manifest), ("rules", rules.as_bytes()), ("patterns", b"[]")];
    Bundle::decode(&wire::write(&sections)).unwrap()
}

fn cases(count: usize) -> Vec<Case> {
    let case = r#"{"name":"it passes","expect":{"effect":"allow"}}"#;
    vec![serde_json::from_str(case).unwrap(); count]
}

/// How many are run in the first step.
fn at_once(rules: usize) -> usize {
    let (bundle, all) = (bundle(rules), 300);
    let mut trial = Trial::new(cases(all), &bundle).unwrap();
    assert_eq!(trial.step(&bundle), Step::More);
    all - trial.cases.len()
}

#[test]
fn a_step_does_less_where_there_are_more_rules() {
    assert_eq!(at_once(0), STEP / EACH);
    assert_eq!(at_once(1000), STEP.div_ceil(EACH + 1000 * RULE));
    assert_eq!(at_once(2100), 1, "and always one");
}

#[test]
fn calls_that_a_model_proposes_count_like_cases() {
    let of = |kind: &str, body: &str| {
        let case = json!({
            "name": "a", "request": {"kind": kind}, "response": {"body": body}, "expect": {"effect": "allow"},
        });
        cost(&serde_json::from_value(case).unwrap(), 10) - body.len()
    };
    let each = EACH + 10 * RULE;
    assert_eq!(of("openai", "{}{}"), 3 * each);
    assert_eq!(of("openai", &"{".repeat(5000)), 1025 * each);
    assert_eq!(of("http", "{}{}"), each);
}

#[test]
fn all_tests_together_have_a_bound() {
    let few = bundle(200);
    assert!(Trial::new(cases(5000), &few).is_ok());
    let many = bundle(1000);
    let most = MOST_WORK / (EACH + 1000 * RULE);
    assert!(Trial::new(cases(most), &many).is_ok());
    let told = Trial::new(cases(most + 1), &many).err().unwrap();
    assert!(told.starts_with(&format!("its {} tests of 1000 rules", most + 1)), "{told}");
}

#[test]
fn who_builds_such_a_bundle_is_told() {
    let of = |tests: usize, rules: usize| {
        let mut text = "bundle: {name: b, version: '1'}\nrules:\n".to_owned();
        for n in 0..rules {
            text += &format!(
                "  - {{name: r{n}, on: request, match: {{http: {{path: /{n}}}}}, effect: deny}}\n"
            );
        }
        text += "tests:\n";
        text += &"  - {name: t, expect: {effect: allow}}\n".repeat(tests);
        let files = vec![SourceFile { path: String::new(), text }];
        release(&[Source { name: "b".into(), files, ..Source::default() }])
    };
    assert!(of(1000, 200).is_ok());
    let mistakes = of(5000, 500).unwrap_err();
    assert_eq!((mistakes.len(), mistakes[0].code), (1, "GH310"));
    assert!(mistakes[0].message.contains("5000 tests of 500 rules"), "{mistakes:?}");
}
