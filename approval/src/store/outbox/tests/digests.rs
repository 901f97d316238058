//! A flood goes out as one message, and none of it is lost.

use std::collections::BTreeSet;

use macro_rules_attribute::apply;
use sqlx::Row;

use super::{claim, hold, settle, with};
use crate::notify::{EventKind, Message, Outcome};
use crate::store::{Choice, Outbox};
use crate::testing::events::channel;
use crate::testing::on_both;

#[apply(on_both)]
async fn no_more_than_the_limit_within_a_minute() {
    let fixture = with(&[channel("ops")]).await;
    let mut alone = 0;
    let mut told = 0;
    let mut ids = BTreeSet::new();
    let mut sent: Vec<(u64, Message)> = Vec::new();
    for _ in 0..45 {
        hold_more(&fixture, 2).await;
        while let Some(message) = claim(&fixture, "ops").await {
            alone += u32::from(message.only().is_some());
            told += message.total;
            ids.extend(message.events.iter().map(|event| event.id.clone()));
            settle(&fixture, &message, Outcome::Sent).await;
            sent.push((fixture.holds.clock.now(), message));
        }
        fixture.clock.advance(1);
    }
    fixture.clock.advance(60);
    while let Some(message) = claim(&fixture, "ops").await {
        told += message.total;
        ids.extend(message.events.iter().map(|event| event.id.clone()));
        settle(&fixture, &message, Outcome::Sent).await;
    }
    for (at, _) in &sent {
        let within = sent.iter().filter(|(then, _)| (*at..at + 60).contains(then)).count();
        assert!(within <= 20, "{within} within a minute");
    }
    assert_eq!((told, ids.len()), (90, 90));
    assert!(alone >= 10, "{alone}");
}

async fn hold_more(fixture: &crate::testing::Fixture, count: u32) {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    for _ in 0..count {
        let n = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut held = crate::testing::request(&format!("m{n}"));
        held.call.principal.subject = format!("many-{n}");
        fixture.asks.request(held).await.unwrap();
    }
}

#[apply(on_both)]
async fn a_digest_has_what_matters_first_and_keeps_its_id() {
    let fixture = with(&[channel("ops")]).await;
    let ids = hold(&fixture, 30).await;
    fixture.decide(&ids[3], Choice::Deny).await.unwrap();
    let digest = claim(&fixture, "ops").await.unwrap();
    assert_eq!((digest.total, digest.only()), (31, None));
    assert_eq!(digest.kinds, [(EventKind::Held, 30), (EventKind::Denied, 1)]);
    assert_eq!(claim(&fixture, "ops").await, None);
    hold_more(&fixture, 1).await;
    settle(&fixture, &digest, Outcome::failed("busy")).await;
    // What came meanwhile is a message of its own.
    let fresh = claim(&fixture, "ops").await.unwrap();
    assert_eq!(fresh.total, 1);
    fixture.clock.advance(1);
    let again = claim(&fixture, "ops").await.unwrap();
    assert_eq!((&again.id, again.total, again.tries), (&digest.id, 31, 2));
}

#[apply(on_both)]
async fn what_is_too_much_to_keep_is_counted() {
    let fixture = with(&[channel("ops")]).await;
    let ids = hold(&fixture, 1).await;
    let store = fixture.opened_again().await;
    sqlx::query(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) \
         INSERT INTO deliveries (id, event, kind, hold, channel, told, urgency, state, created_at, \
         due_at) SELECT 'd' || i, 'e' || i, kind, hold, channel, told, urgency, state, created_at, \
         due_at FROM deliveries, n",
    )
    .execute(&store.pool)
    .await
    .unwrap();
    hold_more(&fixture, 3).await;
    // People's decisions are always kept.
    fixture.decide(&ids[0], Choice::Deny).await.unwrap();
    let rows = sqlx::query("SELECT count(*) FROM deliveries").fetch_one(&store.pool).await.unwrap();
    assert_eq!(rows.get::<i64, _>(0), 10_001);
    let digest = claim(&fixture, "ops").await.unwrap();
    assert_eq!((digest.total, digest.events.len()), (10_004, Message::LISTED));
    assert_eq!(digest.kinds, [(EventKind::Held, 10_003), (EventKind::Denied, 1)]);
    settle(&fixture, &digest, Outcome::Sent).await;
    assert_eq!(store.tallies().await.unwrap()[0].1.waiting, 0);
}
