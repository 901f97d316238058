/*! SQLite: the embedded default. One file, one writer at a time, every commit synced to disk. */

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use policy::hold::HoldStatus;
use policy::report::Report;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{
    Audit, Change, Decision, Hold, NewHold, Opened, Revoked, Shelf, StandingGrant, Store,
    StoreError, Waiter, gateways, opening, row, standing, transitions,
};

/// A hold with the decision that settled it, and all approvals.
macro_rules! hold {
    ($which:expr) => {
        concat!(
            "SELECT h.*, d.decision, d.approver, d.reason_text, d.entitled_by, d.decided_at, d.standing AS stands, ",
            "(SELECT json_group_array(json_object('approver', approver, 'groups', json(entitled_by))) ",
            "FROM (SELECT * FROM decisions WHERE hold = h.id AND decision = 'approve' ORDER BY rowid)) ",
            "AS approvals FROM holds h LEFT JOIN decisions d ON d.hold = h.id AND d.settles = 1 WHERE ",
            $which
        )
    };
}

macro_rules! select {
    ($which:literal) => {
        concat!(hold!("h.seq < ?1 AND "), $which, " LIMIT ?4")
    };
}

pub(super) const SELECT_HOLD: &str = hold!("h.id = ?");

pub struct SqliteStore {
    pub(super) pool: SqlitePool,
}

impl SqliteStore {
    pub async fn at(file: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A redemption that a power cut forgets could be used again.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10));
        let pool = SqlitePoolOptions::new().max_connections(8).connect_with(options).await?;
        sqlx::migrate!("migrations/sqlite").run(&pool).await?;
        Ok(Self { pool })
    }

    /// Takes the write lock at once: two writers that both read first would fail on the upgrade.
    pub(super) async fn write(&self) -> Result<transitions::Writing, StoreError> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }
}

#[async_trait]
impl Store for SqliteStore {
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
        let found = sqlx::query(SELECT_HOLD).bind(id).fetch_optional(&self.pool).await?;
        found.as_ref().map(row::hold).transpose()
    }

    async fn list(
        &self,
        shelf: Shelf,
        before: Option<i64>,
        limit: u32,
        now: u64,
    ) -> Result<Vec<Hold>, StoreError> {
        let (query, status) = match shelf {
            Shelf::Open => (
                select!(
                    "h.status = 'pending' AND h.expires_at > ?2 AND ?3 = ''
                 ORDER BY h.expires_at, h.seq"
                ),
                "",
            ),
            Shelf::Settled => (
                select!(
                    "(h.status <> 'pending' OR h.expires_at <= ?2) AND ?3 = ''
                 ORDER BY h.seq DESC"
                ),
                "",
            ),
            Shelf::Only(HoldStatus::Expired) => (
                select!(
                    "(h.status = ?3 OR h.expires_at <= ?2
                 AND h.status IN ('pending', 'approved')) ORDER BY h.seq DESC"
                ),
                "expired",
            ),
            Shelf::Only(status @ (HoldStatus::Pending | HoldStatus::Approved)) => {
                (select!("h.status = ?3 AND h.expires_at > ?2 ORDER BY h.seq DESC"), status.name())
            }
            Shelf::Only(status) => {
                (select!("h.status = ?3 AND ?2 > 0 ORDER BY h.seq DESC"), status.name())
            }
        };
        let rows = sqlx::query(query)
            .bind(before.unwrap_or(i64::MAX))
            .bind(row::integer(now))
            .bind(status)
            .bind(limit)
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
        let query = "SELECT hold FROM waiters WHERE exchange = ? AND left_at IS NULL";
        Ok(sqlx::query_scalar(query).bind(exchange).fetch_all(&self.pool).await?)
    }

    async fn called_off(&self, cancel_key: &str) -> Result<Vec<String>, StoreError> {
        let query = "SELECT exchange FROM waiters WHERE cancel_key = ? AND left_at IS NULL";
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
        transitions::note(&mut transaction, hold, audit).await?;
        Ok(transaction.commit().await?)
    }

    async fn trail(&self, hold: &str) -> Result<Vec<Audit>, StoreError> {
        let rows = sqlx::query("SELECT * FROM audit WHERE hold = ? ORDER BY seq LIMIT 200")
            .bind(hold)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(row::audit).collect()
    }

    async fn report(&self, report: &Report, now: u64, gone: u64) -> Result<(), StoreError> {
        gateways::report(self, report, now, gone).await
    }

    async fn reports(&self, since: u64) -> Result<Vec<(Report, u64)>, StoreError> {
        let query = "SELECT report, seen_at FROM gateways WHERE seen_at >= ? \
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
