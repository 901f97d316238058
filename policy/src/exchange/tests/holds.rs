use super::lab::*;
use crate::exchange::{Event, Flow, Now, RouteName, Step, Steps};
use crate::grant::{Grant, Receipt};
use crate::hold::{CancelRequest, HoldRequest, HoldStatus, RedeemRequest};

#[test]
fn a_grant_for_this_call_releases_it_once() {
    let mut lab = Lab::new();
    let (mut exchange, request) = lab.held();
    assert_eq!(request.rules, ["ask-before-delete"]);
    assert!(!request.call.headers.iter().any(|(name, _)| name == "authorization"));

    let steps = lab.answer(&mut exchange, 200, &state(HoldStatus::Pending));
    assert!(call(&steps).path.starts_with("/v1/holds/h_1/wait?ms="), "{:?}", call(&steps).path);
    let steps = lab.answer(&mut exchange, 200, &state(HoldStatus::Approved));
    assert_eq!(call(&steps).path, "/v1/holds/h_1/redeem");
    let redeem: RedeemRequest = serde_json::from_slice(&call(&steps).body).unwrap();
    assert_eq!(steps.flow, Flow::Pause);

    let (grant, receipt) = lab.honest(&request, &redeem);
    let pair = lab.pair("h_1", grant, receipt);
    let steps = lab.answer(&mut exchange, 200, &pair);
    assert!(releases(&steps));
    assert_eq!(steps.list.last(), Some(&Step::Resume));
    assert_eq!(lab.answer(&mut exchange, 200, &pair).list, [], "a second answer means nothing");
}

/// Takes a fresh hold to the point where the grant is due, and gives `forge`d answers.
fn after(forge: impl FnOnce(&Lab, Grant, Receipt) -> (u32, String)) -> (bool, String) {
    let mut lab = Lab::new();
    let (mut exchange, grant, receipt) = lab.approved();
    let (status, body) = forge(&lab, grant, receipt);
    let steps = lab.answer(&mut exchange, status, &body);
    let told = response(&steps).map(|_| reason(&steps).to_owned()).unwrap_or_default();
    // Whoever runs the gateway hears of an approval that is used up for nothing.
    let warned = steps.list.iter().any(|step| matches!(step, Step::Warn(_)));
    assert_eq!(warned, told == "grant_invalid", "{:?}", steps.list);
    (releases(&steps), told)
}

#[test]
fn a_grant_for_anything_else_does_not() {
    assert_eq!(after(|lab, g, r| (200, lab.pair("h_1", g, r))), (true, String::new()));
    let invalid = (false, "grant_invalid".to_owned());
    let other = || "blake2b-256:other".to_owned();
    assert_eq!(after(|lab, g, r| (200, lab.pair("h_2", g, r))), invalid);
    assert_eq!(
        after(|lab, g, r| (200, lab.pair("h_1", Grant { digest: other(), ..g }, r))),
        invalid
    );
    assert_eq!(
        after(|lab, g, r| (200, lab.pair("h_1", g, Receipt { digest: other(), ..r }))),
        invalid
    );
    assert_eq!(
        after(|lab, g, r| (200, lab.pair("h_1", g, Receipt { nonce: other(), ..r }))),
        invalid
    );
    assert_eq!(
        after(|lab, g, r| (200, lab.pair("h_1", g, Receipt { exchange: other(), ..r }))),
        invalid
    );
    assert_eq!(after(|lab, g, r| (200, lab.pair("h_1", Grant { rules: vec![], ..g }, r))), invalid);
    assert_eq!(
        after(|lab, g, r| (200, lab.pair("h_1", Grant { revision: other(), ..g }, r))),
        invalid
    );
    assert_eq!(
        after(|lab, g, r| (200, lab.pair("h_1", Grant { approvals: vec![], ..g }, r))),
        invalid
    );
    let of_none = || vec![approval("grace", &[])];
    assert_eq!(
        after(|lab, g, r| (200, lab.pair("h_1", Grant { approvals: of_none(), ..g }, r))),
        invalid
    );
    assert_eq!(
        after(|_, g, r| (200, Lab::new().pair("h_1", g, r))),
        invalid,
        "signed with another service's keys"
    );
    let swapped = after(|lab, g, r| {
        let pair: serde_json::Value = serde_json::from_str(&lab.pair("h_1", g, r)).unwrap();
        (200, serde_json::json!({"grant": pair["receipt"], "receipt": pair["grant"]}).to_string())
    });
    assert_eq!(swapped, invalid);
}

