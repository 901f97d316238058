//! Questions that nobody answered: asked again while the caller waits, and never taken for an answer.

use serde_json::json;

use super::lab::*;
use crate::exchange::{CallAnswer, Event, Exchange, Flow, Now, Step, Steps};
use crate::hold::{HoldRequest, HoldStatus, RedeemRequest};
use crate::record::Record;

/// What is no answer: the call failed on its way, or somebody in between speaks for the service.
const FAILURES: [Option<u32>; 6] = [None, Some(0), Some(500), Some(502), Some(503), Some(504)];

struct Scene {
    lab: Lab,
    exchange: Exchange,
    request: HoldRequest,
    now: Now,
    steps: Steps,
}

impl Scene {
    /// The caller waits so many seconds.
    fn waiting(seconds: u32) -> Self {
        let mut lab = Lab::new();
        let mut head = lab.head("DELETE", "/customers/7", true);
        head.headers.push(("x-gatehouse-wait".into(), seconds.to_string().into()));
        let (exchange, steps) = lab.begin(head);
        let request = serde_json::from_slice(&call(&steps).body).unwrap();
        Self { lab, exchange, request, now: NOW, steps }
    }

    fn on(&mut self, event: Event<'_>) {
        self.steps = self.exchange.on(&mut self.lab.engine, event, self.now);
    }

    fn hears(&mut self, status: u32, body: &str) -> &mut Self {
        self.steps = self.lab.answer_on(&mut self.exchange, status, body, route(), self.now);
        self
    }

    /// Nobody answers, whatever the body says.
    fn fails(&mut self, failure: Option<u32>) -> &mut Self {
        let body = state(HoldStatus::Approved);
        let answer = failure.map(|status| CallAnswer { status, body: body.as_bytes() });
        self.on(Event::CallAnswered { answer, route: route(), fresh: [3; 16] });
        self
    }

    /// To the time at which it asks again.
    #[track_caller]
    fn asks_again(&mut self) -> &mut Self {
        assert!(!releases(&self.steps) && self.steps.flow == Flow::Pause, "{:?}", self.steps);
        let due = self.steps.list.iter().find_map(|step| match step {
            Step::CallAgain(at) => Some(*at),
            _ => None,
        });
        let due = due.unwrap_or_else(|| panic!("it does not ask again: {:?}", self.steps));
        assert!(due > self.now.unix_ms && due < self.now.unix_ms + 2_600);
        self.now = Now { unix_ms: due };
        self.on(Event::CallDue);
        self
    }

    /// Until it gives up.
    fn fails_to_the_end(&mut self) -> &mut Self {
        self.fails(Some(503));
        while response(&self.steps).is_none() {
            self.asks_again().fails(Some(503));
        }
        self
    }

    fn redeem(&self) -> RedeemRequest {
        assert!(call(&self.steps).path.ends_with("/redeem"));
        serde_json::from_slice(&call(&self.steps).body).unwrap()
    }

    fn pair(&self) -> String {
        let (grant, receipt) = self.lab.honest(&self.request, &self.redeem());
        self.lab.pair("h_1", grant, receipt)
    }

    fn record(&mut self) -> Record {
        self.on(Event::Log(None));
        record(&self.steps)
    }
}

#[test]
fn a_question_that_failed_is_asked_again_in_each_phase() {
    for failure in FAILURES {
        let mut scene = Scene::waiting(60);
        let first = call(&scene.steps).clone();
        scene.fails(failure).asks_again();
        assert_eq!(call(&scene.steps).body, first.body, "{failure:?}");
        scene.hears(200, &state(HoldStatus::Pending));
        let poll = call(&scene.steps).path.clone();
        scene.fails(failure).asks_again();
        let again = call(&scene.steps).path.clone();
        let place = |path: &str| path.split_once("ms=").unwrap().0.to_owned();
        assert_eq!(place(&again), place(&poll));
        scene.hears(200, &state(HoldStatus::Approved));
        let redeem = scene.redeem();
        scene.fails(failure).asks_again();
        assert_eq!(scene.redeem().nonce, redeem.nonce, "a redemption is one, however often asked");
        let pair = scene.pair();
        scene.hears(200, &pair);
        assert!(releases(&scene.steps), "{failure:?}");
        assert_eq!(scene.record().verdict.reason, None);
    }
}

