/*! What is known of sessions, kept with each change of their rows, so that a list reads no records. */

use std::collections::BTreeMap;

use policy::session::JoinedBy;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::super::session::Session;
use super::row::{Row, integer};
use crate::store::StoreError;

/// What rows that come or go change.
#[derive(Default)]
pub struct Sums {
    sessions: BTreeMap<String, Sum>,
    tenants: BTreeMap<String, OfTenant>,
}

#[derive(Default)]
struct OfTenant {
    bytes: i64,
    conflicts: i64,
    conflict_bytes: i64,
}

#[derive(Clone, Debug, Default)]
struct Sum {
    /// Of the first that came.
    session: Option<Session>,
    counts: [i64; 6],
}

/// Names of `Sum::counts`.
const COUNTS: [&str; 6] = ["exchanges", "dry_runs", "held", "refused", "redacted", "bytes"];

impl Sums {
    pub fn add(&mut self, tenant: &str, row: &Row) {
        self.bytes(tenant, row.bytes);
        let one = &row.session;
        let sum = self.sessions.entry(one.id.clone()).or_default();
        let counts = [one.exchanges, one.dry_runs, one.held, one.refused, one.redacted];
        for (sum, count) in sum.counts.iter_mut().zip(counts) {
            *sum += i64::try_from(count).unwrap_or(1);
        }
        sum.counts[5] = sum.counts[5].saturating_add(row.bytes);
        match &mut sum.session {
            Some(known) => {
                known.begins_by(one.started_ms, &one.started);
                known.last_ms = known.last_ms.max(one.last_ms);
            }
            none => *none = Some(one.clone()),
        }
    }

    /// A row that is removed: read with `REMOVED`.
    pub fn remove(&mut self, row: &AnyRow) -> Result<(), StoreError> {
        self.bytes(row.try_get("tenant")?, -row.try_get::<i64, _>("bytes")?);
        let sum = self.sessions.entry(row.try_get("session")?).or_default();
        let flag = |name: &str| row.try_get::<i64, _>(name);
        let counts = [
            1,
            flag("dry_run")?,
            flag("held")?,
            flag("refused")?,
            flag("redacted")?,
            flag("bytes")?,
        ];
        for (sum, count) in sum.counts.iter_mut().zip(counts) {
            *sum -= count;
        }
        Ok(())
    }

    /// Of rows that are more or less than they were.
    pub fn bytes(&mut self, tenant: &str, bytes: i64) {
        let of_it = self.tenants.entry(tenant.to_owned()).or_default();
        of_it.bytes = of_it.bytes.saturating_add(bytes);
    }

    pub fn conflicts(&mut self, tenant: &str, count: i64, bytes: i64) {
        let of_it = self.tenants.entry(tenant.to_owned()).or_default();
        of_it.conflicts += count;
        of_it.conflict_bytes = of_it.conflict_bytes.saturating_add(bytes);
    }

    /// In the order of their ids: two that write the same ones do not wait for each other in a circle.
    pub async fn write(self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        for (id, Sum { session, counts }) in self.sessions {
            match session {
                Some(session) => upsert(connection, &session, &counts).await?,
                None => subtract(connection, &id, &counts).await?,
            }
        }
        for (tenant, OfTenant { bytes, conflicts, conflict_bytes }) in self.tenants {
            sqlx::query(
                "INSERT INTO record_tenants (tenant, bytes, conflicts, conflict_bytes) \
                 VALUES ($1, $2, $3, $4) ON CONFLICT (tenant) DO UPDATE SET \
                 bytes = record_tenants.bytes + excluded.bytes, \
                 conflicts = record_tenants.conflicts + excluded.conflicts, \
                 conflict_bytes = record_tenants.conflict_bytes + excluded.conflict_bytes",
            )
            .bind(tenant)
            .bind(bytes)
            .bind(conflicts)
            .bind(conflict_bytes)
            .execute(&mut *connection)
            .await?;
        }
        Ok(())
    }
}

