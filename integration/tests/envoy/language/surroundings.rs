//! Findings that only words and names around them tell, and those that a rule leaves alone.

use integration::Reply;
use serde_json::json;

use super::*;

pub const RULES: &str = "
rules:
  - {name: mask-accounts, on: response, match: {findings: account}, effect: redact}
  - {name: mask-staff, on: request, match: {findings: employee}, effect: redact,
     allow_findings: {kind: employee, field: '/teams/*/employee_id',
       until: '2100-01-01T00:00:00Z', reason: teams are public}}
patterns:
  - {name: account, kind: account, regex: '[0-9]{2}-[0-9]{6}', not_before: ['[0-9]'],
     not_after: ['[0-9]'], context: {words: [account number, acct], within: 20}}
  - {name: employee, kind: employee, regex: '[0-9]{3}-[0-9]{5}', not_before: ['[0-9]'],
     not_after: ['[0-9]'], fields: [employee_id]}
";
const ACCOUNT: &str = "20-318462";
const MASKED: &str = "[REDACTED:account]";

#[track_caller]
fn answers(path: &str, reply: Reply) -> Response {
    SCENE.upstream.reply(path, reply);
    ask(Call::get(path)).0.expect(200)
}

#[test]
fn a_word_near_a_number_makes_it_a_finding() {
    let near = format!("Account Number: {ACCOUNT}.");
    let masked = near.replace(ACCOUNT, MASKED);
    // Behind it, too; not beyond 20 bytes, and only as a word of its own.
    let behind = format!("{ACCOUNT} is the acct");
    let (far, part) = (format!("acct {} {ACCOUNT}", ".".repeat(20)), format!("subacct {ACCOUNT}"));
    let body = json!({ "near": near, "behind": behind, "far": far, "part": part,
        "accountNumber": ACCOUNT, "label": "account number", "order": ACCOUNT });
    let expected = json!({ "near": masked, "behind": format!("{MASKED} is the acct"), "far": far,
        "part": part, "accountNumber": MASKED, "label": "account number", "order": ACCOUNT });
    assert_eq!(answers("/near/json", Reply::json(200, &body)).json(), expected);
}

/// The word comes in a chunk of its own, before the number or after it.
#[test]
fn a_word_counts_however_the_text_was_cut() {
    let text = |path: &str, chunks: &[&str]| {
        let reply = Reply::chunked(200, &[("content-type", "text/plain")]);
        let reply = chunks.iter().fold(reply, |reply, chunk| reply.chunk(chunk)).end(&[]);
        answers(path, reply).text()
    };
    let got = text("/near/before", &["your acc", "t: ", "20-31", "8462", " and more"]);
    assert_eq!(got, format!("your acct: {MASKED} and more"));
    let got = text("/near/after", &["it is 20-31", "8462 in ", "ac", "ct of yours"]);
    assert_eq!(got, format!("it is {MASKED} in acct of yours"));
    let got = text("/near/none", &["it is 20-31", "8462 in ", "ac", "count of yours"]);
    assert_eq!(got, format!("it is {ACCOUNT} in account of yours"));
}

#[test]
fn the_name_of_a_field_makes_it_a_finding_and_a_place_can_be_left_alone() {
    let number = "204-11739";
    let masked = "[REDACTED:employee]";
    let sent = |path: &str, call: Call| {
        let (response, entry, _) = ask(call);
        response.expect(200);
        (SCENE.upstream.requests(path)[0].text(), entry)
    };
    let body = json!({ "employeeId": number, "order": number, "list": [{ "Employee-ID": [number] }],
        "teams": [{ "employee_id": number, "head": { "employee_id": number } }] });
    let (got, entry) = sent("/fields/json", Call::post("/fields/json").json(&body));
    let expected = json!({ "employeeId": masked, "order": number,
        "list": [{ "Employee-ID": [masked] }],
        "teams": [{ "employee_id": number, "head": { "employee_id": masked } }] });
    assert_eq!(serde_json::from_str::<serde_json::Value>(&got).unwrap(), expected);
    assert_eq!(entry.rules(), ["mask-staff"]);

    let form =
        Call::post("/fields/form").header("content-type", "application/x-www-form-urlencoded");
    let form = form.body(format!("order={number}&employee-id={number}"));
    let (got, _) = sent("/fields/form", form);
    assert!(got.starts_with(&format!("order={number}&employee-id=")), "{got}");
    assert!(got.contains("REDACTED") && got.matches(number).count() == 1, "{got}");

    passes(Call::post("/fields/none").json(&json!({ "employee": number, "id": number })));
}
