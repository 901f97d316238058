/*! The store over either database. */

use std::sync::Arc;

use async_trait::async_trait;
use policy::hold::HoldStatus;
use policy::report::Report;
use sqlx::{AnyPool, AssertSqlSafe};
use tokio::sync::Mutex;

use super::dialect::Dialect;
use super::listen::{self, Replica};
use super::writing::Writing;
use super::{
    Audit, Change, Decision, Hold, NewHold, Opened, Revoked, Shelf, StandingGrant, Store,
    StoreError, Waiter, connect, gateways, opening, row, standing, transitions,
};
use crate::config::Database;
use crate::notify::Route;
use crate::random;
use crate::wake::Wake;

pub struct SqlStore {
    pub(super) pool: AnyPool,
    pub(super) dialect: Dialect,
    pub(super) replica: Replica,
    pub(super) wake: Arc<Wake>,
    /// Whose turn it is to write.
    pub(super) turn: Arc<Mutex<()>>,
    pub(super) routes: Arc<[Route]>,
}

impl SqlStore {
    /// `wake` is told of each change, here or at another replica, until it is stopped.
    pub async fn open(database: &Database, wake: Arc<Wake>) -> Result<Self, StoreError> {
        let (pool, dialect) = connect::connect(database).await?;
        let replica: Replica =
            random::id().map_err(|error| StoreError::Database(error.into()))?.into();
        if let Database::Postgres(url) = database {
            let url = url.reveal().to_owned();
            tokio::spawn(listen::listen(url, replica.clone(), wake.clone()));
        }
        Ok(Self { pool, dialect, replica, wake, turn: Arc::default(), routes: Arc::default() })
    }

    /// These channels are told of what happens from now on.
    pub fn telling(self, routes: impl IntoIterator<Item = Route>) -> Self {
        Self { routes: routes.into_iter().collect(), ..self }
    }

    pub(super) async fn write(&self) -> Result<Writing, StoreError> {
        Writing::begin(self).await
    }

    /// Holds with the decision that settled each, and all approvals.
    pub(super) fn holds(&self, which: &'static str) -> AssertSqlSafe<String> {
        select(self.dialect, which)
    }
}

/// Made of words of the program alone.
pub(super) fn select(dialect: Dialect, which: &'static str) -> AssertSqlSafe<String> {
    let approvals = dialect.approvals();
    AssertSqlSafe(format!(
        "SELECT h.*, d.decision, d.approver, d.reason_text, d.entitled_by, d.decided_at, \
         d.standing AS stands, d.break_glass, {approvals} AS approvals \
         FROM holds h LEFT JOIN decisions d ON d.hold = h.id AND d.settles = 1 WHERE {which}"
    ))
}

pub(super) const ONE: &str = "h.id = $1";

#[async_trait]
impl Store for SqlStore {
    async fn open(
        &self,
        new: &NewHold,
        waiter: &Waiter,
        limit: u32,
        now: u64,
    ) -> Result<Opened, StoreError> {
        opening::open(self, new, waiter, limit, now).await
    }

    async fn hold(&self, id: &str) -> Result<Option<Hold>, StoreError> {
        let found = sqlx::query(self.holds(ONE)).bind(id).fetch_optional(&self.pool).await?;
        found.as_ref().map(row::hold).transpose()
    }

