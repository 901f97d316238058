mod again;
mod life;
mod limits;
mod people;
mod quorum;
mod standing;
mod taking_back;
mod tenants;

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use macro_rules_attribute::apply;
use policy::digest::grant_digest;
use policy::grant::Expected;
use policy::hold::{HoldState, HoldStatus, RedeemRequest, RedeemResponse, Terms};

use crate::store::{Choice, Store};
use crate::testing::{DIGEST_KEY, Fixture, NOW, call, on_both, request, send};

pub fn redeem(exchange: &str) -> RedeemRequest {
    RedeemRequest { exchange: exchange.into(), nonce: "0123456789abcdef".into() }
}

/// Through the router, as the filter asks: held, waited on, approved, redeemed once.
#[apply(on_both)]
async fn a_hold_lives_and_its_grant_verifies() {
    let fixture = Fixture::new().await;
    let body = serde_json::to_string(&request("e1")).unwrap();
    let held = send(&fixture.filter, "POST", "/v1/holds", &[], &body).await;
    assert_eq!(held.status, StatusCode::OK, "{}", held.body);
    let state: HoldState = held.json();
    assert_eq!((state.status, state.expires_at), (HoldStatus::Pending, NOW + 600));
    assert_eq!(state.url, format!("http://127.0.0.1:10080/holds/{}", state.hold));
    let path = format!("/v1/holds/{}", state.hold);
    let wait = format!("{path}/wait?ms=60000&exchange=e1");
    let redeem_body = serde_json::to_string(&redeem("e1")).unwrap();
    let redeem = format!("{path}/redeem");
    let early = send(&fixture.filter, "POST", &redeem, &[], &redeem_body).await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    assert_eq!(early.json::<HoldState>().status, HoldStatus::Pending);
    let (waited, decided) = tokio::join!(
        send(&fixture.filter, "GET", &wait, &[], ""),
        fixture.decide(&state.hold, Choice::Approve)
    );
    assert!(decided.is_ok());
    let waited: HoldState = waited.json();
    assert_eq!(waited.status, HoldStatus::Approved);
    assert_eq!(waited.approver.as_deref(), Some("dana"));
    assert_eq!(waited.reason_text, None, "why it was approved is not for the caller");
    let redeemed = send(&fixture.filter, "POST", &redeem, &[], &redeem_body).await;
    let pair: RedeemResponse = redeemed.json();
    let rules = ["hold-destructive-tools".to_owned()];
    let expected = Expected {
        owners: &[],
        hold: &state.hold,
        digest: &grant_digest(&call(), DIGEST_KEY),
        exchange: "e1",
        nonce: "0123456789abcdef",
        rules: &rules,
        standing_key: None,
        terms: &Terms::default(),
        now: NOW,
    };
    let grant = fixture.keys.check(&pair.grant, &pair.receipt, &expected).unwrap();
    assert_eq!(
        (grant.approvals[0].approver.as_str(), grant.revision.as_str()),
        ("dana", "sha256:00")
    );
    let other = redeem_body.replace("0123456789abcdef", "another-nonce-0123");
    let again = send(&fixture.filter, "POST", &redeem, &[], &other).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert_eq!(again.json::<HoldState>().status, HoldStatus::Redeemed);
}

#[apply(on_both)]
async fn the_same_call_joins_and_any_other_does_not() {
    let fixture = Fixture::new().await;
    let first = fixture.hold("e1").await.hold;
    let mut repeat = request("e2");
    repeat.call.body = repeat.call.body.replace("\"id\":1,", "\"id\":\"again\",");
    assert_eq!(fixture.asks.request(repeat).await.unwrap().hold, first);
    let changes: &[fn(&mut policy::hold::HoldRequest)] = &[
        |r| r.call.headers.push(("x-env".into(), "prod".into())),
        |r| r.call.body = r.call.body.replace("0001", "0002"),
        |r| r.call.path.push_str("?a=1"),
        |r| r.call.principal.subject = "bob".into(),
        |r| r.call.principal.issuer = "https://other.example".into(),
        |r| r.call.cluster = "upstream-1".into(),
        |r| r.rules.push("another".into()),
        |r| r.revision = "sha256:01".into(),
    ];
    for (n, change) in changes.iter().enumerate() {
        let mut other = request("e3");
        change(&mut other);
        assert_ne!(fixture.asks.request(other).await.unwrap().hold, first, "change {n}");
    }
}

