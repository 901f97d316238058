//! Each change that is told is put into the bundle's files, as people put it, and tried on the record.

use std::path::PathBuf;

use policy::backtest::{CannotTell, Held, Stop, judge};
use policy::bundle::Bundle;
use policy::principal::Principal;
use policy::record::{BudgetRecord, FindingCount, HeaderRecord, McpRecord, Record};
use policy::rule::{Effect, Mode, Severity};
use policy::verdict::Contribution;
use tempfile::TempDir;

use super::*;
use crate::bundle::kept::given;
use crate::bundle::load;

const PATTERNS: &str = "patterns:
  - {name: mail, kind: email, regex: '[a-z]{3,9}@[a-z]{3,9}', examples: {match: ['abc@def'], no_match: ['a']}}
";
const NOW: u64 = 1_800_000_000;

/// A bundle on disk, as somebody works on it.
struct Desk {
    folder: TempDir,
    paths: Vec<PathBuf>,
}

impl Desk {
    fn new(manifest: &str, rules: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bundle = folder.path().join("shop");
        std::fs::create_dir(&bundle).unwrap();
        let head = format!("bundle: {{name: shop, version: '1'{manifest}}}\n{PATTERNS}");
        std::fs::write(bundle.join("bundle.yaml"), head).unwrap();
        std::fs::write(bundle.join("rules.yaml"), rules).unwrap();
        Self { folder, paths: vec![bundle] }
    }

    fn bundle(&self) -> Bundle {
        Bundle::decode(&load(&self.paths).unwrap_or_else(|e| panic!("{e:#}"))).unwrap()
    }

    fn explained(&self, record: &Record, known: Option<&FalseFinding>) -> Explained {
        let at_hand = given(&self.paths, &self.bundle().revision).unwrap().unwrap();
        explained(&at_hand, record, known, NOW)
    }

    /// By nothing but what was told.
    fn follow(&mut self, told: &Explained) {
        let allow = told.allow.as_ref().unwrap_or_else(|| panic!("{told:?}"));
        assert!(!allow.changes.is_empty(), "{told:?}");
        for (at, change) in allow.changes.iter().enumerate() {
            let Some(file) = &change.file else {
                let own = self.folder.path().join(format!("own{at}.yaml"));
                std::fs::write(&own, &change.text).unwrap();
                let replaced = change.in_place_of.as_ref().map(PathBuf::from);
                self.paths.retain(|path| Some(path) != replaced.as_ref());
                self.paths.push(own);
                continue;
            };
            let text = std::fs::read_to_string(file).unwrap();
            let mut lines: Vec<&str> = text.lines().collect();
            let from = change.line.unwrap() as usize - 1;
            lines.splice(from..from + change.remove as usize, change.text.lines());
            std::fs::write(file, lines.join("\n") + "\n").unwrap();
        }
    }

    fn stops(&self, record: &Record) -> Result<Option<Stop>, CannotTell> {
        judge(&self.bundle(), record).map(|outcome| outcome.request.stops)
    }

    /// What is told lets the call pass, and none of the others.
    fn passes_alone(&mut self, record: &Record, others: &[Record]) -> Explained {
        let before = self.stops(record).unwrap();
        assert!(before.is_some(), "nothing stops it");
        let others_before: Vec<_> = others.iter().map(|one| self.stops(one)).collect();
        assert!(others_before.iter().all(|one| matches!(one, Ok(Some(_)))), "{others_before:?}");
        let told = self.explained(record, None);
        assert_eq!(told.allow.as_ref().unwrap().tried, Tried::Passes, "{told:?}");
        self.follow(&told);
        assert_eq!(self.stops(record), Ok(None), "{told:?}");
        for (other, before) in others.iter().zip(&others_before) {
            assert_eq!(self.stops(other), *before, "{told:?}");
        }
        told
    }
}

