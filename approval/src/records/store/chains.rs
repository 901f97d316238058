/*! How much of each chain came. */

use std::collections::BTreeMap;

use sqlx::AnyConnection;

use super::row::Row;
use crate::store::StoreError;
use crate::tenant::Tenant;

#[derive(Default)]
pub struct Chains(BTreeMap<String, Came>);

struct Came {
    first: i64,
    last: i64,
    stored: i64,
}

impl Chains {
    pub fn add(&mut self, row: &Row) {
        if row.chain.is_empty() {
            return;
        }
        let (first, last) = (row.sequence, row.sequence);
        let came = self.0.entry(row.chain.clone()).or_insert(Came { first, last, stored: 0 });
        came.first = came.first.min(first);
        came.last = came.last.max(last);
        came.stored += 1;
    }

    /// A row that gives way to this one.
    pub fn remove(&mut self, row: &Row) {
        let (first, last) = (row.sequence, row.sequence);
        self.0.entry(row.chain.clone()).or_insert(Came { first, last, stored: 0 }).stored -= 1;
    }

    pub async fn write(
        self,
        connection: &mut AnyConnection,
        tenant: &Tenant,
    ) -> Result<(), StoreError> {
        for (chain, Came { first, last, stored }) in self.0 {
            sqlx::query(
                "INSERT INTO record_chains (tenant, chain, first, last, stored, pruned_to) \
                 VALUES ($1, $2, $3, $4, $5, 0) ON CONFLICT (tenant, chain) DO UPDATE SET \
                 first = CASE WHEN excluded.first < record_chains.first \
                 THEN excluded.first ELSE record_chains.first END, \
                 last = CASE WHEN excluded.last > record_chains.last \
                 THEN excluded.last ELSE record_chains.last END, \
                 stored = record_chains.stored + excluded.stored",
            )
            .bind(tenant.as_str())
            .bind(&chain)
            .bind(first)
            .bind(last)
            .bind(stored)
            .execute(&mut *connection)
            .await?;
        }
        Ok(())
    }
}