#[apply(on_both)]
async fn an_approval_waits_for_the_repeat_and_a_denial_answers_it() {
    let fixture = Fixture::new().await;
    let id = fixture.hold("e1").await.hold;
    assert!(fixture.decide(&id, Choice::Approve).await.is_ok());
    let repeat = fixture.hold("e2").await;
    assert_eq!((repeat.hold.as_str(), repeat.status), (id.as_str(), HoldStatus::Approved));
    assert!(matches!(
        fixture.asks.redeem(&id, &redeem("e2")).await.unwrap(),
        super::Redeemed::Once(_)
    ));
    let next = fixture.hold("e3").await;
    assert_eq!(next.status, HoldStatus::Pending);
    assert!(fixture.decide(&next.hold, Choice::Deny).await.is_ok());
    let mut other_header = request("e4");
    other_header.call.headers.push(("x-try".into(), "2".into()));
    let denied = fixture.asks.request(other_header).await.unwrap();
    assert_eq!((denied.status, denied.hold.as_str()), (HoldStatus::Denied, next.hold.as_str()));
    fixture.clock.advance(600);
    assert_eq!(fixture.hold("e5").await.status, HoldStatus::Pending);
}

#[apply(on_both)]
async fn the_last_to_leave_cancels_and_nobody_approves_that() {
    let fixture = Fixture::new().await;
    let id = fixture.hold("e1").await.hold;
    assert_eq!(fixture.hold("e2").await.hold, id);
    assert_eq!(fixture.asks.leave(&id, "e1").await.unwrap().status, HoldStatus::Pending);
    fixture.asks.leave_all("e2").await.unwrap();
    assert_eq!(fixture.holds.found(&id).await.unwrap().status, HoldStatus::Cancelled);
    let late = fixture.decide(&id, Choice::Approve).await.unwrap();
    assert!(matches!(late, super::Verdict::TooLate(_)));
    let redeemed = fixture.asks.redeem(&id, &redeem("e1")).await.unwrap();
    assert!(
        matches!(redeemed, super::Redeemed::Not(state) if state.status == HoldStatus::Cancelled)
    );
    assert_ne!(fixture.hold("e3").await.hold, id);
}

#[apply(on_both)]
async fn a_try_that_is_called_off_leaves_and_the_others_wait_on() {
    let fixture = Fixture::new().await;
    let id = fixture.hold("e1").await.hold;
    fixture.hold("e2").await;
    let cancel = async |key: &str| {
        let body = serde_json::json!({ "cancel_key": key }).to_string();
        send(&fixture.filter, "POST", "/v1/cancel", &[], &body).await.status
    };
    assert_eq!(cancel("").await, StatusCode::BAD_REQUEST);
    assert_eq!(cancel("key-of-somebody-else").await, StatusCode::NO_CONTENT);
    assert_eq!(cancel("key-of-e1").await, StatusCode::NO_CONTENT);
    assert_eq!(fixture.holds.found(&id).await.unwrap().status, HoldStatus::Pending);
    // An approval is not for the one that was called off.
    assert!(fixture.decide(&id, Choice::Approve).await.is_ok());
    let not = fixture.asks.redeem(&id, &redeem("e1")).await.unwrap();
    assert!(matches!(not, super::Redeemed::Not(state) if state.status == HoldStatus::Approved));
    let once = fixture.asks.redeem(&id, &redeem("e2")).await.unwrap();
    assert!(matches!(once, super::Redeemed::Once(_)));
    let id = fixture.hold("e3").await.hold;
    let (waited, status) = tokio::join!(fixture.asks.wait(&id, "e3", 60_000), async {
        while fixture.holds.wake.sleeping(&id) == 0 {
            tokio::task::yield_now().await;
        }
        cancel("key-of-e3").await
    });
    assert_eq!((waited.unwrap().status, status), (HoldStatus::Cancelled, StatusCode::NO_CONTENT));
}

#[apply(on_both)]
async fn whoever_was_told_pending_keeps_the_hold() {
    let fixture = Fixture::new().await;
    let id = fixture.hold("told").await.hold;
    let told = fixture.asks.wait(&id, "told", 0).await.unwrap();
    assert_eq!(told.status, HoldStatus::Pending);
    fixture.hold("e2").await;
    assert_eq!(fixture.asks.leave(&id, "e2").await.unwrap().status, HoldStatus::Pending);
    // An exchange that left, or never joined, cannot use the approval.
    assert!(fixture.decide(&id, Choice::Approve).await.is_ok());
    for stranger in ["e2", "e3"] {
        let not = fixture.asks.redeem(&id, &redeem(stranger)).await.unwrap();
        assert!(matches!(not, super::Redeemed::Not(_)));
    }
}

