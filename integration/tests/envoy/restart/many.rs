//! Many at once.

use std::sync::Arc;

use http::Request;
use integration::http2::block_on;
use tokio::net::TcpStream;

use super::*;

/// All on one connection, and not even a connection comes about to the service.
#[test]
fn calls_of_one_connection_end_each_by_itself() {
    let upstream = Upstream::start();
    let gateway = Gateway::build()
        .upstream("/", &upstream.url())
        .arg("--holds-per-principal")
        .arg("100")
        .start();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let envoy = Envoy::start(&gateway, |config| integration::approver::lead(config, closed));
    let token = gateway.token("robot");
    for wait in ["0", "1"] {
        let statuses = block_on(async {
            let stream = TcpStream::connect(&envoy.address).await.unwrap();
            let (client, connection) = h2::client::handshake(stream).await.unwrap();
            let driver = tokio::spawn(connection);
            let mut client = client.ready().await.unwrap();
            let answers: Vec<_> = (0..50)
                .map(|number| {
                    let request = Request::delete(format!("http://gateway.test/held/{number}"))
                        .header("authorization", format!("Bearer {token}"))
                        .header("x-gatehouse-wait", wait);
                    client.send_request(request.body(()).unwrap(), true).unwrap().0
                })
                .collect();
            let mut statuses = Vec::new();
            for answer in answers {
                let answer = answer.await.unwrap();
                statuses.push((
                    answer.status().as_u16(),
                    answer.headers()["x-gatehouse-reason"].clone(),
                ));
            }
            driver.abort();
            statuses
        });
        assert_eq!(statuses.len(), 50);
        assert!(
            statuses
                .iter()
                .all(|(status, reason)| *status == 503 && reason == "approval_unavailable"),
            "{statuses:?}"
        );
    }
    Call::get("/alive").token(&token).send_to(&envoy.address).expect(200);
    assert!(upstream.requests("/held").is_empty());
}

const APPROVERS: [&str; 5] = ["ann", "bob", "cid", "dan", "eve"];

/// Some are decided while nobody can hear it, some afterwards.
#[test]
fn two_hundred_calls_outlive_the_service() {
    let upstream = Upstream::start();
    let gateway =
        Gateway::build().upstream("/", &upstream.url()).arg("--holds-per-principal").arg("20");
    // Each approver has a pace of decisions.
    let gateway = APPROVERS.iter().fold(gateway, |one, who| one.arg("--approver").arg(who)).start();
    let line = Line::to(service_of(&gateway));
    let envoy = Arc::new(Envoy::start(&gateway, over(&line)));
    // The service has a limit of its own for each of them.
    let tokens: Vec<_> = (0..10).map(|number| gateway.token(&format!("robot-{number}"))).collect();
    let answers: Vec<_> = (0..200)
        .map(|number| {
            let token = &tokens[number % tokens.len()];
            let call = Call::delete(format!("/held/{number}/")).token(token);
            start(&call.header("x-gatehouse-wait", "110"), &envoy)
        })
        .collect();
    let all = until("200 holds", Duration::from_secs(60), || {
        let holds = holds(&gateway);
        (holds.len() == 200).then_some(holds)
    });
    let ids: Vec<&str> = all.iter().map(|hold| hold["id"].as_str().unwrap()).collect();
    line.cut();
    until("questions in vain", SOON, || (line.sent_away() >= 50).then_some(()));
    let approve = |ids: &[&str]| {
        for (id, who) in ids.iter().zip(APPROVERS.iter().cycle()) {
            gateway.cli_ok(&["approvals", "approve", id, "--as", who]);
        }
    };
    approve(&ids[..100]);
    assert!(answers.iter().all(|answer| !answer.is_finished()));
    upstream.assert_untouched();
    line.mend();
    approve(&ids[100..]);
    for answer in answers {
        answer.join().unwrap().expect(200);
    }
    for number in 0..200 {
        assert_eq!(upstream.requests(&format!("/held/{number}/")).len(), 1, "{number}");
    }
}
