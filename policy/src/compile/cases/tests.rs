use super::test;
use crate::compile::{Source, SourceFile};

/// Failures of each case, or codes of the mistakes.
fn failures(text: &str) -> Result<Vec<Vec<String>>, Vec<String>> {
    let text = format!("bundle: {{name: a, version: '1'}}\n{text}");
    let file = SourceFile { path: String::new(), text };
    let report = test(&[Source { name: "a.yaml".into(), files: vec![file], ..Source::default() }]);
    let report = report.map_err(|found| {
        found
            .iter()
            .map(|mistake| format!("{} {}", mistake.code, mistake.message))
            .collect::<Vec<_>>()
    })?;
    Ok(report.cases.into_iter().map(|case| case.failures).collect())
}

#[test]
fn a_case_says_who_acts_and_when() {
    let text = "\
rules:
  - name: nights
    on: request
    when: context.time.getHours() >= 20 && has(principal.agent) && principal.agent == 'bot'
    effect: deny
tests:
  - {name: a, principal: {agent: bot}, request: {time: 2027-01-31T20:00:00Z}, expect: {effect: deny}}
  - {name: b, principal: {agent: bot}, request: {time: 2027-01-31T19:59:59Z}, expect: {effect: allow}}
  - {name: c, principal: {agent: man}, request: {time: 2027-01-31T20:00:00Z}, expect: {effect: allow}}
  - {name: d, request: {time: 2027-01-31T20:00:00Z}, expect: {effect: allow}}
  - {name: e, principal: {agent: bot}, expect: {effect: allow}}
";
    assert_eq!(failures(text), Ok(vec![Vec::<String>::new(); 5]));
}

#[test]
fn a_case_expects_a_refusal_by_its_code() {
    let text = "\
tests:
  - {name: json, request: {body: '{\"a\": 1,}'}, expect: {refusal: body_unreadable}}
  - {name: zip, request: {headers: {content-encoding: gzip}, body: a}, expect: {refusal: body_encoded}}
  - {name: path, request: {path: /a/../../b}, expect: {refusal: request_ambiguous}}
  - {name: method, request: {method: TRACE}, expect: {refusal: method_not_allowed}}
  - {name: upgrade, request: {headers: {upgrade: websocket}}, expect: {refusal: upgrade_refused}}
  - {name: other, request: {path: /a/../../b}, expect: {refusal: body_unreadable}}
  - {name: passes, request: {}, expect: {refusal: body_unreadable}}
  - {name: effect, request: {method: TRACE}, expect: {effect: deny}}
";
    let told = failures(text).unwrap();
    assert!(told[..5].iter().all(Vec::is_empty), "{told:?}");
    let starts = [
        "expected the refusal `body_unreadable`, got `request_ambiguous`: ",
        "expected the refusal `body_unreadable`, got the effect `allow`",
        "the request is refused as `method_not_allowed`: ",
    ];
    for (told, start) in told[5..].iter().zip(starts) {
        assert!(told.len() == 1 && told[0].starts_with(start), "{told:?}");
    }
}

#[test]
fn a_case_that_fails_names_rules_in_shadow_and_facts() {
    let text = "\
rules:
  - {name: later, on: request, match: {http: {path: /a}}, effect: hold, mode: shadow}
  - {name: large, on: request, match: {http: {path: /b}}, when: context.body.cents > 5, effect: hold}
tests:
  - {name: held, request: {path: /a}, expect: {effect: hold, rules: later}}
  - {name: another, request: {path: /a}, expect: {effect: deny}}
  - {name: amount, request: {path: /b, json: {euros: 7}}, expect: {effect: hold}}
  - {name: passes, request: {path: /a}, expect: {effect: allow}}
";
    let told = failures(text).unwrap();
    let held = [
        "expected `hold`, got `allow` by no rule",
        "expected rules [later], got []",
        "in shadow, so not acted on: `later`",
    ];
    assert_eq!(told[0], held);
    assert_eq!(told[1], ["expected `deny`, got `allow` by no rule"]);
    let amount = "expected `hold`, got `deny` by [large] (`fact_unavailable`): it needs `context.body.cents`";
    assert_eq!(told[2], [amount]);
    assert_eq!(told[3], [""; 0]);
}

#[test]
fn a_case_expects_an_effect_or_a_refusal() {
    let one = "GH113 a case expects an effect or a refusal";
    for expect in [
        "{}",
        "{effect: allow, refusal: body_encoded}",
        "{refusal: body_encoded, rules: []}",
        "{refusal: body_encoded, body: a}",
    ] {
        let text = format!("tests: [{{name: a, expect: {expect}}}]");
        assert_eq!(failures(&text).unwrap_err(), [one], "{expect}");
    }
    let unknown = failures("tests: [{name: a, expect: {refusal: denied}}]").unwrap_err();
    assert_eq!(unknown, ["GH105 unknown value `denied`"]);
    for code in super::refusals() {
        assert!(crate::reason::Reason::ALL.iter().any(|reason| reason.code() == *code), "{code}");
    }
}
