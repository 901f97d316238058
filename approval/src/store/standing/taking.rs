/*! The use of a standing grant, by a call like the one it was made with. */

use policy::rule::ScopeTerms;
use sqlx::Row;

use super::super::row::{self, integer, seconds};
use super::super::sql::{ONE, in_short};
use super::super::writing::Writing;
use super::super::{NewHold, StoreError};
use super::kinds;

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
    let found = sqlx::query(
        "SELECT id, hold, expires_at FROM standing_grants WHERE key = $1 AND rules = $2 \
         AND revision = $3 AND findings = $4 AND uses_left > 0 AND expires_at > $5 \
         AND revoked_at IS NULL AND tenant = $6 ORDER BY expires_at",
    )
    .bind(key)
    .bind(rules)
    .bind(&new.revision)
    .bind(kinds(&new.view)?)
    .bind(integer(now))
    .bind(new.tenant.as_str())
    .fetch_all(&mut **writing)
    .await?;
    for row in found {
        let one = Use {
            id: row.try_get("id")?,
            origin: row.try_get("hold")?,
            expires_at: seconds(row.try_get("expires_at")?),
        };
        if !bears(writing, &one.origin).await? {
            continue;
        }
        sqlx::query("UPDATE standing_grants SET uses_left = uses_left - 1 WHERE id = $1")
            .bind(&one.id)
            .execute(&mut **writing)
            .await?;
        return Ok(Some(one));
    }
    Ok(None)
}

/// Whether the approvals that it rests on still count.
async fn bears(writing: &mut Writing, origin: &str) -> Result<bool, StoreError> {
    let Some(people) = writing.people.clone() else { return Ok(true) };
    let query = sqlx::query(in_short(writing.dialect, ONE)).bind(origin);
    let found = query.fetch_one(&mut **writing).await?;
    Ok(row::hold(&found, Some(&people))?.bears())
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
         (hold, approver, decision, reason_text, entitled_by, decided_at, settles, standing, account) \
         SELECT $1, approver, decision, reason_text, entitled_by, decided_at, settles, standing, account \
         FROM decisions WHERE hold = $2 AND decision = 'approve' ORDER BY rowid",
    )
    .bind(hold)
    .bind(&from.origin)
    .execute(&mut **writing)
    .await?;
    Ok(())
}
