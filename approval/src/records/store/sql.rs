/*! The store of records over either database. */

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{Any, AnyPool, Row as _, Transaction};
use tokio::sync::Mutex;

use super::super::sieve::Sieve;
use super::super::{Exchange, Line, Session};
use super::tails::{self, Tail};
use super::taking::{self, Batch};
use super::{
    Bodies, Counts, ExchangePlace, Found, LinePlace, RecordStore, SessionCut, Source, Taken,
    TakenOut, connect, erasing, keeping, reading,
};
use crate::clock::Clock;
use crate::config::Database;
use crate::store::{Dialect, StoreError};
use crate::tenant::Tenant;

pub struct SqlRecords {
    pub(super) pool: AnyPool,
    pub(super) dialect: Dialect,
    pub(super) clock: Arc<dyn Clock>,
    /// Whose turn it is to write: those of this program queue here, and not all in the database.
    turn: Mutex<()>,
}

impl SqlRecords {
    pub async fn open(database: &Database, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let (pool, dialect) = connect::connect(database).await?;
        Ok(Self { pool, dialect, clock, turn: Mutex::default() })
    }

    pub(super) async fn write(&self) -> Result<Transaction<'static, Any>, StoreError> {
        let begin = match self.dialect {
            Dialect::Sqlite => "BEGIN IMMEDIATE",
            Dialect::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        let pool = self.pool.clone();
        // Goes on though the caller goes away meanwhile: sqlx rolls back what has begun, and no connection goes back
        // to the pool in the middle of it.
        let transaction = tokio::spawn(async move { pool.begin_with(begin).await });
        Ok(transaction.await.map_err(|_| StoreError::CutOff)??)
    }

    pub(super) async fn commit(
        &self,
        transaction: Transaction<'static, Any>,
    ) -> Result<(), StoreError> {
        tokio::spawn(transaction.commit()).await.map_err(|_| StoreError::CutOff)??;
        Ok(())
    }
}

#[async_trait]
impl RecordStore for SqlRecords {
    async fn take(
        &self,
        tenant: &Tenant,
        source: Source,
        lines: &[Line],
    ) -> Result<Taken, StoreError> {
        let _turn = self.turn.lock().await;
        taking::take(self, &Batch { tenant, source, tail: None }, lines).await
    }

    async fn take_read(&self, lines: &[Line], tail: &Tail) -> Result<Taken, StoreError> {
        let _turn = self.turn.lock().await;
        let tenant = &Tenant::default();
        let batch = Batch { tenant, source: Source::File, tail: Some(tail) };
        taking::take(self, &batch, lines).await
    }

    async fn tail(&self, name: &str) -> Result<Option<Tail>, StoreError> {
        tails::read(self, name).await
    }

    async fn sessions(
        &self,
        sieve: &Sieve,
        cut: SessionCut,
        limit: u32,
    ) -> Result<Vec<Session>, StoreError> {
        reading::sessions(self, sieve, cut, limit).await
    }

    async fn session(&self, id: &str) -> Result<Option<Session>, StoreError> {
        reading::session(self, id).await
    }

    async fn exchanges(
        &self,
        session: &str,
        sieve: &Sieve,
        bodies: Bodies,
        after: Option<ExchangePlace>,
        limit: u32,
    ) -> Result<Vec<Exchange>, StoreError> {
        reading::exchanges(self, session, (sieve, bodies), after, limit).await
    }

    async fn found(&self, reference: &str, tenant: Option<&str>) -> Result<Vec<Found>, StoreError> {
        reading::found(self, reference, tenant).await
    }

    async fn lines(
        &self,
        session: Option<&str>,
        after: Option<&LinePlace>,
        limit: u32,
    ) -> Result<Vec<(LinePlace, Line)>, StoreError> {
        reading::lines(self, session, after, limit).await
    }

    async fn came(
        &self,
        session: &str,
        bodies: Bodies,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, Exchange)>, StoreError> {
        reading::came(self, session, bodies, (after, limit)).await
    }

    async fn latest(&self) -> Result<u64, StoreError> {
        let row = sqlx::query("SELECT coalesce(max(id), 0) FROM records").fetch_one(&self.pool);
        Ok(row.await?.try_get::<i64, _>(0)?.unsigned_abs())
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        keeping::counts(self).await
    }

    async fn pruned(&self) -> Result<Vec<(String, String, u64)>, StoreError> {
        keeping::pruned(self).await
    }

    async fn prune(&self, before: u64, keep_bytes: u64) -> Result<TakenOut, StoreError> {
        let _turn = self.turn.lock().await;
        keeping::prune(self, before, keep_bytes).await
    }

    async fn erase(
        &self,
        issuer: Option<&str>,
        subject: &str,
        by: &str,
        taken: &mut TakenOut,
    ) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        erasing::erase(self, (issuer, subject), by, taken).await
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
