/*! Standing grants: made with an approval, used up call by call, revoked. */

use policy::hold::Scope;
use policy::rule::ScopeTerms;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::row::{self, integer, seconds};
use super::sql::{ONE, SqlStore};
use super::transitions::read;
use super::writing::Writing;
use super::{Audit, Hold, NewHold, Revoked, StandingGrant, StoreError, outbox};
use crate::notify::EventKind;
use crate::random;
use crate::view::View;

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

/// A standing grant that this call may pass by.
pub struct Use {
    pub id: String,
    /// The hold whose approvals it rests on.
    pub origin: String,
    pub expires_at: u64,
}

/// Whether a call like this was denied not long ago: then each is asked for.
pub async fn denied_alike(
    writing: &mut Writing,
    tenant: &str,
    standing_key: Option<&str>,
    now: u64,
) -> Result<bool, StoreError> {
    let since = now.saturating_sub(u64::from(ScopeTerms::LASTS_MAX));
    let found = sqlx::query(
        "SELECT 1 FROM holds h JOIN decisions d ON d.hold = h.id AND d.decision = 'deny' \
         WHERE h.standing_key = $1 AND h.status = 'denied' AND d.decided_at > $2 AND h.tenant = $3 \
         LIMIT 1",
    )
    .bind(standing_key)
    .bind(integer(since))
    .bind(tenant)
    .fetch_optional(&mut **writing)
    .await?;
    Ok(found.is_some())
}

/// Takes one use, if there is a grant for calls like this, under the same rules of the same bundle, with
/// findings of the same kinds.
pub async fn take(
    writing: &mut Writing,
    new: &NewHold,
    rules: &str,
    now: u64,
) -> Result<Option<Use>, StoreError> {
    let Some(key) = &new.standing_key else { return Ok(None) };
    if denied_alike(writing, new.tenant.as_str(), Some(key), now).await? {
        return Ok(None);
    }
    if rests_on_owner(writing, key, new, rules, now).await? {
        return Ok(None);
    }
    let taken = sqlx::query(
        "UPDATE standing_grants SET uses_left = uses_left - 1 WHERE seq = \
         (SELECT seq FROM standing_grants WHERE key = $1 AND rules = $2 AND revision = $3 \
         AND findings = $4 AND uses_left > 0 AND expires_at > $5 AND revoked_at IS NULL AND tenant = $6 \
         ORDER BY expires_at LIMIT 1) RETURNING id, hold, expires_at",
    )
    .bind(key)
    .bind(rules)
    .bind(&new.revision)
    .bind(kinds(&new.view)?)
    .bind(integer(now))
    .bind(new.tenant.as_str())
    .fetch_optional(&mut **writing)
    .await?;
    let used = |row: AnyRow| -> Result<Use, sqlx::Error> {
        Ok(Use {
            id: row.try_get("id")?,
            origin: row.try_get("hold")?,
            expires_at: seconds(row.try_get("expires_at")?),
        })
    };
    Ok(taken.map(used).transpose()?)
}

/// Whether somebody approved calls like this whose agent it is by now: then it is asked for.
async fn rests_on_owner(
    writing: &mut Writing,
    key: &str,
    new: &NewHold,
    rules: &str,
    now: u64,
) -> Result<bool, StoreError> {
    let approvers: Vec<String> = sqlx::query_scalar(
        "SELECT d.approver FROM standing_grants s JOIN decisions d ON d.hold = s.hold \
         WHERE s.key = $1 AND s.rules = $2 AND s.revision = $3 AND s.findings = $4 \
         AND s.uses_left > 0 AND s.expires_at > $5 AND s.revoked_at IS NULL AND s.tenant = $6 \
         AND d.decision = 'approve'",
    )
    .bind(key)
    .bind(rules)
    .bind(&new.revision)
    .bind(kinds(&new.view)?)
    .bind(integer(now))
    .bind(new.tenant.as_str())
    .fetch_all(&mut **writing)
    .await?;
    let owners = &new.principal.owners;
    Ok(approvers.iter().any(|one| owners.contains(&crate::approver::folded(one))))
}

/// A new hold has the approvals of the one that the grant was made with.
pub async fn inherit(writing: &mut Writing, hold: &str, from: &Use) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO decisions \
         (hold, approver, decision, reason_text, entitled_by, decided_at, settles, standing) \
         SELECT $1, approver, decision, reason_text, entitled_by, decided_at, settles, standing \
         FROM decisions WHERE hold = $2 AND decision = 'approve' ORDER BY rowid",
    )
    .bind(hold)
    .bind(&from.origin)
    .execute(&mut **writing)
    .await?;
    Ok(())
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
        grants.push(grant(row, row::hold(&found)?)?);
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
