//! What approvers are told of the session that a call on hold belongs to.

use super::lab::*;
use crate::exchange::Event;
use crate::hold::HoldRequest;
use crate::rule::Effect;

/// Who approves sees what the session did before, and nothing of another.
#[test]
fn a_hold_tells_what_went_before_in_its_session() {
    let mut lab = Lab::new();
    let asks = |lab: &mut Lab, method: &str, path: &str, run: &str| {
        let mut head = lab.head(method, path, true);
        head.headers.push(("x-gatehouse-run".into(), run.into()));
        lab.begin(head)
    };
    for (method, path, run) in [
        ("GET", "/customers/7?key=hidden", "one"),
        ("GET", "/other", "two"),
        ("GET", "/customers/8", "one"),
    ] {
        let (mut exchange, _) = asks(&mut lab, method, path, run);
        lab.on(&mut exchange, Event::Log(None));
    }
    // A dry run asks for nothing.
    let mut head = lab.head("GET", "/dry", true);
    head.headers.push(("x-gatehouse-run".into(), b"one".to_vec()));
    head.headers.push(("x-gatehouse-dry-run".into(), b"true".to_vec()));
    let (mut exchange, _) = lab.begin(head);
    lab.on(&mut exchange, Event::Log(None));
    let (mut exchange, steps) = asks(&mut lab, "DELETE", "/customers/7", "one");
    let request: HoldRequest = serde_json::from_slice(&call(&steps).body).unwrap();
    let actions: Vec<&str> = request.before.iter().map(|one| one.action.as_str()).collect();
    assert_eq!(actions, ["GET /customers/7", "GET /customers/8"]);
    assert!(request.before.iter().all(|one| one.effect == Effect::Allow));
    assert_eq!(request.before[0].at, NOW.seconds());
    let ended = lab.on(&mut exchange, Event::Log(None));
    assert_eq!(request.session, record(&ended).session.unwrap().id);
    let (_, steps) = asks(&mut lab, "DELETE", "/customers/8", "one");
    let request: HoldRequest = serde_json::from_slice(&call(&steps).body).unwrap();
    let last = request.before.last().unwrap();
    assert_eq!((last.action.as_str(), last.effect), ("DELETE /customers/7", Effect::Hold));
    let (_, steps) = asks(&mut lab, "DELETE", "/customers/9", "three");
    let request: HoldRequest = serde_json::from_slice(&call(&steps).body).unwrap();
    assert!(request.before.is_empty());
}