#[test]
fn nothing_but_a_grant_releases() {
    for (status, body) in [
        (404, "upstream request timeout".to_owned()),
        (403, String::new()),
        (200, String::new()),
        (200, "{}".to_owned()),
        (200, "<html>ok</html>".to_owned()),
        (200, state(HoldStatus::Approved)),
        (403, state(HoldStatus::Approved)),
    ] {
        assert_eq!(after(|_, _, _| (status, body)), (false, "approval_unavailable".to_owned()));
    }
    for (status, told) in [
        (HoldStatus::Redeemed, "hold_used"),
        (HoldStatus::Denied, "hold_denied"),
        (HoldStatus::Expired, "hold_expired"),
    ] {
        assert_eq!(after(|_, _, _| (409, state(status))), (false, told.to_owned()));
    }
}

#[test]
fn every_failure_before_the_approval_refuses_too() {
    for (status, body, told) in [
        (404, String::new(), "approval_unavailable"),
        (200, String::new(), "approval_unavailable"),
        (403, state(HoldStatus::Approved), "approval_unavailable"),
        (200, state(HoldStatus::Denied), "hold_denied"),
        (200, state(HoldStatus::Expired), "hold_expired"),
        (200, state(HoldStatus::Cancelled), "hold_expired"),
        (200, state(HoldStatus::Redeemed), "hold_used"),
        (200, state(HoldStatus::Pending).replace("h_1", "../../x"), "approval_unavailable"),
    ] {
        let mut lab = Lab::new();
        let (mut exchange, _) = lab.held();
        let steps = lab.answer(&mut exchange, status, &body);
        assert_eq!((reason(&steps), releases(&steps)), (told, false));
    }
}

#[test]
fn the_service_cannot_change_which_hold_it_speaks_of() {
    let mut lab = Lab::new();
    let (mut exchange, _) = lab.held();
    lab.answer(&mut exchange, 200, &state(HoldStatus::Pending));
    let other = state(HoldStatus::Approved).replace("h_1", "h_2");
    assert_eq!(reason(&lab.answer(&mut exchange, 200, &other)), "approval_unavailable");
}

#[test]
fn a_route_that_changed_meanwhile_is_not_taken() {
    let mut lab = Lab::new();
    let (mut exchange, grant, receipt) = lab.approved();
    let pair = lab.pair("h_1", grant, receipt);
    let elsewhere = RouteName { cluster: "other".into(), ..route() };
    let steps = lab.answer_on(&mut exchange, 200, &pair, elsewhere, NOW);
    assert_eq!((reason(&steps), releases(&steps)), ("route_unsafe", false));
}

#[test]
fn a_route_that_may_replay_holds_nothing() {
    let mut lab = Lab::new();
    let mut head = lab.head("DELETE", "/customers/7", true);
    head.route.replay_off = false;
    assert_eq!(reason(&lab.begin(head).1), "route_unsafe");
}

#[test]
fn patience_ends_in_a_pending_answer() {
    let mut lab = Lab::new();
    let (mut exchange, _) = lab.held();
    let early = Now { unix_ms: NOW.unix_ms + 3_999 };
    let steps = lab.answer_on(&mut exchange, 200, &state(HoldStatus::Pending), route(), early);
    assert!(call(&steps).path.contains("ms=1&"));
    let late = Now { unix_ms: NOW.unix_ms + 4_000 };
    let steps = lab.answer_on(&mut exchange, 200, &state(HoldStatus::Pending), route(), late);
    assert_eq!(reason(&steps), "pending");
    assert!(response(&steps).unwrap().body.contains("http://console.example/holds/h_1"));
}

