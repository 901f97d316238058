use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use macro_rules_attribute::apply;
use ring::hmac;
use serde_json::Value;

use super::sending;
use crate::config::{Channel, ChannelKind, Mail, Secret};
use crate::notify::{DeliveryState, Senders};
use crate::store::Choice;
use crate::testing::ends::{Say, Seen, WebEnd};
use crate::testing::events::{webhook, webhook_key, with_kind};
use crate::testing::mail_end::{MailEnd, Manner};
use crate::testing::{Fixture, HOST, on_both, request};

/// As a receiver would, by another implementation of HMAC.
fn verified(seen: &Seen, key: &str) -> bool {
    let key = STANDARD.decode(key.split_once('_').unwrap().1).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let (id, at) = (seen.header("webhook-id"), seen.header("webhook-timestamp"));
    let signed = format!("{id}.{at}.{}", seen.body);
    seen.header("webhook-signature").split(' ').any(|one| {
        let signature = STANDARD.decode(one.strip_prefix("v1,").unwrap()).unwrap();
        hmac::verify(&key, signed.as_bytes(), &signature).is_ok()
    })
}

async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = async {
        loop {
            match look().await {
                Some(found) => return found,
                None => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), found).await.expect("it comes true")
}

async fn settled(fixture: &Fixture, channel: &str, state: DeliveryState) -> usize {
    fixture.holds.store.deliveries(Some(channel), Some(state), 100).await.unwrap().len()
}

#[apply(on_both)]
async fn a_hold_is_told_by_chat_webhook_and_mail() {
    let (chat, hook) = (WebEnd::saying(&[]).await, WebEnd::saying(&[]).await);
    let post = MailEnd::start(Manner::default()).await;
    let keys = vec![Secret::new(webhook_key(1)), Secret::new(webhook_key(2))];
    let mail = Mail {
        server: format!("smtp://127.0.0.1:{}", post.port),
        user: None,
        password: None,
        from: "gatehouse@corp.example".into(),
        to: vec!["ada@corp.example".into()],
    };
    let channels = [
        with_kind("chat", ChannelKind::Slack { url: Secret::new(&*chat.url) }),
        with_kind("hook", ChannelKind::Webhook { url: Secret::new(&*hook.url), keys }),
        with_kind("mail", ChannelKind::Mail(mail)),
    ];
    let (fixture, tasks) = sending(&channels).await;
    let id = fixture.hold("e1").await.hold;
    let link = format!("http://{HOST}/holds/{id}");

    let seen = hook.seen(1).await.remove(0);
    assert!(verified(&seen, &webhook_key(1)) && verified(&seen, &webhook_key(2)));
    assert!(!verified(&seen, &webhook_key(3)));
    let forged = Seen { body: seen.body.replace("delete", "create"), ..seen.clone() };
    assert!(!verified(&forged, &webhook_key(1)));
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!((&body["type"], &body["data"]["url"]), (&"held".into(), &link.as_str().into()));
    assert_eq!(body["data"]["id"], seen.header("webhook-id"));

    let text: Value = serde_json::from_str(&chat.seen(1).await[0].body).unwrap();
    assert!(text["text"].as_str().unwrap().contains(&format!("<{link}|")), "{text}");
    let letter = post.got(1).await.remove(0).text;
    assert!(letter.contains(seen.header("webhook-id")) && letter.contains(&id), "{letter}");

    fixture.decide(&id, Choice::Deny).await.unwrap();
    let seen = hook.seen(2).await.remove(1);
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!((&body["type"], &body["data"]["by"]), (&"denied".into(), &"dana".into()));
    until(async || (settled(&fixture, "mail", DeliveryState::Sent).await == 2).then_some(())).await;
    fixture.holds.wake.stop();
    for task in tasks {
        task.await.unwrap();
    }
}

