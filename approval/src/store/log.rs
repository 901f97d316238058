/*! The checkpoints as the entries of a transparency log, and what of them is elsewhere. */

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::sql::SqlStore;
use super::{Checkpoints, StoreError, row};
use crate::tlog::tree::{Hashes, edge, last_place};
use crate::tlog::{Hash, leaf};

/// Checkpoints that are read at a time; each may have half a megabyte.
const READ: u32 = 50;

const MOST: u64 = 1 << 40;

/// The tree head that enough witnesses cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    pub size: u64,
    pub note: String,
    /// When it was kept, in Unix seconds.
    pub at: u64,
}

#[async_trait]
pub trait Log: Send + Sync {
    /// Takes some checkpoints into the tree that are not in it; how many are in it, and whether these are all.
    async fn grow_log(&self) -> Result<(u64, bool), StoreError>;
    /// Those of these places in the row of hashes that there are.
    async fn log_hashes(&self, places: &[u64]) -> Result<Vec<(u64, Hash)>, StoreError>;
    async fn tree_head(&self, origin: &str) -> Result<Option<Cosigned>, StoreError>;
    /// In the place of one that is no longer and no newer.
    async fn keep_tree_head(&self, origin: &str, head: &Cosigned) -> Result<(), StoreError>;
    /// How many checkpoints were put into the anchor.
    async fn anchored(&self, anchor: &str) -> Result<u64, StoreError>;
    async fn keep_anchored(&self, anchor: &str, taken: u64) -> Result<(), StoreError>;
}

#[async_trait]
impl Log for SqlStore {
    async fn grow_log(&self) -> Result<(u64, bool), StoreError> {
        let size = self.log_size().await?;
        self.last_stands(size).await?;
        let next = self.checkpoints(size, READ).await?;
        if next.is_empty() {
            return Ok((size, true));
        }
        let mut hashes = Hashes::default();
        hashes.know(self.log_hashes(&edge(size)).await?);
        let mut made = Vec::new();
        for (at, checkpoint) in (size..).zip(&next) {
            if checkpoint.number != at + 1 {
                // A gap: somebody took one out.
                return Err(StoreError::Log(at + 1));
            }
            let more = hashes.grow(at, leaf(checkpoint.jws.as_bytes()));
            let more = more.map_err(|_| StoreError::Log(at))?;
            made.extend(more.into_iter().map(|(place, hash)| (place, at + 1, hash)));
        }
        let mut writing = self.write().await?;
        let again = sqlx::query(SIZE).fetch_one(&mut *writing).await?;
        if row::seconds(again.try_get(0)?) != size {
            // Another replica was first.
            return Ok((size, false));
        }
        let rows: Vec<String> = (0..made.len())
            .map(|at| format!("(${}, ${}, ${})", at * 3 + 1, at * 3 + 2, at * 3 + 3))
            .collect();
        let insert =
            format!("INSERT INTO log_hashes (place, number, hash) VALUES {}", rows.join(", "));
        let mut insert = sqlx::query(AssertSqlSafe(insert));
        for (place, number, hash) in &made {
            let hash = STANDARD.encode(hash.0);
            insert = insert.bind(row::integer(*place)).bind(row::integer(*number)).bind(hash);
        }
        insert.execute(&mut *writing).await?;
        writing.commit().await?;
        let all = next.len() < READ as usize;
        Ok((size + next.len() as u64, all))
    }

    async fn log_hashes(&self, places: &[u64]) -> Result<Vec<(u64, Hash)>, StoreError> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let named: Vec<String> = (1..=places.len()).map(|at| format!("${at}")).collect();
        let query =
            format!("SELECT place, hash FROM log_hashes WHERE place IN ({})", named.join(", "));
        let mut query = sqlx::query(AssertSqlSafe(query));
        for place in places {
            query = query.bind(row::integer(*place));
        }
        query.fetch_all(&self.pool).await?.iter().map(hash).collect()
    }

    async fn tree_head(&self, origin: &str) -> Result<Option<Cosigned>, StoreError> {
        let found = sqlx::query("SELECT * FROM tree_heads WHERE origin = $1").bind(origin);
        found.fetch_optional(&self.pool).await?.as_ref().map(cosigned).transpose()
    }

    async fn keep_tree_head(&self, origin: &str, head: &Cosigned) -> Result<(), StoreError> {
        let mut writing = self.write().await?;
        sqlx::query(
            "INSERT INTO tree_heads (origin, size, note, at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (origin) DO UPDATE SET size = excluded.size, note = excluded.note, \
             at = excluded.at WHERE tree_heads.size <= excluded.size",
        )
        .bind(origin)
        .bind(row::integer(head.size))
        .bind(&head.note)
        .bind(row::integer(head.at))
        .execute(&mut *writing)
        .await?;
        writing.commit().await
    }

    async fn anchored(&self, anchor: &str) -> Result<u64, StoreError> {
        let found = sqlx::query("SELECT taken FROM anchors WHERE anchor = $1").bind(anchor);
        let found = found.fetch_optional(&self.pool).await?;
        Ok(found.map_or(Ok(0), |row| row.try_get(0).map(row::seconds))?)
    }

    async fn keep_anchored(&self, anchor: &str, taken: u64) -> Result<(), StoreError> {
        let mut writing = self.write().await?;
        sqlx::query(
            "INSERT INTO anchors (anchor, taken) VALUES ($1, $2) \
             ON CONFLICT (anchor) DO UPDATE SET taken = excluded.taken \
             WHERE anchors.taken < excluded.taken",
        )
        .bind(anchor)
        .bind(row::integer(taken))
        .execute(&mut *writing)
        .await?;
        writing.commit().await
    }
}

const SIZE: &str =
    "SELECT coalesce((SELECT number FROM log_hashes ORDER BY place DESC LIMIT 1), 0)";

impl SqlStore {
    /// Whoever took the last ones out, or put others in their place, may have left the hashes as they were.
    async fn last_stands(&self, size: u64) -> Result<(), StoreError> {
        let Some(before) = size.checked_sub(1) else { return Ok(()) };
        let last = self.checkpoints(before, 1).await?.pop().filter(|one| one.number == size);
        let hash = self.log_hashes(&[last_place(size)]).await?.pop().map(|(_, hash)| hash);
        match last.map(|one| leaf(one.jws.as_bytes())) == hash {
            true => Ok(()),
            false => Err(StoreError::Log(size)),
        }
    }

    async fn log_size(&self) -> Result<u64, StoreError> {
        let size = sqlx::query(SIZE).fetch_one(&self.pool).await?;
        let size = row::seconds(size.try_get(0)?);
        // Places in the row are twice as many; no service signs as many in its time.
        if size > MOST { Err(StoreError::Log(size)) } else { Ok(size) }
    }
}

fn hash(found: &AnyRow) -> Result<(u64, Hash), StoreError> {
    let place = row::seconds(found.try_get("place")?);
    let hash = STANDARD.decode(found.try_get::<String, _>("hash")?).ok();
    let hash = hash.and_then(|hash| hash.try_into().ok()).ok_or(StoreError::Log(place))?;
    Ok((place, Hash(hash)))
}

fn cosigned(found: &AnyRow) -> Result<Cosigned, StoreError> {
    Ok(Cosigned {
        size: row::seconds(found.try_get("size")?),
        note: found.try_get("note")?,
        at: row::seconds(found.try_get("at")?),
    })
}