#[test]
fn a_pending_answer_tells_the_message_of_the_rule() {
    let told = |lab: &mut Lab| {
        let mut head = lab.head("DELETE", "/customers/7", true);
        head.headers.push(("x-gatehouse-wait".into(), b"0".to_vec()));
        let (mut exchange, _) = lab.begin(head);
        let steps = lab.answer(&mut exchange, 200, &state(HoldStatus::Pending));
        let answer: serde_json::Value =
            serde_json::from_str(&response(&steps).unwrap().body).unwrap();
        let detail = record(&steps).verdict.detail;
        assert_eq!(detail.as_deref(), Some("nobody has decided yet"));
        answer["error"]["message"].as_str().unwrap().to_owned()
    };
    let plain = "Approval pending. Send the same request again after approval.";
    assert_eq!(told(&mut Lab::new()), plain);
    let mut lab = Lab::new();
    let why = "for good\n    message: only people of dba delete customers";
    lab.engine.activate(changed("for good", why));
    assert_eq!(
        told(&mut lab),
        "Approval pending. Only people of dba delete customers. Send the same request again after approval."
    );
}

#[test]
fn the_caller_says_how_long_it_waits_and_the_rule_caps_it() {
    for (said, waits) in [
        ("0", 0),
        ("0.0", 0),
        ("10", 10_000),
        ("10.0", 10_000),
        ("9.25", 10_000),
        ("100000", 60_000),
        ("99999999999", 60_000),
        ("soon", 4_000),
        ("10s", 4_000),
        ("1e1", 4_000),
        ("-10", 4_000),
        ("+10", 4_000),
        ("10.", 4_000),
        (".5", 4_000),
        ("1.2.3", 4_000),
        ("", 4_000),
    ] {
        let mut lab = Lab::new();
        let mut head = lab.head("DELETE", "/customers/7", true);
        head.headers.push(("x-gatehouse-wait".into(), said.into()));
        let (mut exchange, _) = lab.begin(head);
        let before = Now { unix_ms: NOW.unix_ms + waits - waits.min(1) };
        let steps = lab.answer_on(&mut exchange, 200, &state(HoldStatus::Pending), route(), before);
        assert_eq!(response(&steps).is_some(), waits == 0, "{said}");
        let after = Now { unix_ms: NOW.unix_ms + waits };
        if waits > 0 {
            let steps =
                lab.answer_on(&mut exchange, 200, &state(HoldStatus::Pending), route(), after);
            assert_eq!(reason(&steps), "pending", "{said}");
        }
    }
}

#[test]
fn on_hold_every_callback_pauses() {
    let mut lab = Lab::new();
    let (mut exchange, _) = lab.held();
    let grew = Event::RequestBodyGrew { size: 1, upstream_attempts: 0 };
    assert_eq!(lab.on(&mut exchange, grew).flow, Flow::Pause);
    let steps = lab.body(&mut exchange, "more");
    assert_eq!(steps.flow, Flow::Pause);
    assert!(!releases(&steps));
}

#[test]
fn a_caller_that_leaves_is_told_to_the_service() {
    let mut lab = Lab::new();
    let (mut exchange, request) = lab.held();
    lab.answer(&mut exchange, 200, &state(HoldStatus::Pending));
    let steps = lab.on(&mut exchange, Event::Log(None));
    assert_eq!(record(&steps).hold.unwrap().status, "pending");
    let left = format!(r#"{{"exchange":"{}"}}"#, request.exchange);
    assert_eq!(lab.engine.telling.take(), [("/v1/leave".to_owned(), left)]);
    let pair = state(HoldStatus::Approved);
    assert_eq!(lab.answer(&mut exchange, 200, &pair).list, [], "nobody is there any more");
}

/// What a message of MCP in a session leads to.
fn message(lab: &mut Lab, session: &str, body: &str) -> (crate::exchange::Exchange, Steps) {
    lab.engine.limits.request_body = 1000;
    let mut head = lab.head("POST", "/mcp", false);
    if !session.is_empty() {
        head.headers.push(("mcp-session-id".into(), lab.session(session)));
    }
    let (mut exchange, _) = lab.begin(head);
    let steps = lab.body(&mut exchange, body);
    (exchange, steps)
}

#[test]
fn what_a_caller_calls_off_is_told_to_the_service_before_it_goes_on() {
    let held = |lab: &mut Lab, session, id| -> HoldRequest {
        let tool = r#""method":"tools/call","params":{"name":"delete_customer"}"#;
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},{tool}}}"#);
        serde_json::from_slice(&call(&message(lab, session, &body).1).body).unwrap()
    };
    let mut lab = Lab::new();
    let key = held(&mut lab, "s1", "3").cancel_key.unwrap();
    lab.engine.limits.holds_per_principal = 10;
    for (session, id) in [("s2", "3"), ("s1", "4"), ("s1", r#""3""#)] {
        assert_ne!(held(&mut lab, session, id).cancel_key.unwrap(), key, "{session} {id}");
    }
    let body = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}}"#;
    let (mut exchange, steps) = message(&mut lab, "s1", body);
    assert_eq!((steps.flow, call(&steps).path.as_str()), (Flow::Pause, "/v1/cancel"));
    assert!(!releases(&steps));
    let told: CancelRequest = serde_json::from_slice(&call(&steps).body).unwrap();
    assert_eq!(told.cancel_key, key);
    let steps = lab.answer(&mut exchange, 204, "");
    assert!(releases(&steps));
    assert_eq!(steps.list.last(), Some(&Step::Resume));

    // What the service did not hear goes no further.
    let (mut exchange, _) = message(&mut lab, "s1", body);
    let steps = lab.answer(&mut exchange, 404, "");
    assert_eq!((reason(&steps), releases(&steps)), ("approval_unavailable", false));
}