/// The pauses and the tries together are no longer than the caller waits.
#[test]
fn the_wait_is_the_end_of_it() {
    for wait in [0, 1, 4, 30] {
        let mut scene = Scene::waiting(wait);
        scene.fails_to_the_end();
        assert_eq!(reason(&scene.steps), "approval_unavailable");
        let waited = scene.now.unix_ms - NOW.unix_ms;
        assert!(waited <= u64::from(wait) * 1000, "{waited} ms of {wait} s");
        assert!(waited + 300 > u64::from(wait) * 1000 || wait == 0, "{waited} ms of {wait} s");
        let mut scene = Scene::waiting(wait);
        scene.hears(200, &state(HoldStatus::Pending));
        if wait > 0 {
            assert_eq!(reason(&scene.fails_to_the_end().steps), "approval_unavailable");
        }
    }
}

/// What comes too late to be waited for takes no time either.
#[test]
fn a_question_takes_no_longer_than_the_wait() {
    let takes = |wait| call(&Scene::waiting(wait).steps).timeout_ms;
    assert_eq!((takes(60), takes(4), takes(0)), (5_000, 4_000, 3_000));
    let news = |wait| {
        let mut scene = Scene::waiting(wait);
        scene.hears(200, &state(HoldStatus::Pending));
        (call(&scene.steps).waits, call(&scene.steps).timeout_ms)
    };
    assert_eq!((news(60), news(4)), ((true, 25_000), (true, 5_000)));
    // Kept until nobody waits any more.
    let mut scene = Scene::waiting(4);
    scene.fails(Some(503));
    scene.now = Now { unix_ms: NOW.unix_ms + 4_000 };
    scene.on(Event::CallDue);
    assert_eq!(reason(&scene.steps), "approval_unavailable");
}

#[test]
fn nobody_knows_whether_it_was_redeemed() {
    let mut scene = Scene::waiting(4);
    scene.hears(200, &state(HoldStatus::Approved)).fails_to_the_end();
    assert_eq!(reason(&scene.steps), "redemption_unknown");
    let told: serde_json::Value =
        serde_json::from_str(&response(&scene.steps).unwrap().body).unwrap();
    assert_eq!(
        told["error"]["message"],
        "The call was not sent, and the approval service did not say whether its approval was used. \
         Ask the approver before you send it again."
    );
    assert_eq!(response(&scene.steps).unwrap().status, 403);
    let record = scene.record();
    assert_eq!(record.verdict.reason.map(|reason| reason.code()), Some("redemption_unknown"));
    assert_eq!(record.hold.unwrap().hold, "h_1");
    // The one that was lost may be the one that used it.
    for (status, body) in [
        (409, state(HoldStatus::Redeemed)),
        (404, String::new()),
        (200, "{}".to_owned()),
        (200, String::new()),
    ] {
        let mut scene = Scene::waiting(60);
        scene.hears(200, &state(HoldStatus::Approved)).fails(Some(0)).asks_again();
        assert_eq!(reason(&scene.hears(status, &body).steps), "redemption_unknown", "{status}");
    }
    for (status, told) in
        [(HoldStatus::Denied, "hold_denied"), (HoldStatus::Expired, "hold_expired")]
    {
        let mut scene = Scene::waiting(60);
        scene.hears(200, &state(HoldStatus::Approved)).fails(Some(0)).asks_again();
        assert_eq!(reason(&scene.hears(409, &state(status)).steps), told);
    }
}

/// An answer is one, also if nobody likes it.
#[test]
fn what_was_answered_is_not_asked_again() {
    for (status, body) in [
        (400, String::new()),
        (401, String::new()),
        (404, state(HoldStatus::Approved)),
        (429, String::new()),
        (302, String::new()),
        (200, String::new()),
        (200, "<h1>approved</h1>".to_owned()),
        (204, String::new()),
    ] {
        for known in [false, true] {
            let mut scene = Scene::waiting(60);
            if known {
                scene.hears(200, &state(HoldStatus::Pending));
            }
            scene.hears(status, &body);
            let told = if status == 429 { "hold_limit" } else { "approval_unavailable" };
            assert_eq!((reason(&scene.steps), releases(&scene.steps)), (told, false), "{status}");
        }
    }
}

