/*! What an exchange that waits does to its hold: it uses the approval, or goes away. */

use policy::hold::HoldStatus;

use super::row::integer;
use super::sql::SqlStore;
use super::transitions::{Due, lapse, read};
use super::writing::Writing;
use super::{Audit, Change, Hold, Redemption, StoreError, counting, outbox};
use crate::notify::EventKind;
use crate::tenant::Tenant;
use crate::wake::Wake;

/// Seconds in which the answer to a redemption may be asked for again. Short: it is for answers that
/// were lost on their way, and the grant in it lives no longer than the hold.
const AGAIN_WITHIN: i64 = 60;

pub async fn redeem(
    store: &SqlStore,
    tenant: &Tenant,
    id: &str,
    redemption: &Redemption,
    audit: &Audit,
) -> Result<Change, StoreError> {
    let mut writing = store.write().await?;
    lapse(&mut writing, Due::Hold(id), audit.at).await?;
    counting::recount(&mut writing, id, audit.at).await?;
    let used = sqlx::query(
        "UPDATE holds SET status = 'redeemed', closed_at = $1, redeemed_by = $2, \
         nonce_digest = $5 \
         WHERE id = $3 AND tenant = $4 AND status = 'approved' AND expires_at > $1 AND EXISTS \
         (SELECT 1 FROM waiters WHERE hold = $3 AND exchange = $2 AND left_at IS NULL)",
    )
    .bind(integer(audit.at))
    .bind(&redemption.exchange)
    .bind(id)
    .bind(tenant.as_str())
    .bind(&redemption.nonce_digest)
    .execute(&mut *writing)
    .await?;
    if used.rows_affected() == 0 && is_again(&mut writing, id, redemption, audit.at).await? {
        let again = Audit { action: format!("{}_again", audit.action), ..audit.clone() };
        writing.note(Some(id), &again).await?;
        let hold = own(&mut writing, tenant, id).await?;
        writing.commit().await?;
        return Ok(hold.map_or(Change::NoSuchHold, Change::Same));
    }
    finish(writing, tenant, id, used.rows_affected() == 1, audit).await
}

/// Whether this is the redemption there was, and not too long ago.
async fn is_again(
    writing: &mut Writing,
    id: &str,
    redemption: &Redemption,
    now: u64,
) -> Result<bool, StoreError> {
    let found = sqlx::query(
        "SELECT 1 FROM holds WHERE id = $1 AND status = 'redeemed' AND redeemed_by = $2 \
         AND nonce_digest = $3 AND expires_at > $4 AND closed_at > $5",
    )
    .bind(id)
    .bind(&redemption.exchange)
    .bind(&redemption.nonce_digest)
    .bind(integer(now))
    .bind(integer(now).saturating_sub(AGAIN_WITHIN))
    .fetch_optional(&mut **writing)
    .await?;
    Ok(found.is_some())
}

pub async fn leave(
    store: &SqlStore,
    tenant: &Tenant,
    id: &str,
    exchange: &str,
    audit: &Audit,
) -> Result<Change, StoreError> {
    let mut writing = store.write().await?;
    if own(&mut writing, tenant, id).await?.is_none() {
        return Ok(Change::NoSuchHold);
    }
    lapse(&mut writing, Due::Hold(id), audit.at).await?;
    writing.changed(&Wake::left(exchange));
    sqlx::query(
        "UPDATE waiters SET left_at = $1 WHERE hold = $2 AND exchange = $3 AND left_at IS NULL",
    )
    .bind(integer(audit.at))
    .bind(id)
    .bind(exchange)
    .execute(&mut *writing)
    .await?;
    // Somebody who was answered `pending` never leaves: the hold then waits for the repeat.
    let cancelled = sqlx::query(
        "UPDATE holds SET status = 'cancelled', closed_at = $1 \
         WHERE id = $2 AND status = 'pending' AND crowded = 0 AND NOT EXISTS \
         (SELECT 1 FROM waiters WHERE hold = $2 AND left_at IS NULL)",
    )
    .bind(integer(audit.at))
    .bind(id)
    .execute(&mut *writing)
    .await?;
    finish(writing, tenant, id, cancelled.rows_affected() == 1, audit).await
}

async fn finish(
    mut writing: Writing,
    tenant: &Tenant,
    id: &str,
    made: bool,
    audit: &Audit,
) -> Result<Change, StoreError> {
    if made {
        writing.note(Some(id), audit).await?;
        writing.changed(id);
    }
    let hold = own(&mut writing, tenant, id).await?;
    if let Some(hold) = hold.as_ref().filter(|one| made && one.status == HoldStatus::Cancelled) {
        outbox::tell(&mut writing, EventKind::Cancelled, hold, "", audit.at).await?;
    }
    writing.commit().await?;
    Ok(match hold {
        None => Change::NoSuchHold,
        Some(hold) if made => Change::Made(hold),
        Some(hold) => Change::Refused(hold),
    })
}

/// One of another tenant is none.
async fn own(writing: &mut Writing, tenant: &Tenant, id: &str) -> Result<Option<Hold>, StoreError> {
    Ok(read(writing, id).await?.filter(|hold| hold.tenant == tenant.as_str()))
}
