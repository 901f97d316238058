/*! Approvals that stand for calls like the one they were given for, through the real filter. */

use integration::wait::{SOON, until};
use integration::{Call, Gateway, Upstream, place};
use serde_json::{Value, json};

const BUNDLE: &str = "\
bundle: {name: desk, version: '1'}
rules:
  - name: refunds
    on: request
    match: {http: {path: /refunds}}
    effect: hold
    hold:
      wait: 2m
      scope: {uses: 3, lasts: 1h, free: {/order: 'A-*', /amount: '*'}}
  - name: large-refunds
    on: request
    match: {http: {path: /refunds}, body: {/amount: '5??'}}
    effect: hold
";

struct Desk {
    upstream: Upstream,
    gateway: Gateway,
    token: String,
    _folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let (folder, upstream) = (place::folder(), Upstream::start());
        let bundle = folder.path().join("desk.yaml");
        std::fs::write(&bundle, BUNDLE).unwrap();
        let gateway = Gateway::build().upstream("/", &upstream.url()).arg("--bundle").arg(bundle);
        let gateway = gateway.start();
        Self { upstream, token: gateway.token("robot"), gateway, _folder: folder }
    }

    /// Not waiting for anybody.
    fn refund(&self, body: &Value) -> Call {
        let call = Call::new("POST", "/refunds").token(&self.token).body(body.to_string());
        call.header("content-type", "application/json").header("x-gatehouse-wait", "0")
    }

    #[track_caller]
    fn is_asked_for(&self, body: &Value) {
        let before = self.upstream.requests("/refunds").len();
        self.refund(body).send(&self.gateway).expect_refusal(403, "pending");
        assert_eq!(self.upstream.requests("/refunds").len(), before, "{body}");
    }

    fn cli(&self, arguments: &[&str]) -> String {
        self.gateway.cli_ok(&[&["approvals"], arguments].concat())
    }

    fn only_hold(&self) -> String {
        let list = || serde_json::from_str::<Value>(&self.cli(&["list", "--format", "json"]));
        let first = || list().unwrap()["holds"][0]["id"].as_str().map(str::to_owned);
        until("a hold", SOON, first)
    }
}

#[test]
fn one_approval_lets_calls_like_it_pass_until_it_is_revoked() {
    let desk = Desk::new();
    let first = json!({"order": "A-1", "amount": 10});
    desk.is_asked_for(&first);
    let hold = desk.only_hold();
    assert!(desk.cli(&["show", &hold]).contains("--standing approves 3 calls within 3600 s"));
    let told = desk.cli(&["approve", &hold, "--standing", "--reason", "the usual"]);
    assert!(told.contains("2 calls like it pass by standing grant"), "{told}");
    desk.refund(&first).send(&desk.gateway).expect(200);
    let like_it = json!({"order": "A-2", "amount": 20});
    desk.refund(&like_it).send(&desk.gateway).expect(200);
    assert_eq!(desk.upstream.requests("/refunds").len(), 2);
    let list: Value = serde_json::from_str(&desk.cli(&["standing", "--format", "json"])).unwrap();
    let grant = &list["standing_grants"][0];
    assert_eq!((&grant["uses"], &grant["uses_left"]), (&json!(3), &json!(1)));
    let id = grant["id"].as_str().unwrap();
    let record = desk.gateway.record("the second refund", |entry| {
        entry.record["request"]["path"] == "/refunds" && entry.record["hold"]["standing"] == id
    });
    assert_eq!(record.record["hold"]["status"], "approved");
    assert!(record.record["hold"]["approvals"][0]["approver"].is_string());
    for other in [
        json!({"order": "B-1", "amount": 10}),
        json!({"order": "A-3", "amount": 10, "to": "elsewhere"}),
        json!({"order": ["A-3"], "amount": 10}),
        // Another rule has its say, and lets nothing stand.
        json!({"order": "A-3", "amount": 501}),
    ] {
        desk.is_asked_for(&other);
    }
    assert!(desk.cli(&["revoke", id]).contains("revoked"));
    desk.is_asked_for(&json!({"order": "A-4", "amount": 30}));
    assert!(desk.cli(&["standing"]).contains("revoked"));
}
