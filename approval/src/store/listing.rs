/*! Holds in numbers: what lists show of them, and no bodies. */

use policy::hold::HoldStatus;

use super::sql::SqlStore;
use super::{Hold, Shelf, StoreError, row};

pub async fn list(
    store: &SqlStore,
    shelf: Shelf,
    before: Option<i64>,
    limit: u32,
    now: u64,
) -> Result<Vec<Hold>, StoreError> {
    let (which, status) = match shelf {
        Shelf::Open => (
            "h.seq < $1 AND h.status = 'pending' AND h.expires_at > $2 AND $3 = '' ORDER BY h.expires_at, h.seq LIMIT $4",
            "",
        ),
        Shelf::Settled => (
            "h.seq < $1 AND (h.status <> 'pending' OR h.expires_at <= $2) AND $3 = '' ORDER BY h.seq DESC LIMIT $4",
            "",
        ),
        Shelf::Only(HoldStatus::Expired) => (
            "h.seq < $1 AND (h.status = $3 OR h.expires_at <= $2 AND h.status IN ('pending', 'approved')) ORDER BY h.seq DESC LIMIT $4",
            "expired",
        ),
        Shelf::Only(status @ (HoldStatus::Pending | HoldStatus::Approved)) => (
            "h.seq < $1 AND h.status = $3 AND h.expires_at > $2 ORDER BY h.seq DESC LIMIT $4",
            status.name(),
        ),
        Shelf::Only(status) => {
            ("h.seq < $1 AND h.status = $3 AND $2 > 0 ORDER BY h.seq DESC LIMIT $4", status.name())
        }
    };
    let rows = sqlx::query(store.in_short(which))
        .bind(before.unwrap_or(i64::MAX))
        .bind(row::integer(now))
        .bind(status)
        .bind(i64::from(limit))
        .fetch_all(&store.pool)
        .await?;
    rows.iter().map(|row| store.read(row)).collect()
}
