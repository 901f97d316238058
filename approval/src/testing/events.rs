//! Channels and messages to test with.

use std::path::PathBuf;

use policy::kill::Whom;
use policy::rule::Severity;

use crate::config::{Channel, ChannelKind, Secret};
use crate::notify::{About, Event, EventKind, HeldCall, Killed, Message};

use super::NOW;

/// A webhook that takes everything; nothing listens at its URL.
pub fn channel(name: &str) -> Channel {
    webhook(name, "http://127.0.0.1:9/hook")
}

pub fn webhook(name: &str, url: &str) -> Channel {
    let keys = vec![Secret::new(webhook_key(7))];
    with_kind(name, ChannelKind::Webhook { url: Secret::new(url), keys })
}

pub fn with_kind(name: &str, kind: ChannelKind) -> Channel {
    Channel {
        name: name.into(),
        groups: Vec::new(),
        severity: Severity::Low,
        events: Vec::new(),
        per_minute: Channel::PER_MINUTE,
        ca: None::<PathBuf>,
        kind,
    }
}

/// 32 bytes of one value, as a key of the scheme.
pub fn webhook_key(byte: u8) -> String {
    use base64::Engine;
    format!("{}_{}", "whsec", base64::engine::general_purpose::STANDARD.encode([byte; 32]))
}

pub fn event(kind: EventKind) -> Event {
    Event {
        id: "evt0evt0evt0evt0".into(),
        kind,
        at: NOW,
        by: String::new(),
        reason_text: String::new(),
        about: About::Hold(HeldCall {
            id: "hold0hold0hold00".into(),
            action: "delete_customer".into(),
            proposed: false,
            tenant: String::new(),
            issuer: "https://idp.example".into(),
            subject: "alice".into(),
            agent: Some("triage-agent".into()),
            rules: vec!["hold-destructive-tools".into()],
            description: "A tool that deletes".into(),
            severity: Severity::High,
            created_at: NOW,
            expires_at: NOW + 600,
            standing: None,
        }),
    }
}

/// Of a kill, by dana.
pub fn of_kill(kind: EventKind) -> Event {
    let kill = Killed {
        id: "k_kill0kill0kill00".into(),
        tenant: None,
        whom: Whom::Caller("p_AAAAAAAAAAAAAAAAAAAAAA".into()),
        issuer: Some("https://idp.example".into()),
        subject: Some("alice".into()),
        agent: Some("triage-agent".into()),
        until: NOW + 3600,
    };
    let (by, reason_text) = ("dana".into(), "it runs wild".into());
    Event { by, reason_text, about: About::Kill(kill), ..event(kind) }
}

/// Its call on hold, to be changed.
pub fn held(event: &mut Event) -> &mut HeldCall {
    match &mut event.about {
        About::Hold(hold) => hold,
        About::Kill(kill) => panic!("{} is about a kill", kill.id),
    }
}

pub fn message(event: Event) -> Message {
    Message {
        id: event.id.clone(),
        channel: "ops".into(),
        tries: 1,
        since: event.at,
        kinds: vec![(event.kind, 1)],
        events: vec![event],
        total: 1,
    }
}

/// So many of a kind, each of its own id.
pub fn digest(kinds: &[(EventKind, u64)]) -> Message {
    let events = kinds.iter().flat_map(|(kind, count)| {
        (0..*count).map(|n| Event { id: format!("evt-{}-{n}", kind.name()), ..event(*kind) })
    });
    Message {
        id: "digest0digest000".into(),
        total: kinds.iter().map(|(_, count)| count).sum(),
        kinds: kinds.to_vec(),
        events: events.take(Message::LISTED).collect(),
        ..message(event(EventKind::Held))
    }
}
