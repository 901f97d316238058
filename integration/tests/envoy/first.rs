/*! The first calls: without a token, allowed, blocked, recorded. */

use integration::shared::case;
use integration::{Call, Reply};
use serde_json::json;

#[test]
fn without_a_token_nothing_passes() {
    let case = case();
    let response = Call::get(case.path("customers")).send(case.gateway);
    let response = response.expect_refusal(401, "unauthenticated");
    assert!(response.header("www-authenticate").unwrap().starts_with("Bearer"));
    case.assert_untouched();
    let record = case.gateway.record_of(&response.reference().unwrap());
    assert_eq!(record.reason(), "unauthenticated");
    assert_eq!(record.record["principal"], json!(null));
}

#[test]
fn an_allowed_call_passes_intact() {
    let case = case();
    case.reply("echo", Reply::json(200, &json!({ "answer": [1, 2, 3] })));
    let body = r#"{"note": "plain   spacing", "n": 1.00000000000000001}"#;
    let call = case.post("echo?x=1").header("content-type", "application/json").body(body);
    let response = call.send(case.gateway).expect(200);
    assert_eq!(response.json(), json!({ "answer": [1, 2, 3] }));
    let request = case.request();
    assert_eq!(request.text(), body);
    assert_eq!(request.target, case.path("echo?x=1"));
    assert_eq!(request.header("authorization"), None);
}

#[test]
fn drop_database_is_blocked() {
    let case = case();
    let call = case.post("query").json(&json!({ "sql": "DROP /* now */ DATABASE customers" }));
    let response = call.send(case.gateway).expect_refusal(403, "denied");
    case.assert_untouched();
    let record = case.gateway.record_of(&response.reference().unwrap());
    assert_eq!(record.effect(), "deny");
    assert!(!record.rules().is_empty());
}

#[test]
fn every_exchange_leaves_a_record() {
    let case = case();
    case.get("things").send(case.gateway).expect(200);
    let record = case.record("things");
    assert_eq!(record.record["principal"]["subject"], json!(case.subject));
    assert_eq!(record.record["response"]["status"], json!(200));
    assert_eq!(record.record["end"], json!("complete"));
    assert_eq!(record.line["status"], json!(200));
}
