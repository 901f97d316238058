/*!
What an attacker tries who can make the approval service, or what comes in its name, say something untrue; or who
sits at the agent and knows where the service is. Each has its name here.
*/

use std::sync::{Arc, Mutex};

use integration::approver::{Approver, Pair, Question};
use integration::envoy::Envoy;
use integration::shared::case;
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Reply, Response, Upstream};
use jwt_simple::prelude::Ed25519KeyPair;
use policy::digest::grant_digest;
use policy::grant::{Grant, Receipt};
use serde_json::{Value, json};

const BUNDLE: &str = "\
bundle: {name: attacks, version: '1'}
rules:
  - {name: ask, on: request, match: {http: {method: DELETE}}, effect: hold, hold: {approvers: [dba]}}
";

struct Scene {
    upstream: Upstream,
    approver: Approver,
    gateway: Gateway,
    envoy: Envoy,
}

impl Scene {
    fn new() -> Self {
        let (upstream, approver) = (Upstream::start(), Approver::start());
        let gateway = Gateway::build().upstream("/", &upstream.url()).bundle(BUNDLE).start();
        let envoy = Envoy::start(&gateway, |config| approver.serves(config));
        Self { upstream, approver, gateway, envoy }
    }

    fn delete(&self, path: &str) -> Response {
        let call = Call::delete(path).token(&self.gateway.token("robot"));
        call.header("x-gatehouse-wait", "10").send_to(&self.envoy.address)
    }

    /// The grant that is signed so does not let a call pass that an honest one lets pass.
    #[track_caller]
    fn refuses(&self, name: &str, forge: impl Fn(&mut Pair) + Send + Sync + 'static) {
        let path = format!("/{name}");
        self.approver.forges(forge);
        self.delete(&path).expect_refusal(403, "grant_invalid");
        assert!(!self.upstream.saw(&path), "{name}");
        let record = self.envoy.record(&path, |entry| entry.path() == path);
        assert_eq!((record.reason(), record.effect()), ("grant_invalid", "hold"), "{name}");
        self.approver.forges(|_| {});
        self.delete(&path).expect(200);
        assert_eq!(self.upstream.requests(&path).len(), 1, "{name}");
    }
}

#[test]
fn a_forged_grant() {
    let scene = Scene::new();
    scene.refuses("forged-grant", |pair| pair.grant_key = Some(Ed25519KeyPair::generate()));
    scene.refuses("forged-receipt", |pair| pair.receipt_key = Some(Ed25519KeyPair::generate()));
    scene.refuses("people-of-no-group", |pair| pair.grant.approvals[0].groups.clear());
    scene.refuses("nobody", |pair| pair.grant.approvals.clear());
}

/// What let one call pass, brought once more for the same call: of the same hold, signed and unexpired.
#[test]
fn a_replayed_grant() {
    let scene = Scene::new();
    let first: Arc<Mutex<Option<(String, Grant, Receipt)>>> = Arc::default();
    let kept = Arc::clone(&first);
    scene.approver.forges(move |pair| {
        let own = (pair.hold.clone(), pair.grant.clone(), pair.receipt.clone());
        *kept.lock().unwrap() = Some(own);
    });
    scene.delete("/replayed").expect(200);
    let (hold, grant, receipt) = first.lock().unwrap().take().unwrap();
    // Another hold, of the same call.
    let (old, again) = ((hold, grant.clone(), receipt.clone()), receipt.clone());
    scene.approver.forges(move |pair| (pair.hold, pair.grant, pair.receipt) = old.clone());
    scene.delete("/replayed").expect_refusal(403, "grant_invalid");
    // The grant may be honest: what was redeemed for another exchange is not redeemed for this one.
    scene.approver.forges(move |pair| pair.receipt = again.clone());
    scene.delete("/replayed").expect_refusal(403, "grant_invalid");
    let nonce = receipt.nonce;
    scene.approver.forges(move |pair| pair.receipt.nonce.clone_from(&nonce));
    scene.delete("/replayed").expect_refusal(403, "grant_invalid");
    assert_eq!(scene.upstream.requests("/replayed").len(), 1);
}