#[apply(on_both)]
async fn what_fails_is_sent_again_under_the_same_id() {
    let hook = WebEnd::saying(&[Say::Status(500), Say::Status(503)]).await;
    let (fixture, _tasks) = sending(&[webhook("hook", &hook.url)]).await;
    fixture.hold("e1").await;
    for (tries, pause) in [(1, 1), (2, 5)] {
        hook.seen(tries).await;
        until(async || {
            let waiting = fixture.holds.store.deliveries(None, None, 1).await.unwrap().remove(0);
            // While it is being tried it is due when its lease ends, and has the error of the try before.
            let due = fixture.holds.clock.now() + pause;
            (waiting.due_at == Some(due) && waiting.tries as usize == tries).then_some(())
        })
        .await;
        fixture.clock.advance(pause);
    }
    let seen = hook.seen(3).await;
    assert!(seen.iter().all(|one| one.header("webhook-id") == seen[0].header("webhook-id")));
    assert!(seen.iter().all(|one| one.body == seen[0].body && verified(one, &webhook_key(7))));
    assert_ne!(seen[0].header("webhook-timestamp"), seen[2].header("webhook-timestamp"));
    until(async || (settled(&fixture, "hook", DeliveryState::Sent).await == 1).then_some(())).await;
    assert_eq!(hook.count(), 3);
}

#[tokio::test]
async fn a_channel_that_hangs_delays_no_other_and_no_hold() {
    let (slow, quick) = (WebEnd::saying(&[Say::Nothing]).await, WebEnd::saying(&[]).await);
    let channels = [webhook("slow", &slow.url), webhook("quick", &quick.url)];
    let (fixture, _tasks) = sending(&channels).await;
    let id = fixture.hold("e1").await.hold;
    slow.seen(1).await;
    fixture.decide(&id, Choice::Approve).await.unwrap();
    assert_eq!(quick.seen(2).await.len(), 2);
    // Both are still on their way there.
    assert_eq!((slow.count(), settled(&fixture, "slow", DeliveryState::Waiting).await), (1, 2));
}

#[apply(on_both)]
async fn two_replicas_send_each_message_once() {
    let hook = WebEnd::saying(&[]).await;
    let channels = [webhook("hook", &hook.url)];
    let (fixture, _tasks) = sending(&channels).await;
    let other = fixture.replica_telling(&channels).await;
    Senders::new(channels.to_vec(), &other.holds.console_url).unwrap().start(&other.holds);
    for n in 0..16 {
        let mut held = request(&format!("e{n}"));
        held.call.principal.subject = format!("agent-{n}");
        let asks = if n % 2 == 0 { &fixture.asks } else { &other.asks };
        asks.request(held).await.unwrap();
    }
    until(async || (settled(&fixture, "hook", DeliveryState::Sent).await == 16).then_some(()))
        .await;
    let mut ids: Vec<_> =
        hook.seen(16).await.iter().map(|one| one.header("webhook-id").to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), hook.count()), (16, 16));
}

#[tokio::test]
async fn a_flood_is_a_few_messages() {
    let hook = WebEnd::saying(&[]).await;
    let channel = Channel { per_minute: 3, ..webhook("hook", &hook.url) };
    let (fixture, _tasks) = sending(&[channel]).await;
    for n in 0..40 {
        let mut held = request(&format!("e{n}"));
        held.call.principal.subject = format!("agent-{n}");
        fixture.asks.request(held).await.unwrap();
    }
    fixture.clock.advance(60);
    until(async || (settled(&fixture, "hook", DeliveryState::Waiting).await == 0).then_some(()))
        .await;
    let seen = hook.seen(1).await;
    let totals = seen.iter().map(|one| {
        let body: Value = serde_json::from_str(&one.body).unwrap();
        body["data"]["total"].as_u64().unwrap_or(1)
    });
    assert_eq!(totals.sum::<u64>(), 40);
    assert!(seen.len() <= 6, "{}", seen.len());
}
