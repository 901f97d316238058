/*! Standing grants: made with an approval, used up call by call, revoked. */

mod taking;

use policy::hold::Scope;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::row::{self, integer, seconds};
use super::sql::{ONE, SqlStore};
use super::transitions::read;
use super::writing::Writing;
use super::{Audit, Hold, Revoked, StandingGrant, StoreError, outbox};
use crate::notify::EventKind;
use crate::random;
use crate::view::View;

pub use taking::{Use, denied_alike, inherit, take};

/// Makes one of a hold that was approved just now, if everybody who approved it let it stand. Whether it did.
pub async fn establish(
    writing: &mut Writing,
    hold: &Hold,
    scope: &Scope,
    now: u64,
) -> Result<bool, StoreError> {
    let Some(key) = &hold.standing_key else { return Ok(false) };
    let tenant = &hold.tenant;
    let id = random::id().map_err(|error| StoreError::Database(error.into()))?;
    let (rules, findings) = (serde_json::to_string(&hold.rules)?, kinds(&hold.view)?);
    let made = sqlx::query(
        "INSERT INTO standing_grants \
         (id, hold, key, rules, revision, findings, uses, uses_left, created_at, expires_at, \
         tenant) SELECT $1, $2, $3, $4, $5, $6, $7, $7 - 1, $8, $9, $10 WHERE NOT EXISTS \
         (SELECT 1 FROM decisions WHERE hold = $2 AND decision = 'approve' AND standing = 0)",
    )
    .bind(&id)
    .bind(&hold.id)
    .bind(key)
    .bind(&rules)
    .bind(&hold.revision)
    .bind(&findings)
    .bind(i64::from(scope.uses.max(1)))
    .bind(integer(now))
    .bind(integer(now.saturating_add(u64::from(scope.lasts_seconds))))
    .bind(tenant)
    .execute(&mut **writing)
    .await?;
    if made.rows_affected() == 0 {
        return Ok(false);
    }
    // It takes the place of an earlier one: people were told of so many uses, and revoke one grant.
    sqlx::query(
        "UPDATE standing_grants SET expires_at = $1 WHERE key = $2 AND rules = $3 AND revision = $4 \
         AND findings = $5 AND expires_at > $1 AND revoked_at IS NULL AND id <> $6 AND tenant = $7",
    )
    .bind(integer(now))
    .bind(key)
    .bind(&rules)
    .bind(&hold.revision)
    .bind(&findings)
    .bind(&id)
    .bind(tenant)
    .execute(&mut **writing)
    .await?;
    Ok(true)
}

/// Those that let something pass first, then the latest.
pub async fn list(
    store: &SqlStore,
    limit: u32,
    now: u64,
) -> Result<Vec<StandingGrant>, StoreError> {
    let query = "SELECT * FROM standing_grants ORDER BY \
         (uses_left > 0 AND revoked_at IS NULL AND expires_at > $1) DESC, seq DESC LIMIT $2";
    let rows =
        sqlx::query(query).bind(integer(now)).bind(i64::from(limit)).fetch_all(&store.pool).await?;
    let mut grants = Vec::with_capacity(rows.len());
    for row in &rows {
        let hold: String = row.try_get("hold")?;
        let found = sqlx::query(store.in_short(ONE)).bind(&hold).fetch_one(&store.pool).await?;
        grants.push(grant(row, store.read(&found)?)?);
    }
    Ok(grants)
}

/// Nothing passes by it any more, not even what it had approved and is not released yet.
pub async fn revoke(store: &SqlStore, id: &str, audit: &Audit) -> Result<Revoked, StoreError> {
    let mut writing = store.write().await?;
    let Some(ended) = end(&mut writing, id, audit).await? else {
        let known = sqlx::query("SELECT 1 FROM standing_grants WHERE id = $1").bind(id);
        let known = known.fetch_optional(&mut *writing).await?.is_some();
        return Ok(if known { Revoked::Before } else { Revoked::NoSuchGrant });
    };
    writing.commit().await?;
    Ok(Revoked::Now(ended))
}

/// The one that was made with this hold's approval, if it is not revoked.
pub async fn founded_by(writing: &mut Writing, hold: &str) -> Result<Option<String>, StoreError> {
    let query = "SELECT id FROM standing_grants WHERE hold = $1 AND revoked_at IS NULL";
    Ok(sqlx::query_scalar(query).bind(hold).fetch_optional(&mut **writing).await?)
}

/// Ids of the holds that end with it; `None` if it is not there, or was revoked before.
pub async fn end(
    writing: &mut Writing,
    id: &str,
    audit: &Audit,
) -> Result<Option<Vec<String>>, StoreError> {
    let now = integer(audit.at);
    let revoked = sqlx::query(
        "UPDATE standing_grants SET revoked_at = $1, revoked_by = $2 \
         WHERE id = $3 AND revoked_at IS NULL RETURNING hold",
    )
    .bind(now)
    .bind(&audit.actor)
    .bind(id)
    .fetch_optional(&mut **writing)
    .await?;
    let Some(row) = revoked else { return Ok(None) };
    let origin: String = row.try_get(0)?;
    let rows = sqlx::query(
        "UPDATE holds SET status = 'cancelled', closed_at = $1 \
         WHERE status = 'approved' AND (standing = $2 OR id = $3) RETURNING id",
    )
    .bind(now)
    .bind(id)
    .bind(&origin)
    .fetch_all(&mut **writing)
    .await?;
    let mut ended = Vec::with_capacity(rows.len());
    for row in rows {
        ended.push(row.try_get::<String, _>(0)?);
    }
    for hold in ended.iter().chain((!ended.contains(&origin)).then_some(&origin)) {
        writing.note(Some(hold), audit).await?;
        writing.changed(hold);
    }
    if let Some(hold) = read(writing, &origin).await? {
        let kind = EventKind::StandingRevoked;
        outbox::tell(writing, kind, &hold, &audit.actor, audit.at).await?;
    }
    for id in &ended {
        let Some(hold) = read(writing, id).await? else { continue };
        outbox::tell(writing, EventKind::Cancelled, &hold, "", audit.at).await?;
    }
    Ok(Some(ended))
}

fn grant(row: &AnyRow, hold: Hold) -> Result<StandingGrant, StoreError> {
    Ok(StandingGrant {
        id: row.try_get("id")?,
        hold,
        uses: row::count(row, "uses")?,
        uses_left: row::count(row, "uses_left")?,
        created_at: seconds(row.try_get("created_at")?),
        expires_at: seconds(row.try_get("expires_at")?),
        revoked_at: row.try_get::<Option<i64>, _>("revoked_at")?.map(seconds),
        revoked_by: row.try_get("revoked_by")?,
    })
}

/// In one order: a finding of another kind is another risk.
fn kinds(view: &View) -> Result<String, serde_json::Error> {
    let mut kinds: Vec<&str> = view.findings.iter().map(|(kind, _)| kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    serde_json::to_string(&kinds)
}
