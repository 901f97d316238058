/*! How far chains of records are, and the checkpoints that say so. */

use async_trait::async_trait;
use policy::record::chain::Head;
use policy::record::checkpoint::{ChainState, Checkpoint, Note, checkpoint_digest};
use sqlx::{Row, any::AnyRow};

use super::sql::SqlStore;
use super::{StoreError, row};
use crate::tenant::Tenant;

/// Chains in one checkpoint; the others are in the next.
const CHAINS_SIGNED: i64 = 1000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    pub number: u64,
    /// As it was signed.
    pub jws: String,
}

/// Makes the JWS of a checkpoint. `None` where that fails.
pub type Sign<'a> = &'a (dyn Fn(&Checkpoint) -> Option<String> + Send + Sync);

#[async_trait]
pub trait Checkpoints: Send + Sync {
    /// A chain never gets shorter, and what is said of one length stays. Those that were told otherwise come
    /// back. What is not new is noted if it was heard `again` seconds ago or more. Chains that were heard last before `gone` are forgotten: checkpoints have them.
    async fn hear_chains(
        &self,
        states: &[ChainState],
        again: u64,
        gone: u64,
    ) -> Result<Vec<ChainState>, StoreError>;
    /// Of one tenant, those that have not ended.
    async fn told_chains(&self, tenant: &Tenant) -> Result<Vec<(String, Head)>, StoreError>;
    /// Signs what no checkpoint says yet, at one replica, and these notes: `false` if there is nothing.
    async fn checkpoint(&self, sign: Sign<'_>, notes: &[Note]) -> Result<bool, StoreError>;
    /// At most `limit`, the first of them after this one.
    async fn checkpoints(&self, after: u64, limit: u32) -> Result<Vec<Signed>, StoreError>;
}

#[async_trait]
impl Checkpoints for SqlStore {
    async fn hear_chains(
        &self,
        states: &[ChainState],
        again: u64,
        gone: u64,
    ) -> Result<Vec<ChainState>, StoreError> {
        let mut writing = self.write().await?;
        let mut otherwise = Vec::new();
        for state in states {
            let known = sqlx::query(
                "SELECT * FROM chains \
                 WHERE tenant = $1 AND chain = $2",
            )
            .bind(&state.tenant)
            .bind(&state.chain)
            .fetch_optional(&mut *writing)
            .await?;
            let known = known.as_ref().map(chain).transpose()?;
            if known.as_ref().is_some_and(|known| state.head.count < known.head.count) {
                // What overtook it says more.
                continue;
            }
            if known.as_ref().is_some_and(|known| contradicts(known, state)) {
                otherwise.push(state.clone());
                continue;
            }
            let news = known.as_ref().is_none_or(|known| {
                (known.head.count, known.ended) != (state.head.count, state.ended || known.ended)
            });
            let heard = known.as_ref().map_or(0, |known| known.heard_at);
            if !news && state.heard_at < heard + again {
                continue;
            }
            sqlx::query(
                "INSERT INTO chains (tenant, chain, gateway, links, head, ended, heard_at, signed) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant, chain) DO UPDATE SET \
                 links = excluded.links, head = excluded.head, \
                 ended = CASE WHEN chains.ended = 1 THEN 1 ELSE excluded.ended END, \
                 heard_at = excluded.heard_at, \
                 signed = CASE WHEN excluded.signed = 1 THEN chains.signed ELSE 0 END",
            )
            .bind(&state.tenant)
            .bind(&state.chain)
            .bind(&state.gateway)
            .bind(row::integer(state.head.count))
            .bind(&state.head.digest)
            .bind(i64::from(state.ended))
            .bind(row::integer(state.heard_at))
            .bind(i64::from(!news))
            .execute(&mut *writing)
            .await?;
        }
        sqlx::query("DELETE FROM chains WHERE heard_at < $1 AND signed = 1")
            .bind(row::integer(gone))
            .execute(&mut *writing)
            .await?;
        writing.commit().await?;
        Ok(otherwise)
    }

    async fn told_chains(&self, tenant: &Tenant) -> Result<Vec<(String, Head)>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM chains \
             WHERE tenant = $1 AND ended = 0",
        )
        .bind(tenant.as_str())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| chain(row).map(|state| (state.chain, state.head))).collect()
    }

    async fn checkpoint(&self, sign: Sign<'_>, notes: &[Note]) -> Result<bool, StoreError> {
        let mut writing = self.write().await?;
        let rows = sqlx::query(
            "SELECT * FROM chains \
             WHERE signed = 0 ORDER BY heard_at, tenant, chain LIMIT $1",
        )
        .bind(CHAINS_SIGNED)
        .fetch_all(&mut *writing)
        .await?;
        if rows.is_empty() && notes.is_empty() {
            return Ok(false);
        }
        let last = sqlx::query("SELECT number, jws FROM checkpoints ORDER BY number DESC LIMIT 1")
            .fetch_optional(&mut *writing)
            .await?;
        let last = last.as_ref().map(signed).transpose()?;
        let checkpoint = Checkpoint {
            number: last.as_ref().map_or(1, |last| last.number + 1),
            previous: last.map_or_else(String::new, |last| checkpoint_digest(&last.jws)),
            chains: rows.iter().map(chain).collect::<Result<_, _>>()?,
            notes: notes.to_vec(),
        };
        let Some(jws) = sign(&checkpoint) else { return Ok(false) };
        sqlx::query("INSERT INTO checkpoints (number, jws) VALUES ($1, $2)")
            .bind(row::integer(checkpoint.number))
            .bind(jws)
            .execute(&mut *writing)
            .await?;
        for ChainState { tenant, chain, .. } in &checkpoint.chains {
            sqlx::query("UPDATE chains SET signed = 1 WHERE tenant = $1 AND chain = $2")
                .bind(tenant)
                .bind(chain)
                .execute(&mut *writing)
                .await?;
        }
        writing.commit().await?;
        Ok(true)
    }

    async fn checkpoints(&self, after: u64, limit: u32) -> Result<Vec<Signed>, StoreError> {
        let rows = sqlx::query(
            "SELECT number, jws FROM checkpoints WHERE number > $1 ORDER BY number LIMIT $2",
        )
        .bind(row::integer(after))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(signed).collect()
    }
}

fn contradicts(known: &ChainState, told: &ChainState) -> bool {
    let same = known.head.count == told.head.count;
    (same && known.head.digest != told.head.digest) || (!same && known.ended)
}

fn chain(row: &AnyRow) -> Result<ChainState, StoreError> {
    Ok(ChainState {
        tenant: row.try_get("tenant")?,
        gateway: row.try_get("gateway")?,
        chain: row.try_get("chain")?,
        head: Head { count: row::seconds(row.try_get("links")?), digest: row.try_get("head")? },
        ended: row.try_get::<i64, _>("ended")? == 1,
        heard_at: row::seconds(row.try_get("heard_at")?),
    })
}

fn signed(row: &AnyRow) -> Result<Signed, StoreError> {
    Ok(Signed { number: row::seconds(row.try_get("number")?), jws: row.try_get("jws")? })
}
