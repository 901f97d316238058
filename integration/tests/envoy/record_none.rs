/*! A rule that keeps bodies out of records. */

use integration::{Call, Gateway, Reply, Upstream};
use serde_json::json;

const BUNDLE: &str = "\
bundle: {name: clinic, version: '1'}
rules:
  - name: patients
    on: request
    match: {http: {path: /patients/**}}
    effect: allow
    record: none
";

#[test]
fn bodies_of_what_a_rule_names_are_in_no_record() {
    let upstream = Upstream::start();
    let gateway = Gateway::build().upstream("/", &upstream.url()).bundle(BUNDLE).start();
    let token = gateway.token("robot");
    upstream.reply("/", Reply::json(200, &json!({ "found": "Jane Roe" })));
    for path in ["/patients/7", "/others/7"] {
        let call = Call::post(path).token(&token).json(&json!({ "name": "Jane Roe" }));
        let told = call.send(&gateway).expect(200);
        assert_eq!(told.json()["found"], "Jane Roe");
        let record = gateway.record(path, |entry| entry.path() == path).record;
        let kept = path == "/others/7";
        assert_eq!(record.to_string().contains("Jane"), kept, "{record}");
        assert_eq!(record["recording"] == "none", !kept, "{record}");
        for side in ["request", "response"] {
            let body = &record[side]["body"];
            assert!(body["size"].as_u64().unwrap() > 0, "{record}");
            assert!(body["digest"].as_str().unwrap().starts_with("blake2b-256:"), "{record}");
        }
    }
}
