/*! Which rows go out next, under which id, and what came of it. */

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::super::row::{count, integer, seconds};
use super::super::sql::SqlStore;
use super::super::writing::Writing;
use super::{StoreError, new_id};
use crate::notify::{Event, EventKind, Message, Outcome};

/// Longer than any try takes. A sender that has not settled by then is taken for dead.
const LEASE: u64 = 60;
const MINUTE: u64 = 60;

pub async fn claim(
    store: &SqlStore,
    channel: &str,
    per_minute: u32,
    now: u64,
) -> Result<Option<Message>, StoreError> {
    // Looked at without the write lock: mostly nothing is due, or no more within this minute.
    let mut reading = store.pool.acquire().await?;
    let limit = i64::from(per_minute);
    if !is_due(&mut reading, channel, now).await?
        || gone_out(&mut reading, channel, now).await? >= limit
    {
        return Ok(None);
    }
    drop(reading);
    let mut writing = store.write().await?;
    let room = limit - gone_out(&mut writing, channel, now).await?;
    let Some(id) = (if room > 0 { next(&mut writing, channel, room, now).await? } else { None })
    else {
        return Ok(None);
    };
    sqlx::query(
        "UPDATE deliveries SET tries = tries + 1, tried_at = $1, due_at = $2 \
         WHERE channel = $3 AND message = $4 AND state = 'waiting'",
    )
    .bind(integer(now))
    .bind(integer(now + LEASE))
    .bind(channel)
    .bind(&id)
    .execute(&mut *writing)
    .await?;
    let message = read(&mut writing, channel, id).await?;
    writing.commit().await?;
    Ok(Some(message))
}

async fn is_due(
    connection: &mut AnyConnection,
    channel: &str,
    now: u64,
) -> Result<bool, StoreError> {
    let query = "SELECT 1 FROM deliveries WHERE channel = $1 AND state = 'waiting' \
         AND due_at <= $2 LIMIT 1";
    let due = sqlx::query(query).bind(channel).bind(integer(now));
    Ok(due.fetch_optional(connection).await?.is_some())
}

/// Messages of the last minute, sent or tried.
async fn gone_out(
    connection: &mut AnyConnection,
    channel: &str,
    now: u64,
) -> Result<i64, StoreError> {
    let query =
        "SELECT count(DISTINCT message) FROM deliveries WHERE channel = $1 AND tried_at > $2";
    let since = integer(now.saturating_sub(MINUTE));
    let row = sqlx::query(query).bind(channel).bind(since).fetch_one(connection).await?;
    Ok(row.try_get(0)?)
}

/// The id of the message, which its rows have by now. What was not tried yet goes before what failed.
async fn next(
    writing: &mut Writing,
    channel: &str,
    room: i64,
    now: u64,
) -> Result<Option<String>, StoreError> {
    let fresh = sqlx::query(
        "SELECT count(*) + CAST(coalesce(sum(more), 0) AS BIGINT) FROM deliveries \
         WHERE channel = $1 AND state = 'waiting' AND message IS NULL",
    );
    let fresh: i64 = fresh.bind(channel).fetch_one(&mut **writing).await?.try_get(0)?;
    if fresh > room {
        let id = new_id()?;
        sqlx::query(
            "UPDATE deliveries SET message = $1 \
             WHERE channel = $2 AND state = 'waiting' AND message IS NULL",
        )
        .bind(&id)
        .bind(channel)
        .execute(&mut **writing)
        .await?;
        return Ok(Some(id));
    }
    let named = if fresh > 0 {
        sqlx::query(
            "UPDATE deliveries SET message = event WHERE seq = (SELECT min(seq) FROM deliveries \
             WHERE channel = $1 AND state = 'waiting' AND message IS NULL) RETURNING message",
        )
        .bind(channel)
        .fetch_optional(&mut **writing)
        .await?
    } else {
        sqlx::query(
            "SELECT message FROM deliveries WHERE channel = $1 AND state = 'waiting' \
             AND message IS NOT NULL AND due_at <= $2 ORDER BY due_at, seq LIMIT 1",
        )
        .bind(channel)
        .bind(integer(now))
        .fetch_optional(&mut **writing)
        .await?
    };
    Ok(named.map(|row| row.try_get(0)).transpose()?)
}

async fn read(writing: &mut Writing, channel: &str, id: String) -> Result<Message, StoreError> {
    let events = sqlx::query(
        "SELECT told FROM deliveries WHERE channel = $1 AND message = $2 AND state = 'waiting' \
         ORDER BY urgency, seq LIMIT $3",
    )
    .bind(channel)
    .bind(&id)
    .bind(Message::LISTED as i64)
    .fetch_all(&mut **writing)
    .await?;
    let told = |row: &AnyRow| -> Result<Event, StoreError> {
        Ok(serde_json::from_str(row.try_get("told")?)?)
    };
    let events: Vec<Event> = events.iter().map(told).collect::<Result<_, _>>()?;
    let sums = sqlx::query(
        "SELECT kind, count(*) + CAST(sum(more) AS BIGINT) AS many, max(tries) AS tries, \
         min(created_at) AS since FROM deliveries \
         WHERE channel = $1 AND message = $2 AND state = 'waiting' GROUP BY kind ORDER BY min(urgency)",
    )
    .bind(channel)
    .bind(&id)
    .fetch_all(&mut **writing)
    .await?;
    let mut message = Message {
        id,
        channel: channel.to_owned(),
        tries: 0,
        since: u64::MAX,
        events,
        kinds: Vec::new(),
        total: 0,
    };
    for row in &sums {
        let kind: EventKind = serde_json::from_value(row.try_get::<&str, _>("kind")?.into())?;
        let many = u64::from(count(row, "many")?);
        message.kinds.push((kind, many));
        message.total += many;
        message.tries = message.tries.max(count(row, "tries")?);
        message.since = message.since.min(seconds(row.try_get("since")?));
    }
    Ok(message)
}

pub async fn settle(
    store: &SqlStore,
    message: &Message,
    outcome: &Outcome,
    now: u64,
) -> Result<(), StoreError> {
    let why = outcome.why().unwrap_or_default();
    let again = outcome.pause(message, now);
    let state = match (outcome, again) {
        (Outcome::Sent, _) => "sent",
        (_, Some(_)) => "waiting",
        (_, None) => "dead",
    };
    let mut writing = store.write().await?;
    // `tries`: whoever took longer than the lease has nothing to say about a later try.
    sqlx::query(
        "UPDATE deliveries SET state = $1, error = $2, due_at = $3, settled_at = $4, \
         failed_at = coalesce($5, failed_at) \
         WHERE channel = $6 AND message = $7 AND state = 'waiting' AND tries = $8",
    )
    .bind(state)
    .bind(why)
    .bind(integer(now.saturating_add(again.unwrap_or(0))))
    .bind(again.is_none().then_some(integer(now)))
    .bind((!why.is_empty()).then_some(integer(now)))
    .bind(&message.channel)
    .bind(&message.id)
    .bind(i64::from(message.tries))
    .execute(&mut *writing)
    .await?;
    writing.commit().await
}
