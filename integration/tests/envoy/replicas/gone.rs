//! A replica that is gone costs no call: what could not be asked there is asked at the next.

use integration::envoy::cluster;

use super::*;

/// Callers that do not wait: their question is asked once, and refused where nobody answers.
const CALLS: usize = 40;

/// At once, of workers that also ask for themselves: their turns at the replicas mix.
const TOGETHER: usize = 24;

/// How many of them were refused since nobody answered.
fn in_vain(ends: &Ends, envoy: &Envoy, round: &str) -> usize {
    let refused = |number: usize| {
        let call = ends.call(&format!("/held/{round}/{number}/"), number, 0);
        let response = call.send_to(&envoy.address);
        match response.status {
            503 => response.expect_refusal(503, "approval_unavailable"),
            _ => response.expect_refusal(403, "pending"),
        }
    };
    (0..CALLS).filter(|number| refused(*number).status == 503).count()
}

#[test]
fn who_does_not_wait_is_served_by_those_that_are_left() {
    let (ends, database) = (Ends::new(), Postgres::start());
    let service = Service::postgres(&ends.gateway, &database);
    let (mut one, mut other) = (service.replica(), service.replica());
    // One by the configuration that `gatehouse` writes, one of an operator who lets Envoy retry nothing.
    let careful = Envoy::start(&ends.gateway, |config| service.serves(&[&one, &other], config));
    let careless = Envoy::start(&ends.gateway, |config| {
        service.serves(&[&one, &other], config);
        cluster(config, "gatehouse_approval")["circuit_breakers"]["thresholds"][0]["max_retries"] =
            json!(0);
    });
    assert_eq!(in_vain(&ends, &careful, "both"), 0);
    one.kill();
    assert_eq!(in_vain(&ends, &careful, "other"), 0);
    // The test would show it.
    assert!(in_vain(&ends, &careless, "careless") > CALLS / 4);
    // Back, it is asked again, also when it is the only one.
    one.start_again(&service);
    other.kill();
    assert_eq!(in_vain(&ends, &careful, "one"), 0);
    other.start_again(&service);
    assert_eq!(in_vain(&ends, &careful, "again"), 0);
    ends.upstream.assert_untouched();
}

/// A host that went without a word: whoever connects to it waits for an answer.
#[test]
fn a_replica_that_is_silent_is_found_out_in_time() {
    let (ends, database) = (Ends::new(), Postgres::start());
    let service = Service::postgres(&ends.gateway, &database);
    let (mut one, other) = (service.replica(), service.replica());
    let envoy = Envoy::start(&ends.gateway, |config| service.serves(&[&one, &other], config));
    one.kill();
    let _silent = Silent::at(one.filter);
    let timeouts = || envoy.stat("cluster.gatehouse_approval.upstream_cx_connect_timeout");
    let calls = (0..TOGETHER).map(|n| send(&envoy, &ends.call(&format!("/held/many/{n}/"), n, 0)));
    for answer in calls.collect::<Vec<_>>() {
        answer.join().unwrap().unwrap().expect_refusal(403, "pending");
    }
    for round in 0..4 {
        let path = format!("/held/{round}/");
        ends.call(&path, round, 0).send_to(&envoy.address).expect_refusal(403, "pending");
        let id = hold_of(&other, &path);
        other.decide(&id, "approve").unwrap().expect(200);
        let answer = send(&envoy, &ends.call(&path, round, 30)).join().unwrap();
        answer.unwrap().expect(200);
        assert_eq!(ends.sent(&path), 1);
    }
    assert!(timeouts() > 0, "nobody asked the silent one");
}

/// Listens, and has no room for anybody: what asks for a connection there is not answered.
struct Silent {
    _listener: tokio::net::TcpListener,
    _waiting: Vec<std::net::TcpStream>,
    _runtime: tokio::runtime::Runtime,
}

impl Silent {
    fn at(address: std::net::SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.set_reuseaddr(true).unwrap();
            socket.bind(address).unwrap();
            socket.listen(0).unwrap()
        });
        let connect = || {
            let short = Duration::from_millis(200);
            std::net::TcpStream::connect_timeout(&address, short).ok()
        };
        let waiting = std::iter::from_fn(connect).take(64).collect();
        assert!(connect().is_none(), "there is room at the silent one");
        Self { _listener: listener, _waiting: waiting, _runtime: runtime }
    }
}
