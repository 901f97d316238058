/*! An approval that nobody used yet ends by a denial. */

use policy::hold::HoldStatus;

use super::transitions::{read, record};
use super::writing::Writing;
use super::{Audit, Change, Decision, Hold, StoreError, outbox, standing};
use crate::notify::EventKind;

/// A redemption that came first has made the hold a used one, and one that comes later finds it denied: each takes
/// the lock of all writers before it looks.
pub async fn take_back(
    writing: &mut Writing,
    hold: &Hold,
    decision: &Decision,
    audit: &Audit,
) -> Result<Change, StoreError> {
    // One decision settles a hold.
    sqlx::query("UPDATE decisions SET settles = 0 WHERE hold = $1")
        .bind(&hold.id)
        .execute(&mut **writing)
        .await?;
    let decision = Decision { took_back: true, ..decision.clone() };
    record(writing, &hold.id, Some(HoldStatus::Denied), &decision).await?;
    let Some(denied) = read(writing, &hold.id).await? else { return Ok(Change::NoSuchHold) };
    let (by, at) = (&decision.approver, decision.decided_at);
    outbox::tell(writing, EventKind::TakenBack, &denied, by, at).await?;
    // What was to stand rests on this approval.
    if let Some(grant) = standing::founded_by(writing, &hold.id).await? {
        let audit = Audit { action: "revoked".into(), ..audit.clone() };
        standing::end(writing, &grant, &audit).await?;
    }
    Ok(Change::Made(denied))
}
