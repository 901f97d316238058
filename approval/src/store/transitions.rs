/*! The changes of a hold's life, each in one transaction that took the write lock first. */

use policy::hold::{Approval, HoldStatus};
use sqlx::{Row, Sqlite, Transaction};

use super::row::{self, integer};
use super::sqlite::{SELECT_HOLD, SqliteStore};
use super::{Audit, Change, Choice, Decision, Hold, StoreError, standing};

pub type Writing = Transaction<'static, Sqlite>;

pub async fn decide(
    store: &SqliteStore,
    id: &str,
    decision: &Decision,
    audit: &Audit,
) -> Result<Change, StoreError> {
    let now = decision.decided_at;
    let mut writing = store.write().await?;
    lapse(&mut writing, Due::Hold(id), now).await?;
    let Some(hold) = read(&mut writing, id).await? else { return Ok(Change::NoSuchHold) };
    let change = match (hold.status, decision.choice) {
        (HoldStatus::Pending, Choice::Approve)
            if hold.approvals.iter().any(|one| one.approver == decision.approver) =>
        {
            Change::Same(hold)
        }
        (HoldStatus::Pending, _)
            if decision.standing
                && standing::denied_alike(&mut writing, hold.standing_key.as_deref(), now)
                    .await? =>
        {
            Change::DeniedAlike
        }
        (HoldStatus::Pending, choice) => {
            let status = match choice {
                Choice::Approve => enough(&hold, decision).then_some(HoldStatus::Approved),
                Choice::Deny => Some(HoldStatus::Denied),
            };
            record(&mut writing, id, status, decision).await?;
            if let (Some(HoldStatus::Approved), Some(scope)) = (status, hold.scope()) {
                standing::establish(&mut writing, &hold, scope, now).await?;
            }
            read(&mut writing, id).await?.map_or(Change::NoSuchHold, Change::Made)
        }
        (HoldStatus::Approved | HoldStatus::Redeemed, Choice::Approve)
        | (HoldStatus::Denied, Choice::Deny) => Change::Same(hold),
        _ => Change::Refused(hold),
    };
    let suffix = match &change {
        Change::Made(_) if decision.standing => "_standing",
        Change::Made(_) => "",
        Change::Same(_) => "_again",
        Change::Refused(_) | Change::DeniedAlike | Change::NoSuchHold => "_refused",
    };
    let audit = Audit { action: format!("{}{suffix}", decision.choice.name()), ..audit.clone() };
    note(&mut writing, Some(id), &audit).await?;
    writing.commit().await?;
    Ok(change)
}

/// Whether one more approval makes them all that the rules ask for.
fn enough(hold: &Hold, decision: &Decision) -> bool {
    let mut approvals = hold.approvals.clone();
    let Decision { approver, entitled_by, .. } = decision;
    approvals.push(Approval { approver: approver.clone(), groups: entitled_by.clone() });
    hold.terms.satisfied_by(&approvals)
}

