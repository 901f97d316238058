/*! Events on their way to channels: written by the transaction that makes them, taken by senders. */

mod claiming;
mod keeping;

use async_trait::async_trait;
use policy::rule::Severity;
use serde::Deserialize;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::row::{count, integer, seconds};
use super::sql::SqlStore;
use super::writing::Writing;
use super::{Audit, Hold, Kill, StoreError};
use crate::notify::{About, Delivery, DeliveryState, Event, EventKind, Message, Outcome, Tally};
use crate::random;

/// Events that wait for one channel. What an agent causes beyond is counted and not kept.
const WAITING: i64 = 10_000;

#[async_trait]
pub trait Outbox: Send + Sync {
    /// Takes what the channel is told next: one event, or a digest where more wait than may go out one by
    /// one within a minute. Nobody else gets it for as long as a try lasts.
    async fn claim(
        &self,
        channel: &str,
        per_minute: u32,
        now: u64,
    ) -> Result<Option<Message>, StoreError>;
    /// What came of the try. Of no effect if somebody else has tried again since.
    async fn settle(
        &self,
        message: &Message,
        outcome: &Outcome,
        now: u64,
    ) -> Result<(), StoreError>;
    /// The latest first, of all channels and states or of one.
    async fn deliveries(
        &self,
        channel: Option<&str>,
        state: Option<DeliveryState>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError>;
    /// How each channel does that was ever told of something.
    async fn tallies(&self) -> Result<Vec<(String, Tally)>, StoreError>;
    /// A dead one, or all dead ones of a channel, waits again or is dropped. How many there were.
    async fn revive(&self, which: Dead<'_>, fate: Fate, audit: &Audit) -> Result<u64, StoreError>;
    /// Takes old rows away, and gives up what nobody sent within a day.
    async fn purge(&self, now: u64) -> Result<(), StoreError>;
}

/// Deliveries that were given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dead<'a> {
    One(&'a str),
    AllOf(&'a str),
}

/// What a person makes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    Again,
    Drop,
}

/// Part of the transaction that makes the event: told if it happens, and not if it does not.
pub async fn tell(
    writing: &mut Writing,
    kind: EventKind,
    hold: &Hold,
    by: &str,
    now: u64,
) -> Result<(), StoreError> {
    let routes = writing.routes.clone();
    let mut event = None;
    for route in routes.iter().filter(|route| route.wants(kind, hold)) {
        let event = match &event {
            Some(event) => event,
            None => event.insert(Event::new(new_id()?, kind, hold, by, now)),
        };
        if kind.is_cheap() && is_over_full(writing, &route.channel).await? {
            continue;
        }
        insert(writing, &route.channel, event).await?;
    }
    Ok(())
}

/// As `tell`. A kill concerns every channel that hears of such events at all.
pub async fn tell_kill(
    writing: &mut Writing,
    kind: EventKind,
    kill: &Kill,
    audit: &Audit,
) -> Result<(), StoreError> {
    let event = Event::of_kill(new_id()?, kind, kill, &audit.actor, &audit.reason_text, audit.at);
    let routes = writing.routes.clone();
    for route in routes.iter().filter(|route| route.names(kind)) {
        insert(writing, &route.channel, &event).await?;
    }
    Ok(())
}

/// Counts the event with the latest that waits, if there are too many to keep it.
async fn is_over_full(writing: &mut Writing, channel: &str) -> Result<bool, StoreError> {
    let waiting: i64 =
        sqlx::query("SELECT count(*) FROM deliveries WHERE channel = $1 AND state = 'waiting'")
            .bind(channel)
            .fetch_one(&mut **writing)
            .await?
            .try_get(0)?;
    if waiting < WAITING {
        return Ok(false);
    }
    let counted = sqlx::query(
        "UPDATE deliveries SET more = more + 1 WHERE seq = (SELECT max(seq) FROM deliveries \
         WHERE channel = $1 AND state = 'waiting' AND message IS NULL)",
    )
    .bind(channel)
    .execute(&mut **writing)
    .await?;
    Ok(counted.rows_affected() == 1)
}

async fn insert(writing: &mut Writing, channel: &str, event: &Event) -> Result<(), StoreError> {
    let (hold, kill) = match &event.about {
        About::Hold(hold) => (Some(&hold.id), None),
        About::Kill(kill) => (None, Some(&kill.id)),
    };
    sqlx::query(
        "INSERT INTO deliveries \
         (id, event, kind, hold, kill, channel, told, urgency, state, created_at, due_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9, $9)",
    )
    .bind(new_id()?)
    .bind(&event.id)
    .bind(event.kind.name())
    .bind(hold)
    .bind(kill)
    .bind(channel)
    .bind(serde_json::to_string(event)?)
    .bind(urgency(event))
    .bind(integer(event.at))
    .execute(&mut **writing)
    .await?;
    Ok(())
}

fn new_id() -> Result<String, StoreError> {
    random::id().map_err(|error| StoreError::Database(error.into()))
}

/// By kind, then by severity.
fn urgency(event: &Event) -> i64 {
    let severity = event.hold().map_or(Severity::Critical, |hold| hold.severity);
    let severity = match severity {
        Severity::Critical => 0,
        Severity::High => 1,
        Severity::Medium => 2,
        Severity::Low => 3,
    };
    i64::from(event.kind as u8) * 4 + severity
}

#[async_trait]
impl Outbox for SqlStore {
    async fn claim(
        &self,
        channel: &str,
        per_minute: u32,
        now: u64,
    ) -> Result<Option<Message>, StoreError> {
        claiming::claim(self, channel, per_minute, now).await
    }

    async fn settle(
        &self,
        message: &Message,
        outcome: &Outcome,
        now: u64,
    ) -> Result<(), StoreError> {
        claiming::settle(self, message, outcome, now).await
    }

    async fn deliveries(
        &self,
        channel: Option<&str>,
        state: Option<DeliveryState>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let query = "SELECT * FROM deliveries WHERE ($1 = '' OR channel = $1) \
             AND ($2 = '' OR state = $2) ORDER BY seq DESC LIMIT $3";
        let rows = sqlx::query(query)
            .bind(channel.unwrap_or_default())
            .bind(state.map_or("", DeliveryState::name))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(delivery).collect()
    }

    async fn tallies(&self) -> Result<Vec<(String, Tally)>, StoreError> {
        keeping::tallies(self).await
    }

    async fn revive(&self, which: Dead<'_>, fate: Fate, audit: &Audit) -> Result<u64, StoreError> {
        keeping::revive(self, which, fate, audit).await
    }

    async fn purge(&self, now: u64) -> Result<(), StoreError> {
        keeping::purge(self, now).await
    }
}

#[cfg(test)]
mod tests;

fn delivery(row: &AnyRow) -> Result<Delivery, StoreError> {
    let state = match row.try_get::<&str, _>("state")? {
        "waiting" => DeliveryState::Waiting,
        "sent" => DeliveryState::Sent,
        "dead" => DeliveryState::Dead,
        _ => DeliveryState::Dropped,
    };
    let due_at = seconds(row.try_get("due_at")?);
    Ok(Delivery {
        id: row.try_get("id")?,
        channel: row.try_get("channel")?,
        state,
        event: serde_json::from_str(row.try_get("told")?)?,
        message: row.try_get("message")?,
        tries: count(row, "tries")?,
        created_at: seconds(row.try_get("created_at")?),
        due_at: (state == DeliveryState::Waiting).then_some(due_at),
        settled_at: row.try_get::<Option<i64>, _>("settled_at")?.map(seconds),
        error: row.try_get("error")?,
        more: u64::from(count(row, "more")?),
    })
}
