/*! Opening a hold, or joining the one there is for the same call. */

use policy::hold::HoldStatus;
use sqlx::Row;

use super::row::integer;
use super::short::short;
use super::sql::SqlStore;
use super::standing::{self, Use};
use super::transitions::{Due, lapse, read};
use super::writing::Writing;
use super::{Audit, Hold, NewHold, Opened, StoreError, Waiter, counting, outbox, room};
use crate::config::Limits;
use crate::notify::EventKind;
use crate::view::visible_line;

/// Waiters kept per hold. An agent that asks without waiting adds one with every try.
const WAITERS_KEPT: i64 = 256;

pub async fn open(
    store: &SqlStore,
    new: &NewHold,
    waiter: &Waiter,
    limits: &Limits,
    now: u64,
) -> Result<Opened, StoreError> {
    let mut writing = store.write().await?;
    lapse(&mut writing, Due::Call(&new.join_key), now).await?;
    let rules = serde_json::to_string(&new.rules)?;
    if let Some(id) = own(&mut writing, new, &rules, &waiter.exchange).await? {
        return joined(writing, &id).await;
    }
    if let Some(id) = live(&mut writing, new, &rules, now).await?
        && !counting::recount(&mut writing, &id, now).await?
    {
        wait_on(&mut writing, &id, waiter, now).await?;
        return joined(writing, &id).await;
    }
    let standing = standing::take(&mut writing, new, &rules, now).await?;
    if standing.is_none()
        && let Some(full) = room::full(&mut writing, new, limits, now).await?
    {
        return Ok(Opened::Full(full));
    }
    insert(&mut writing, new, &rules, standing.as_ref(), now).await?;
    if let Some(standing) = &standing {
        standing::inherit(&mut writing, &new.id, standing).await?;
    }
    wait_on(&mut writing, &new.id, waiter, now).await?;
    let hold = written(&mut writing, &new.id).await?;
    // Nobody is asked for what a standing grant lets pass.
    if hold.status == HoldStatus::Pending {
        outbox::tell(&mut writing, EventKind::Held, &hold, "", now).await?;
    }
    writing.commit().await?;
    Ok(Opened::New(hold))
}

async fn joined(mut writing: Writing, id: &str) -> Result<Opened, StoreError> {
    let hold = written(&mut writing, id).await?;
    writing.commit().await?;
    Ok(Opened::Joined(hold))
}

async fn written(writing: &mut Writing, id: &str) -> Result<Hold, StoreError> {
    read(writing, id).await?.ok_or(StoreError::Database(sqlx::Error::RowNotFound))
}

/// The hold that this exchange has for this call since it asked before, unless another one used it up.
/// Having left it stays left.
async fn own(
    writing: &mut Writing,
    new: &NewHold,
    rules: &str,
    exchange: &str,
) -> Result<Option<String>, StoreError> {
    let found = sqlx::query(
        "SELECT h.id FROM waiters w JOIN holds h ON h.id = w.hold \
         WHERE w.exchange = $1 AND h.tenant = $2 AND h.join_key = $3 \
         AND (h.status <> 'redeemed' OR h.redeemed_by = $1) AND (h.status = 'denied' \
         OR h.grant_digest = $4 AND h.rules = $5 AND h.revision = $6) ORDER BY h.seq DESC LIMIT 1",
    )
    .bind(exchange)
    .bind(new.tenant.as_str())
    .bind(&new.join_key)
    .bind(&new.grant_digest)
    .bind(rules)
    .bind(&new.revision)
    .fetch_optional(&mut **writing)
    .await?;
    Ok(found.map(|found| found.try_get(0)).transpose()?)
}

