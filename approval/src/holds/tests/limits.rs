//! What the service takes on at once, of one principal and of all.

use axum::http::StatusCode;
use macro_rules_attribute::apply;
use policy::hold::HoldState;

use crate::config::Limits;
use crate::holds::Redeemed;
use crate::store::Choice;
use crate::testing::{Answer, Fixture, on_both, request, send};

/// One of a principal's many calls.
async fn ask(fixture: &Fixture, subject: &str, n: u32, bytes: usize) -> Answer {
    let mut one = request(&format!("{subject}-{n}"));
    one.call.principal.subject = subject.into();
    one.call.path = format!("/mcp/{n}");
    one.call.body = "x".repeat(bytes);
    let body = serde_json::to_string(&one).unwrap();
    send(&fixture.filter, "POST", "/v1/holds", &[], &body).await
}

fn refused(answer: &Answer, code: &str) {
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{}", answer.body);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert!(answer.body.contains(&format!("urn:gatehouse:problem:{code}")), "{}", answer.body);
}

/// A flood of one leaves another's holds working to their end.
#[apply(on_both)]
async fn one_principal_cannot_fill_the_queue() {
    let fixture = Fixture::new().await;
    let limit = fixture.holds.limits.open_per_principal;
    for n in 0..limit * 3 {
        let answer = ask(&fixture, "alice", n, 100).await;
        if n < limit {
            assert_eq!(answer.status, StatusCode::OK);
        } else {
            refused(&answer, "hold_limit");
        }
    }
    assert_eq!(ask(&fixture, "alice", 0, 100).await.status, StatusCode::OK, "joins all the same");
    let held: HoldState = ask(&fixture, "bob", 0, 100).await.json();
    assert!(fixture.decide(&held.hold, Choice::Approve).await.is_ok());
    let redeemed = fixture.asks.redeem(&held.hold, &super::redeem("bob-0")).await.unwrap();
    assert!(matches!(redeemed, Redeemed::Once(_)));
    // What is over makes room.
    fixture.asks.leave_all("alice-1").await.unwrap();
    assert_eq!(ask(&fixture, "alice", limit, 100).await.status, StatusCode::OK);
    refused(&ask(&fixture, "alice", limit + 1, 100).await, "hold_limit");
    fixture.clock.advance(600);
    assert_eq!(ask(&fixture, "alice", limit + 1, 100).await.status, StatusCode::OK);
}

#[apply(on_both)]
async fn bytes_count_as_well_as_holds() {
    let limits = Limits { bytes_per_principal: 30_000, open_bytes: 50_000, ..Limits::default() };
    let fixture = Fixture::limited(limits).await;
    assert_eq!(ask(&fixture, "alice", 1, 20_000).await.status, StatusCode::OK);
    refused(&ask(&fixture, "alice", 2, 20_000).await, "hold_limit");
    assert_eq!(ask(&fixture, "alice", 3, 9_000).await.status, StatusCode::OK);
    assert_eq!(ask(&fixture, "bob", 1, 15_000).await.status, StatusCode::OK);
    refused(&ask(&fixture, "carol", 1, 15_000).await, "service_full");
    assert_eq!(ask(&fixture, "carol", 2, 1_000).await.status, StatusCode::OK);
}

#[apply(on_both)]
async fn all_together_have_a_limit() {
    let limits = Limits { open: 5, open_per_principal: 3, ..Limits::default() };
    let fixture = Fixture::limited(limits).await;
    for (n, subject) in ["a", "a", "a", "b", "b"].into_iter().enumerate() {
        assert_eq!(ask(&fixture, subject, n as u32, 10).await.status, StatusCode::OK);
    }
    refused(&ask(&fixture, "a", 9, 10).await, "hold_limit");
    refused(&ask(&fixture, "c", 9, 10).await, "service_full");
}