#[test]
fn who_leaves_between_two_questions_is_told_to_the_service() {
    let phases: [fn(&mut Scene); 3] = [
        |_| {},
        |scene| {
            scene.hears(200, &state(HoldStatus::Pending));
        },
        |scene| {
            scene.hears(200, &state(HoldStatus::Approved));
        },
    ];
    for phase in phases {
        let mut scene = Scene::waiting(60);
        phase(&mut scene);
        scene.fails(Some(503));
        let exchange = scene.request.exchange.clone();
        scene.record();
        let left = ("/v1/leave".to_owned(), json!({"exchange": exchange}).to_string());
        assert_eq!(scene.lab.engine.telling.take(), [left]);
        scene.on(Event::CallDue);
        assert_eq!(scene.steps.list, [], "it is gone");
    }
}

#[test]
fn so_many_wait_to_ask_again() {
    let mut scene = Scene::waiting(60);
    while scene.lab.engine.keep_question(false) {}
    assert_eq!(reason(&scene.fails(Some(503)).steps), "approval_unavailable");
    let mut scene = Scene::waiting(60);
    scene.fails(Some(503));
    while scene.lab.engine.keep_question(false) {}
    // Its place is its own, and free again when it has asked.
    scene.asks_again();
    assert!(scene.lab.engine.keep_question(false) && !scene.lab.engine.keep_question(false));
    scene.hears(200, &state(HoldStatus::Pending));
    assert_eq!(reason(&scene.fails(None).steps), "approval_unavailable");
}

#[test]
fn a_bundle_and_a_route_that_changed_meanwhile_are_looked_at() {
    let approved = || {
        let mut scene = Scene::waiting(60);
        scene.hears(200, &state(HoldStatus::Approved)).fails(Some(503)).asks_again();
        let pair = scene.pair();
        (scene, pair)
    };
    let (mut scene, pair) = approved();
    scene.lab.engine.activate(changed("[dba]", "[others]"));
    assert_eq!(reason(&scene.hears(200, &pair).steps), "grant_invalid");
    let (mut scene, pair) = approved();
    let elsewhere = crate::exchange::RouteName { cluster: "other".into(), ..route() };
    let Scene { lab, exchange, now, .. } = &mut scene;
    let steps = lab.answer_on(exchange, 200, &pair, elsewhere, *now);
    assert_eq!((reason(&steps), releases(&steps)), ("route_unsafe", false));
}

/// What is called off is told until it is heard, here and then by the gateway itself.
#[test]
fn what_is_called_off_is_told_again() {
    let body = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}}"#;
    let begun = || {
        let mut lab = Lab::new();
        lab.engine.limits.request_body = 1000;
        let head = lab.head("POST", "/mcp", false);
        let (mut exchange, _) = lab.begin(head);
        let steps = lab.body(&mut exchange, body);
        let request = HoldRequest { exchange: String::new(), ..Scene::waiting(0).request };
        Scene { lab, exchange, request, now: NOW, steps }
    };
    let mut scene = begun();
    let told = call(&scene.steps).clone();
    assert_eq!((told.path.as_str(), told.timeout_ms), ("/v1/cancel", 4_000));
    scene.fails(Some(502)).asks_again();
    let again = call(&scene.steps);
    assert_eq!((&again.path, &again.body), (&told.path, &told.body));
    assert!(releases(&scene.hears(204, "").steps));
    assert!(scene.lab.engine.telling.take().is_empty());

    let said = (told.path, String::from_utf8(told.body).unwrap());
    let mut scene = begun();
    assert_eq!(reason(&scene.fails_to_the_end().steps), "approval_unavailable");
    assert!(scene.now.unix_ms <= NOW.unix_ms + 4_000);
    assert_eq!(scene.lab.engine.telling.take(), std::slice::from_ref(&said));
    let mut scene = begun();
    scene.fails(None).record();
    assert_eq!(scene.lab.engine.telling.take(), [said]);
}

const PROPOSAL_RULES: &str = r"
  - name: ask-before-refund
    on: proposal
    match: {mcp: {tool: [refund]}}
    effect: hold
    hold: {approvers: [dba], wait: 60s}
  - name: ask-before-gift
    on: proposal
    match: {mcp: {tool: [gift]}}
    effect: hold
    hold: {approvers: [dba], wait: 2s}
patterns:";