/// The hold that answers for this call: open or approved for exactly this, or else denied.
async fn live(
    writing: &mut Writing,
    new: &NewHold,
    rules: &str,
    now: u64,
) -> Result<Option<String>, StoreError> {
    let same = sqlx::query(
        "SELECT id FROM holds WHERE status IN ('pending', 'approved') AND tenant = $1 \
         AND join_key = $2 AND grant_digest = $3 AND rules = $4 AND revision = $5",
    )
    .bind(new.tenant.as_str())
    .bind(&new.join_key)
    .bind(&new.grant_digest)
    .bind(rules)
    .bind(&new.revision)
    .fetch_optional(&mut **writing)
    .await?;
    if let Some(found) = same {
        return Ok(Some(found.try_get(0)?));
    }
    let denied = sqlx::query(
        "SELECT id FROM holds WHERE status = 'denied' AND tenant = $1 AND join_key = $2 \
         AND expires_at > $3 ORDER BY seq DESC LIMIT 1",
    )
    .bind(new.tenant.as_str())
    .bind(&new.join_key)
    .bind(integer(now))
    .fetch_optional(&mut **writing)
    .await?;
    Ok(denied.map(|found| found.try_get(0)).transpose()?)
}

async fn insert(
    writing: &mut Writing,
    new: &NewHold,
    rules: &str,
    standing: Option<&Use>,
    now: u64,
) -> Result<(), StoreError> {
    let status = if standing.is_some() { HoldStatus::Approved } else { HoldStatus::Pending };
    let expiry = now.saturating_add(u64::from(new.terms.expiry_seconds));
    // What a standing grant lets pass ends with it.
    let expires_at = standing.map_or(expiry, |standing| standing.expires_at.min(expiry));
    sqlx::query(
        "INSERT INTO holds (id, status, join_key, grant_digest, rules, revision, issuer, subject, \
         principal, description, severity, terms, view, created_at, expires_at, standing_key, \
         standing, tenant, bytes, session) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, \
         $12, $13, $14, $15, $16, $17, $18, $19, $20)",
    )
    .bind(&new.id)
    .bind(status.name())
    .bind(&new.join_key)
    .bind(&new.grant_digest)
    .bind(rules)
    .bind(&new.revision)
    .bind(&new.principal.issuer)
    .bind(&new.principal.subject)
    .bind(serde_json::to_string(&new.principal)?)
    .bind(&new.description)
    .bind(serde_json::to_value(new.severity)?.as_str().unwrap_or_default().to_owned())
    .bind(serde_json::to_string(&new.terms)?)
    .bind(serde_json::to_string(&short(&new.view))?)
    .bind(integer(now))
    .bind(integer(expires_at))
    .bind(&new.standing_key)
    .bind(standing.map(|standing| &standing.id))
    .bind(new.tenant.as_str())
    .bind(integer(new.bytes))
    .bind(Some(&new.view.session).filter(|session| !session.is_empty()))
    .execute(&mut **writing)
    .await?;
    sqlx::query("INSERT INTO views (hold, view) VALUES ($1, $2)")
        .bind(&new.id)
        .bind(serde_json::to_string(&new.view)?)
        .execute(&mut **writing)
        .await?;
    let audit = Audit {
        at: now,
        actor: visible_line(&new.principal.subject),
        door: "filter".into(),
        peer: String::new(),
        action: "held".into(),
        reason_text: String::new(),
    };
    writing.note(Some(&new.id), &audit).await?;
    writing.changed(&new.id);
    let Some(standing) = standing else { return Ok(()) };
    let granted = Audit {
        actor: standing.id.clone(),
        door: "standing".into(),
        action: "granted".into(),
        ..audit
    };
    writing.note(Some(&new.id), &granted).await
}

async fn wait_on(
    writing: &mut Writing,
    hold: &str,
    waiter: &Waiter,
    now: u64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO waiters (hold, exchange, joined_at, cancel_key) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (hold, exchange) DO NOTHING",
    )
    .bind(hold)
    .bind(&waiter.exchange)
    .bind(integer(now))
    .bind(&waiter.cancel_key)
    .execute(&mut **writing)
    .await?;
    let dropped = sqlx::query(
        "DELETE FROM waiters WHERE hold = $1 AND rowid NOT IN \
         (SELECT rowid FROM waiters WHERE hold = $1 ORDER BY rowid DESC LIMIT $2)",
    )
    .bind(hold)
    .bind(WAITERS_KEPT)
    .execute(&mut **writing)
    .await?;
    if dropped.rows_affected() > 0 {
        sqlx::query("UPDATE holds SET crowded = 1 WHERE id = $1")
            .bind(hold)
            .execute(&mut **writing)
            .await?;
    }
    Ok(())
}