/// Many at once do not get in between the look and the row.
#[apply(on_both)]
async fn a_limit_is_exact_under_a_rush() {
    let limits = Limits { open_per_principal: 5, ..Limits::default() };
    let fixture = std::sync::Arc::new(Fixture::limited(limits).await);
    let rush: Vec<_> = (0..40)
        .map(|n| {
            let fixture = fixture.clone();
            tokio::spawn(async move { ask(&fixture, "alice", n, 10).await.status })
        })
        .collect();
    let mut held = 0;
    for one in rush {
        held += u32::from(one.await.unwrap() == StatusCode::OK);
    }
    assert_eq!(held, 5);
}

/// The longest call that a gateway may hold fits, however JSON spells it.
#[apply(on_both)]
async fn the_longest_call_fits_to_the_byte() {
    let limits = Limits { call_bytes: 200_000, ..Limits::default() };
    let fixture = Fixture::limited(limits).await;
    let post = async |body: String| {
        let mut one = request("e1");
        one.call.headers = vec![("x-filler".into(), "\u{1}".repeat(60 * 1024))];
        one.call.body = body;
        let body = serde_json::to_string(&one).unwrap();
        assert!(body.len() > 200_000);
        send(&fixture.filter, "POST", "/v1/holds", &[], &body).await
    };
    let fits = post("\u{1}".repeat(200_000)).await;
    assert_eq!(fits.status, StatusCode::OK, "{}", fits.body);
    let over = post("\u{1}".repeat(200_001)).await;
    assert_eq!(over.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(over.headers["content-type"], "application/problem+json");
    // Not even read to its end.
    let far = post("\u{1}".repeat(500_000)).await;
    assert_eq!(far.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(far.headers["content-type"], "application/problem+json");
}

#[apply(on_both)]
async fn a_tenant_leaves_room_for_another() {
    let limits = Limits { open_per_tenant: 2, bytes_per_tenant: 9_000_000, ..Limits::default() };
    let limits = Limits { open_per_principal: 2, ..limits };
    let fixture = Fixture::limited(limits).await;
    let (a, b) = (super::tenants::asks(&fixture, "a"), super::tenants::asks(&fixture, "b"));
    for n in 0..3 {
        let mut one = request(&format!("e{n}"));
        one.call.principal.subject = format!("made-up-{n}");
        let asked = a.request(one).await;
        assert_eq!(asked.is_ok(), n < 2, "{n}");
        assert!(n < 2 || asked.unwrap_err().title().contains("no room"));
    }
    assert!(b.request(request("e9")).await.is_ok());
}

/// Not the body alone: whatever is kept of a question counts, and none of it is longer than it can honestly be.
#[apply(on_both)]
async fn every_text_of_a_question_is_bounded() {
    let fixture = Fixture::new().await;
    let long = "g".repeat(300 * 1024);
    let mut groups = request("e1");
    groups.call.principal.groups = vec![long.clone()];
    let mut rules = request("e2");
    rules.rules.push(long.clone());
    let mut words = request("e3");
    words.description = long.clone();
    let mut asked = request("e4");
    asked.terms.break_glass = vec![vec![long]];
    for one in [groups, rules, words, asked] {
        let refused = fixture.asks.request(one).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
    let limits = Limits { bytes_per_principal: 150_000, call_bytes: 1000, ..Limits::default() };
    let fixture = Fixture::limited(limits).await;
    for (n, fits) in [(1, true), (2, false)] {
        let mut one = request(&format!("e{n}"));
        one.call.path = format!("/{n}");
        one.description = "d".repeat(100_000);
        assert_eq!(fixture.asks.request(one).await.is_ok(), fits, "{n}");
    }
}

#[apply(on_both)]
async fn who_asks_and_leaves_over_and_over_is_paced() {
    let fixture = Fixture::limited(Limits { opened_per_minute: 3, ..Limits::default() }).await;
    for n in 0..4 {
        let answer = ask(&fixture, "alice", n, 10).await;
        assert_eq!(answer.status.is_success(), n < 3, "{n}");
        fixture.asks.leave_all(&format!("alice-{n}")).await.unwrap();
    }
    assert_eq!(ask(&fixture, "bob", 0, 10).await.status, StatusCode::OK);
    fixture.clock.advance(60);
    assert_eq!(ask(&fixture, "alice", 9, 10).await.status, StatusCode::OK);
}
