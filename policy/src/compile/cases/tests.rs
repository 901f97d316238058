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

const PROPOSALS: &str = "\
rules:
  - {name: no-wiping, on: proposal, match: {mcp: {tool: 'wipe_*'}}, effect: deny, message: People do that}
  - {name: pay, on: proposal, match: {mcp: {tool: pay}}, when: action.arguments.cents > 500, effect: hold}
  - {name: later, on: proposal, match: {mcp: {tool: '*'}}, effect: deny, mode: shadow}
  - {name: emails, on: response, match: {findings: mark}, effect: redact}
patterns:
  - {name: mark, kind: mark, regex: 'mark-[0-9]{4}'}
tests:
";

fn answers(cases: &[(&str, &str)]) -> Vec<Vec<String>> {
    let case = |(answer, expect): &(&str, &str)| {
        format!(
            "  - {{name: a, request: {{kind: openai}}, response: {answer}, expect: {expect}}}\n"
        )
    };
    failures(&format!("{PROPOSALS}{}", cases.iter().map(case).collect::<String>())).unwrap()
}

#[test]
fn a_case_shows_what_a_model_proposes() {
    let pay = r#"{type: function_call, name: pay, arguments: '{"cents": 900}'}"#;
    let cheap = r#"{type: function_call, name: pay, arguments: '{"cents": 20}'}"#;
    let chat = r#"{json: {choices: [{index: 0, message: {tool_calls: [{id: c, type: function, function: {name: wipe_disk, arguments: '{}'}}]}}]}}"#;
    let event = r#"{body: "data: {\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{\"type\":\"function_call\",\"name\":\"wipe_all\",\"arguments\":\"{}\"}}\n\n"}"#;
    let told = answers(&[
        (&format!("{{json: {{output: [{pay}]}}}}"), "{effect: hold, rules: pay}"),
        (&format!("{{json: {{output: [{cheap}]}}}}"), "{effect: allow, rules: []}"),
        (chat, "{effect: deny, rules: no-wiping}"),
        (event, "{effect: deny, rules: no-wiping}"),
        (
            "{json: {output: [], note: mark-1234}}",
            "{effect: redact, rules: emails, redacted: mark}",
        ),
        // What only some can read passes nowhere, and neither does one approval for two calls.
        ("{body: '{\"output\": [], \"output\": []}'}", "{effect: deny, rules: []}"),
        (&format!("{{json: {{output: [{pay}, {pay}]}}}}"), "{effect: deny, rules: []}"),
    ]);
    assert_eq!(told, vec![Vec::<String>::new(); 7]);
}

#[test]
fn a_case_of_a_proposal_that_fails_says_why() {
    let none = r#"{json: {output: [{type: function_call, name: pay, arguments: '{}'}]}}"#;
    let wipe = r#"{json: {output: [{type: function_call, name: wipe_a, arguments: '{}'}]}}"#;
    let read = r#"{json: {output: [{type: function_call, name: read, arguments: '{}'}]}}"#;
    let told = answers(&[
        (none, "{effect: hold}"),
        (wipe, "{effect: hold}"),
        (read, "{effect: deny, rules: later}"),
    ]);
    let lacks = "expected `hold`, got `deny` by [pay]: rule `pay` denies the call of `pay` that the model proposes";
    assert!(told[0][0].starts_with(lacks), "{told:?}");
    let denied = "expected `hold`, got `deny` by [no-wiping]: rule `no-wiping` denies the call of `wipe_a` that the model proposes. People do that";
    assert_eq!(told[1], [denied]);
    assert_eq!(told[2][0], "expected `deny`, got `allow` by no rule");
    assert_eq!(told[2][2], "in shadow, so not acted on: `later`");
}

/// Another kind of route proposes nothing, and what is proposed counts as covered.
#[test]
fn proposals_are_those_of_models_and_are_counted() {
    let answer = r#"{json: {output: [{type: function_call, name: wipe_a, arguments: '{}'}]}}"#;
    let of = |kind: &str, effect: &str| {
        let text = format!(
            "bundle: {{name: a, version: '1'}}\n{PROPOSALS}  - {{name: a, request: {{kind: {kind}}}, response: {answer}, expect: {{effect: {effect}}}}}\n"
        );
        let files = vec![SourceFile { path: String::new(), text }];
        let report = test(&[Source { name: "a.yaml".into(), files, ..Source::default() }]).unwrap();
        assert_eq!(report.cases[0].failures, [""; 0], "{kind}");
        report.uncovered
    };
    assert_eq!(of("openai", "deny"), ["emails", "pay"]);
    assert_eq!(of("http", "allow").len(), 4);
}