/// That of one call on hold for another.
#[test]
fn a_swapped_grant() {
    let scene = Scene::new();
    for (what, swap) in [("grant", true), ("receipt", false)] {
        scene.refuses(&format!("swapped-{what}"), move |pair| {
            let mut other = pair.request.call.clone();
            other.path.push_str("-other");
            let digest = grant_digest(&other, &pair.digest_key);
            if swap {
                pair.grant.digest.clone_from(&digest);
            }
            pair.receipt.digest = digest;
        });
    }
    scene.refuses("swapped-hold", |pair| pair.hold = "h4711".into());
    scene.refuses("swapped-rules", |pair| pair.grant.rules = vec!["other".into()]);
}

#[test]
fn an_expired_grant() {
    let scene = Scene::new();
    scene.refuses("expired-grant", |pair| pair.grant_lasts = -10);
    scene.refuses("expired-receipt", |pair| pair.receipt_lasts = -10);
}

#[test]
fn a_grant_for_another_principal() {
    let scene = Scene::new();
    scene.refuses("other-principal", |pair| {
        let mut other = pair.request.call.clone();
        other.principal.subject = "somebody-else".into();
        let digest = grant_digest(&other, &pair.digest_key);
        (pair.grant.digest, pair.receipt.digest) = (digest.clone(), digest);
    });
    scene.refuses("other-issuer", |pair| {
        let mut other = pair.request.call.clone();
        other.principal.issuer = "https://elsewhere.test".into();
        let digest = grant_digest(&other, &pair.digest_key);
        (pair.grant.digest, pair.receipt.digest) = (digest.clone(), digest);
    });
}

#[test]
fn a_grant_of_another_bundle() {
    let scene = Scene::new();
    scene.refuses("other-bundle", |pair| {
        pair.grant.revision = "sha256:0000000000000000".into();
    });
    // Whatever the service lets people do, the bundle lets nobody break the glass or approvals stand.
    scene.refuses("broken-glass", |pair| pair.grant.break_glass = true);
    scene.refuses("standing", |pair| {
        pair.grant.standing =
            Some(policy::grant::StandingUse { id: "s1".into(), key: "blake2b-256:x".into() });
    });
}

/// A break-glass grant where the bundle says who may.
#[test]
fn a_broken_glass_is_recorded() {
    let (upstream, approver) = (Upstream::start(), Approver::start());
    let bundle = BUNDLE.replace("[dba]", "[dba], quorum: 2, break_glass: [oncall]");
    let gateway = Gateway::build().upstream("/", &upstream.url()).bundle(&bundle).start();
    let envoy = Envoy::start(&gateway, |config| approver.serves(config));
    let delete = |path: &str| {
        let call = Call::delete(path).token(&gateway.token("robot"));
        call.header("x-gatehouse-wait", "10").send_to(&envoy.address)
    };
    delete("/two-are-asked").expect_refusal(403, "grant_invalid");
    approver.forges(|pair| {
        pair.grant.break_glass = true;
        pair.grant.approvals[0].groups = vec!["oncall".into()];
    });
    delete("/broken").expect(200);
    let record = envoy.record("/broken", |entry| entry.path() == "/broken");
    assert_eq!(record.record["hold"]["break_glass"], json!(true));
    assert_eq!(record.record["hold"]["approvals"][0]["approver"], "grace");
    approver.forges(|pair| pair.grant.break_glass = true);
    delete("/by-dba").expect_refusal(403, "grant_invalid");
    assert_eq!(upstream.requests("/").len(), 1);
}

