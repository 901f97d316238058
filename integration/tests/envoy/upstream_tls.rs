/*! An https upstream is checked before it sees anything: who signed its certificate, for whom and
until when. */

use std::net::SocketAddr;

use integration::tls::{Authority, Pair, SanType, Terminator, date_time_ymd, dns, ip};
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Upstream, place};
use tempfile::TempDir;

/// A gateway whose roots are one authority.
struct Scene {
    authority: Authority,
    folder: TempDir,
    upstream: Upstream,
}

impl Scene {
    fn new() -> Self {
        let (authority, folder) = (Authority::new("upstreams"), place::folder());
        Self { authority, folder, upstream: Upstream::start() }
    }

    fn issue(&self, name: SanType) -> Pair {
        self.authority.issue(&[name])
    }

    fn serve(&self, pair: &Pair) -> Terminator {
        Terminator::start(pair, self.upstream.address)
    }

    fn gateway(&self, upstreams: &[(&str, String)]) -> Gateway {
        let roots = self.authority.file(self.folder.path(), "roots");
        let build = Gateway::build().env("SSL_CERT_FILE", roots);
        upstreams.iter().fold(build, |build, (prefix, url)| build.upstream(prefix, url)).start()
    }
}

fn named(address: SocketAddr) -> String {
    format!("https://localhost:{}", address.port())
}

fn numbered(address: SocketAddr) -> String {
    format!("https://{address}")
}

#[test]
fn a_good_upstream_is_called_by_its_name() {
    let scene = Scene::new();
    let by_name = scene.serve(&scene.issue(dns("localhost")));
    let by_address = scene.serve(&scene.issue(ip("127.0.0.1")));
    let upstreams = [("/name", named(by_name.address)), ("/address", numbered(by_address.address))];
    let gateway = scene.gateway(&upstreams);
    let token = gateway.token("robot");
    for prefix in ["/name", "/address"] {
        Call::get(format!("{prefix}/x")).token(&token).send(&gateway).expect(200);
    }
    assert_eq!(by_name.handshakes(), [Ok(Some("localhost".to_owned()))]);
    // An address is no server name.
    assert_eq!(by_address.handshakes(), [Ok(None)]);
    let requests = scene.upstream.requests("/x");
    let hosts: Vec<_> = requests.iter().filter_map(|request| request.header("host")).collect();
    assert_eq!(hosts, [named(by_name.address), numbered(by_address.address)].map(authority));
}

fn authority(url: String) -> String {
    url.trim_start_matches("https://").to_owned()
}

#[test]
fn a_bad_upstream_sees_no_request() {
    let scene = Scene::new();
    let stranger = Authority::new("upstreams");
    let expired = scene.authority.issue_with(&[dns("localhost")], |params| {
        (params.not_before, params.not_after) =
            (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
    });
    let cases = [
        ("/wrong-name", scene.issue(dns("other.test"))),
        ("/no-name", scene.authority.issue(&[])),
        ("/only-address", scene.issue(ip("127.0.0.1"))),
        ("/untrusted", stranger.issue(&[dns("localhost")])),
        ("/expired", expired),
    ];
    let served: Vec<_> = cases.iter().map(|(_, pair)| scene.serve(pair)).collect();
    let mut upstreams: Vec<_> = cases
        .iter()
        .zip(&served)
        .map(|((prefix, _), terminator)| (*prefix, named(terminator.address)))
        .collect();
    let by_address = scene.serve(&scene.issue(dns("localhost")));
    upstreams.push(("/address", numbered(by_address.address)));
    let gateway = scene.gateway(&upstreams);
    let token = gateway.token("robot");
    for ((prefix, _), terminator) in upstreams.iter().zip(served.iter().chain([&by_address])) {
        let call = Call::post(format!("{prefix}/x")).token(&token).body("what nobody may read");
        let response = call.send(&gateway);
        assert_eq!(response.status, 503, "{prefix}: {}", response.text());
        let handshakes = until("the handshake to end", SOON, || {
            Some(terminator.handshakes()).filter(|handshakes| !handshakes.is_empty())
        });
        assert!(handshakes.iter().all(Result::is_err), "{prefix}: {handshakes:?}");
    }
    assert_eq!(scene.upstream.connections(), 0);
}

/// Envoy says what names a certificate has, in the log's line too, and escapes nothing there.
#[test]
fn names_of_a_certificate_do_not_break_the_log() {
    let scene = Scene::new();
    let address = ["ada", "example.com"].join("@");
    let hostile = [
        ("/quote", r#"a","records":[{}],"x":"b"#.to_owned()),
        ("/escape", r"b\".to_owned()),
        ("/mail", address.clone()),
    ];
    let served = hostile.each_ref().map(|(_, name)| scene.serve(&scene.issue(dns(name))));
    let upstreams: Vec<_> = hostile
        .iter()
        .zip(&served)
        .map(|((prefix, _), terminator)| (*prefix, named(terminator.address)))
        .collect();
    let gateway = scene.gateway(&upstreams);
    let token = gateway.token("robot");
    for (prefix, name) in &hostile {
        let path = format!("{prefix}/x");
        Call::get(&path).token(&token).send(&gateway).expect(503);
        let entry = gateway.record(&path, |entry| entry.path() == path);
        let details = entry.line["details"].as_str().unwrap();
        assert_eq!(entry.record["envoy"]["details"], details);
        let shown = if *name == address { "[REDACTED:email]" } else { name.as_str() };
        assert!(details.contains("CERTIFICATE_VERIFY_FAILED"), "{details}");
        assert!(details.contains(shown), "{details}");
        assert!(!details.contains(&address), "{details}");
    }
}
