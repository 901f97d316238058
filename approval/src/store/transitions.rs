/*! The changes of a hold's life, each in one transaction that took the write lock first. */

use policy::hold::{Approval, HoldStatus};
use sqlx::Row;

use super::row::{self, integer};
use super::sql::{SqlStore, one};
use super::writing::Writing;
use super::{
    Audit, Change, Choice, Decision, Hold, StoreError, counting, outbox, standing, taking_back,
};
use crate::notify::EventKind;

pub async fn decide(
    store: &SqlStore,
    id: &str,
    decision: &Decision,
    audit: &Audit,
) -> Result<Change, StoreError> {
    let now = decision.decided_at;
    let mut writing = store.write().await?;
    lapse(&mut writing, Due::Hold(id), now).await?;
    counting::recount(&mut writing, id, now).await?;
    let Some(hold) = read(&mut writing, id).await? else { return Ok(Change::NoSuchHold) };
    let change = match (hold.status, decision.choice) {
        (HoldStatus::Pending, Choice::Approve)
            if !decision.break_glass
                && hold.approvals.iter().any(|one| one.approver == decision.approver) =>
        {
            Change::Same(hold)
        }
        (HoldStatus::Pending, _)
            if decision.standing
                && standing::denied_alike(
                    &mut writing,
                    &hold.tenant,
                    hold.standing_key.as_deref(),
                    now,
                )
                .await? =>
        {
            Change::DeniedAlike
        }
        (HoldStatus::Pending, _) if decision.break_glass && !breaks(&hold, decision) => {
            Change::Refused(hold)
        }
        (HoldStatus::Pending, choice) => {
            let status = match choice {
                Choice::Approve if decision.break_glass => Some(HoldStatus::Approved),
                Choice::Approve => enough(&hold, decision).then_some(HoldStatus::Approved),
                Choice::Deny => Some(HoldStatus::Denied),
            };
            record(&mut writing, id, status, decision).await?;
            let stands = match (status, hold.scope().filter(|_| !decision.break_glass)) {
                (Some(HoldStatus::Approved), Some(scope)) => {
                    standing::establish(&mut writing, &hold, scope, now).await?
                }
                _ => false,
            };
            let hold = read(&mut writing, id).await?;
            if let (Some(hold), Some(status)) = (&hold, status) {
                tell(&mut writing, hold, status, stands, decision).await?;
            }
            hold.map_or(Change::NoSuchHold, Change::Made)
        }
        (HoldStatus::Approved, Choice::Deny) => {
            taking_back::take_back(&mut writing, &hold, decision, audit).await?
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
    let name = match &change {
        Change::Made(hold) if hold.decision.as_ref().is_some_and(|one| one.took_back) => {
            "taken_back"
        }
        _ if decision.break_glass => "break_glass",
        _ => decision.choice.name(),
    };
    let audit = Audit { action: format!("{name}{suffix}"), ..audit.clone() };
    writing.note(Some(id), &audit).await?;
    if matches!(change, Change::Made(_)) {
        writing.changed(id);
    }
    writing.commit().await?;
    Ok(change)
}

/// Channels hear of what settles a hold, and of a grant that stands from then on.
async fn tell(
    writing: &mut Writing,
    hold: &Hold,
    status: HoldStatus,
    stands: bool,
    decision: &Decision,
) -> Result<(), StoreError> {
    let Decision { approver, decided_at, .. } = decision;
    let kind = match status {
        HoldStatus::Denied => EventKind::Denied,
        _ if decision.break_glass => EventKind::BreakGlass,
        _ => EventKind::Approved,
    };
    outbox::tell(writing, kind, hold, approver, *decided_at).await?;
    if stands {
        let kind = EventKind::StandingMade;
        outbox::tell(writing, kind, hold, approver, *decided_at).await?;
    }
    Ok(())
}

/// Whether this person may let the call pass at once.
fn breaks(hold: &Hold, decision: &Decision) -> bool {
    let Decision { approver, entitled_by, .. } = decision;
    let one = Approval { approver: approver.clone(), groups: entitled_by.clone() };
    hold.terms.broken_by(&[one])
}

/// Whether one more approval makes them all that the rules ask for.
fn enough(hold: &Hold, decision: &Decision) -> bool {
    let mut approvals = hold.approvals.clone();
    let Decision { approver, entitled_by, .. } = decision;
    approvals.push(Approval { approver: approver.clone(), groups: entitled_by.clone() });
    hold.terms.satisfied_by(&approvals)
}

/// `status`: what the hold becomes by it.
pub async fn record(
    writing: &mut Writing,
    id: &str,
    status: Option<HoldStatus>,
    decision: &Decision,
) -> Result<(), StoreError> {
    if let Some(status) = status {
        sqlx::query(
            "UPDATE holds SET status = $1 WHERE id = $2 AND status IN ('pending', 'approved')",
        )
        .bind(status.name())
        .bind(id)
        .execute(&mut **writing)
        .await?;
    }
    // Whoever approved may still deny while others have not.
    sqlx::query(
        "INSERT INTO decisions \
         (hold, approver, decision, reason_text, entitled_by, decided_at, settles, standing, \
         break_glass, took_back, account) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (hold, approver) DO UPDATE SET \
         decision = excluded.decision, reason_text = excluded.reason_text, \
         entitled_by = excluded.entitled_by, decided_at = excluded.decided_at, \
         settles = excluded.settles, standing = excluded.standing, \
         break_glass = excluded.break_glass, took_back = excluded.took_back, \
         account = excluded.account",
    )
    .bind(id)
    .bind(&decision.approver)
    .bind(decision.choice.name())
    .bind(&decision.reason_text)
    .bind(serde_json::to_string(&decision.entitled_by)?)
    .bind(integer(decision.decided_at))
    .bind(i64::from(status.is_some()))
    .bind(i64::from(decision.standing))
    .bind(i64::from(decision.break_glass))
    .bind(i64::from(decision.took_back))
    .bind(&decision.account)
    .execute(&mut **writing)
    .await?;
    Ok(())
}

pub async fn expire(store: &SqlStore, now: u64) -> Result<Vec<String>, StoreError> {
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
            "WHERE status IN ('pending', 'approved') AND expires_at <= $1 AND ",
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
        Due::All => (lapse!("$2 = ''"), ""),
        Due::Hold(id) => (lapse!("id = $2"), id),
        Due::Call(join_key) => (lapse!("join_key = $2"), join_key),
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
        writing.note(Some(&id), &audit).await?;
        writing.changed(&id);
        if !writing.routes.is_empty() {
            let hold = read(writing, &id).await?;
            if let Some(hold) = hold {
                outbox::tell(writing, EventKind::Expired, &hold, "", now).await?;
            }
        }
        expired.push(id);
    }
    Ok(expired)
}

pub async fn read(writing: &mut Writing, id: &str) -> Result<Option<Hold>, StoreError> {
    let found = sqlx::query(one(writing.dialect)).bind(id).fetch_optional(&mut **writing).await?;
    let people = writing.people.as_deref();
    found.as_ref().map(|found| row::hold(found, people)).transpose()
}
