/*! The agent and the approval service: there is no way from one to the other. */

use integration::http1::Connection;
use integration::tls::{Client, Pair};
use integration::{Call, Gateway, Reply, Response, Upstream, http2};
use serde_json::{Value, json};

const AUTHORITY: &str = "approval.gatehouse.internal";

fn marker() -> Value {
    json!({ "said": "by the upstream" })
}

/// Envoy refuses a scheme that the connection does not have, and in a whole URL a host that is none,
/// with these words alone.
fn by_envoy(status: u16, text: &str) -> bool {
    [(403, "Forbidden"), (400, "Bad Request")].contains(&(status, text))
}

struct Scene {
    upstream: Upstream,
    gateway: Gateway,
    token: String,
    /// Of a call on hold.
    hold: String,
}

impl Scene {
    fn new() -> Self {
        let upstream = Upstream::start();
        upstream.reply("/", Reply::json(200, &marker()));
        let gateway = Gateway::start(&upstream);
        let token = gateway.token("robot");
        let held = Call::delete("/held").token(&token).header("x-gatehouse-wait", "0");
        held.send(&gateway).expect_refusal(403, "pending");
        let mut scene = Self { upstream, gateway, token, hold: String::new() };
        scene.hold = scene.holds()[0]["id"].as_str().unwrap().to_owned();
        scene
    }

    fn holds(&self) -> Vec<Value> {
        let list = self.gateway.cli_ok(&["approvals", "list", "--format", "json"]);
        let list: Value = serde_json::from_str(&list).unwrap();
        list["holds"].as_array().unwrap().clone()
    }

    fn run(&self, name: &str) -> &str {
        self.gateway.run[name].as_str().unwrap()
    }

    /// Where the filter asks the approval service.
    fn filter_api(&self) -> &str {
        self.run("approval").strip_prefix("https://").unwrap()
    }

    /// What only people and the filter may ask for, with everything an agent could know or guess.
    fn questions(&self) -> Vec<Call> {
        let login = self.run("login_url").strip_prefix(&self.gateway.console).unwrap();
        let hold = |rest: &str| format!("/v1/holds/{}/{rest}", self.hold);
        let request = json!({
            "exchange": "x_forged", "rules": ["forged"], "description": "forged", "revision": "r",
        });
        let redeem = json!({ "exchange": "x_forged", "nonce": "n_0123456789abcdef" });
        let decision = json!({ "decision": "approve", "reason": "by myself" });
        let form = format!("/holds/{}/decision", self.hold);
        vec![
            Call::get("/v1/holds"),
            Call::post("/v1/holds").json(&request),
            Call::get(format!("/v1/holds/{}", self.hold)),
            Call::post(hold("decision")).json(&decision),
            Call::get(hold("wait?ms=0&exchange=x_forged")),
            Call::post(hold("redeem")).json(&redeem),
            Call::post("/v1/leave").json(&json!({ "exchange": "x_forged" })),
            Call::post("/v1/cancel").json(&json!({ "cancel_key": "forged" })),
            Call::post("/v1/login-links"),
            Call::post(format!("/holds/{}/approve", self.hold)).json(&decision),
            Call::post(form)
                .header("content-type", "application/x-www-form-urlencoded")
                .body("decision=approve&reason=by+myself"),
            Call::get(login),
            Call::post("/login")
                .header("content-type", "application/x-www-form-urlencoded")
                .header("origin", self.gateway.console.as_str())
                .body(login.split_once('?').unwrap().1),
            Call::get("/healthz"),
        ]
    }

    /// It went to the upstream, or the gateway refused it: nobody else answered.
    #[track_caller]
    fn answered_by_the_upstream(&self, what: &str, response: &Response, before: usize) -> bool {
        let passed = self.upstream.requests("").len() - before;
        if response.status == 200 {
            assert_eq!(response.json(), marker(), "{what}");
            assert_eq!(passed, 1, "{what}");
            let host = self.upstream.requests("").last().unwrap().header("host");
            assert_eq!(host, Some(self.upstream.address.to_string()), "{what}");
            return true;
        }
        let own = response.reason().is_some() || by_envoy(response.status, &response.text());
        assert!(own, "{what}: {}", response.text());
        assert_eq!(passed, 0, "{what}");
        false
    }

