/*! What gateways say of themselves. */

use policy::report::Report;

use super::sql::SqlStore;
use super::{Reported, StoreError, row};
use crate::tenant::Tenant;

/// Workers of one tenant; past it those go that were heard the longest ago.
const WORKERS_KEPT: i64 = 2000;

pub async fn report(
    store: &SqlStore,
    tenant: &Tenant,
    report: &Report,
    now: u64,
    gone: u64,
) -> Result<(), StoreError> {
    let mut writing = store.write().await?;
    sqlx::query("DELETE FROM gateways WHERE seen_at < $1")
        .bind(row::integer(gone))
        .execute(&mut *writing)
        .await?;
    sqlx::query(
        "INSERT INTO gateways (tenant, gateway, worker, report, seen_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant, gateway, worker) DO UPDATE SET \
         report = excluded.report, seen_at = excluded.seen_at",
    )
    .bind(tenant.as_str())
    .bind(&report.gateway)
    .bind(&report.worker)
    .bind(serde_json::to_string(report)?)
    .bind(row::integer(now))
    .execute(&mut *writing)
    .await?;
    sqlx::query(
        "DELETE FROM gateways WHERE tenant = $1 AND seen_at < (SELECT seen_at FROM gateways \
         WHERE tenant = $1 ORDER BY seen_at DESC LIMIT 1 OFFSET $2)",
    )
    .bind(tenant.as_str())
    .bind(WORKERS_KEPT)
    .execute(&mut *writing)
    .await?;
    writing.commit().await
}

pub async fn reports(store: &SqlStore, since: u64) -> Result<Vec<Reported>, StoreError> {
    let query = "SELECT tenant, report, seen_at FROM gateways WHERE seen_at >= $1 \
         ORDER BY tenant, gateway, seen_at DESC LIMIT 10000";
    let rows = sqlx::query(query).bind(row::integer(since)).fetch_all(&store.pool).await?;
    rows.iter().map(row::reported).collect()
}
