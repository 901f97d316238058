/*! An approval service that fails or lies: nothing it says but a true grant lets a call go. */

use integration::approver::lead;
use integration::envoy::{Envoy, cluster};
use integration::{Call, Gateway, Reply, Response, Upstream};
use serde_json::{Value, json};

struct Scene {
    upstream: Upstream,
    service: Upstream,
    gateway: Gateway,
    envoy: Envoy,
}

impl Scene {
    fn new() -> Self {
        let (upstream, service) = (Upstream::start(), Upstream::start());
        let gateway = Gateway::start(&upstream);
        let envoy = Envoy::start(&gateway, |config| lead(config, service.address));
        Self { upstream, service, gateway, envoy }
    }

    fn held(&self) -> Response {
        let call = Call::delete("/held").token(&self.gateway.token("robot"));
        call.header("x-gatehouse-wait", "20").send_to(&self.envoy.address)
    }

    /// The call does not pass, whatever it is told.
    #[track_caller]
    fn refused(&self, what: &str) -> Response {
        let response = self.held();
        assert!(response.status >= 400, "{what}: {}", response.status);
        assert!(response.reason().is_some(), "{what}");
        self.upstream.assert_untouched();
        response
    }
}

fn state(status: &str) -> Value {
    json!({ "hold": "h1", "status": status, "expires_at": 4_000_000_000u64, "url": "http://c.test/h1" })
}

#[test]
fn an_answer_that_is_no_hold_does_not_release() {
    let scene = Scene::new();
    for (what, reply) in [
        ("404", Reply::new(404, &[], "no such place")),
        ("empty 200", Reply::new(200, &[], "")),
        ("403 with an approval", Reply::json(403, &state("approved"))),
        ("null", Reply::json(200, &Value::Null)),
        ("another shape", Reply::json(200, &json!({ "approved": true }))),
        ("a page", Reply::new(200, &[("content-type", "text/html")], "<h1>approved</h1>")),
        ("204", Reply::bodyless(204, &[])),
    ] {
        scene.service.script(move |_| Some(reply.clone()));
        scene.refused(what).expect_refusal(503, "approval_unavailable");
    }
}

#[test]
fn an_approval_without_a_grant_does_not_release() {
    let scene = Scene::new();
    let token = scene.gateway.token("robot");
    let (no_grant, false_grant) = ((503, "approval_unavailable"), (403, "grant_invalid"));
    for (number, (what, redeemed, (status, reason))) in [
        ("empty", Reply::new(200, &[], ""), no_grant),
        ("approved again", Reply::json(200, &state("approved")), no_grant),
        ("half a pair", Reply::json(200, &json!({ "grant": token })), no_grant),
        ("forged", Reply::json(200, &json!({ "grant": "a.b.c", "receipt": "a.b.c" })), false_grant),
        (
            "the agent's token",
            Reply::json(200, &json!({ "grant": token, "receipt": token })),
            false_grant,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        scene.service.script(move |request| {
            let redeems = request.target.ends_with("/redeem");
            Some(if redeems { redeemed.clone() } else { Reply::json(200, &state("approved")) })
        });
        scene.refused(what).expect_refusal(status, reason);
        let asked = scene.service.requests("/v1/holds/h1/redeem");
        assert_eq!(asked.len(), number + 1, "{what}: asked to redeem, once");
        assert_eq!(asked[number].method, "POST");
    }
}

#[test]
fn a_service_that_is_gone_does_not_release() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let envoy = Envoy::start(&gateway, |config| {
        let at = &mut cluster(config, "gatehouse_approval")["load_assignment"]["endpoints"][0]["lb_endpoints"]
            [0]["endpoint"]["address"]["socket_address"];
        at["port_value"] = json!(closed.port());
    });
    let call = Call::delete("/held").token(&gateway.token("robot"));
    for wait in ["0", "2"] {
        let call = call.clone().header("x-gatehouse-wait", wait);
        call.send_to(&envoy.address).expect_refusal(503, "approval_unavailable");
    }
    upstream.assert_untouched();
}
