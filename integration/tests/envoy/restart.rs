/*!
An approval service that goes away while calls are on hold, and comes back: whoever still waits gets its answer,
and nobody an answer that was not given.
*/

use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use integration::approver::{Approver, Question};
use integration::envoy::{Envoy, cluster};
use integration::http1::Connection;
use integration::line::Line;
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Response, Upstream};
use serde_json::{Value, json};

mod many;
mod proposed;
mod swapped;

/// A rule that redacts what it holds.
const BUNDLE: &str = "\
bundle: {name: restart, version: '1'}
rules:
  - {name: ask, on: request, match: {http: {method: [DELETE, PUT]}}, effect: hold}
  - {name: mask, on: request, match: {http: {method: PUT}, findings: [note]}, effect: redact}
patterns:
  - name: note
    kind: note
    regex: 'NOTE-[0-9]{6}'
    examples: {match: ['NOTE-123456'], no_match: ['NOTE-12']}
";

struct Scene {
    upstream: Upstream,
    gateway: Gateway,
    approver: Approver,
    envoy: Envoy,
}

impl Scene {
    fn new() -> Self {
        let (upstream, approver) = (Upstream::start(), Approver::start());
        let gateway = Gateway::build().upstream("/", &upstream.url()).bundle(BUNDLE).start();
        let envoy = Envoy::start(&gateway, |config| approver.serves(config));
        Self { upstream, gateway, approver, envoy }
    }

    fn call(&self, method: &str, path: &str, wait: u32) -> Call {
        let call = Call::new(method, path).token(&self.gateway.token("robot"));
        call.header("x-gatehouse-wait", wait.to_string())
    }
}

/// The way to the real service leads over a line, which a test may cut.
fn over(line: &Line) -> impl FnOnce(&mut Value) {
    let port = line.address.port();
    move |config| {
        let at = &mut cluster(config, "gatehouse_approval")["load_assignment"]["endpoints"][0]["lb_endpoints"]
            [0]["endpoint"]["address"]["socket_address"];
        at["port_value"] = json!(port);
    }
}

fn service_of(gateway: &Gateway) -> SocketAddr {
    let url = gateway.run["approval"].as_str().unwrap();
    url.trim_start_matches("https://").parse().unwrap()
}

fn start(call: &Call, envoy: &Envoy) -> JoinHandle<Response> {
    let (call, address) = (call.clone(), envoy.address.clone());
    std::thread::spawn(move || call.send_to(&address))
}

fn holds(gateway: &Gateway) -> Vec<Value> {
    let list = gateway.cli_ok(&["approvals", "list", "--format", "json"]);
    let list: Value = serde_json::from_str(&list).unwrap();
    list["holds"].as_array().cloned().unwrap_or_default()
}

/// In every phase, from the question to the grant, also where the body that goes out is another than the one that came.
#[test]
fn a_question_that_broke_off_is_asked_again() {
    let scene = Scene::new();
    for (number, question) in
        [Question::Hold, Question::News, Question::Redemption].into_iter().enumerate()
    {
        let path = format!("/phase-{number}");
        scene.approver.says(if question == Question::News { "pending" } else { "approved" });
        scene.approver.breaks(question, 2);
        let before = scene.approver.asked(question).len();
        let call = scene.call("PUT", &path, 60).json(&json!({ "text": "see NOTE-123456" }));
        let answer = start(&call, &scene.envoy);
        until("a third try", SOON, || {
            (scene.approver.asked(question).len() >= before + 3).then_some(())
        });
        scene.approver.says("approved");
        answer.join().unwrap().expect(200);
        let sent = scene.upstream.requests(&path);
        assert_eq!(sent.len(), 1, "{question:?}");
        assert_eq!(sent[0].text(), r#"{"text":"see [REDACTED:note]"}"#);
        let asked = scene.approver.asked(question);
        if question != Question::News {
            assert_eq!(asked[before].body(), asked[before + 2].body(), "{question:?}");
        }
        let record = scene.envoy.record(&path, |entry| entry.path() == path);
        assert_eq!((record.effect(), &record.record["end"]), ("hold", &json!("complete")));
    }
}

/// By the real service: it goes on where it was.
#[test]
fn a_call_outlives_the_service() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let line = Line::to(service_of(&gateway));
    let envoy = Envoy::start(&gateway, over(&line));
    let call = Call::delete("/held").token(&gateway.token("robot"));
    let answer = start(&call.header("x-gatehouse-wait", "60"), &envoy);
    let hold = until("a hold", SOON, || holds(&gateway).into_iter().next());
    let hold = hold["id"].as_str().unwrap();
    line.cut();
    until("a question in vain", SOON, || (line.sent_away() >= 2).then_some(()));
    gateway.cli_ok(&["approvals", "approve", hold]);
    assert!(!answer.is_finished());
    upstream.assert_untouched();
    line.mend();
    answer.join().unwrap().expect(200);
    assert_eq!(upstream.requests("/held").len(), 1);
}

