/*! TLS of the listener, and callers that prove who they are by a certificate instead of a token. */

use integration::envoy::Envoy;
use integration::tls::{Authority, Client, dns, ip, uri};
use integration::{Call, Gateway, Upstream, place};
use serde_json::{Value, json};
use tempfile::TempDir;

const AGENT: &str = "spiffe://shop.test/ns/agents/sa/robot";

/// A listener with a certificate, and an authority that callers' certificates may come from.
struct Scene {
    upstream: Upstream,
    servers: Authority,
    callers: Authority,
    folder: TempDir,
}

impl Scene {
    fn new() -> Self {
        Self {
            upstream: Upstream::start(),
            servers: Authority::new("servers"),
            callers: Authority::new("callers"),
            folder: place::folder(),
        }
    }

    /// `mtls`: none, or whether a certificate is enough to be somebody.
    fn gateway(&self, mtls: Option<bool>) -> Gateway {
        let folder = self.folder.path();
        let (certificate, key) =
            self.servers.issue(&[dns("gateway.test"), ip("127.0.0.1")]).files(folder, "server");
        let build = Gateway::build().upstream("/", &self.upstream.url());
        let build = build.arg("--tls-cert").arg(certificate).arg("--tls-key").arg(key);
        let Some(mtls) = mtls else { return build.start() };
        let identity = folder.join("identity.yaml");
        std::fs::write(&identity, format!("mtls: {mtls}\n")).unwrap();
        let ca = self.callers.file(folder, "callers");
        build.arg("--tls-client-ca").arg(ca).arg("--identity").arg(identity).start()
    }

    /// Who shows nothing.
    fn nobody(&self) -> Client {
        Client::new(&self.servers.pem(), None)
    }

    /// Who shows a certificate of `authority` with that URI in it.
    fn caller(&self, authority: &Authority, name: &str) -> Client {
        Client::new(&self.servers.pem(), Some(&authority.issue(&[uri(name)])))
    }
}

#[test]
fn the_listener_serves_https_and_nothing_else() {
    let scene = Scene::new();
    let gateway = scene.gateway(None);
    assert!(gateway.run["gateway"].as_str().unwrap().starts_with("https://127.0.0.1:"));
    let call = Call::get("/x").token(&gateway.token("robot"));
    for name in ["gateway.test", "127.0.0.1"] {
        let response = scene.nobody().send(&gateway.address, name, &call).unwrap();
        assert_eq!(response.expect(200).json(), json!({ "ok": true }));
    }
    assert_eq!(scene.upstream.requests("/x").len(), 2);
    let response = scene.nobody().send(&gateway.address, "gateway.test", &Call::get("/no-token"));
    response.unwrap().expect_refusal(401, "unauthenticated");

    // It shows the certificate it was given, and nobody is answered in clear.
    let stranger = Client::new(&scene.callers.pem(), None);
    let error = stranger.send(&gateway.address, "gateway.test", &call).unwrap_err();
    assert!(error.contains("UnknownIssuer"), "{error}");
    let mut plain = integration::http1::Connection::open(&gateway.address);
    plain.write(Call::get("/clear").token(&gateway.token("robot")).bytes());
    assert!(plain.response(false).is_none());
    assert!(!scene.upstream.saw("/clear") && !scene.upstream.saw("/no-token"));
}

#[test]
fn a_certificate_makes_a_principal_without_a_token() {
    let scene = Scene::new();
    let gateway = scene.gateway(Some(true));
    let robot = scene.caller(&scene.callers, AGENT);
    let send = |client: &Client, call: &Call| client.send(&gateway.address, "gateway.test", call);
    send(&robot, &Call::get("/certified")).unwrap().expect(200);
    let record = gateway.record("/certified", |entry| entry.path() == "/certified");
    assert_eq!(record.record["principal"]["issuer"], "spiffe://shop.test");
    assert_eq!(record.record["principal"]["subject"], AGENT);

    // A token beside it says who calls; one that proves nothing is not made up for.
    send(&robot, &Call::get("/both").token(&gateway.token("robot"))).unwrap().expect(200);
    let record = gateway.record("/both", |entry| entry.path() == "/both");
    assert_eq!(record.record["principal"]["subject"], "robot");
    send(&robot, &Call::get("/bad").token("a.b.c")).unwrap().expect_refusal(401, "unauthenticated");

    // The rules hold for it as for anybody.
    let drop = Call::post("/query").json(&json!({ "sql": "DROP DATABASE x" }));
    send(&robot, &drop).unwrap().expect_refusal(403, "denied");
    assert!(!scene.upstream.saw("/bad") && !scene.upstream.saw("/query"));
}