/// Approve A, run B, where only their numbers differ, and by less than a double tells apart.
#[test]
fn an_approval_is_for_the_digits_of_a_number() {
    let case = case();
    let path = case.under("/tools", "mcp");
    let call = |literal: &str| {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"delete_customer","arguments":{{"id":{literal}}}}}}}"#
        );
        let call = Call::post(&path).token(&case.token).header("x-gatehouse-wait", "0");
        let call = call.header("content-type", "application/json");
        let call = call.header("mcp-method", "tools/call").header("mcp-name", "delete_customer");
        call.header("mcp-protocol-version", "2026-07-28").body(body)
    };
    let decision = |literal: &str| {
        let answer = call(literal).send(case.gateway).expect(200).json();
        answer["result"]["_meta"]["gatehouse/decision"].clone()
    };
    let approved = "9007199254740993";
    assert_eq!(decision(approved), "pending");
    let hold = until("a hold", SOON, || {
        let list = case.gateway.cli_ok(&["approvals", "list", "--format", "json"]);
        let list: Value = serde_json::from_str(&list).unwrap();
        let holds = list["holds"].as_array().unwrap().iter();
        let mine = holds.filter(|hold| hold["principal"]["subject"] == json!(case.subject));
        mine.map(|hold| hold["id"].as_str().unwrap().to_owned()).next()
    });
    case.gateway.cli_ok(&["approvals", "approve", &hold]);
    for other in [
        "9007199254740992",
        "9007199254740993.0",
        "9007199254740993.00000000000000000001",
        "9.007199254740993e15",
        "90071992547409930e-1",
        "\"9007199254740993\"",
    ] {
        assert_eq!(decision(other), "pending", "{other}");
    }
    case.assert_untouched();
    assert_eq!(decision(approved), Value::Null);
    assert!(case.request().text().contains(r#""id":9007199254740993"#));
}

/// The agent knows the service's API, and reaches it nowhere.
#[test]
fn the_approval_api_is_not_to_be_had_through_the_gateway() {
    let case = case();
    let approval = case.gateway.run["approval"].as_str().unwrap();
    let approval = approval.trim_start_matches("https://");
    let console = case.gateway.console.trim_start_matches("http://");
    // By its paths, and by every name that it has.
    for host in
        ["gateway.test", "approval.gatehouse.internal", "gatehouse_approval", approval, console]
    {
        for path in ["/v1/holds", "/v1/holds/h_1/redeem", "/v1/status", "/v1/gateways", "/healthz"]
        {
            let mut call = Call::post(path).token(&case.token).json(&json!({}));
            call.headers.retain(|(name, _)| name != "host");
            let call = call.header("host", host);
            let answer = call.send(case.gateway);
            // The upstream answered, and nobody else: it says so.
            assert_eq!(answer.text(), r#"{"ok":true}"#, "{host} {path}: {}", answer.status);
        }
    }
    // By an upstream that sends the caller, or Envoy, there.
    for status in [301, 302, 303, 307, 308] {
        for to in [format!("https://{approval}/v1/holds"), format!("http://{console}/v1/holds")] {
            case.reply("moved", Reply::new(status, &[("location", &to)], ""));
            let answer = case.get("moved").send(case.gateway);
            assert_eq!(answer.reason().as_deref(), Some("response_redirect"), "{status} {to}");
            assert_eq!(answer.header("location"), None);
        }
    }
}

/// A token that opens the gateway is nothing to the service.
#[test]
fn an_agents_token_is_no_approver() {
    let case = case();
    let hold = case.call("DELETE", "x").header("x-gatehouse-wait", "0").send(case.gateway);
    let hold = hold.expect_refusal(403, "pending").json()["hold"].as_str().unwrap().to_owned();
    let console = case.gateway.console.trim_start_matches("http://").to_owned();
    for (method, path) in [
        ("GET", "/v1/holds".to_owned()),
        ("GET", format!("/v1/holds/{hold}")),
        ("POST", format!("/v1/holds/{hold}/decision")),
        ("POST", "/v1/login-links".to_owned()),
        ("GET", format!("/holds/{hold}")),
        ("POST", format!("/holds/{hold}")),
        ("POST", "/v1/holds".to_owned()),
        ("POST", "/v1/status".to_owned()),
    ] {
        let call = Call::new(method, &path).token(&case.token);
        let mut call = call.json(&json!({ "hold": hold, "decision": "approve", "reason": "me" }));
        call.headers.retain(|(name, _)| name != "host");
        let answer = call.header("host", console.clone()).send_to(&console);
        let refused = (300..500).contains(&answer.status);
        assert!(refused && !answer.text().contains(&case.subject), "{path}: {}", answer.status);
    }
    let shown = case.gateway.cli_ok(&["approvals", "show", &hold, "--format", "json"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["status"], "pending");
    // The filters' listener wants a certificate; without one there is not even a connection.
    let approval = case.gateway.run["approval"].as_str().unwrap();
    let approval = approval.trim_start_matches("https://");
    let mut plain = integration::http1::Connection::open(approval);
    plain.write(Call::post("/v1/holds").token(&case.token).json(&json!({})).bytes());
    assert!(plain.response(false).is_none(), "it speaks TLS alone");
    case.assert_untouched();
}

/// What the filter asks at all, so that the test above would see another.
#[test]
fn the_service_hears_of_an_attack_nothing_but_its_questions() {
    let scene = Scene::new();
    scene.refuses("asked", |pair| pair.grant_lasts = -10);
    assert_eq!(scene.approver.asked(Question::Hold).len(), 2);
    assert_eq!(
        scene.approver.asked(Question::Redemption).len(),
        2,
        "a false grant is not asked for again"
    );
}