/// A server without sessions: then the run that is named tells whose id it is. Each message has a trace of its own.
#[test]
fn what_is_called_off_without_a_session_ends_its_wait() {
    let mut lab = Lab::new();
    let tool = r#""method":"tools/call","params":{"name":"delete_customer"}"#;
    let body = format!(r#"{{"jsonrpc":"2.0","id":3,{tool}}}"#);
    let held: HoldRequest =
        serde_json::from_slice(&call(&message(&mut lab, "", &body).1).body).unwrap();
    let body = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}}"#;
    let calls_off = |lab: &mut Lab, more: &[(&str, &str)]| {
        let mut head = lab.head("POST", "/mcp", false);
        head.headers.extend(more.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        let (mut exchange, _) = lab.begin(head);
        let steps = lab.body(&mut exchange, body);
        let told: CancelRequest = serde_json::from_slice(&call(&steps).body).unwrap();
        Some(told.cancel_key)
    };
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for more in [&[][..], &[("traceparent", trace)]] {
        assert_eq!(calls_off(&mut lab, more), held.cancel_key);
    }
    assert_ne!(calls_off(&mut lab, &[("x-gatehouse-run", "r1")]), held.cancel_key);
    lab.bearer = lab.token("eve");
    let (_, steps) = message(&mut lab, "", body);
    let told: CancelRequest = serde_json::from_slice(&call(&steps).body).unwrap();
    assert_ne!(Some(told.cancel_key), held.cancel_key);
}

/// The rules say what the upstream hears; the wait is the gateway's.
#[test]
fn what_calls_off_is_heard_where_the_rules_refuse_it() {
    let body = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}}"#;
    for effect in ["deny", "hold"] {
        let mut lab = Lab::new();
        let rule = format!(
            "\n  - {{name: quiet, on: request, match: {{mcp: {{method: 'notifications/*'}}}}, effect: {effect}}}\npatterns:"
        );
        lab.engine.activate(changed("\npatterns:", &rule));
        let (mut exchange, steps) = message(&mut lab, "s1", body);
        assert_eq!((call(&steps).path.as_str(), releases(&steps)), ("/v1/cancel", false));
        let steps = lab.answer(&mut exchange, 204, "");
        assert_eq!((reason(&steps), releases(&steps)), ("denied", false), "{effect}");
    }
}

/// Each is a question to the service, whatever it calls off.
#[test]
fn a_principal_calls_off_so_much_in_a_minute() {
    let mut lab = Lab::new();
    let body = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}}"#;
    for _ in 0..600 {
        let (mut exchange, steps) = message(&mut lab, "", body);
        assert_eq!(call(&steps).path, "/v1/cancel");
        lab.on(&mut exchange, Event::Log(None));
    }
    assert_eq!(reason(&message(&mut lab, "", body).1), "budget_exceeded");
    lab.bearer = lab.token("eve");
    assert_eq!(call(&message(&mut lab, "", body).1).path, "/v1/cancel");
}

