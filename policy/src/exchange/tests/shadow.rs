//! A bundle in shadow: all of it is computed, recorded and counted, none of it acted on.

use super::lab::*;
use crate::exchange::{Event, Exchange, Step, Steps};
use crate::rule::{Effect, Mode};

const ENFORCED: &str = "bundle: {name: lab, version: 1.0.0, serial: 1}";
const SHADOW: &str = "bundle: {name: lab, version: 1.0.0, serial: 1, mode: shadow}";

fn lab(bundle: &str) -> Lab {
    let mut lab = Lab::new();
    lab.engine.activate(changed(ENFORCED, bundle));
    lab
}

fn ended(lab: &mut Lab, exchange: &mut Exchange) -> (Vec<&'static str>, crate::record::Record) {
    let steps = lab.on(exchange, Event::Log(None));
    (counted(&steps), record(&steps))
}

fn counted(steps: &Steps) -> Vec<&'static str> {
    let counted = |step: &Step| match step {
        Step::Count(name) => Some(*name),
        _ => None,
    };
    steps.list.iter().filter_map(counted).collect()
}

#[test]
fn what_would_be_held_denied_or_redacted_passes_as_it_came() {
    for (method, path, body, would, rule) in [
        ("DELETE", "/customers/7", "", Effect::Hold, "ask-before-delete"),
        ("POST", "/query", "DROP DATABASE shop", Effect::Deny, "no-drop-database"),
        ("POST", "/mask", "to ada@example.com", Effect::Redact, "mask-e-mail-in-requests"),
    ] {
        let mut lab = lab(SHADOW);
        let (mut exchange, steps) = lab.begin(lab.head(method, path, body.is_empty()));
        let steps = if body.is_empty() { steps } else { lab.body(&mut exchange, body) };
        assert!(releases(&steps), "{path}: {steps:?}");
        assert!(!steps.list.iter().any(|step| matches!(step, Step::ReplaceRequestBody(_))));
        let (counted, record) = ended(&mut lab, &mut exchange);
        let told: Vec<_> =
            record.verdict.rules.iter().map(|r| (&*r.rule, r.effect, r.mode)).collect();
        assert_eq!(told, [(rule, would, Mode::Shadow)]);
        assert_eq!(record.verdict.effect, Some(Effect::Allow));
        let would = format!("{would:?}").to_lowercase();
        let expected = [
            "gatehouse_effects.enforce.allow".to_owned(),
            format!("gatehouse_effects.shadow.{would}"),
        ];
        assert_eq!(counted, expected);
    }
}

#[test]
fn responses_pass_as_they_came_and_their_records_are_masked() {
    let mut lab = lab(SHADOW);
    let (mut exchange, _) = lab.begin(lab.head("GET", "/customers", true));
    let headers = vec![
        (":status".to_owned(), b"200".to_vec()),
        ("content-type".to_owned(), b"text/plain".to_vec()),
    ];
    lab.on(&mut exchange, Event::ResponseHeaders { headers, end_of_stream: false });
    let text = b"ada@example.com TICKET-123456";
    let steps = lab.on(&mut exchange, Event::ResponseBody { chunk: text, end_of_stream: true });
    assert_eq!(chunk(&steps), None, "as it came");
    let (counted, record) = ended(&mut lab, &mut exchange);
    assert_eq!(record.response.body.text, "[REDACTED:email] [REDACTED:ticket]");
    assert!(record.response.findings.iter().all(|finding| !finding.redacted));
    assert_eq!(counted, ["gatehouse_effects.enforce.allow", "gatehouse_effects.shadow.deny"]);
}

#[test]
fn what_is_enforced_is_counted_as_that() {
    let mut enforced = lab(ENFORCED);
    let (mut exchange, _) = enforced.begin(enforced.head("POST", "/query", false));
    enforced.body(&mut exchange, "DROP DATABASE shop");
    assert_eq!(ended(&mut enforced, &mut exchange).0, ["gatehouse_effects.enforce.deny"]);
    // No rule is asked without a caller.
    let mut head = enforced.head("GET", "/", true);
    head.headers.clear();
    let (mut exchange, _) = enforced.begin(head);
    assert_eq!(ended(&mut enforced, &mut exchange).0, ["gatehouse_effects.enforce.deny"]);
}

#[test]
fn only_the_bundle_that_says_so_is_in_shadow() {
    use crate::bundle::Bundle;
    use crate::compile::{Source, SourceFile, compile};
    let source = |name: &str, mode: &str| {
        let text = format!(
            "bundle: {{name: {name}, version: '1'{mode}}}\nrules:\n  - {{name: {name}-rule, on: request, effect: deny}}\n"
        );
        let file = SourceFile { path: String::new(), text };
        Source { name: name.to_owned(), files: vec![file], ..Source::default() }
    };
    let tried = source("tried", ", mode: shadow");
    for sources in [[source("old", ""), tried.clone()], [tried, source("old", ", mode: enforce")]] {
        let bundle = Bundle::decode(&compile(&sources).unwrap()).unwrap();
        for rule in bundle.rules {
            let expected = if rule.name == "old-rule" { Mode::Enforce } else { Mode::Shadow };
            assert_eq!(rule.mode, expected, "{}", rule.name);
        }
    }
}