/// `status`: what the hold becomes by it.
async fn record(
    writing: &mut Writing,
    id: &str,
    status: Option<HoldStatus>,
    decision: &Decision,
) -> Result<(), StoreError> {
    if let Some(status) = status {
        sqlx::query("UPDATE holds SET status = ? WHERE id = ? AND status = 'pending'")
            .bind(status.name())
            .bind(id)
            .execute(&mut **writing)
            .await?;
    }
    // Whoever approved may still deny while others have not.
    sqlx::query("INSERT OR REPLACE INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(id)
        .bind(&decision.approver)
        .bind(decision.choice.name())
        .bind(&decision.reason_text)
        .bind(serde_json::to_string(&decision.entitled_by)?)
        .bind(integer(decision.decided_at))
        .bind(status.is_some())
        .bind(decision.standing)
        .execute(&mut **writing)
        .await?;
    Ok(())
}

pub async fn redeem(
    store: &SqliteStore,
    id: &str,
    exchange: &str,
    audit: &Audit,
) -> Result<Change, StoreError> {
    let mut writing = store.write().await?;
    lapse(&mut writing, Due::Hold(id), audit.at).await?;
    let used = sqlx::query(
        "UPDATE holds SET status = 'redeemed', closed_at = ?1, redeemed_by = ?2 \
         WHERE id = ?3 AND status = 'approved' AND expires_at > ?1 AND EXISTS \
         (SELECT 1 FROM waiters WHERE hold = ?3 AND exchange = ?2 AND left_at IS NULL)",
    )
    .bind(integer(audit.at))
    .bind(exchange)
    .bind(id)
    .execute(&mut *writing)
    .await?;
    finish(writing, id, used.rows_affected() == 1, audit).await
}

pub async fn leave(
    store: &SqliteStore,
    id: &str,
    exchange: &str,
    audit: &Audit,
) -> Result<Change, StoreError> {
    let mut writing = store.write().await?;
    lapse(&mut writing, Due::Hold(id), audit.at).await?;
    sqlx::query("UPDATE waiters SET left_at = ? WHERE hold = ? AND exchange = ?")
        .bind(integer(audit.at))
        .bind(id)
        .bind(exchange)
        .execute(&mut *writing)
        .await?;
    // Somebody who was answered `pending` never leaves: the hold then waits for the repeat.
    let cancelled = sqlx::query(
        "UPDATE holds SET status = 'cancelled', closed_at = ?1 \
         WHERE id = ?2 AND status = 'pending' AND crowded = 0 AND NOT EXISTS \
         (SELECT 1 FROM waiters WHERE hold = ?2 AND left_at IS NULL)",
    )
    .bind(integer(audit.at))
    .bind(id)
    .execute(&mut *writing)
    .await?;
    finish(writing, id, cancelled.rows_affected() == 1, audit).await
}

async fn finish(
    mut writing: Writing,
    id: &str,
    made: bool,
    audit: &Audit,
) -> Result<Change, StoreError> {
    if made {
        note(&mut writing, Some(id), audit).await?;
    }
    let hold = read(&mut writing, id).await?;
    writing.commit().await?;
    Ok(match hold {
        None => Change::NoSuchHold,
        Some(hold) if made => Change::Made(hold),
        Some(hold) => Change::Refused(hold),
    })
}

pub async fn expire(store: &SqliteStore, now: u64) -> Result<Vec<String>, StoreError> {
    let mut writing = store.write().await?;
    let expired = lapse(&mut writing, Due::All, now).await?;
    writing.commit().await?;
    Ok(expired)
}

/// Which holds a transaction looks at before it goes by what their status says.
pub enum Due<'a> {
    All,
    Hold(&'a str),
    Call(&'a str),
}

macro_rules! lapse {
    ($which:literal) => {
        concat!(
            "UPDATE holds SET status = 'expired', closed_at = expires_at ",
            "WHERE status IN ('pending', 'approved') AND expires_at <= ?1 AND ",
            $which,
            " RETURNING id"
        )
    };
}

/// Notes the end of holds whose time is over.
pub async fn lapse(
    writing: &mut Writing,
    due: Due<'_>,
    now: u64,
) -> Result<Vec<String>, StoreError> {
    let (query, which) = match due {
        Due::All => (lapse!("?2 = ''"), ""),
        Due::Hold(id) => (lapse!("id = ?2"), id),
        Due::Call(join_key) => (lapse!("join_key = ?2"), join_key),
    };
    let rows = sqlx::query(query).bind(integer(now)).bind(which).fetch_all(&mut **writing).await?;
    let mut expired = Vec::with_capacity(rows.len());
    for found in rows {
        let id: String = found.try_get(0)?;
        let audit = Audit {
            at: now,
            actor: String::new(),
            door: "clock".into(),
            peer: String::new(),
            action: "expired".into(),
            reason_text: String::new(),
        };
        note(writing, Some(&id), &audit).await?;
        expired.push(id);
    }
    Ok(expired)
}

pub async fn read(writing: &mut Writing, id: &str) -> Result<Option<Hold>, StoreError> {
    let found = sqlx::query(SELECT_HOLD).bind(id).fetch_optional(&mut **writing).await?;
    found.as_ref().map(row::hold).transpose()
}

pub async fn note(
    writing: &mut Writing,
    hold: Option<&str>,
    audit: &Audit,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit (at, hold, actor, door, peer, action, reason_text) \
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(integer(audit.at))
    .bind(hold)
    .bind(&audit.actor)
    .bind(&audit.door)
    .bind(&audit.peer)
    .bind(&audit.action)
    .bind(&audit.reason_text)
    .execute(&mut **writing)
    .await?;
    Ok(())
}
