/*!
Records that came for a place where another one is. Somebody wrote it: it is kept beside, as far as there is room
for those of its tenant, and counted by those who take records. Nothing is told of each: a sender could fill a log with them.
*/

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::conditions::Query;
use super::row::{Row, of_texts};
use super::sums::Sums;
use super::taking::Batch;
use crate::store::StoreError;

/// Of one tenant; more are only counted.
const MOST: i64 = 1_000;
const MOST_BYTES: i64 = if cfg!(test) { 2 } else { 64 } * 1024 * 1024;

/// Of a batch's tenant.
#[derive(Default)]
pub struct Conflicts {
    /// How many there are and their bytes, once somebody asked.
    there: Option<(i64, i64)>,
}

pub enum Kept {
    Now,
    /// The very same came before.
    Before,
    /// There is no room for it.
    Counted,
}

impl Conflicts {
    pub async fn keep(
        &mut self,
        connection: &mut AnyConnection,
        batch: &Batch<'_>,
        row: &Row,
        now: i64,
    ) -> Result<Kept, StoreError> {
        let tenant = batch.tenant.as_str();
        let (count, bytes) = match self.there {
            Some(there) => there,
            None => there(connection, tenant).await?,
        };
        self.there = Some((count, bytes));
        if count >= MOST || bytes.saturating_add(row.bytes) > MOST_BYTES {
            return Ok(Kept::Counted);
        }
        let mut query = Query::new(
            "INSERT INTO record_conflicts (tenant, place, digest, source, received_at, bytes, envoy, link, record) VALUES ",
        );
        query.values([
            tenant.into(),
            row.place.as_str().into(),
            of_texts(row.record.as_deref(), row.link.as_deref()).as_str().into(),
            batch.source.name().into(),
            now.into(),
            row.bytes.into(),
            row.envoy.as_str().into(),
            row.link.as_deref().into(),
            row.record.as_deref().into(),
        ]);
        query.say(" ON CONFLICT (tenant, place, digest) DO NOTHING RETURNING id");
        if query.all(connection).await?.is_empty() {
            return Ok(Kept::Before);
        }
        self.there = Some((count + 1, bytes + row.bytes));
        Ok(Kept::Now)
    }
}

async fn there(connection: &mut AnyConnection, tenant: &str) -> Result<(i64, i64), StoreError> {
    let mut query =
        Query::new("SELECT conflicts, conflict_bytes FROM record_tenants WHERE tenant = ");
    query.bind(tenant);
    Ok(match query.all(connection).await?.first() {
        Some(row) => (row.try_get(0)?, row.try_get(1)?),
        None => (0, 0),
    })
}

/// Rows with `id`, `tenant` and `bytes`.
pub async fn remove(connection: &mut AnyConnection, rows: &[&AnyRow]) -> Result<u64, StoreError> {
    let mut gone = 0;
    let mut sums = Sums::default();
    for row in rows {
        let mut query = Query::new("DELETE FROM record_conflicts WHERE id = ");
        query.bind(row.try_get::<i64, _>("id")?);
        // Another replica may have been faster.
        if query.run(&mut *connection).await? > 0 {
            sums.conflicts(row.try_get("tenant")?, -1, -row.try_get::<i64, _>("bytes")?);
            gone += 1;
        }
    }
    sums.write(connection).await?;
    Ok(gone)
}
