/*! A bundle in shadow beside one that is enforced. */

use integration::envoy::ask;
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Reply, Upstream, place, sample};
use serde_json::json;

const TRIED: &str = "
bundle: {name: tried, version: 0.1.0, serial: 1, mode: shadow}
rules:
  - {name: would-deny, on: request, match: {http: {path: /orders/**}}, effect: deny}
  - {name: would-mask, on: response, match: {findings: email}, effect: redact}
";
const ENFORCED: &str = "
bundle: {name: old, version: 0.1.0, serial: 1}
rules:
  - {name: no-admin, on: request, match: {http: {path: /admin/**}}, effect: deny}
";

fn counted(gateway: &Gateway, name: &str) -> u64 {
    let name = format!("wasmcustom.gatehouse_effects.{name}");
    let socket = gateway.run["admin"].as_str().unwrap();
    let answer = ask(socket.as_ref(), "GET", &format!("/stats?filter=^{name}$"));
    let answer = answer.unwrap_or_default();
    let value = answer.trim().strip_prefix(&name).map(|rest| rest.trim_start_matches(':').trim());
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no counter {name}"))
}

#[test]
fn it_denies_nothing_and_tells_what_it_would() {
    let folder = place::folder();
    let (tried, enforced) = (folder.path().join("tried"), folder.path().join("old.yaml"));
    std::fs::create_dir(&tried).unwrap();
    std::fs::write(tried.join("rules.yaml"), TRIED).unwrap();
    let email = place::root().join("policy-bundles/personal-data/patterns/email.yaml");
    std::fs::copy(email, tried.join("email.yaml")).unwrap();
    std::fs::write(&enforced, ENFORCED).unwrap();
    let upstream = Upstream::start();
    upstream.reply("/", Reply::json(200, &json!({ "to": sample::email() })));
    let gateway = Gateway::build()
        .upstream("/", &upstream.url())
        .arg("--bundle")
        .arg(&enforced)
        .arg("--bundle")
        .arg(&tried)
        .start();
    // Counters are there before anything is counted.
    assert_eq!((counted(&gateway, "shadow.deny"), counted(&gateway, "enforce.deny")), (0, 0));
    let token = gateway.token("ada");
    let got = Call::get("/orders/7").token(&token).send(&gateway).expect(200);
    assert_eq!(got.json(), json!({ "to": sample::email() }));
    Call::get("/admin/7").token(&token).send(&gateway).expect_refusal(403, "denied");

    let entry = gateway.record("/orders", |entry| entry.path().contains("/orders/7"));
    assert_eq!(entry.effect(), "allow");
    assert_eq!(entry.rules(), ["would-deny", "would-mask"]);
    let line = entry.line.to_string();
    assert!(line.contains("shadow"), "{line}");
    assert!(!line.contains(&sample::email()), "the record holds a finding in clear");
    until("both exchanges to be counted", SOON, || {
        let all =
            ["shadow.deny", "enforce.deny", "enforce.allow"].map(|name| counted(&gateway, name));
        (all == [1, 1, 1]).then_some(())
    });
    assert_eq!(counted(&gateway, "shadow.redact"), 0, "the greatest effect counts");
}
