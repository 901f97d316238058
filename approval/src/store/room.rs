/*! Whether there is room for one more open hold: of one principal, of one tenant, and of all. */

use sqlx::Row;

use super::row::{integer, seconds};
use super::writing::Writing;
use super::{Full, NewHold, StoreError};
use crate::config::Limits;

/// Open ones and their bytes, all in one look. Sums of PostgreSQL are of a type of their own.
const COUNT: &str = "SELECT count(*) AS holds, CAST(coalesce(sum(bytes), 0) AS BIGINT) AS bytes, \
     CAST(coalesce(sum(tenants), 0) AS BIGINT) AS tenant_holds, \
     CAST(coalesce(sum(tenants * bytes), 0) AS BIGINT) AS tenant_bytes, \
     CAST(coalesce(sum(own), 0) AS BIGINT) AS own_holds, \
     CAST(coalesce(sum(own * bytes), 0) AS BIGINT) AS own_bytes \
     FROM (SELECT bytes, CASE WHEN tenant = $2 THEN 1 ELSE 0 END AS tenants, \
     CASE WHEN tenant = $2 AND issuer = $3 AND subject = $4 THEN 1 ELSE 0 END AS own \
     FROM holds WHERE status = 'pending' AND expires_at > $1) AS pending";

pub async fn full(
    writing: &mut Writing,
    new: &NewHold,
    limits: &Limits,
    now: u64,
) -> Result<Option<Full>, StoreError> {
    let found = sqlx::query(COUNT)
        .bind(integer(now))
        .bind(new.tenant.as_str())
        .bind(&new.principal.issuer)
        .bind(&new.principal.subject)
        .fetch_one(&mut **writing)
        .await?;
    let over = |count: &str, sum: &str, holds: u32, bytes: u64| -> Result<bool, sqlx::Error> {
        let open: i64 = found.try_get(count)?;
        let held = seconds(found.try_get(sum)?);
        Ok(open >= i64::from(holds) || held.saturating_add(new.bytes) > bytes)
    };
    let of_principal =
        over("own_holds", "own_bytes", limits.open_per_principal, limits.bytes_per_principal)?;
    if of_principal {
        return Ok(Some(Full::Principal));
    }
    let of_tenant =
        over("tenant_holds", "tenant_bytes", limits.open_per_tenant, limits.bytes_per_tenant)?;
    let of_all = over("holds", "bytes", limits.open, limits.open_bytes)?;
    Ok((of_tenant || of_all).then_some(Full::Service))
}
