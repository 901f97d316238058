/*! What gateways say of themselves. */

use policy::report::Report;

use super::sql::SqlStore;
use super::{StoreError, row};

pub async fn report(
    store: &SqlStore,
    report: &Report,
    now: u64,
    gone: u64,
) -> Result<(), StoreError> {
    let mut transaction = store.write().await?;
    sqlx::query("DELETE FROM gateways WHERE seen_at < $1")
        .bind(row::integer(gone))
        .execute(&mut *transaction)
        .await?;
    sqlx::query(
        "INSERT INTO gateways (gateway, worker, report, seen_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (gateway, worker) DO UPDATE SET report = excluded.report, \
         seen_at = excluded.seen_at",
    )
    .bind(&report.gateway)
    .bind(&report.worker)
    .bind(serde_json::to_string(report)?)
    .bind(row::integer(now))
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}
