//! Callers ask what became of their holds.

use serde_json::{Value, json};

use super::lab::*;
use crate::exchange::{Event, Exchange, Flow, Step, Steps};
use crate::hold::{HoldStatus, StatusRequest};
use crate::record::End;

fn asks(lab: &mut Lab, path: &str) -> (Exchange, Steps) {
    let head = lab.head("GET", path, true);
    lab.begin(head)
}

const PATH: &str = "/.well-known/gatehouse/holds/h_1";

#[test]
fn the_service_is_asked_for_the_callers_own() {
    let mut lab = Lab::new();
    let (mut exchange, steps) = asks(&mut lab, PATH);
    assert_eq!((steps.flow, call(&steps).path.as_str()), (Flow::Pause, "/v1/status"));
    let asked: StatusRequest = serde_json::from_slice(&call(&steps).body).unwrap();
    assert_eq!((asked.hold.as_str(), asked.subject.as_str()), ("h_1", "ada"));
    assert_eq!(asked.issuer, "https://issuer.example");
    let mut told: Value = serde_json::from_str(&state(HoldStatus::Denied)).unwrap();
    told["approver"] = json!("grace");
    told["reason_text"] = json!("wrong customer");
    told["grant"] = json!("a.b.c");
    let steps = lab.answer(&mut exchange, 200, &told.to_string());
    let answer = response(&steps).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(
        serde_json::from_str::<Value>(&answer.body).unwrap(),
        json!({"hold": "h_1", "status": "denied", "expires_at": NOW.seconds() + 600,
            "url": "http://console.example/holds/h_1", "approver": "grace",
            "reason_text": "wrong customer"}),
        "nothing else of what the service says"
    );
    assert!(!releases(&steps));
    let record = record(&lab.on(&mut exchange, Event::Log(None)));
    assert_eq!((record.end, record.principal.unwrap().subject.as_str()), (End::Answered, "ada"));
    assert_eq!(record.request.path, PATH);
}

#[test]
fn who_approved_and_why_is_not_for_the_caller() {
    for status in [HoldStatus::Pending, HoldStatus::Approved, HoldStatus::Redeemed] {
        let mut lab = Lab::new();
        let (mut exchange, _) = asks(&mut lab, PATH);
        let mut told: Value = serde_json::from_str(&state(status)).unwrap();
        told["approver"] = json!("grace");
        told["reason_text"] = json!("nobody of finance answers");
        let steps = lab.answer(&mut exchange, 200, &told.to_string());
        let answer: Value = serde_json::from_str(&response(&steps).unwrap().body).unwrap();
        assert_eq!(answer["status"], status.name());
        assert!(
            answer.get("approver").is_none() && answer.get("reason_text").is_none(),
            "{answer}"
        );
    }
}

#[test]
fn a_foreign_hold_and_none_are_alike() {
    let mut lab = Lab::new();
    let (mut exchange, _) = asks(&mut lab, PATH);
    let steps = lab.answer(&mut exchange, 404, &state(HoldStatus::Approved));
    let told = |steps: &Steps| {
        let answer = response(steps).unwrap();
        (answer.status, reason(steps).to_owned())
    };
    assert_eq!(told(&steps), (404, "hold_unknown".into()));
    for path in ["", "/holds/", "/holds/h_1/redeem", "/holds/a.b", "/v1/holds"] {
        let (_, steps) = asks(&mut lab, &format!("/.well-known/gatehouse{path}"));
        assert_eq!(told(&steps), (404, "hold_unknown".into()), "{path}");
    }
    let long = format!("/.well-known/gatehouse/holds/{}", "a".repeat(81));
    assert_eq!(told(&asks(&mut lab, &long).1).0, 404);
}

#[test]
fn only_a_state_of_that_hold_is_an_answer() {
    for (status, body) in [
        (200, state(HoldStatus::Pending).replace("h_1", "h_2")),
        (200, String::new()),
        (200, "{}".to_owned()),
        (503, state(HoldStatus::Pending)),
        (0, String::new()),
        (429, String::new()),
    ] {
        let mut lab = Lab::new();
        let (mut exchange, _) = asks(&mut lab, PATH);
        let steps = lab.answer(&mut exchange, status, &body);
        assert_eq!((reason(&steps), releases(&steps)), ("approval_unavailable", false), "{status}");
    }
}

#[test]
fn it_is_asked_as_a_question_and_not_too_often() {
    let mut lab = Lab::new();
    for method in ["POST", "DELETE", "PUT"] {
        let head = lab.head(method, PATH, true);
        assert_eq!(reason(&lab.begin(head).1), "method_not_allowed", "{method}");
    }
    let head = lab.head("GET", PATH, false);
    assert_eq!(reason(&lab.begin(head).1), "method_not_allowed", "with a body");
    let mut stranger = lab.head("GET", PATH, true);
    stranger.headers.clear();
    assert_eq!(reason(&lab.begin(stranger).1), "unauthenticated");
    for _ in 0..120 {
        assert_eq!(call(&asks(&mut lab, PATH).1).path, "/v1/status");
    }
    assert_eq!(reason(&asks(&mut lab, PATH).1), "budget_exceeded");
    lab.bearer = lab.token("eve");
    assert_eq!(call(&asks(&mut lab, PATH).1).path, "/v1/status");
    // It is no call: nothing is held, released or remembered for approvers.
    let (_, request) = lab.held();
    assert!(request.before.is_empty());
}

#[test]
fn a_pending_answer_leads_there() {
    let mut lab = Lab::new();
    let mut head = lab.head("DELETE", "/customers/7", true);
    head.headers.push(("x-gatehouse-wait".into(), b"0".to_vec()));
    let (mut exchange, _) = lab.begin(head);
    let steps = lab.answer(&mut exchange, 200, &state(HoldStatus::Pending));
    let body: Value = serde_json::from_str(&response(&steps).unwrap().body).unwrap();
    let (_, steps) = asks(&mut lab, body["status_path"].as_str().unwrap());
    assert!(steps.list.iter().any(|step| matches!(step, Step::Call(_))));
}