fn record(method: &str, path: &str, body: &str) -> Record {
    let mut record =
        Record { exchange: "x_Ab1".to_owned(), kind: "http".into(), ..Record::default() };
    record.principal = Some(Principal {
        issuer: "https://idp.example".into(),
        subject: "ada".into(),
        groups: Vec::new(),
        agent: None,
        owners: Vec::new(),
        scopes: Vec::new(),
    });
    record.started_ms = NOW * 1000;
    let header = |name: &str, value: &str| HeaderRecord { name: name.into(), value: value.into() };
    record.request.headers = vec![header("content-type", "application/json")];
    record.request.method = method.into();
    record.request.authority = "shop.example".into();
    record.request.path = path.into();
    record.request.body.text = body.into();
    record.request.body.size = body.len() as u64;
    record.verdict.effect = Some(Effect::Deny);
    record.verdict.reason = Some(Reason::Denied);
    record
}

fn by(mut record: Record, rules: &[(&str, Effect)]) -> Record {
    let one = |(rule, effect): &(&str, Effect)| Contribution {
        rule: (*rule).to_owned(),
        effect: *effect,
        mode: Mode::Enforce,
        severity: Severity::Medium,
    };
    record.verdict.rules = rules.iter().map(one).collect();
    record
}

fn of(mut record: Record, subject: &str) -> Record {
    record.principal.as_mut().unwrap().subject = subject.into();
    record
}

fn tool(arguments: &str) -> Record {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"refund","arguments":{arguments}}}}}"#
    );
    let mut record = record("POST", "/mcp", &body);
    record.kind = "mcp".into();
    record.request.headers.push(HeaderRecord { name: "accept".into(), value: "a/b".into() });
    record.request.mcp = Some(McpRecord {
        method: "tools/call".into(),
        tool: Some("refund".into()),
        ..McpRecord::default()
    });
    record
}

