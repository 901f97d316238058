/*! Removes holds that were settled long ago, with all that is kept of them, a few at a time. */

use sqlx::AssertSqlSafe;

use super::StoreError;
use super::row::integer;
use super::sql::SqlStore;

/// Holds in one transaction: those who write wait no longer for it than for a few changes of their own.
pub const AT_ONCE: usize = 50;

/// What may go. Never a hold that waits or may be used, one on which a standing grant in force rests, one that others
/// passed by and are there still, or one of which somebody is still to be told.
const SETTLED: &str = "SELECT h.id FROM holds h \
     WHERE h.status IN ('denied', 'expired', 'cancelled', 'redeemed') AND h.expires_at < $1 \
     AND coalesce(h.closed_at, h.expires_at) < $1 \
     AND NOT EXISTS (SELECT 1 FROM standing_grants s WHERE s.hold = h.id \
     AND (s.uses_left > 0 AND s.revoked_at IS NULL AND s.expires_at > $2 \
     OR EXISTS (SELECT 1 FROM holds u WHERE u.standing = s.id))) \
     AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.hold = h.id AND d.state = 'waiting') \
     ORDER BY h.expires_at LIMIT $3";

/// In the order in which rows refer to each other. Rows of the trail go only after their hold.
const TABLES: &[(&str, &str)] = &[
    ("waiters", "hold"),
    ("decisions", "hold"),
    ("views", "hold"),
    ("deliveries", "hold"),
    ("standing_grants", "hold"),
    ("holds", "id"),
    ("audit", "hold"),
];

/// How many holds went; fewer than `AT_ONCE`: there are no more.
pub async fn forget(store: &SqlStore, before: u64, now: u64) -> Result<usize, StoreError> {
    // What is settled stays so: it is looked for without the lock of those who write.
    let old: Vec<String> = sqlx::query_scalar(SETTLED)
        .bind(integer(before))
        .bind(integer(now))
        .bind(i64::try_from(AT_ONCE).unwrap_or(i64::MAX))
        .fetch_all(&store.pool)
        .await?;
    if old.is_empty() {
        return Ok(0);
    }
    let places: Vec<String> = (1..=old.len()).map(|n| format!("${n}")).collect();
    let places = places.join(", ");
    let mut writing = store.write().await?;
    for (table, column) in TABLES {
        // Made of words of the program alone.
        let query = AssertSqlSafe(format!("DELETE FROM {table} WHERE {column} IN ({places})"));
        let mut query = sqlx::query(query);
        for id in &old {
            query = query.bind(id);
        }
        query.execute(&mut *writing).await?;
    }
    writing.commit().await?;
    Ok(old.len())
}

#[cfg(test)]
mod tests;
