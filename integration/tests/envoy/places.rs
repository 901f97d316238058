/*! Rules that name values in bodies: the ones of the guide. */

use integration::{Call, Gateway, Upstream, place};
use serde_json::json;

fn bundle() -> String {
    let guide = std::fs::read_to_string(place::root().join("docs/guide/bundles.md")).unwrap();
    let mut blocks = guide.split("```yaml\n").filter_map(|rest| rest.split_once("```"));
    let (text, _) = blocks.find(|(text, _)| text.contains("deny-foreign-payouts")).unwrap();
    // Refusing at once what it would hold; its cases expect the other.
    let rules = text.split("\ntests:").next().unwrap_or_default();
    rules.replace("effect: hold", "effect: deny")
}

#[test]
fn values_decide_by_their_place() {
    let folder = place::folder();
    let file = folder.path().join("places.yaml");
    std::fs::write(&file, bundle()).unwrap();
    let upstream = Upstream::start();
    let gateway =
        Gateway::build().upstream("/", &upstream.url()).arg("--bundle").arg(&file).start();
    let token = gateway.token("a");
    let countries = |second: &str| {
        let account = |country: &str| json!({"account": {"country": country}});
        json!({"currency": "USD", "lines": [account("DE"), account(second)]})
    };
    let payout = |case: &str| Call::post(format!("/payouts?{case}"));
    let form = |case: &str, body: &str| {
        let call = Call::post(format!("/users?{case}")).body(body);
        call.header("content-type", "application/x-www-form-urlencoded")
    };
    let mail = |case: &str, arguments| {
        Call::tool(format!("/mcp?{case}"), json!(1), "send_mail", arguments)
    };
    for (case, call) in [
        ("pass-1", payout("pass-1").json(&countries("FR"))),
        ("pass-2", Call::post("/elsewhere?pass-2").body("no json")),
        ("pass-3", form("pass-3", "role=reader")),
        ("pass-4", mail("pass-4", json!({"to": "a@b.example"}))),
    ] {
        call.token(&token).send(&gateway).expect(200);
        assert!(upstream.saw(case), "{case}");
    }
    for (case, call, reason) in [
        ("deny-1", payout("deny-1").json(&countries("US")), "denied"),
        ("deny-2", payout("deny-2").body("no json"), "fact_unavailable"),
        ("deny-3", form("deny-3", "role=reader&role=admin"), "denied"),
        ("deny-4", Call::post("/users?deny-4").json(&json!({"role": "admin"})), "fact_unavailable"),
        ("deny-5", mail("deny-5", json!({"To": ["a@b.example"], "attachment": 7})), "denied"),
        (
            "deny-6",
            mail("deny-6", json!({"to": {"name": "a"}, "attachment": 7})),
            "fact_unavailable",
        ),
    ] {
        call.token(&token).send(&gateway);
        let entry = gateway.record(case, |entry| entry.path().contains(case));
        assert_eq!((entry.effect(), entry.reason()), ("deny", reason), "{case}");
        assert_eq!(entry.rules().len(), 1, "{case}");
        assert!(!upstream.saw(case), "{case}");
    }
}
