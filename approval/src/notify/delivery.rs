/*! What the outbox holds: an event on its way to one channel. */

use serde::{Deserialize, Serialize};

use super::event::{Event, EventKind};

/// What a channel is told at once: one event, or a digest of all that waited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The event's own where there is one, and the same however often it is tried.
    pub id: String,
    pub channel: String,
    /// This one counted.
    pub tries: u32,
    /// When the oldest of its events happened.
    pub since: u64,
    /// Those that people have to hear of first, at most [`Message::LISTED`].
    pub events: Vec<Event>,
    /// How many of each there are, those that are not listed counted.
    pub kinds: Vec<(EventKind, u64)>,
    pub total: u64,
}

impl Message {
    pub const LISTED: usize = 100;

    /// The event, if it is about just one.
    pub fn only(&self) -> Option<&Event> {
        self.events.first().filter(|_| self.total == 1)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// Not sent yet, or tried and not given up.
    Waiting,
    Sent,
    /// Given up: a person may send it again, or drop it.
    Dead,
    Dropped,
}

impl DeliveryState {
    pub fn name(self) -> &'static str {
        match self {
            DeliveryState::Waiting => "waiting",
            DeliveryState::Sent => "sent",
            DeliveryState::Dead => "dead",
            DeliveryState::Dropped => "dropped",
        }
    }
}

/// `GET /v1/deliveries?channel=NAME&state=STATE`, each of both if it is wanted: the latest 200.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeliveryList {
    pub deliveries: Vec<Delivery>,
}

/// One of `GET /v1/deliveries`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub id: String,
    pub channel: String,
    pub state: DeliveryState,
    pub event: Event,
    /// Under which id it was sent, that of a digest where it went out in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    pub tries: u32,
    pub created_at: u64,
    /// When it is tried next; of those that wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<u64>,
    /// Why the last try failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error: String,
    /// Events like it that were too many to be kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// How a channel does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub waiting: u64,
    pub dead: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<u64>,
    /// Why the latest failure was one; empty if the channel was reached since.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error: String,
}
