//! Chat, webhooks and mail.

use mailparse::{MailHeaderMap, parse_mail};
use serde_json::Value;

use super::{assert_visible, held};
use crate::approver::{Approver, Door};
use crate::config::Channel;
use crate::notify::surfaces::{as_mail, as_slack, as_webhook};
use crate::notify::{EventKind, Message};
use crate::store::Choice;
use crate::testing::events::channel;
use crate::testing::hostile::Hostile;
use crate::testing::html::Page;
use crate::testing::mrkdwn::{Token, tokens};
use crate::testing::{Fixture, dana, said};

const CONSOLE: &str = "https://gatehouse.corp.example";

#[tokio::test]
async fn a_message_is_text_and_one_link() {
    let mut seen = 0;
    for hostile in Hostile::all() {
        let channel = Channel { per_minute: 600, ..channel("ops") };
        let fixture = Fixture::telling(&[channel]).await;
        for request in held(&hostile) {
            let id = fixture.asks.request(request).await.unwrap().hold;
            deny(&fixture, &id, &hostile).await;
        }
        // Four one by one, then all that is left as a digest.
        for per_minute in [600, 600, 600, 600, 5] {
            let now = fixture.holds.clock.now();
            let message = fixture.holds.store.claim("ops", per_minute, now).await.unwrap().unwrap();
            assert_eq!(message.only().is_none(), per_minute == 5);
            check(&message, &hostile.name);
            seen += 1;
        }
    }
    assert!(seen >= 200, "{seen}");
}

async fn deny(fixture: &Fixture, id: &str, hostile: &Hostile) {
    let reason: String = hostile.text().unwrap_or_default().chars().take(90).collect();
    let approver = Approver { person: dana().person, door: Door::Key };
    fixture.holds.decide(id, &said(Choice::Deny, &reason), &approver, "::1").await.unwrap();
}

fn check(message: &Message, name: &str) {
    let link = match message.only() {
        Some(event) => format!("{CONSOLE}/holds/{}", event.hold().unwrap().id),
        None => format!("{CONSOLE}/"),
    };
    let denied = message.only().is_some_and(|event| event.kind == EventKind::Denied);
    slack(&as_slack(message, CONSOLE), &link, name);
    webhook(&as_webhook(message, CONSOLE), name);
    mail(&as_mail(message, CONSOLE), &link, denied, name);
}

fn slack(payload: &Value, link: &str, name: &str) {
    let text = payload["text"].as_str().unwrap();
    assert_visible(text, name);
    assert!(text.chars().count() <= 3000, "{name}: {}", text.chars().count());
    let tokens = tokens(text);
    let mut controls = Vec::new();
    for token in &tokens {
        match token {
            Token::Control(control) => controls.push(control.as_str()),
            Token::Code(code) => assert!(!code.contains("://"), "{name}: {code}"),
            // Labels and titles are ours, and none of them mentions anybody.
            Token::Text(text) => assert!(!text.contains(['@', '[', '#']), "{name}: {text}"),
        }
    }
    assert!(matches!(controls[..], [one] if one.starts_with(&format!("{link}|"))), "{controls:?}");
    assert!(tokens.iter().any(|token| matches!(token, Token::Code(_))));
}

fn webhook(body: &str, name: &str) {
    assert!(body.len() < 40_000, "{name}: {}", body.len());
    policy::json::strings(&serde_json::from_str(body).unwrap(), |at, text| {
        assert_visible(text, &format!("{name} {at}"));
        assert!(!text.contains('\n') && text.chars().count() <= 500, "{name} {at}");
    });
}

fn mail(bytes: &[u8], link: &str, denied: bool, name: &str) {
    let mail = parse_mail(bytes).unwrap();
    let mut names: Vec<String> = mail.headers.iter().map(|one| one.get_key()).collect();
    names.retain(|name| name != "References");
    names.sort();
    let expected = [
        "Auto-Submitted",
        "Content-Type",
        "Date",
        "From",
        "MIME-Version",
        "Message-ID",
        "Subject",
        "To",
    ];
    assert_eq!(names, expected, "{name}");
    assert_eq!(mail.headers.get_first_value("To").unwrap(), "ada@corp.example");
    let subject = mail.headers.get_first_value("Subject").unwrap();
    assert!(subject.starts_with("[Gatehouse] ") && subject.chars().count() <= 200, "{subject}");
    assert_visible(&subject, name);
    let [text, html] = &mail.subparts[..] else { panic!("{name}: two bodies") };
    let text = text.get_body().unwrap().replace("\r\n", "\n");
    assert_visible(&text, name);
    assert_eq!(text.matches("://").count(), 1, "{name}: {text}");
    assert!(text.trim_end().ends_with(link), "{name}: {text}");
    // A field has its line and no other.
    assert_eq!(text.contains("\nDenied by: dana\n"), denied, "{name}: {text}");
    assert!(text.lines().count() <= 20, "{name}: {text}");
    let html = html.get_body().unwrap();
    let page = Page::read(&html);
    assert_eq!(page.leads(), [link], "{name}");
    assert_eq!(page.comments, 0, "{name}");
    let known = [
        "html", "head", "meta", "title", "body", "p", "strong", "table", "tr", "th", "td", "code",
        "a",
    ];
    assert!(page.tags.iter().all(|(tag, _)| known.contains(&tag.as_str())), "{name}: {html}");
    assert_visible(&page.text.replace("\r\n", "\n"), name);
}
