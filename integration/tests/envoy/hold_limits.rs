/*! What one principal may have on hold, and what its client is told past it. */

use integration::approver::{Approver, Question};
use integration::envoy::{Envoy, plugin};
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Reply, Response, Upstream};
use serde_json::{Value, json};

const BUNDLE: &str = "\
bundle: {name: limits, version: '1'}
rules:
  - {name: deletions, on: request, match: {http: {method: DELETE}}, effect: hold}
  - {name: tools, on: request, match: {mcp: {tool: pay}}, effect: hold}
  - {name: models, on: request, match: {openai: {model: large}}, effect: hold}
";

struct Scene {
    upstream: Upstream,
    approver: Approver,
    gateway: Gateway,
    envoy: Envoy,
}

impl Scene {
    fn new(limits: Value) -> Self {
        let (upstream, approver) = (Upstream::start(), Approver::start());
        let url = upstream.url();
        let gateway = Gateway::build()
            .upstream("/", &url)
            .upstream("/tools", &url)
            .upstream("/v1", &format!("{url}/v1"))
            .arg("--kind")
            .arg("/tools=mcp")
            .arg("--kind")
            .arg("/v1=openai")
            .bundle(BUNDLE)
            .start();
        let envoy = Envoy::start(&gateway, |config| {
            approver.serves(config);
            plugin(config, |plugin| {
                let own = plugin["limits"].as_object_mut().unwrap();
                own.extend(limits.as_object().unwrap().clone());
            });
        });
        approver.says("pending");
        Self { upstream, approver, gateway, envoy }
    }

    fn call(&self, subject: &str, call: Call) -> Call {
        call.token(&self.gateway.token(subject)).header("x-gatehouse-wait", "60")
    }

    /// Sends it, and waits until it is on hold.
    fn hold(&self, call: Call) -> std::thread::JoinHandle<Response> {
        let before = self.approver.asked(Question::News).len();
        let address = self.envoy.address.clone();
        let answer = std::thread::spawn(move || call.send_to(&address));
        until("one more on hold", SOON, || {
            (self.approver.asked(Question::News).len() > before).then_some(())
        });
        answer
    }
}

fn tool(id: u32) -> Call {
    Call::tool("/tools/mcp", json!(id), "pay", json!({ "to": id }))
}

fn model() -> Call {
    Call::post("/v1/responses").json(&json!({ "model": "large", "input": "x" }))
}

#[test]
fn a_flood_of_one_principal_leaves_others_their_holds() {
    let scene = Scene::new(json!({ "holds_per_principal": 4 }));
    let held: Vec<_> = (0..4)
        .map(|number| scene.hold(scene.call("eve", Call::delete(format!("/held/{number}")))))
        .collect();
    for number in 4..40 {
        let more = scene.call("eve", Call::delete(format!("/held/{number}")));
        more.send_to(&scene.envoy.address).expect_refusal(429, "hold_limit");
    }
    assert_eq!(scene.approver.asked(Question::Hold).len(), 4, "the others went no further");
    // Told so that no client repeats it by itself: a result that the model reads, or the word of the SDK.
    let told = scene.call("eve", tool(1)).send_to(&scene.envoy.address).expect(200);
    assert_eq!(told.json()["result"]["isError"], json!(true));
    assert_eq!(told.json()["result"]["_meta"]["gatehouse/decision"], "hold_limit");
    let told = scene.call("eve", model()).send_to(&scene.envoy.address).expect(429);
    assert_eq!(told.header("x-should-retry").as_deref(), Some("false"));
    assert_eq!(told.json()["error"]["code"], "gatehouse_hold_limit");

    let other = scene.hold(scene.call("ada", Call::delete("/held/ada")));
    scene.upstream.assert_untouched();
    scene.approver.says("approved");
    other.join().unwrap().expect(200);
    for answer in held {
        answer.join().unwrap().expect(200);
    }
    // There is room again.
    scene.call("eve", Call::delete("/held/4")).send_to(&scene.envoy.address).expect(200);
}

#[test]
fn what_is_held_is_bounded_in_bytes() {
    let limits = json!({ "held_bytes_per_principal": 100_000, "held_bytes": 150_000 });
    let scene = Scene::new(limits);
    let large = |subject: &str| scene.call(subject, Call::delete("/held").body("a".repeat(60_000)));
    let _first = scene.hold(large("eve"));
    large("eve").send_to(&scene.envoy.address).expect_refusal(429, "hold_limit");
    let _second = scene.hold(large("ada"));
    let full = scene.call("bob", Call::delete("/held").body("a".repeat(60_000)));
    full.send_to(&scene.envoy.address).expect_refusal(503, "holds_full");
    let _small = scene.hold(scene.call("bob", Call::delete("/held").body("a".repeat(10_000))));
    scene.upstream.assert_untouched();
}

/// The service has limits of its own, over all gateways.
#[test]
fn a_service_without_room_refuses_in_the_callers_protocol() {
    let scene = Scene::new(json!({}));
    for (code, status, reason) in
        [("hold_limit", 429, "hold_limit"), ("service_full", 503, "holds_full")]
    {
        let kind = format!("urn:gatehouse:problem:{code}");
        let full = Reply::json(429, &json!({ "type": kind, "status": 429 }));
        scene
            .approver
            .service
            .script(move |request| (Question::of(request) == Question::Hold).then(|| full.clone()));
        let asked = scene.approver.asked(Question::Hold).len();
        let call = scene.call("eve", Call::delete("/held"));
        call.send_to(&scene.envoy.address).expect_refusal(status, reason);
        assert_eq!(scene.approver.asked(Question::Hold).len(), asked + 1, "an answer is one");
        let told = scene.call("eve", tool(1)).send_to(&scene.envoy.address).expect(200).json();
        assert_eq!(told["result"]["_meta"]["gatehouse/decision"], reason);
        let told = scene.call("eve", model()).send_to(&scene.envoy.address).expect(status);
        assert_eq!(told.header("x-should-retry").as_deref(), Some("false"));
    }
    scene.upstream.assert_untouched();
}

/// What it says is kept while the call waits, and it may be anybody's.
#[test]
fn an_answer_of_the_service_has_an_end() {
    let scene = Scene::new(json!({}));
    for (bytes, told) in [(1_000, (403, "hold_denied")), (70_000, (503, "approval_unavailable"))] {
        let denied = Reply::json(
            200,
            &json!({ "hold": "h0", "status": "denied", "expires_at": 4_000_000_000u64,
                "url": "http://console.test/h0", "reason_text": "a".repeat(bytes) }),
        );
        scene.approver.service.script(move |request| {
            (Question::of(request) == Question::Hold).then(|| denied.clone())
        });
        let call = scene.call("eve", Call::delete("/held"));
        call.send_to(&scene.envoy.address).expect_refusal(told.0, told.1);
    }
    scene.upstream.assert_untouched();
}