/// Columns that `Sums::remove` reads.
pub const REMOVED: &str = "id, tenant, session, dry_run, held, refused, redacted, bytes";

async fn upsert(
    connection: &mut AnyConnection,
    session: &Session,
    counts: &[i64; 6],
) -> Result<(), StoreError> {
    let mut query = sqlx::query(
        "INSERT INTO record_sessions (id, joined_by, issuer, subject, client_id, started, started_ms, \
         last_ms, exchanges, dry_runs, held, refused, redacted, bytes) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
         ON CONFLICT (id) DO UPDATE SET \
         started = CASE WHEN excluded.started_ms < record_sessions.started_ms \
         OR (excluded.started_ms = record_sessions.started_ms AND excluded.started < record_sessions.started) \
         THEN excluded.started ELSE record_sessions.started END, \
         started_ms = CASE WHEN excluded.started_ms < record_sessions.started_ms \
         THEN excluded.started_ms ELSE record_sessions.started_ms END, \
         last_ms = CASE WHEN excluded.last_ms > record_sessions.last_ms \
         THEN excluded.last_ms ELSE record_sessions.last_ms END, \
         exchanges = record_sessions.exchanges + excluded.exchanges, \
         dry_runs = record_sessions.dry_runs + excluded.dry_runs, \
         held = record_sessions.held + excluded.held, \
         refused = record_sessions.refused + excluded.refused, \
         redacted = record_sessions.redacted + excluded.redacted, \
         bytes = record_sessions.bytes + excluded.bytes",
    )
    .bind(&session.id)
    .bind(session.joined_by.map(|by| super::super::describe::word(&by)))
    .bind(&session.issuer)
    .bind(&session.subject)
    .bind(&session.client_id)
    .bind(&session.started)
    .bind(integer(session.started_ms))
    .bind(integer(session.last_ms));
    for count in counts {
        query = query.bind(count);
    }
    query.execute(connection).await?;
    Ok(())
}

/// A session without exchanges is none. What is left begins with the first row that is left.
async fn subtract(
    connection: &mut AnyConnection,
    id: &str,
    counts: &[i64; 6],
) -> Result<(), StoreError> {
    let sets: Vec<String> =
        (2..).zip(COUNTS).map(|(at, name)| format!("{name} = {name} + ${at}")).collect();
    let text = format!(
        "UPDATE record_sessions SET {}, \
         started_ms = coalesce((SELECT min(started_ms) FROM records WHERE session = $1), started_ms), \
         last_ms = coalesce((SELECT max(started_ms) FROM records WHERE session = $1), last_ms) \
         WHERE id = $1",
        sets.join(", ")
    );
    let mut query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(id);
    for count in counts {
        query = query.bind(count);
    }
    query.execute(&mut *connection).await?;
    sqlx::query("DELETE FROM record_sessions WHERE id = $1 AND exchanges <= 0")
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

pub fn session(row: &AnyRow) -> Result<Session, StoreError> {
    let count = |name: &str| -> Result<usize, sqlx::Error> {
        Ok(usize::try_from(row.try_get::<i64, _>(name)?).unwrap_or(0))
    };
    let joined_by: Option<String> = row.try_get("joined_by")?;
    let joined_by = joined_by.map(|word| serde_json::from_value::<JoinedBy>(word.into()));
    Ok(Session {
        id: row.try_get("id")?,
        joined_by: joined_by.transpose()?,
        issuer: row.try_get("issuer")?,
        subject: row.try_get("subject")?,
        client_id: row.try_get("client_id")?,
        started: row.try_get("started")?,
        started_ms: row.try_get::<i64, _>("started_ms")?.unsigned_abs(),
        last_ms: row.try_get::<i64, _>("last_ms")?.unsigned_abs(),
        exchanges: count("exchanges")?,
        dry_runs: count("dry_runs")?,
        held: count("held")?,
        refused: count("refused")?,
        redacted: count("redacted")?,
    })
}
