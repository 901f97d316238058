/*! An approved hold whose approvers are gone, or are others by now, ends before its call passes. */

use policy::hold::HoldStatus;

use super::sql::{ONE, in_short};
use super::transitions::read;
use super::writing::Writing;
use super::{Audit, StoreError, outbox, row};
use crate::notify::EventKind;

/// Cancels the hold if it is approved and the approvals that count are not enough any more. Whether it did.
pub async fn recount(writing: &mut Writing, id: &str, now: u64) -> Result<bool, StoreError> {
    let Some(people) = writing.people.clone() else { return Ok(false) };
    let query = sqlx::query(in_short(writing.dialect, ONE)).bind(id);
    let found = query.fetch_optional(&mut **writing).await?;
    let Some(found) = found else { return Ok(false) };
    let hold = row::hold(&found, Some(&people))?;
    if hold.status != HoldStatus::Approved || hold.bears() {
        return Ok(false);
    }
    sqlx::query("UPDATE holds SET status = 'cancelled', closed_at = $1 WHERE id = $2")
        .bind(row::integer(now))
        .bind(id)
        .execute(&mut **writing)
        .await?;
    let audit = Audit {
        at: now,
        actor: hold.lapsed.join(", "),
        door: "people".into(),
        peer: String::new(),
        action: "lapsed".into(),
        reason_text: String::new(),
    };
    writing.note(Some(id), &audit).await?;
    writing.changed(id);
    if let Some(hold) = read(writing, id).await? {
        outbox::tell(writing, EventKind::Cancelled, &hold, "", now).await?;
    }
    Ok(true)
}