#[test]
fn one_principal_has_so_many_calls_on_hold() {
    let mut lab = Lab::new();
    let (mut first, _) = lab.held();
    let _second = lab.held();
    let head = lab.head("DELETE", "/customers/8", true);
    assert_eq!(reason(&lab.begin(head).1), "hold_limit");
    lab.on(&mut first, Event::Log(None));
    let (mut third, _) = lab.held();
    // The service counts those, too, that nobody waits on any more.
    for (told, expected) in [
        ("", "hold_limit"),
        (r#"{"code":"hold_limit"}"#, "hold_limit"),
        (r#"{"type":"urn:gatehouse:problem:service_full","title":"no room"}"#, "holds_full"),
    ] {
        let steps = lab.answer(&mut third, 429, told);
        assert_eq!((reason(&steps), releases(&steps)), (expected, false));
        lab.on(&mut third, Event::Log(None));
        third = lab.held().0;
    }
}

/// By its size, too, heads and bodies; and another principal is not touched by that.
#[test]
fn one_principal_holds_so_many_bytes() {
    let mut lab = Lab::new();
    let limits = &mut lab.engine.limits;
    (limits.holds_per_principal, limits.request_body) = (100, 20_000);
    limits.held_bytes_per_principal = 25_000;
    let held = |lab: &mut Lab, size: usize| {
        let head = lab.head("DELETE", "/customers/7", false);
        let (mut exchange, _) = lab.begin(head);
        let steps = lab.body(&mut exchange, &"a".repeat(size));
        let told = response(&steps).map(|_| reason(&steps).to_owned());
        (exchange, told)
    };
    let (mut first, told) = held(&mut lab, 15_000);
    assert_eq!(told, None);
    assert_eq!(held(&mut lab, 10_000).1.as_deref(), Some("hold_limit"));
    let _small = held(&mut lab, 9_000);
    lab.bearer = lab.token("eve");
    assert_eq!(held(&mut lab, 15_000).1, None);
    lab.engine.limits.held_bytes = 45_000;
    assert_eq!(held(&mut lab, 9_000).1.as_deref(), Some("holds_full"), "of all principals");
    lab.on(&mut first, Event::Log(None));
    assert_eq!(held(&mut lab, 9_000).1, None);
    lab.engine.limits.holds = 3;
    assert_eq!(held(&mut lab, 1).1.as_deref(), Some("holds_full"));
}

/// What stands in a head is kept several times.
#[test]
fn heads_count_as_often_as_they_are_kept() {
    let mut lab = Lab::new();
    lab.engine.limits.held_bytes_per_principal = 25_000;
    let held = |lab: &mut Lab| {
        let mut head = lab.head("DELETE", "/customers/7", true);
        head.headers.push(("x-note".into(), vec![b'a'; 4_000]));
        lab.begin(head)
    };
    let (mut first, steps) = held(&mut lab);
    assert_eq!(call(&steps).path, "/v1/holds");
    assert_eq!(reason(&held(&mut lab).1), "hold_limit");
    lab.on(&mut first, Event::Log(None));
    assert_eq!(call(&held(&mut lab).1).path, "/v1/holds");
}

/// So that they do not take the places of those that wait to ask again.
#[test]
fn what_calls_off_waits_in_places_of_its_own() {
    let mut lab = Lab::new();
    let body = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}}"#;
    let _holds = [lab.held(), lab.held()];
    let mut waiting: Vec<_> = (0..32).map(|_| message(&mut lab, "", body).0).collect();
    assert_eq!(reason(&message(&mut lab, "", body).1), "hold_limit");
    for exchange in &mut waiting {
        let steps = lab.answer(exchange, 503, "");
        assert!(steps.list.iter().any(|step| matches!(step, Step::CallAgain(_))));
    }
    assert!(lab.engine.keep_question(false) && lab.engine.keep_question(true));
    assert!(releases(&lab.answer(&mut waiting[0], 204, "")));
    assert_eq!(call(&message(&mut lab, "", body).1).path, "/v1/cancel", "there is room again");
}