    async fn list(
        &self,
        shelf: Shelf,
        before: Option<i64>,
        limit: u32,
        now: u64,
    ) -> Result<Vec<Hold>, StoreError> {
        let (which, status) = match shelf {
            Shelf::Open => (
                "h.seq < $1 AND h.status = 'pending' AND h.expires_at > $2 AND $3 = '' ORDER BY h.expires_at, h.seq LIMIT $4",
                "",
            ),
            Shelf::Settled => (
                "h.seq < $1 AND (h.status <> 'pending' OR h.expires_at <= $2) AND $3 = '' ORDER BY h.seq DESC LIMIT $4",
                "",
            ),
            Shelf::Only(HoldStatus::Expired) => (
                "h.seq < $1 AND (h.status = $3 OR h.expires_at <= $2 AND h.status IN ('pending', 'approved')) ORDER BY h.seq DESC LIMIT $4",
                "expired",
            ),
            Shelf::Only(status @ (HoldStatus::Pending | HoldStatus::Approved)) => (
                "h.seq < $1 AND h.status = $3 AND h.expires_at > $2 ORDER BY h.seq DESC LIMIT $4",
                status.name(),
            ),
            Shelf::Only(status) => (
                "h.seq < $1 AND h.status = $3 AND $2 > 0 ORDER BY h.seq DESC LIMIT $4",
                status.name(),
            ),
        };
        let rows = sqlx::query(self.holds(which))
            .bind(before.unwrap_or(i64::MAX))
            .bind(row::integer(now))
            .bind(status)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(row::hold).collect()
    }

    async fn of_session(&self, hold: &Hold, limit: u32) -> Result<Vec<Hold>, StoreError> {
        let which = "h.session = $1 AND h.issuer = $2 AND h.subject = $3 AND h.seq <> $4 \
             ORDER BY h.seq DESC LIMIT $5";
        let rows = sqlx::query(self.holds(which))
            .bind(&hold.view.session)
            .bind(&hold.principal.issuer)
            .bind(&hold.principal.subject)
            .bind(hold.seq)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(row::hold).collect()
    }

    async fn decide(
        &self,
        id: &str,
        decision: &Decision,
        audit: &Audit,
    ) -> Result<Change, StoreError> {
        transitions::decide(self, id, decision, audit).await
    }

    async fn redeem(&self, id: &str, exchange: &str, audit: &Audit) -> Result<Change, StoreError> {
        transitions::redeem(self, id, exchange, audit).await
    }

    async fn leave(&self, id: &str, exchange: &str, audit: &Audit) -> Result<Change, StoreError> {
        transitions::leave(self, id, exchange, audit).await
    }

    async fn waited_on(&self, exchange: &str) -> Result<Vec<String>, StoreError> {
        let query = "SELECT hold FROM waiters WHERE exchange = $1 AND left_at IS NULL";
        Ok(sqlx::query_scalar(query).bind(exchange).fetch_all(&self.pool).await?)
    }

    async fn called_off(&self, cancel_key: &str) -> Result<Vec<String>, StoreError> {
        let query = "SELECT exchange FROM waiters WHERE cancel_key = $1 AND left_at IS NULL";
        Ok(sqlx::query_scalar(query).bind(cancel_key).fetch_all(&self.pool).await?)
    }

    async fn standing_grants(
        &self,
        limit: u32,
        now: u64,
    ) -> Result<Vec<StandingGrant>, StoreError> {
        standing::list(self, limit, now).await
    }

    async fn revoke(&self, id: &str, audit: &Audit) -> Result<Revoked, StoreError> {
        standing::revoke(self, id, audit).await
    }

    async fn expire(&self, now: u64) -> Result<Vec<String>, StoreError> {
        transitions::expire(self, now).await
    }

    async fn audit(&self, hold: Option<&str>, audit: &Audit) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        transaction.note(hold, audit).await?;
        transaction.commit().await
    }

    async fn trail(&self, hold: &str) -> Result<Vec<Audit>, StoreError> {
        let rows = sqlx::query("SELECT * FROM audit WHERE hold = $1 ORDER BY seq LIMIT 200")
            .bind(hold)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(row::audit).collect()
    }

    async fn report(&self, report: &Report, now: u64, gone: u64) -> Result<(), StoreError> {
        gateways::report(self, report, now, gone).await
    }

    async fn reports(&self, since: u64) -> Result<Vec<(Report, u64)>, StoreError> {
        let query = "SELECT report, seen_at FROM gateways WHERE seen_at >= $1 \
             ORDER BY gateway, seen_at DESC LIMIT 10000";
        let rows = sqlx::query(query).bind(row::integer(since)).fetch_all(&self.pool).await?;
        rows.iter().map(row::report).collect()
    }

    async fn healthy(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
