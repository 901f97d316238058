//! What was sent and what was not, and another try.

use axum::http::StatusCode;
use macro_rules_attribute::apply;
use serde_json::{Value, json};

use super::{FORM, ORIGIN, get, log_in, post};
use crate::config::{Channel, ChannelKind, Secret};
use crate::notify::{ChannelList, Outcome};
use crate::testing::events::{channel, with_kind};
use crate::testing::{APPROVER_KEY, Fixture, on_both, request};

fn channels() -> Vec<Channel> {
    let url = Secret::new("https://hooks.chat.example/T0/B0/hush");
    let chat = with_kind("chat", ChannelKind::Slack { url });
    vec![chat, Channel { groups: vec!["legal".into()], ..channel("hook") }]
}

/// Holds of which the channel refused so many, and one more that waits.
async fn refused(fixture: &Fixture, channel: &str, count: u32) {
    for n in 0..=count {
        let mut held = request(&format!("e{n}"));
        held.call.principal.subject = format!("agent-{n}");
        fixture.asks.request(held).await.unwrap();
    }
    let (store, now) = (&fixture.holds.store, fixture.holds.clock.now());
    for _ in 0..count {
        let message = store.claim(channel, 20, now).await.unwrap().unwrap();
        let outcome = Outcome::refused("the answer was 410");
        store.settle(&message, &outcome, now).await.unwrap();
    }
}

async fn key(fixture: &Fixture, method: &str, path: &str, body: &str) -> crate::testing::Answer {
    let key = format!("Bearer {APPROVER_KEY}");
    let headers = [("host", crate::testing::HOST), ("authorization", key.as_str())];
    crate::testing::send(&fixture.console, method, path, &headers, body).await
}

#[apply(on_both)]
async fn the_page_tells_how_channels_do_and_no_secret() {
    let fixture = Fixture::telling(&channels()).await;
    assert_eq!(get(&fixture, "/channels", &[]).await.status, StatusCode::UNAUTHORIZED);
    let (cookie, _) = log_in(&fixture).await;
    let page = get(&fixture, "/channels", &[("cookie", &cookie)]).await.body;
    assert!(page.contains("nothing yet") && !page.contains("Given up"), "{page}");
    refused(&fixture, "chat", 2).await;
    let page = get(&fixture, "/channels", &[("cookie", &cookie)]).await.body;
    for part in [
        "hooks.chat.example",
        "severity low and above; holds for legal",
        "2 given up",
        "the answer was 410",
        "state-failing",
        "delivery-waiting",
        "aria-current=\"page\">Channels",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains("hush"), "{page}");

    let list: ChannelList = key(&fixture, "GET", "/v1/channels", "").await.json();
    let [chat, hook] = &list.channels[..] else { panic!("{list:?}") };
    assert_eq!((chat.tally.waiting, chat.tally.dead), (1, 2));
    assert_eq!(chat.channel.to, ["hooks.chat.example"]);
    assert_eq!((hook.tally.waiting, hook.channel.groups.as_slice()), (3, &["legal".into()][..]));
    let dead: Value =
        key(&fixture, "GET", "/v1/deliveries?channel=chat&state=dead", "").await.json();
    assert_eq!(dead["deliveries"].as_array().unwrap().len(), 2);
    assert_eq!(dead["deliveries"][0]["error"], "the answer was 410");
    assert!(!dead.to_string().contains("hush"));
    let all: Value = key(&fixture, "GET", "/v1/deliveries", "").await.json();
    assert_eq!(all["deliveries"].as_array().unwrap().len(), 6);
    let wrong = key(&fixture, "GET", "/v1/deliveries?state=lost", "").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert_eq!(get(&fixture, "/v1/channels", &[]).await.status, StatusCode::UNAUTHORIZED);
}

#[apply(on_both)]
async fn another_try_takes_a_form_of_ours() {
    let fixture = Fixture::telling(&channels()).await;
    refused(&fixture, "chat", 3).await;
    let (cookie, csrf) = log_in(&fixture).await;
    let cookie = ("cookie", cookie.as_str());
    let page = get(&fixture, "/channels", &[cookie]).await.body;
    let action = page.split("action=\"/channels/deliveries/").nth(1).unwrap();
    let path = format!("/channels/deliveries/{}", action.split('"').next().unwrap());
    let dead = async || {
        let list: ChannelList = key(&fixture, "GET", "/v1/channels", "").await.json();
        (list.channels[0].tally.waiting, list.channels[0].tally.dead)
    };
    let again = format!("fate=again&csrf={csrf}");
    for (headers, form, status) in [
        (vec![cookie, ORIGIN, FORM], format!("fate=again&csrf={csrf}x"), StatusCode::FORBIDDEN),
        (vec![cookie, FORM], again.clone(), StatusCode::FORBIDDEN),
        (
            vec![cookie, FORM, ("origin", "https://evil.example")],
            again.clone(),
            StatusCode::FORBIDDEN,
        ),
        (vec![ORIGIN, FORM], again.clone(), StatusCode::UNAUTHORIZED),
        (vec![cookie, ORIGIN, FORM], format!("fate=burn&csrf={csrf}"), StatusCode::BAD_REQUEST),
    ] {
        for path in [&path, "/channels/chat/dead"] {
            assert_eq!(post(&fixture, path, &headers, &form).await.status, status, "{form}");
        }
    }
    assert_eq!(get(&fixture, &path, &[cookie]).await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(dead().await, (1, 3));

    let headers = [cookie, ORIGIN, FORM];
    assert_eq!(post(&fixture, &path, &headers, &again).await.status, StatusCode::SEE_OTHER);
    assert_eq!(dead().await, (2, 2));
    assert_eq!(post(&fixture, &path, &headers, &again).await.status, StatusCode::NOT_FOUND);
    let dropped = format!("fate=drop&csrf={csrf}");
    let all = post(&fixture, "/channels/chat/dead", &headers, &dropped).await;
    assert_eq!((all.status, dead().await), (StatusCode::SEE_OTHER, (2, 0)));

    // Who did it is in the trail of the hold, on its page too.
    let list: Value = key(&fixture, "GET", "/v1/deliveries?state=dropped", "").await.json();
    let hold = list["deliveries"][0]["event"]["hold"]["id"].as_str().unwrap();
    let page = get(&fixture, &format!("/holds/{hold}"), &[cookie]).await.body;
    assert!(page.contains("dropped by <strong>dana</strong>"), "{page}");
}

#[apply(on_both)]
async fn another_try_by_key() {
    let fixture = Fixture::telling(&channels()).await;
    refused(&fixture, "chat", 1).await;
    let list: Value = key(&fixture, "GET", "/v1/deliveries?state=dead", "").await.json();
    let path = format!("/v1/deliveries/{}", list["deliveries"][0]["id"].as_str().unwrap());
    let body = json!({"fate": "again"}).to_string();
    let no_key = post(&fixture, &path, &[("content-type", "application/json")], &body).await;
    assert_eq!(no_key.status, StatusCode::UNAUTHORIZED);
    let wrong = key(&fixture, "POST", &path, r#"{"fate": "again", "x": 1}"#).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert_eq!(key(&fixture, "POST", &path, &body).await.status, StatusCode::NO_CONTENT);
    assert_eq!(key(&fixture, "POST", &path, &body).await.status, StatusCode::NOT_FOUND);
}
