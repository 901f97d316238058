/*! What rules leave of a finding, as caller and upstream get it. */

use integration::{Call, Gateway, Reply, Upstream, place, sample};
use serde_json::{Value, json};

const RULES: &str = "
bundle: {name: ways, version: 0.1.0, serial: 1}
rules:
  - {name: cards, on: response, match: {findings: payment-card}, effect: redact,
     redact: {as: partial, keep_last: 4}}
  - {name: addresses, on: response, match: {findings: email}, effect: redact, redact: {as: hash}}
  - {name: sent, on: request, match: {findings: email}, effect: redact, redact: {as: hash}}
  - {name: keys, on: request, match: {findings: aws-access-key-id}, effect: redact,
     redact: {as: fixed, text: (no key)}}
";

#[test]
fn parts_pseudonyms_and_texts_on_their_way() {
    let folder = place::folder();
    let rules = folder.path().join("rules.yaml");
    let patterns = folder.path().join("patterns");
    std::fs::create_dir(&patterns).unwrap();
    std::fs::write(&rules, RULES).unwrap();
    for (bundle, file) in
        [("personal-data", "payment-card"), ("personal-data", "email"), ("secrets", "aws")]
    {
        let from = place::root().join(format!("policy-bundles/{bundle}/patterns/{file}.yaml"));
        std::fs::copy(from, patterns.join(format!("{file}.yaml"))).unwrap();
    }
    let upstream = Upstream::start();
    let (card, email, key) = (sample::card(), sample::email(), sample::aws_key_id());
    let answer = json!({ "card": card, "to": email, "cc": [email] });
    upstream.reply("/", Reply::json(200, &answer));
    let stream = Reply::event_stream().chunk(format!("data: {answer}\n\n")).end(&[]);
    upstream.script(move |request| request.target.contains("/events").then(|| stream.clone()));
    let gateway =
        Gateway::build().upstream("/", &upstream.url()).arg("--bundle").arg(folder.path()).start();
    let ask = |subject: &str, session: &str, path: &str| {
        let call =
            Call::post(path).token(&gateway.token(subject)).header("x-gatehouse-run", session);
        call.json(&json!({ "mail": email, "key": key })).send(&gateway).expect(200)
    };
    let pseudonym = |value: &Value| {
        let text = value["to"].as_str().unwrap().to_owned();
        assert!(text.starts_with("[email:") && text.len() == "[email:]".len() + 16, "{text}");
        assert_eq!(value["card"], json!(format!("[payment-card:*{}]", &card[12..])));
        assert_eq!(value["cc"], json!([text]));
        text
    };
    let one = pseudonym(&ask("ada", "s1", "/one").json());
    assert_eq!(pseudonym(&ask("ada", "s1", "/two").json()), one);
    assert_ne!(pseudonym(&ask("ada", "s2", "/three").json()), one);
    assert_ne!(pseudonym(&ask("bob", "s1", "/four").json()), one);
    // The upstream gets the same pseudonym, and no body of another length than it is told.
    let sent: Value = serde_json::from_slice(upstream.requests("/two")[0].body()).unwrap();
    assert_eq!(sent, json!({ "mail": one, "key": "(no key)" }));
    // As an event, too.
    let event = ask("ada", "s1", "/events").text();
    let data: Value = serde_json::from_str(event.trim().trim_start_matches("data: ")).unwrap();
    assert_eq!(pseudonym(&data), one);
    let entry = gateway.record("/one", |entry| entry.path().contains("/one"));
    let line = entry.line.to_string();
    assert!(!line.contains("[email:") && !line.contains("payment-card:*"), "{line}");
    assert!(
        line.contains("[REDACTED:email]") && line.contains("[REDACTED:payment-card]"),
        "{line}"
    );
}