/// An answer of a model that proposes two calls waits for both as long as for the less patient of them.
#[test]
fn a_withheld_answer_has_one_wait() {
    let mut lab = Lab::new();
    lab.engine.activate(changed("\npatterns:", PROPOSAL_RULES));
    lab.engine.limits.response_body = 4096;
    let mut head = lab.head("POST", "/v1/responses", false);
    head.route.kind = crate::call::Kind::Openai;
    head.headers.push(("x-gatehouse-wait".into(), b"30".to_vec()));
    let (mut exchange, _) = lab.begin(head);
    assert!(releases(&lab.body(&mut exchange, r#"{"model":"m","input":"x"}"#)));
    let headers = vec![
        (":status".to_owned(), b"200".to_vec()),
        ("content-type".to_owned(), b"application/json".to_vec()),
    ];
    lab.on(&mut exchange, Event::ResponseHeaders { headers, end_of_stream: false });
    let call_of = |name: &str| json!({"type": "function_call", "name": name, "arguments": "{}"});
    let text = json!({"object": "response", "output": [call_of("refund"), call_of("gift")]});
    let text = text.to_string();
    let steps =
        lab.on(&mut exchange, Event::ResponseBody { chunk: text.as_bytes(), end_of_stream: true });
    let request = serde_json::from_slice(&call(&steps).body).unwrap();
    let mut scene = Scene { lab, exchange, request, now: NOW, steps };
    let second = |status| state(status).replace("h_1", "h_2");
    // Each question by itself is asked again, and the others stay as they are.
    let body = call(&scene.steps).body.clone();
    scene.fails(Some(503)).asks_again();
    assert_eq!(call(&scene.steps).body, body);
    scene.hears(200, &state(HoldStatus::Approved));
    let body = call(&scene.steps).body.clone();
    scene.fails(Some(0)).asks_again();
    assert_eq!(call(&scene.steps).body, body);
    scene.hears(200, &second(HoldStatus::Approved));
    assert!(call(&scene.steps).path.contains("h_1/redeem"));
    let redeem = scene.redeem();
    scene.fails(None).asks_again();
    assert_eq!(scene.redeem().nonce, redeem.nonce);
    let pair = scene.pair();
    scene.hears(200, &pair);
    assert!(call(&scene.steps).path.contains("h_2/redeem"));
    scene.fails(Some(503));
    while chunk(&scene.steps).is_none() {
        scene.asks_again().fails(Some(503));
    }
    assert!(chunk(&scene.steps).unwrap().contains("redemption_unknown"));
    assert!(scene.now.unix_ms <= NOW.unix_ms + 2_000, "the gift waits two seconds");
    assert_eq!(scene.lab.engine.telling.take().len(), 1);
}

/// A service that lets nobody wait, such as one that is about to end, is not asked without a pause.
#[test]
fn news_that_come_at_once_are_asked_for_after_a_pause() {
    let pending = state(HoldStatus::Pending);
    let mut scene = Scene::waiting(60);
    scene.hears(200, &pending);
    scene.hears(200, &pending);
    let poll = call(&scene.steps).path.clone();
    scene.hears(200, &pending).asks_again();
    assert!(call(&scene.steps).path.starts_with(poll.split_once('?').unwrap().0));
    // What took its time is asked for at once.
    scene.now = Now { unix_ms: scene.now.unix_ms + 20_000 };
    scene.hears(200, &pending);
    call(&scene.steps);
    scene.hears(200, &state(HoldStatus::Approved));
    scene.redeem();
}

/// Envoy ends what takes too long, and who reads that slowly is still there when the service answers.
#[test]
fn what_envoy_answers_itself_is_released_no_more() {
    for approved in [false, true] {
        let mut scene = Scene::waiting(60);
        let status = if approved { HoldStatus::Approved } else { HoldStatus::Pending };
        scene.hears(200, &state(status));
        let pair = approved.then(|| scene.pair());
        let headers = vec![(":status".to_owned(), b"504".to_vec())];
        assert!(scene.exchange.is_timed());
        scene.on(Event::ResponseHeaders { headers, end_of_stream: false });
        assert_eq!((scene.steps.flow, scene.steps.list.len()), (Flow::Continue, 0));
        let left = scene.lab.engine.telling.take();
        assert_eq!(left[0].0, "/v1/leave");
        assert!(scene.exchange.held_bytes() > 0, "the question is still under way");
        scene.hears(200, &pair.unwrap_or_else(|| state(HoldStatus::Approved)));
        assert_eq!(scene.steps.list, [], "{approved}");
        assert_eq!(scene.exchange.held_bytes(), 0);
        let record = scene.record();
        assert_eq!(record.end, crate::record::End::Aborted);
        assert!(record.hold.is_some() && scene.lab.engine.telling.take().is_empty());
    }
}
