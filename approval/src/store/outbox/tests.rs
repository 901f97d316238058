mod digests;
mod events;
mod keeping;

use macro_rules_attribute::apply;

use crate::config::Channel;
use crate::notify::{DeliveryState, Message, Outcome};
use crate::store::Outbox;
use crate::testing::events::channel;
use crate::testing::{Fixture, on_both, request};

async fn with(channels: &[Channel]) -> Fixture {
    Fixture::telling(channels).await
}

/// So many holds of different calls, with an event each.
async fn hold(fixture: &Fixture, count: u32) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        let mut held = request(&format!("e-{n}"));
        held.call.principal.subject = format!("agent-{n}");
        ids.push(fixture.asks.request(held).await.unwrap().hold);
    }
    ids
}

async fn claim(fixture: &Fixture, channel: &str) -> Option<Message> {
    let now = fixture.holds.clock.now();
    fixture.holds.store.claim(channel, Channel::PER_MINUTE, now).await.unwrap()
}

async fn settle(fixture: &Fixture, message: &Message, outcome: Outcome) {
    let now = fixture.holds.clock.now();
    fixture.holds.store.settle(message, &outcome, now).await.unwrap();
}

async fn states(fixture: &Fixture) -> Vec<(DeliveryState, u32, String)> {
    let deliveries = fixture.holds.store.deliveries(None, None, 100).await.unwrap();
    deliveries.into_iter().map(|one| (one.state, one.tries, one.error)).collect()
}

#[apply(on_both)]
async fn a_message_is_claimed_by_one_and_again_only_when_its_sender_is_lost() {
    let fixture = with(&[channel("ops"), channel("mail")]).await;
    hold(&fixture, 1).await;
    let other = fixture.opened_again().await;
    let message = claim(&fixture, "ops").await.unwrap();
    assert_eq!(message.only().unwrap().id, message.id);
    let now = fixture.holds.clock.now();
    assert_eq!(other.claim("ops", 20, now).await.unwrap(), None);
    assert_eq!(other.claim("none", 20, now).await.unwrap(), None);
    // Both channels tell the same event, each for itself.
    assert_eq!(other.claim("mail", 20, now).await.unwrap().unwrap().id, message.id);

    fixture.clock.advance(59);
    assert_eq!(claim(&fixture, "ops").await, None);
    fixture.clock.advance(1);
    let again = other.claim("ops", 20, now + 60).await.unwrap().unwrap();
    assert_eq!((&again.id, again.tries), (&message.id, 2));
    // The first one was slow, and not dead: what it says comes too late.
    settle(&fixture, &message, Outcome::failed("slow")).await;
    settle(&fixture, &again, Outcome::Sent).await;
    settle(&fixture, &message, Outcome::refused("slow")).await;
    let deliveries = fixture.holds.store.deliveries(Some("ops"), None, 9).await.unwrap();
    assert_eq!((deliveries[0].state, deliveries[0].error.as_str()), (DeliveryState::Sent, ""));
    fixture.clock.advance(3600);
    assert_eq!(claim(&fixture, "ops").await, None);
}

#[apply(on_both)]
async fn many_claim_at_once_and_each_message_goes_to_one() {
    let fixture = with(&[channel("ops")]).await;
    hold(&fixture, 12).await;
    let stores = [fixture.opened_again().await, fixture.opened_again().await];
    let now = fixture.holds.clock.now();
    let tasks: Vec<_> = (0..24)
        .map(|n| {
            let store = stores[n % 2].clone();
            tokio::spawn(async move { store.claim("ops", 20, now).await.unwrap() })
        })
        .collect();
    let mut ids = Vec::new();
    for task in tasks {
        ids.extend(task.await.unwrap().map(|message| message.id));
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), count), (12, 12));
}

#[apply(on_both)]
async fn what_fails_is_tried_ten_times_with_growing_pauses() {
    let fixture = with(&[channel("ops")]).await;
    hold(&fixture, 1).await;
    let mut pauses = Vec::new();
    for tries in 1..=10 {
        let mut waited = 0;
        let message = loop {
            match claim(&fixture, "ops").await {
                Some(message) => break message,
                None => fixture.clock.advance(1),
            }
            waited += 1;
        };
        assert_eq!(message.tries, tries);
        pauses.push(waited);
        settle(&fixture, &message, Outcome::failed("the answer was 500")).await;
    }
    assert_eq!(pauses, [0, 1, 5, 30, 120, 300, 900, 1800, 3600, 3600]);
    let told = (DeliveryState::Dead, 10, "the answer was 500".to_owned());
    assert_eq!(states(&fixture).await, [told]);
    fixture.clock.advance(24 * 3600);
    assert_eq!(claim(&fixture, "ops").await, None);
}

#[apply(on_both)]
async fn a_refusal_ends_it_and_a_server_gets_the_time_it_asks_for() {
    let fixture = with(&[channel("ops")]).await;
    hold(&fixture, 2).await;
    let (first, second) =
        (claim(&fixture, "ops").await.unwrap(), claim(&fixture, "ops").await.unwrap());
    settle(&fixture, &first, Outcome::refused("the answer was 410")).await;
    settle(&fixture, &second, Outcome::Failed { why: "busy".into(), after: 90 }).await;
    let states = states(&fixture).await;
    assert_eq!(states[1], (DeliveryState::Dead, 1, "the answer was 410".into()));
    fixture.clock.advance(89);
    assert_eq!(claim(&fixture, "ops").await, None);
    fixture.clock.advance(1);
    assert_eq!(claim(&fixture, "ops").await.unwrap().id, second.id);
}