#[test]
fn other_certificates_do_not_get_in() {
    let scene = Scene::new();
    let gateway = scene.gateway(Some(true));
    let token = gateway.token("robot");
    let call = Call::get("/x").token(&token);
    let stranger = Authority::new("callers");
    for (what, client) in [
        ("another authority", scene.caller(&stranger, AGENT)),
        ("the listener's authority", scene.caller(&scene.servers, AGENT)),
        ("none", scene.nobody()),
    ] {
        for call in [&call, &Call::get("/x")] {
            let answer = client.send(&gateway.address, "gateway.test", call);
            assert!(answer.is_err(), "{what}: {:?}", answer.map(|response| response.status));
        }
    }
    scene.upstream.assert_untouched();
}

/// A certificate of the right authority that names no workload is nobody.
#[test]
fn a_certificate_without_a_workload_is_a_401() {
    let scene = Scene::new();
    let gateway = scene.gateway(Some(true));
    let dns = Client::new(&scene.servers.pem(), Some(&scene.callers.issue(&[dns("robot.test")])));
    for (what, client) in [
        ("a DNS name", dns),
        ("an URL", scene.caller(&scene.callers, "https://shop.test/robot")),
        ("a trust domain", scene.caller(&scene.callers, "spiffe://shop.test")),
        ("dots", scene.caller(&scene.callers, "spiffe://shop.test/a/../b")),
    ] {
        let answer = client.send(&gateway.address, "gateway.test", &Call::get("/x")).unwrap();
        assert_eq!(answer.status, 401, "{what}");
        answer.expect_refusal(401, "unauthenticated");
    }
    scene.upstream.assert_untouched();
}

#[test]
fn a_certificate_alone_is_a_401_unless_it_is_asked_for() {
    let scene = Scene::new();
    let gateway = scene.gateway(Some(false));
    let robot = scene.caller(&scene.callers, AGENT);
    let send = |call: &Call| robot.send(&gateway.address, "gateway.test", call).unwrap();
    send(&Call::get("/x")).expect_refusal(401, "unauthenticated");
    scene.upstream.assert_untouched();
    send(&Call::get("/x").token(&gateway.token("robot"))).expect(200);
}

fn tls(config: &mut Value) -> &mut Value {
    &mut config["static_resources"]["listeners"][0]["filter_chains"][0]["transport_socket"]["typed_config"]
}

/// Where an operator lets callers without a certificate in, they need a token; the header in which
/// proxies tell of certificates proves nothing.
#[test]
fn without_certificate_and_token_is_a_401() {
    let scene = Scene::new();
    let gateway = scene.gateway(Some(true));
    let envoy = Envoy::start(&gateway, |config| {
        tls(config)["require_client_certificate"] = json!(false);
    });
    let send = |client: &Client, call: &Call| client.send(&envoy.address, "gateway.test", call);
    let told = format!("By=spiffe://shop.test/gateway;URI={AGENT}");
    for call in [Call::get("/x"), Call::get("/x").header("x-forwarded-client-cert", told)] {
        send(&scene.nobody(), &call).unwrap().expect_refusal(401, "unauthenticated");
    }
    scene.upstream.assert_untouched();
    let token = gateway.token("robot");
    send(&scene.nobody(), &Call::get("/x").token(&token)).unwrap().expect(200);
    send(&scene.caller(&scene.callers, AGENT), &Call::get("/x")).unwrap().expect(200);
}

/// Without an authority Envoy does not ask for certificates, and none names anybody.
#[test]
fn without_an_authority_no_certificate_counts() {
    let scene = Scene::new();
    let gateway = scene.gateway(Some(true));
    let envoy = Envoy::start(&gateway, |config| {
        tls(config)["common_tls_context"].as_object_mut().unwrap().remove("validation_context");
        tls(config).as_object_mut().unwrap().remove("require_client_certificate");
    });
    let robot = scene.caller(&scene.callers, AGENT);
    let answer = robot.send(&envoy.address, "gateway.test", &Call::get("/x")).unwrap();
    answer.expect_refusal(401, "unauthenticated");
    scene.upstream.assert_untouched();
}
