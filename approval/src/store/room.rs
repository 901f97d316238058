/*! Whether there is room for one more open hold: of one principal, of one tenant, and of all. */

use sqlx::Row;
use sqlx::any::AnyRow;

use super::row::{integer, seconds};
use super::writing::Writing;
use super::{Full, NewHold, StoreError};
use crate::config::Limits;

/// Open ones and their bytes; sums of PostgreSQL are of a type of their own.
macro_rules! count {
    ($of:literal) => {
        concat!(
            "SELECT count(*) AS holds, CAST(coalesce(sum(bytes), 0) AS BIGINT) AS bytes \
             FROM holds WHERE status = 'pending' AND expires_at > $1",
            $of
        )
    };
}

pub async fn full(
    writing: &mut Writing,
    new: &NewHold,
    limits: &Limits,
    now: u64,
) -> Result<Option<Full>, StoreError> {
    let own = sqlx::query(count!(" AND subject = $2 AND issuer = $3 AND tenant = $4"))
        .bind(integer(now))
        .bind(&new.principal.subject)
        .bind(&new.principal.issuer)
        .bind(new.tenant.as_str())
        .fetch_one(&mut **writing)
        .await?;
    if over(&own, new, limits.open_per_principal, limits.bytes_per_principal)? {
        return Ok(Some(Full::Principal));
    }
    let tenant = sqlx::query(count!(" AND tenant = $2"))
        .bind(integer(now))
        .bind(new.tenant.as_str())
        .fetch_one(&mut **writing)
        .await?;
    if over(&tenant, new, limits.open_per_tenant, limits.bytes_per_tenant)? {
        return Ok(Some(Full::Service));
    }
    let all = sqlx::query(count!("")).bind(integer(now)).fetch_one(&mut **writing).await?;
    Ok(over(&all, new, limits.open, limits.open_bytes)?.then_some(Full::Service))
}

fn over(found: &AnyRow, new: &NewHold, holds: u32, bytes: u64) -> Result<bool, sqlx::Error> {
    let open: i64 = found.try_get("holds")?;
    let held = seconds(found.try_get("bytes")?);
    Ok(open >= i64::from(holds) || held.saturating_add(new.bytes) > bytes)
}
