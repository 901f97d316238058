use macro_rules_attribute::apply;
use policy::hold::{HoldRequest, HoldStatus};
use policy::rule::{HoldTerms, ScopeTerms};
use sqlx::{AssertSqlSafe, Row};

use crate::api::DecisionRequest;
use crate::approver::{Approver, Door};
use crate::config::Limits;
use crate::notify::Outcome;
use crate::store::Choice;
use crate::testing::events::channel;
use crate::testing::{Fixture, NOW, dana, on_both, request, said};

const DAY: u64 = 24 * 3600;

fn held(n: usize) -> HoldRequest {
    let mut one = request(&format!("e{n}"));
    one.call.path = format!("/mcp/{n}");
    one
}

async fn rows(fixture: &Fixture, table: &str) -> i64 {
    let store = fixture.opened_again().await;
    let query = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    sqlx::query(query).fetch_one(&store.pool).await.unwrap().get(0)
}

async fn is_there(fixture: &Fixture, id: &str) -> bool {
    fixture.holds.store.hold(id).await.unwrap().is_some()
}

/// Everything of it goes, at the second it may, and nothing before.
#[apply(on_both)]
async fn what_was_settled_long_ago_goes_whole() {
    let fixture = Fixture::telling(&[channel("ops")]).await;
    let store = &fixture.holds.store;
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(fixture.asks.request(held(n)).await.unwrap().hold);
    }
    for (id, choice) in ids.iter().zip([Choice::Approve, Choice::Deny]) {
        fixture.decide(id, choice).await.unwrap();
    }
    fixture.asks.redeem(&ids[0], &crate::holds::tests::redeem("e0")).await.unwrap();
    fixture.asks.leave_all("e2").await.unwrap();
    let expired = NOW + 600;
    // Open, and of which people are still to be told: neither goes, however old.
    assert_eq!(store.forget(expired + 1, NOW).await.unwrap(), 0);
    while let Some(message) = store.claim("ops", 600, NOW).await.unwrap() {
        store.settle(&message, &Outcome::Sent, NOW).await.unwrap();
    }
    for table in ["holds", "views", "decisions", "audit", "deliveries", "waiters"] {
        assert!(rows(&fixture, table).await > 0, "{table}");
    }
    assert_eq!(store.forget(expired, expired + DAY).await.unwrap(), 0);
    assert_eq!(store.forget(expired + 1, expired + DAY).await.unwrap(), 3);
    assert!(is_there(&fixture, &ids[3]).await, "it was open");
    let later = expired + 1;
    store.expire(later).await.unwrap();
    while let Some(message) = store.claim("ops", 600, later).await.unwrap() {
        store.settle(&message, &Outcome::Sent, later).await.unwrap();
    }
    assert_eq!(store.forget(expired + 1, expired + DAY).await.unwrap(), 1);
    for table in ["holds", "views", "decisions", "audit", "deliveries", "waiters"] {
        assert_eq!(rows(&fixture, table).await, 0, "{table}");
    }
}

#[apply(on_both)]
async fn what_a_standing_grant_rests_on_stays_as_long_as_it_does() {
    let fixture = Fixture::new().await;
    let store = &fixture.holds.store;
    let scoped = |exchange: &str, id: &str| {
        let free = [("/params/arguments/id".to_owned(), vec!["1*".to_owned()])].into();
        let scope = Some(ScopeTerms { uses: 5, lasts_seconds: 7200, free });
        let terms = HoldTerms { scope, expiry_seconds: 600, ..HoldTerms::default() };
        let mut one = HoldRequest { terms: terms.into(), ..request(exchange) };
        one.call.body = one.call.body.replace("10000000000000000001", id);
        one
    };
    let origin = fixture.asks.request(scoped("e1", "11")).await.unwrap().hold;
    let approver = Approver { person: dana().person, door: Door::Key };
    let standing = DecisionRequest { standing: true, ..said(Choice::Approve, "") };
    fixture.holds.decide(&origin, &standing, &approver, "").await.unwrap();
    fixture.asks.redeem(&origin, &crate::holds::tests::redeem("e1")).await.unwrap();
    fixture.clock.advance(1000);
    let user = fixture.asks.request(scoped("e2", "12")).await.unwrap();
    assert_eq!(user.status, HoldStatus::Approved);
    fixture.asks.redeem(&user.hold, &crate::holds::tests::redeem("e2")).await.unwrap();
    // In force: the hold that passed by it may go, the one it rests on may not.
    assert_eq!(store.forget(NOW + 700, NOW + 7000).await.unwrap(), 0);
    assert_eq!(store.forget(NOW + 1601, NOW + 7000).await.unwrap(), 1);
    assert!(is_there(&fixture, &origin).await && !is_there(&fixture, &user.hold).await);
    let next = fixture.asks.request(scoped("e3", "13")).await.unwrap();
    assert_eq!(next.status, HoldStatus::Approved);
    fixture.asks.redeem(&next.hold, &crate::holds::tests::redeem("e3")).await.unwrap();
    // Over: not before those that passed by it.
    assert_eq!(store.forget(NOW + 700, NOW + 7200).await.unwrap(), 0);
    assert_eq!(store.forget(NOW + 9000, NOW + 9000).await.unwrap(), 1);
    assert_eq!(store.forget(NOW + 9000, NOW + 9000).await.unwrap(), 1);
    assert_eq!(rows(&fixture, "standing_grants").await, 0);
}

/// The days are those of the configuration, and many go in steps.
#[apply(on_both)]
async fn the_service_sweeps_by_its_days() {
    let limits = Limits { open_per_principal: 200, ..Limits::default() };
    let fixture = Fixture::limited(limits).await;
    for n in 0..120 {
        let id = fixture.asks.request(held(n)).await.unwrap().hold;
        fixture.asks.leave(&id, &format!("e{n}")).await.unwrap();
    }
    let live = fixture.asks.request(held(200)).await.unwrap().hold;
    fixture.clock.advance(600 + 90 * DAY);
    fixture.holds.store.expire(NOW + 600 + 90 * DAY).await.unwrap();
    assert_eq!(fixture.holds.forget(0).await.unwrap(), 0);
    assert_eq!(fixture.holds.forget(90).await.unwrap(), 0);
    fixture.clock.advance(1);
    let open = fixture.asks.request(held(201)).await.unwrap().hold;
    assert_eq!(fixture.holds.forget(90).await.unwrap(), 121);
    assert!(is_there(&fixture, &open).await && !is_there(&fixture, &live).await);
}
