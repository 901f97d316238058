//! Rules of built-in bundles that are taken over, left out, and put in another's place.

use integration::{Reply, sample};
use serde_json::json;

use super::*;

pub const RULES: &str = "
rules:
  - {name: redact-cards-and-ssns-in-requests, on: request, effect: deny,
     match: {http: {path: /inherited/strict}, findings: [payment-card, us-ssn]}}
";

#[test]
fn what_is_not_left_out_is_in_force() {
    let (key, email) = (sample::aws_key_id(), sample::email());
    SCENE.upstream.reply("/inherited/both", Reply::json(200, &json!({ "to": email })));
    let call = Call::post("/inherited/both").json(&json!({ "key": key }));
    let (response, entry, _) = ask(call);
    assert_eq!(response.expect(200).json(), json!({ "to": "[REDACTED:email]" }));
    let sent = SCENE.upstream.requests("/inherited/both");
    assert_eq!(sent[0].text(), json!({ "key": "[REDACTED:aws-access-key-id]" }).to_string());
    let rules = ["redact-personal-data-in-responses", "redact-secrets-in-requests"];
    let mut took_part = entry.rules();
    took_part.sort();
    assert_eq!(took_part, rules);
}

#[test]
fn what_is_left_out_is_not_and_another_has_its_name() {
    let (card, key) = (sample::card(), sample::aws_key_id());
    // The rule on secrets in responses is left out, nothing is in its place.
    SCENE.upstream.reply("/inherited/loose", Reply::json(200, &json!({ "key": key })));
    let card = json!({ "card": card });
    let answer = passes(Call::post("/inherited/loose").json(&card));
    assert_eq!(answer.json(), json!({ "key": key }));
    assert_eq!(SCENE.upstream.requests("/inherited/loose")[0].text(), card.to_string());

    let strict = Call::post("/inherited/strict").json(&card);
    stopped(strict, "redact-cards-and-ssns-in-requests", "denied");
    passes(Call::post("/inherited/strict?1").json(&json!({ "card": "none" })));
}