#[apply(on_both)]
async fn time_ends_a_hold_and_wakes_who_waits() {
    let fixture = Fixture::new().await;
    let id = fixture.hold("e1").await.hold;
    let waiting = fixture.asks.wait(&id, "e1", 60_000);
    let (state, ()) = tokio::join!(waiting, async {
        fixture.clock.advance(600);
        fixture.holds.sweep().await.unwrap();
    });
    assert_eq!(state.unwrap().status, HoldStatus::Expired);
    let late = fixture.decide(&id, Choice::Approve).await.unwrap();
    assert!(matches!(late, super::Verdict::TooLate(hold) if hold.status == HoldStatus::Expired));
    let next = fixture.hold("e2").await;
    assert!(fixture.decide(&next.hold, Choice::Approve).await.is_ok());
    fixture.clock.advance(600);
    let unused = fixture.asks.redeem(&next.hold, &redeem("e2")).await.unwrap();
    assert!(matches!(unused, super::Redeemed::Not(state) if state.status == HoldStatus::Expired));
}

#[apply(on_both)]
async fn a_stop_ends_polls_and_keeps_the_hold() {
    let fixture = Fixture::new().await;
    let id = fixture.hold("e1").await.hold;
    let began = Instant::now();
    let (state, ()) = tokio::join!(fixture.asks.wait(&id, "e1", 60_000), async {
        fixture.holds.wake.stop();
    });
    assert_eq!(state.unwrap().status, HoldStatus::Pending);
    assert!(began.elapsed() < Duration::from_secs(30));
    let kept = fixture.opened_again().await.hold(&id).await.unwrap();
    assert_eq!(kept.unwrap().status, HoldStatus::Pending);
}

#[apply(on_both)]
async fn what_does_not_fit_is_refused() {
    let fixture = Fixture::new().await;
    let post = async |body: &str| send(&fixture.filter, "POST", "/v1/holds", &[], body).await;
    let of = |change: fn(&mut policy::hold::HoldRequest)| {
        let mut one = request("e1");
        change(&mut one);
        serde_json::to_string(&one).unwrap()
    };
    let large = of(|r| r.call.body = "x".repeat(3 << 20));
    assert_eq!(post(&large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let garbage = post("{\"exchange\": \"secret-in-body").await;
    assert_eq!(garbage.status, StatusCode::BAD_REQUEST);
    assert!(!garbage.body.contains("secret"));
    assert_eq!(post(&of(|r| r.exchange = "a b".into())).await.status, StatusCode::BAD_REQUEST);
    for change in [
        (|r| r.rules.clear()) as fn(&mut policy::hold::HoldRequest),
        |r| r.terms.expiry_seconds = 0,
        |r| r.terms.expiry_seconds = u32::MAX,
        |r| r.call.kind = policy::call::Kind::Auto,
        |r| r.call.principal.subject.clear(),
        |r| r.call.principal.subject.push('\0'),
    ] {
        assert_eq!(post(&of(change)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let nul = send(&fixture.filter, "GET", "/v1/holds/%00/wait?exchange=e", &[], "").await;
    assert!(nul.status.is_client_error(), "{}", nul.status);
    for path in ["/v1/holds/none/wait?ms=1&exchange=e", "/v1/holds/none/wait?exchange=e&ms=0"] {
        assert_eq!(send(&fixture.filter, "GET", path, &[], "").await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(send(&fixture.filter, "GET", "/healthz", &[], "").await.body, "ok\n");
}

/// Its place is another's then: a poll that nobody hears would keep it to its end.
#[apply(on_both)]
async fn a_poll_ends_when_its_caller_left_and_others_go_on() {
    let fixture = Fixture::new().await;
    let id = fixture.hold("e1").await.hold;
    fixture.hold("e2").await;
    let other = tokio::spawn({
        let (asks, id) = (fixture.asks.clone(), id.clone());
        async move { asks.wait(&id, "e2", 60_000).await }
    });
    let began = Instant::now();
    let (left, told) = tokio::join!(fixture.asks.wait(&id, "e1", 60_000), async {
        while fixture.holds.wake.sleeping(&id) < 2 {
            tokio::task::yield_now().await;
        }
        fixture.asks.leave_all("e1").await
    });
    assert!(told.is_ok() && began.elapsed() < Duration::from_secs(10));
    assert_eq!(left.unwrap().status, HoldStatus::Pending);
    // One that begins afterwards does not wait at all.
    fixture.asks.wait(&id, "e1", 60_000).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(10) && !other.is_finished());
    assert!(fixture.decide(&id, Choice::Approve).await.is_ok());
    assert_eq!(other.await.unwrap().unwrap().status, HoldStatus::Approved);
}
