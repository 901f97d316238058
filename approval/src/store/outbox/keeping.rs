/*! What people make of dead ones, how channels do, and what is taken away. */

use std::collections::BTreeSet;

use sqlx::{Row, any::AnyRow};

use super::super::row::{count, integer, seconds};
use super::super::sql::SqlStore;
use super::super::writing::Writing;
use super::{Audit, Dead, Fate, StoreError};
use crate::notify::Tally;

const DAY: u64 = 24 * 3600;
/// How long what was sent or dropped is shown, and what was given up.
const SETTLED_KEPT: u64 = 7 * DAY;
const DEAD_KEPT: u64 = 30 * DAY;
/// Rows that are kept of what was sent or dropped, and of what was given up.
const ROWS: i64 = 10_000;
/// No sender that knows the channel leaves a message for longer.
const LOST: u64 = DAY + 3600;

pub async fn tallies(store: &SqlStore) -> Result<Vec<(String, Tally)>, StoreError> {
    let rows = sqlx::query(
        "SELECT channel, count(CASE WHEN state = 'waiting' THEN 1 END) AS waiting, \
         count(CASE WHEN state = 'dead' THEN 1 END) AS dead, \
         max(CASE WHEN state = 'sent' THEN settled_at END) AS sent_at, \
         max(failed_at) AS failed_at FROM deliveries GROUP BY channel ORDER BY channel",
    )
    .fetch_all(&store.pool)
    .await?;
    let mut tallies = Vec::with_capacity(rows.len());
    for row in &rows {
        let time = |column| Ok(row.try_get::<Option<i64>, _>(column)?.map(seconds));
        let (sent_at, failed_at) =
            (time("sent_at")?, time("failed_at").map_err(|error: sqlx::Error| error)?);
        let channel: String = row.try_get("channel")?;
        let error = match failed_at {
            Some(at) if Some(at) >= sent_at => error(store, &channel, at).await?,
            _ => String::new(),
        };
        let (waiting, dead) = (count(row, "waiting")?.into(), count(row, "dead")?.into());
        tallies.push((channel, Tally { waiting, dead, sent_at, failed_at, error }));
    }
    Ok(tallies)
}

/// Why the latest failure was one; nothing if that message got through by another try.
async fn error(store: &SqlStore, channel: &str, at: u64) -> Result<String, StoreError> {
    let query = "SELECT error FROM deliveries WHERE channel = $1 AND failed_at = $2 \
         AND error <> '' ORDER BY seq DESC LIMIT 1";
    let found = sqlx::query(query).bind(channel).bind(integer(at));
    let found = found.fetch_optional(&store.pool).await?;
    Ok(found.map(|row| row.try_get(0)).transpose()?.unwrap_or_default())
}

pub async fn revive(
    store: &SqlStore,
    which: Dead<'_>,
    fate: Fate,
    audit: &Audit,
) -> Result<u64, StoreError> {
    let (one, all) = match which {
        Dead::One(id) => (id, ""),
        Dead::AllOf(channel) => ("", channel),
    };
    let query = match fate {
        // On its own again, even if it was in a digest: then under the event's id.
        Fate::Again => {
            "UPDATE deliveries SET state = 'waiting', tries = 0, message = NULL, settled_at = NULL, \
             created_at = $1, due_at = $1 \
             WHERE state = 'dead' AND (id = $2 OR channel = $3) RETURNING hold, kill"
        }
        Fate::Drop => {
            "UPDATE deliveries SET state = 'dropped', settled_at = $1 \
             WHERE state = 'dead' AND (id = $2 OR channel = $3) RETURNING hold, kill"
        }
    };
    let mut writing = store.write().await?;
    let rows = sqlx::query(query)
        .bind(integer(audit.at))
        .bind(one)
        .bind(all)
        .fetch_all(&mut *writing)
        .await?;
    for hold in names(&rows, "hold")? {
        writing.note(Some(&hold), audit).await?;
        writing.changed(&hold);
    }
    for kill in names(&rows, "kill")? {
        writing.note_kill(&kill, audit).await?;
    }
    writing.commit().await?;
    Ok(rows.len() as u64)
}

/// Each once.
fn names(rows: &[AnyRow], column: &str) -> Result<BTreeSet<String>, sqlx::Error> {
    let all = rows.iter().map(|row| row.try_get::<Option<String>, _>(column));
    all.filter_map(Result::transpose).collect()
}

pub async fn purge(store: &SqlStore, now: u64) -> Result<(), StoreError> {
    let mut writing = store.write().await?;
    let before = |age: u64| integer(now.saturating_sub(age));
    sqlx::query(
        "UPDATE deliveries SET state = 'dead', settled_at = $1, failed_at = $1, error = $2 \
         WHERE state = 'waiting' AND created_at < $3 AND due_at < $1",
    )
    .bind(integer(now))
    .bind(
        "nobody sent it within a day: is the channel still configured, and its limit high enough?",
    )
    .bind(before(LOST))
    .execute(&mut *writing)
    .await?;
    sqlx::query("DELETE FROM deliveries WHERE state IN ('sent', 'dropped') AND settled_at < $1")
        .bind(before(SETTLED_KEPT))
        .execute(&mut *writing)
        .await?;
    sqlx::query("DELETE FROM deliveries WHERE state = 'dead' AND settled_at < $1")
        .bind(before(DEAD_KEPT))
        .execute(&mut *writing)
        .await?;
    thin(&mut writing, &["sent", "dropped"], before(60)).await?;
    thin(&mut writing, &["dead", "dead"], before(60)).await?;
    writing.commit().await
}

/// Leaves the latest. Those of the last minute count for the limit of their channel.
async fn thin(writing: &mut Writing, states: &[&str; 2], before: i64) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM deliveries WHERE state IN ($1, $2) AND settled_at < $3 AND seq < \
         (SELECT seq FROM deliveries WHERE state IN ($1, $2) ORDER BY seq DESC LIMIT 1 OFFSET $4)",
    )
    .bind(states[0])
    .bind(states[1])
    .bind(before)
    .bind(ROWS)
    .execute(&mut **writing)
    .await?;
    Ok(())
}