#[test]
fn a_service_that_stays_away_ends_with_the_wait() {
    let scene = Scene::new();
    for (question, reason, status) in [
        (Question::Hold, "approval_unavailable", 503),
        (Question::News, "approval_unavailable", 503),
        (Question::Redemption, "redemption_unknown", 403),
    ] {
        scene.approver.says(if question == Question::News { "pending" } else { "approved" });
        scene.approver.breaks(question, usize::MAX);
        let began = Instant::now();
        let path = format!("/{question:?}");
        let response = scene.call("DELETE", &path, 2).send_to(&scene.envoy.address);
        response.expect_refusal(status, reason);
        assert!(began.elapsed() > Duration::from_millis(1_500), "{question:?}: it gave up early");
        assert!(scene.approver.asked(question).len() >= 3, "{question:?}");
        let record = scene.envoy.record(&path, |entry| entry.path() == path);
        assert_eq!(record.reason(), reason);
        scene.approver.mends();
    }
    scene.upstream.assert_untouched();
}

/// Whatever it asked last; and that it left is told until somebody hears it.
#[test]
fn a_caller_that_leaves_meanwhile_asks_nothing_more() {
    for question in [Question::Hold, Question::News, Question::Redemption] {
        let scene = Scene::new();
        scene.approver.says(if question == Question::News { "pending" } else { "approved" });
        scene.approver.breaks(question, usize::MAX);
        scene.approver.breaks(Question::Left, 2);
        let mut connection = Connection::open(&scene.envoy.address);
        connection.write(scene.call("DELETE", "/left", 60).bytes());
        until("a second try", SOON, || (scene.approver.asked(question).len() >= 2).then_some(()));
        drop(connection);
        until("that it left", SOON, || {
            (scene.approver.asked(Question::Left).len() >= 3).then_some(())
        });
        let record = scene.envoy.record("/left", |entry| entry.path() == "/left");
        assert_eq!(record.record["end"], "aborted");
        let exchange = record.record["exchange"].as_str().unwrap();
        for told in scene.approver.asked(Question::Left) {
            assert_eq!(told.text(), json!({ "exchange": exchange }).to_string());
        }
        // Of what it asked nothing comes any more, while others are served.
        scene.approver.mends();
        let asked = scene.approver.asked(question).len();
        scene.approver.says("approved");
        scene.call("DELETE", "/other", 60).send_to(&scene.envoy.address).expect(200);
        let of_other = usize::from(question != Question::News);
        assert_eq!(scene.approver.asked(question).len(), asked + of_other, "{question:?}");
        assert!(scene.upstream.requests("/left").is_empty());
    }
}

/// Answers come back to whom they were for, whoever asked for them.
#[test]
fn nobody_gets_the_answer_of_another() {
    let scene = Scene::new();
    scene.upstream.script(|request| Some(integration::Reply::text(&request.text())));
    for question in [Question::Hold, Question::Redemption] {
        scene.approver.breaks(question, 10);
    }
    let answers: Vec<_> = (0..16)
        .map(|number| {
            let call = scene.call("PUT", &format!("/of/{number}"), 60);
            start(
                &call.body(format!("call {number}")).header("content-type", "text/plain"),
                &scene.envoy,
            )
        })
        .collect();
    for (number, answer) in answers.into_iter().enumerate() {
        let response = answer.join().unwrap().expect(200);
        assert_eq!(response.text(), format!("call {number}"));
    }
    assert_eq!(scene.upstream.requests("/of/").len(), 16);
}
