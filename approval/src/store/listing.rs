/*! Holds in numbers: what lists show of them, and no bodies. */

use policy::hold::HoldStatus;
use sqlx::Row;

use super::row::{integer, seconds};
use super::sql::SqlStore;
use super::{Cut, Hold, Place, Shelf, StoreError};

pub async fn list(
    store: &SqlStore,
    shelf: Shelf,
    cut: Cut,
    limit: u32,
    now: u64,
) -> Result<Vec<Hold>, StoreError> {
    let (fits, status) = fits(shelf);
    let (place, beyond, order) = order(shelf, cut);
    let which = format!("{beyond} AND {fits} ORDER BY {order} LIMIT $5");
    let rows = sqlx::query(store.in_short(&which))
        .bind(place.seq)
        .bind(integer(place.expires_at))
        .bind(integer(now))
        .bind(status)
        .bind(i64::from(limit))
        .fetch_all(&store.pool)
        .await?;
    rows.iter().map(|row| store.read(row)).collect()
}

/// Each names all parameters: PostgreSQL wants to know what they are.
fn fits(shelf: Shelf) -> (&'static str, &'static str) {
    match shelf {
        Shelf::Open => ("h.status = 'pending' AND h.expires_at > $3 AND $4 = ''", ""),
        Shelf::Settled => ("(h.status <> 'pending' OR h.expires_at <= $3) AND $4 = ''", ""),
        Shelf::Only(HoldStatus::Expired) => (
            "(h.status = $4 OR h.expires_at <= $3 AND h.status IN ('pending', 'approved'))",
            "expired",
        ),
        Shelf::Only(status @ (HoldStatus::Pending | HoldStatus::Approved)) => {
            ("h.status = $4 AND h.expires_at > $3", status.name())
        }
        Shelf::Only(status) => ("h.status = $4 AND $3 > 0", status.name()),
    }
}

/// Open ones: the first to expire first. Others: the latest first.
fn order(shelf: Shelf, cut: Cut) -> (Place, &'static str, &'static str) {
    let open = shelf == Shelf::Open;
    match cut {
        Cut::Begin | Cut::After(_) if open => {
            let begin = Place { expires_at: 0, seq: 0 };
            let place = if let Cut::After(place) = cut { place } else { begin };
            let beyond = "(h.expires_at > $2 OR h.expires_at = $2 AND h.seq > $1)";
            (place, beyond, "h.expires_at, h.seq")
        }
        Cut::Before(place) if open => {
            let beyond = "(h.expires_at < $2 OR h.expires_at = $2 AND h.seq < $1)";
            (place, beyond, "h.expires_at DESC, h.seq DESC")
        }
        Cut::Begin => {
            let begin = Place { expires_at: 0, seq: i64::MAX };
            (begin, "h.seq < $1 AND $2 >= 0", "h.seq DESC")
        }
        Cut::After(place) => (place, "h.seq < $1 AND $2 >= 0", "h.seq DESC"),
        Cut::Before(place) => (place, "h.seq > $1 AND $2 >= 0", "h.seq"),
    }
}

pub async fn open(store: &SqlStore, now: u64) -> Result<u64, StoreError> {
    let query = "SELECT count(*) FROM holds WHERE status = 'pending' AND expires_at > $1";
    let row = sqlx::query(query).bind(integer(now)).fetch_one(&store.pool).await?;
    Ok(seconds(row.try_get(0)?))
}
