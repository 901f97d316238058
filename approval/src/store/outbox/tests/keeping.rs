//! Dead messages, tallies, and what is taken away.

use macro_rules_attribute::apply;

use super::{claim, hold, settle, states, with};
use crate::notify::{DeliveryState, Outcome};
use crate::store::{Audit, Dead, Fate};
use crate::testing::events::channel;
use crate::testing::{Fixture, NOW, on_both};

fn by_dana(at: u64) -> Audit {
    Audit {
        at,
        actor: "dana".into(),
        door: "console".into(),
        peer: "::1".into(),
        action: "told_again".into(),
        reason_text: String::new(),
    }
}

async fn refuse_all(fixture: &Fixture) {
    while let Some(message) = claim(fixture, "ops").await {
        settle(fixture, &message, Outcome::refused("the answer was 410")).await;
    }
}

#[apply(on_both)]
async fn what_was_given_up_is_sent_again_or_dropped() {
    let fixture = with(&[channel("ops"), channel("other")]).await;
    let holds = hold(&fixture, 3).await;
    let store = &fixture.holds.store;
    let one = store.deliveries(Some("ops"), None, 9).await.unwrap().remove(0);
    assert_eq!(store.revive(Dead::One(&one.id), Fate::Again, &by_dana(NOW)).await.unwrap(), 0);
    refuse_all(&fixture).await;
    assert_eq!(store.revive(Dead::One(&one.id), Fate::Again, &by_dana(NOW)).await.unwrap(), 1);
    let again = claim(&fixture, "ops").await.unwrap();
    assert_eq!((&again.id, again.tries), (&one.event.id, 1));
    settle(&fixture, &again, Outcome::Sent).await;
    assert_eq!(store.revive(Dead::AllOf("ops"), Fate::Drop, &by_dana(NOW)).await.unwrap(), 2);
    assert_eq!(store.revive(Dead::AllOf("ops"), Fate::Again, &by_dana(NOW)).await.unwrap(), 0);
    let dropped = store.deliveries(Some("ops"), Some(DeliveryState::Dropped), 9).await.unwrap();
    assert_eq!(dropped.len(), 2);
    for hold in holds {
        let trail = store.trail(&hold).await.unwrap();
        let noted = trail.iter().filter(|one| one.actor == "dana").count();
        assert_eq!(noted, 1, "{hold}");
    }
}

#[apply(on_both)]
async fn a_digest_that_was_given_up_can_be_sent_again() {
    let fixture = with(&[channel("ops")]).await;
    hold(&fixture, 30).await;
    refuse_all(&fixture).await;
    fixture.clock.advance(60);
    let (store, now) = (&fixture.holds.store, fixture.holds.clock.now());
    assert_eq!(store.revive(Dead::AllOf("ops"), Fate::Again, &by_dana(now)).await.unwrap(), 30);
    assert_eq!(claim(&fixture, "ops").await.unwrap().total, 30);
}

#[apply(on_both)]
async fn how_a_channel_does() {
    let fixture = with(&[channel("ops"), channel("idle")]).await;
    assert_eq!(fixture.holds.channel_states().await.unwrap().len(), 2);
    hold(&fixture, 3).await;
    let tally = async || {
        let states = fixture.holds.channel_states().await.unwrap();
        assert_eq!(states[1].tally.sent_at, None);
        states[0].tally.clone()
    };
    let message = claim(&fixture, "ops").await.unwrap();
    settle(&fixture, &message, Outcome::failed("the answer was 500")).await;
    let failing = tally().await;
    assert_eq!((failing.waiting, failing.sent_at, failing.failed_at), (3, None, Some(NOW)));
    assert_eq!(failing.error, "the answer was 500");
    fixture.clock.advance(1);
    for _ in 0..3 {
        let message = claim(&fixture, "ops").await.unwrap();
        settle(&fixture, &message, Outcome::Sent).await;
    }
    let well = tally().await;
    assert_eq!((well.waiting, well.sent_at, well.error.as_str()), (0, Some(NOW + 1), ""));
    hold(&fixture, 3).await;
}

#[apply(on_both)]
async fn old_rows_go_and_what_nobody_sends_is_given_up() {
    let fixture = with(&[channel("ops"), channel("gone")]).await;
    hold(&fixture, 1).await;
    let message = claim(&fixture, "ops").await.unwrap();
    settle(&fixture, &message, Outcome::Sent).await;
    let purge = async || fixture.holds.store.purge(fixture.holds.clock.now()).await.unwrap();
    purge().await;
    assert_eq!(states(&fixture).await.len(), 2);
    fixture.clock.advance(25 * 3600 + 1);
    purge().await;
    let dead = fixture.holds.store.deliveries(Some("gone"), None, 9).await.unwrap().remove(0);
    assert_eq!(dead.state, DeliveryState::Dead);
    assert!(dead.error.contains("still configured"), "{}", dead.error);
    fixture.clock.advance(7 * 24 * 3600);
    purge().await;
    assert_eq!(states(&fixture).await.len(), 1);
    fixture.clock.advance(30 * 24 * 3600);
    purge().await;
    assert_eq!(states(&fixture).await.len(), 0);
}
