use policy::compile::{CaseReport, CaseResult};

use super::{human, junit, program};

fn report() -> CaseReport {
    let case = |name: &str, line, failures: &[&str]| CaseResult {
        name: name.into(),
        file: "b/tests/a.yaml".into(),
        line,
        failures: failures.iter().map(|failure| (*failure).to_owned()).collect(),
    };
    CaseReport {
        cases: vec![
            case("a table is dropped", 3, &[]),
            case("a <customer> & \u{1b}[31m", 9, &["expected `deny`, got `allow` by no rule"]),
        ],
        uncovered: vec!["no-drop".into()],
        rules: 2,
    }
}

#[test]
fn people_see_what_failed_and_what_is_left_out() {
    assert_eq!(
        human(&report()),
        "\
ok      a table is dropped  b/tests/a.yaml:3
FAILED  a <customer> & \u{fffd}[31m  b/tests/a.yaml:9
          expected `deny`, got `allow` by no rule
no case makes the rule `no-drop` match
1 passed, 1 failed; 1 of 2 rules covered"
    );
}

#[test]
fn programs_do_too() {
    let json = program(&report());
    assert_eq!(
        (json["failed"].as_u64(), json["cases"][1]["passed"].as_bool()),
        (Some(1), Some(false))
    );
    assert_eq!(json["uncovered"][0], "no-drop");
}

#[test]
fn junit_is_xml() {
    let xml = junit(&report()).to_string().unwrap();
    for part in [
        r#"<testsuites name="gatehouse bundle test" tests="2" skipped="0" failures="1""#,
        r#"<testsuite name="b/tests/a.yaml" tests="2""#,
        r#"classname="b/tests/a.yaml:9""#,
        r#"<failure message="expected `deny`, got `allow` by no rule"#,
        "a &lt;customer&gt; &amp;",
    ] {
        assert!(xml.contains(part), "{part} is not in\n{xml}");
    }
    assert!(!xml.contains('\u{1b}'));
}
