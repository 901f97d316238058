/*! Findings that a rule leaves alone, by field and by value. */

use integration::{Call, Gateway, Reply, Upstream, place, sample};
use serde_json::json;

#[test]
fn a_field_and_a_value_pass_and_are_recorded() {
    let upstream = Upstream::start();
    let (email, key) = (sample::email(), sample::aws_key_id());
    let answer = json!({ "shop": email, "customer": email });
    upstream.reply("/", Reply::json(200, &answer));
    let folder = place::folder();
    for (bundle, file) in [("personal-data", "email"), ("secrets", "aws")] {
        let from = place::root().join(format!("policy-bundles/{bundle}/patterns/{file}.yaml"));
        std::fs::copy(from, folder.path().join(format!("{file}.yaml"))).unwrap();
    }
    let salt = "0123456789abcdef";
    let value = policy::allowance::digest(salt, "aws-access-key-id", key.as_bytes());
    let until = "until: '2100-01-01T00:00:00Z', reason: a test";
    let rules = format!(
        "
bundle: {{name: allowing, version: 0.1.0, serial: 1, salt: {salt}}}
rules:
  - {{name: mask, on: response, match: {{findings: email}}, effect: redact,
     allow_findings: {{kind: email, field: /shop, {until}}}}}
  - {{name: no-keys, on: request, match: {{findings: aws-access-key-id}}, effect: deny,
     allow_findings: [{{kind: aws-access-key-id, value: '{value}', {until}}},
       {{kind: aws-access-key-id, field: /old, until: '2020-01-01T00:00:00Z', reason: it ended}}]}}
"
    );
    std::fs::write(folder.path().join("rules.yaml"), rules).unwrap();
    let gateway =
        Gateway::build().upstream("/", &upstream.url()).arg("--bundle").arg(folder.path()).start();
    let token = gateway.token("ada");
    let post = |path: &str, body| Call::post(path).token(&token).json(&body).send(&gateway);
    let got = post("/own", json!({ "key": key })).expect(200);
    assert_eq!(got.json(), json!({ "shop": email, "customer": "[REDACTED:email]" }));
    let other = format!("{}Q", &key[..19]);
    post("/other", json!({ "old": other })).expect_refusal(403, "denied");
    post("/both", json!({ "key": key, "b": other })).expect_refusal(403, "denied");
    assert!(upstream.saw("/own") && !upstream.saw("/other") && !upstream.saw("/both"));
    let entry = gateway.record("/own", |entry| entry.path().contains("/own"));
    assert_eq!(entry.rules(), ["mask"]);
    for (side, kind) in [("request", "aws-access-key-id"), ("response", "email")] {
        let found = &entry.record[side]["findings"][0];
        assert_eq!((&found["kind"], &found["allowed"]), (&json!(kind), &json!(true)), "{found}");
    }
    let line = entry.line.to_string();
    assert!(!line.contains(&key) && !line.contains(&email), "the record holds a finding in clear");
}