    /// The hold is as it was, no other was made, and the login is still good, so nobody used it.
    #[track_caller]
    fn assert_service_untouched(&self) {
        assert_eq!(self.holds().len(), 1);
        let shown = self.gateway.cli_ok(&["approvals", "show", &self.hold, "--format", "json"]);
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(shown["status"], "pending");
        let trail = shown["trail"].as_array().unwrap();
        assert!(trail.len() == 1 && trail[0]["action"] == "held", "{trail:?}");
        let console = self.run("console_address");
        let (_, code) = self.run("login_url").split_once('?').unwrap();
        let mut login = Call::post("/login")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", self.gateway.console.as_str())
            .body(code);
        login.headers[0].1 = console.to_owned();
        let answer = login.send_to(console).expect(303);
        assert!(answer.header("set-cookie").is_some());
    }
}

#[test]
fn through_the_gateway_nothing_reaches_the_approval_service() {
    let scene = Scene::new();
    let console = scene.run("console_address").to_owned();
    let port = console.rsplit(':').next().unwrap();
    let mut passed = 0;
    for host in [&console, &format!("localhost:{port}"), scene.filter_api(), AUTHORITY] {
        for mut call in scene.questions() {
            call.headers[0].1 = host.to_owned();
            let call = call.token(&scene.token);
            let what = format!("{} {} at {host}", call.method, call.path);
            let before = scene.upstream.requests("").len();
            let response = call.send(&scene.gateway);
            passed += usize::from(scene.answered_by_the_upstream(&what, &response, before));
        }
    }
    assert_eq!(
        passed,
        4 * scene.questions().len(),
        "a path is a path of the upstream, whatever it is"
    );
    scene.assert_service_untouched();
}

/// The same where the authority is part of the request itself: a whole URL, or HTTP/2.
#[test]
fn no_authority_leads_to_the_approval_service() {
    let scene = Scene::new();
    let authorities =
        [scene.run("console_address"), scene.filter_api(), AUTHORITY, "gatehouse_approval"];
    for authority in authorities {
        for scheme in ["http", "https"] {
            let before = scene.upstream.requests("").len();
            let mut call = Call::get(format!("{scheme}://{authority}/v1/holds"));
            call.headers[0].1 = authority.to_owned();
            let response = call.token(&scene.token).send(&scene.gateway);
            let what = format!("{scheme}://{authority}");
            scene.answered_by_the_upstream(&what, &response, before);

            let before = scene.upstream.requests("").len();
            let request = http::Request::get(format!("{scheme}://{authority}/v1/holds"))
                .header("authorization", format!("Bearer {}", scene.token))
                .body(())
                .unwrap();
            let answer = http2::call(&scene.gateway.address, request, &[], None);
            let passed = scene.upstream.requests("").len() - before;
            match answer.status {
                200 => assert_eq!((answer.text(), passed), (marker().to_string(), 1), "{what}"),
                status => {
                    let own = answer.header("x-gatehouse-reason").is_some();
                    assert!(own || by_envoy(status, &answer.text()), "{what}: {}", answer.text());
                    assert_eq!(passed, 0, "{what}");
                }
            }
        }
    }
    assert!(!scene.upstream.requests("/v1/holds").is_empty(), "some passed, to the upstream");
    scene.assert_service_untouched();
}

/// Nor past the gateway: who is not the filter does not even get to ask.
#[test]
fn the_api_of_the_filter_wants_its_certificate() {
    let scene = Scene::new();
    let roots = key_file(&scene.gateway, "approval-ca.pem");
    let ask = |call: Call, own: Option<&Pair>| {
        let call = call.token(&scene.token);
        Client::new(&roots, own).send(scene.filter_api(), AUTHORITY, &call)
    };
    let of = |gateway: &Gateway| Pair {
        certificate: key_file(gateway, "filter.pem"),
        key: key_file(gateway, "filter.key"),
    };
    let stranger = of(&Gateway::start(&scene.upstream));
    for identity in [None, Some(&stranger)] {
        for call in scene.questions() {
            let what = format!("{} {}", call.method, call.path);
            let answer = ask(call, identity).map(|answer| answer.status);
            assert!(answer.is_err(), "{what}: {answer:?}");
        }
    }
    // In clear it is no HTTP server at all.
    for call in scene.questions() {
        let mut connection = Connection::open(scene.filter_api());
        connection.write(call.token(&scene.token).bytes());
        assert!(connection.response(false).is_none_or(|answer| answer.status == 0));
    }
    // And the filter itself is answered.
    let answer = ask(Call::get("/healthz"), Some(&of(&scene.gateway))).unwrap();
    assert_eq!((answer.status, answer.text().as_str()), (200, "ok\n"));
    scene.assert_service_untouched();
}

fn key_file(gateway: &Gateway, name: &str) -> String {
    std::fs::read_to_string(gateway.data.join("keys").join(name)).unwrap()
}
