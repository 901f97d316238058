/*!
How people hear of holds and kills: an event is kept in the outbox by the transaction that makes it happen, and
carried to each channel that wants it, as a message, at least once and under one id.

What a message says is pure (`event`, `note`, `slack`, `webhook`, `mail`), how it gets there is not
(`post`, `smtp`, `sender`). An agent writes most of the text. So each way to write it down escapes all of it, and the
only link is made of the console's own URL.
*/

mod board;
mod carrier;
mod delivery;
mod event;
mod listed;
mod mail;
mod note;
mod plain;
mod post;
mod retry;
mod route;
mod sender;
mod slack;
mod smtp;
mod webhook;

pub use board::{ChannelList, ChannelState};
pub use delivery::{Delivery, DeliveryList, DeliveryState, Message, Tally};
pub use event::{About, Event, EventKind, HeldCall, Killed};
pub use listed::Listed;
pub use retry::Outcome;
pub use route::Route;
pub use sender::Senders;

#[cfg(test)]
mod tests;

/// Messages as they go out, for the tests of all surfaces.
#[cfg(test)]
pub mod surfaces {
    use serde_json::Value;

    use super::{Message, mail, note::Note, slack, webhook};
    use crate::testing::NOW;

    pub fn as_slack(message: &Message, console: &str) -> Value {
        slack::payload(&Note::of(message, console, NOW))
    }

    pub fn as_webhook(message: &Message, console: &str) -> String {
        webhook::body(message, console).unwrap()
    }

    pub fn as_mail(message: &Message, console: &str) -> Vec<u8> {
        let post = mail::Post {
            from: "Gatehouse <gatehouse@corp.example>".parse().unwrap(),
            to: vec!["ada@corp.example".parse().unwrap()],
            host: "gatehouse.corp.example".into(),
        };
        let note = Note::of(message, console, NOW);
        mail::letter(&note, &post, &message.id, NOW).unwrap().formatted()
    }
}