#[test]
fn an_exception_for_one_call_by_one_caller() {
    let rules = "rules:
  - name: no-delete
    on: request
    match:
      http:
        method: DELETE
        path: /orders/**
    effect: deny
";
    let mut desk = Desk::new("", rules);
    let call =
        by(record("DELETE", "/orders/7?soft=a%20b&soft=c", ""), &[("no-delete", Effect::Deny)]);
    let told = desk.explained(&call, None);
    let file = desk.paths[0].join("rules.yaml").display().to_string();
    let rule = &told.rules[0];
    assert_eq!(rule.written, Some(Lines { file, from: 2, to: 8 }));
    let held: Vec<_> = rule.parts.iter().map(|part| (part.name.as_str(), part.held)).collect();
    assert_eq!(held, [("match.http.method", Held::Yes), ("match.http.path", Held::Yes)]);
    let others = [
        of(call.clone(), "mallory"),
        record("DELETE", "/orders/8?soft=a%20b&soft=c", ""),
        record("DELETE", "/orders/7", ""),
    ];
    desk.passes_alone(&call, &others);
}

#[test]
fn conditions_and_braces_that_are_there_stay() {
    let rules = "rules:
  - name: weekdays
    on: request
    match: {http: {method: PUT}}
    when: >-
      action.method == 'PUT'
      || action.method == 'DELETE'
    effect: deny
  - {name: no-put, on: request, match: {http: {method: PUT, path: \"/a:b/**\"}}, effect: deny, tags: [x]}
";
    let mut desk = Desk::new("", rules);
    let both = [("weekdays", Effect::Deny), ("no-put", Effect::Deny)];
    let call =
        by(record("PUT", "/a:b/c", r#"{"n":1,"deep":{"x":"it's \"\\ ü"},"list":[1,2]}"#), &both);
    let mut other = call.clone();
    other.request.body.text = other.request.body.text.replace("[1,2]", "[1,3]");
    let told = desk.passes_alone(&call, &[other, of(call.clone(), "mallory")]);
    assert_eq!(told.allow.unwrap().changes.len(), 2);
    assert!(desk.bundle().rules.iter().all(|rule| rule.when.is_some()));
    assert!(desk.bundle().rules.iter().any(|rule| rule.tags == ["x"]));
}

/// As `curl -d` sends it: rules find the statement, and no condition reads the body.
#[test]
fn of_json_that_is_called_a_form_the_exception_is_told_to_be_wider() {
    let mut desk = Desk::new(
        "",
        "rules:\n  - {name: ask, on: request, match: {http: {path: '/other'}}, effect: allow}\n",
    );
    desk.paths.clear();
    let body = r#"{"sql":"DROP DATABASE customers"}"#;
    let mut record = record("POST", "/query", body);
    record.request.headers[0].value = "application/x-www-form-urlencoded".into();
    let record = by(record, &[("deny-destroying-sql", Effect::Deny)]);
    let revision = desk.bundle().revision;
    let sources = crate::bundle::embedded();
    let told = explained(&AtHand { bundle: desk.bundle(), sources }, &record, None, NOW);
    let allow = told.allow.as_ref().unwrap_or_else(|| panic!("{revision} {told:?}"));
    assert_eq!(allow.tried, Tried::Passes, "{told:?}");
    assert!(allow.wider.iter().any(|what| what.starts_with("its body: it is called a form")));
    assert!(allow.changes.iter().all(|change| change.file.is_none()), "{told:?}");
}

#[test]
fn a_call_of_a_tool_is_its_arguments() {
    let rules = "rules:
  - name: hold-refunds
    on: request
    match: {mcp: {tool: refund}}
    when: action.arguments.amount > 100
    effect: hold
    hold: {scope: {uses: 5, lasts: 1h}}
";
    let mut desk = Desk::new("", rules);
    let mut call = by(tool(r#"{"amount":250,"to":"x"}"#), &[("hold-refunds", Effect::Hold)]);
    call.verdict.effect = Some(Effect::Hold);
    call.verdict.reason = Some(Reason::HoldExpired);
    let others = [tool(r#"{"amount":251,"to":"x"}"#), tool(r#"{"amount":250,"to":"x","more":1}"#)];
    let told = desk.passes_alone(&call, &others);
    assert_eq!(told.rules[0].standing.as_ref().unwrap().uses, 5);
    let held: Vec<_> = told.rules[0].parts.iter().map(|one| (&one.name[..], one.held)).collect();
    assert_eq!(held, [("match.mcp.tool", Held::Yes), ("when", Held::Yes)]);
}

#[test]
fn a_door_is_opened_for_what_no_rule_speaks_of() {
    let mut call = record("POST", "/orders", r#"{"item":"pen"}"#);
    call.verdict.reason = Some(Reason::NoRule);
    let others = [record("POST", "/orders", r#"{"item":"car"}"#), of(call.clone(), "bob")];
    let rules = "rules:
  - name: reads
    on: request
    match: {http: {method: GET}}
    effect: allow
";
    let mut desk = Desk::new(", default: deny", rules);
    let told = desk.passes_alone(&call, &others);
    assert!(told.allow.unwrap().changes[0].file.is_some());
    // Where there is no list of rules to put it into, it comes as a bundle beside.
    let mut desk = Desk::new(", default: deny", "rules: []\n");
    let told = desk.passes_alone(&call, &others);
    assert_eq!(told.allow.unwrap().changes[0].file, None);
    let mut desk = Desk::new(", default: deny", "rules: []\n");
    let mut call = tool(r#"{"amount":1}"#);
    call.verdict.reason = Some(Reason::NoRule);
    desk.passes_alone(&call, &[tool(r#"{"amount":2}"#)]);
}

/// Denied and then held: what people decide stays theirs.
#[test]
fn what_another_rule_says_then_is_told() {
    let rules = "rules:
  - name: no-delete
    on: request
    match: {http: {method: DELETE}}
    effect: deny
  - name: ask
    on: request
    match: {http: {path: /orders}}
    effect: hold
";
    let desk = Desk::new("", rules);
    let both = [("no-delete", Effect::Deny), ("ask", Effect::Hold)];
    let told = desk.explained(&by(record("DELETE", "/orders", ""), &both), None);
    let allow = told.allow.unwrap();
    assert_eq!(allow.tried, Tried::Held(["ask".to_owned()].into()));
    assert_eq!(allow.changes.len(), 1);
}

#[test]
fn a_fact_that_is_missing_is_named_and_excepted() {
    let rules = "rules:
  - name: large
    on: request
    match: {http: {path: /orders}}
    when: context.body.amount > 100
    effect: hold
";
    let mut desk = Desk::new("", rules);
    let mut call = by(record("POST", "/orders", r#"{"item":"pen"}"#), &[("large", Effect::Deny)]);
    call.verdict.reason = Some(Reason::FactUnavailable);
    let told = desk.passes_alone(&call, &[record("POST", "/orders", r#"{"item":"car"}"#)]);
    let when = told.rules[0].parts.iter().find(|part| part.name == "when");
    assert_eq!(when.unwrap().held, Held::Unreadable);
}

fn found(kind: &str) -> Vec<FindingCount> {
    vec![FindingCount { kind: kind.into(), count: 1, redacted: false, allowed: false }]
}

#[test]
fn a_false_finding_is_left_alone_by_its_field_or_its_digest() {
    let rules = "rules:
  - name: no-mail
    on: request
    match: {findings: email}
    allow_findings: {kind: email, field: /other, until: '2030-01-01T00:00:00Z', reason: asked for}
    effect: deny
";
    let (value, body) = ("abc@def", |value: &str| format!(r#"{{"note":{{"to":"see {value}"}}}}"#));
    let real = record("POST", "/notes", &body(value));
    let mut masked =
        by(record("POST", "/notes", &body("[REDACTED:email]")), &[("no-mail", Effect::Deny)]);
    masked.request.findings = found("email");
    let elsewhere = record("POST", "/notes", &real.request.body.text.replace("note", "memo"));

    let mut desk = Desk::new("", rules);
    let told = desk.explained(&masked, None);
    assert_eq!(told.found[0].field.as_deref(), Some("/note/to"));
    let allow = told.allow.as_ref().unwrap();
    assert_eq!(allow.tried, Tried::CannotTell(CannotTell::AllowanceDecides));
    desk.follow(&told);
    assert_eq!(desk.stops(&real), Ok(None));
    assert_eq!(desk.stops(&elsewhere), Ok(Some(Stop::Deny)));
    assert_eq!(desk.bundle().rules[0].allow_findings.len(), 2, "what was there stays");

    let mut desk = Desk::new(", salt: 0123456789abcdef", rules);
    let known = FalseFinding { kind: "email".into(), value: value.into() };
    let told = desk.explained(&masked, Some(&known));
    assert_eq!(told.allow.as_ref().unwrap().tried, Tried::Passes);
    assert!(!format!("{told:?}").contains(value), "the value is nowhere");
    desk.follow(&told);
    assert_eq!(desk.stops(&real), Ok(None));
    assert_eq!(desk.stops(&elsewhere), Ok(None), "wherever it stands");
    let other = record("POST", "/notes", &body("xyz@def"));
    assert_eq!(desk.stops(&other), Ok(Some(Stop::Deny)));
}

/// Nobody can edit it in its place.
#[test]
fn a_rule_that_is_built_in_comes_in_a_bundle_of_its_own() {
    let mut desk = Desk::new("", "rules: []\n");
    desk.paths = vec!["secrets".into(), "baseline".into()];
    let rule = "hold-http-delete";
    let mut call = by(record("DELETE", "/orders/7", ""), &[(rule, Effect::Hold)]);
    call.verdict.effect = Some(Effect::Hold);
    call.verdict.reason = Some(Reason::HoldDenied);
    let told = desk.passes_alone(&call, &[record("DELETE", "/orders/8", "")]);
    let change = &told.allow.as_ref().unwrap().changes[0];
    assert_eq!(change.in_place_of.as_deref(), Some("baseline"));
    assert!(desk.bundle().rules.iter().any(|one| one.name == rule && one.when.is_some()));
    assert!(desk.bundle().rules.len() > 3, "all others stay");
}

#[test]
fn a_scope_that_is_missing_lets_it_pass() {
    let rules = "rules:
  - {name: need-pay, on: request, match: {http: {path: /pay}}, requires_scope: [pay, read], effect: deny}
";
    let desk = Desk::new("", rules);
    let mut call = by(record("POST", "/pay", ""), &[("need-pay", Effect::Deny)]);
    call.verdict.reason = Some(Reason::InsufficientScope);
    call.scopes = vec!["read".into()];
    let told = desk.explained(&call, None);
    assert_eq!(told.scopes, ["pay".to_owned()].into());
    assert!(told.allow.is_none());
    call.scopes.extend(told.scopes);
    assert_eq!(desk.stops(&call), Ok(None));
}

#[test]
fn a_budget_says_when_it_counts_anew() {
    let rules = "rules: []
budgets:
  - name: few
    requests: 3
    per: 1h
";
    let desk = Desk::new("", rules);
    let mut call = record("GET", "/", "");
    call.verdict.reason = Some(Reason::BudgetExceeded);
    call.started_ms = 7_300_000;
    call.verdict.budgets = vec![BudgetRecord {
        budget: "few".into(),
        mode: Mode::Enforce,
        used: policy::budget::Used::Requests,
    }];
    let told = desk.explained(&call, None);
    assert_eq!((told.budgets[0].window_ends, told.budgets[0].requests), (10_800, Some(3)));
    assert_eq!(told.budgets[0].written.as_ref().unwrap().from, 3);
    assert!(told.allow.is_none() && told.no_change.is_some());
}

#[test]
fn an_answer_is_excepted_by_its_field_or_for_the_request() {
    let rules = "rules:
  - name: no-mail
    on: response
    match: {findings: email, http: {path: /who}}
    effect: deny
";
    let mut call = by(record("GET", "/who", ""), &[("no-mail", Effect::Deny)]);
    call.verdict.reason = Some(Reason::ResponseDenied);
    call.verdict.effect = Some(Effect::Allow);
    call.response.status = 200;
    call.response.body.text = "mail [REDACTED:email]".into();
    call.response.findings = found("email");
    let mut desk = Desk::new("", rules);
    let told = desk.explained(&call, None);
    let held: Vec<_> = told.rules[0].parts.iter().map(|one| (&one.name[..], one.held)).collect();
    assert_eq!(held, [("match.findings", Held::Yes), ("match.http.path", Held::Yes)]);
    let stops =
        |desk: &Desk, call: &Record| judge(&desk.bundle(), call).unwrap().response.unwrap().stops;
    assert_eq!(stops(&desk, &call), Some(Stop::Deny));
    desk.follow(&told);
    assert_eq!(stops(&desk, &call), None);
    assert_eq!(stops(&desk, &of(call.clone(), "bob")), Some(Stop::Deny));
    // In JSON by its field, which no record can try.
    call.response.body.text = r#"{"mail":"[REDACTED:email]"}"#.into();
    let header = HeaderRecord { name: "content-type".into(), value: "application/json".into() };
    call.response.headers = vec![header];
    let desk = Desk::new("", rules);
    let allow = desk.explained(&call, None).allow.unwrap();
    assert_eq!(allow.tried, Tried::CannotTell(CannotTell::AllowanceDecides));
    assert!(allow.changes[0].text.contains("\"/mail\""), "{allow:?}");
}

#[test]
fn what_is_masked_or_keyed_is_told_to_be_wider() {
    let rules = "rules:
  - {name: no-refunds, on: request, match: {mcp: {tool: refund}}, effect: deny}
";
    let desk = Desk::new("", rules);
    let mut call = tool(r#"{"to":"[REDACTED:email]","amount":1}"#);
    call.request.findings = found("email");
    call = by(call, &[("no-refunds", Effect::Deny)]);
    call.caller = "p_1".into();
    call = of(call, "p_1");
    let allow = desk.explained(&call, None).allow.unwrap();
    assert_eq!(allow.tried, Tried::Passes, "{allow:?}");
    let wider = allow.wider.join("\n");
    assert!(wider.contains("who calls") && wider.contains("arguments.to"), "{wider}");
    assert!(wider.contains("other parameters of the query"), "{wider}");
    // Of a body that was cut nothing is tried.
    call.request.body.truncated = true;
    let told = desk.explained(&call, None);
    let unknown = Held::CannotTell(CannotTell::RequestCut);
    assert!(told.rules[0].parts.iter().all(|part| part.held == unknown));
    assert_eq!(told.allow.unwrap().tried, Tried::CannotTell(CannotTell::RequestCut));
}
