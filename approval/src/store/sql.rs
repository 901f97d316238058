/*! The store over either database. */

use std::sync::Arc;

use async_trait::async_trait;
use policy::report::Report;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, AssertSqlSafe, Row};
use tokio::sync::Mutex;

use super::dialect::Dialect;
use super::listen::{self, Replica};
use super::writing::Writing;
use super::{
    Audit, Change, Cut, Decision, Hold, NewHold, Opened, Redemption, Reported, Revoked, Shelf,
    StandingGrant, Store, StoreError, Waiter, connect, forgetting, gateways, leaving, listing,
    opening, row, standing, transitions,
};
use crate::config::{Database, Limits};
use crate::notify::Route;
use crate::people::People;
use crate::random;
use crate::tenant::Tenant;
use crate::wake::Wake;

pub struct SqlStore {
    pub(super) pool: AnyPool,
    pub(super) dialect: Dialect,
    pub(super) replica: Replica,
    pub(super) wake: Arc<Wake>,
    /// Whose turn it is to write.
    pub(super) turn: Arc<Mutex<()>>,
    pub(super) routes: Arc<[Route]>,
    /// Whose approvals count; each without them.
    pub(super) people: Option<Arc<People>>,
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
        Ok(Self {
            pool,
            dialect,
            replica,
            wake,
            turn: Arc::default(),
            routes: Arc::default(),
            people: None,
        })
    }

    /// These channels are told of what happens from now on.
    pub fn telling(self, routes: impl IntoIterator<Item = Route>) -> Self {
        Self { routes: routes.into_iter().collect(), ..self }
    }

    /// Only approvals of these people count from now on.
    pub fn counting(self, people: People) -> Self {
        Self { people: Some(Arc::new(people)), ..self }
    }

    pub(super) fn read(&self, row: &AnyRow) -> Result<Hold, StoreError> {
        row::hold(row, self.people.as_deref())
    }

    pub(super) async fn write(&self) -> Result<Writing, StoreError> {
        Writing::begin(self).await
    }

    /// Holds with the decision that settled each, and all approvals; of their views what lists show.
    pub(super) fn in_short(&self, which: &str) -> AssertSqlSafe<String> {
        in_short(self.dialect, which)
    }
}

/// Made of words of the program alone.
fn select(dialect: Dialect, view: &'static str, which: &str) -> AssertSqlSafe<String> {
    let approvals = dialect.approvals();
    AssertSqlSafe(format!(
        "SELECT h.seq, h.id, h.tenant, h.status, h.grant_digest, h.rules, h.revision, h.principal, \
         h.description, h.severity, h.terms, {view} AS view, h.created_at, h.expires_at, h.closed_at, \
         h.standing_key, h.standing, d.decision, d.approver, d.reason_text, d.entitled_by, \
         d.decided_at, d.standing AS stands, d.break_glass, d.took_back, d.account, {approvals} AS approvals \
         FROM holds h LEFT JOIN decisions d ON d.hold = h.id AND d.settles = 1 WHERE {which}"
    ))
}

pub(super) fn in_short(dialect: Dialect, which: &str) -> AssertSqlSafe<String> {
    select(dialect, "h.view", which)
}

/// One hold whole, of any tenant.
pub(super) fn one(dialect: Dialect) -> AssertSqlSafe<String> {
    select(dialect, "(SELECT view FROM views WHERE hold = h.id)", ONE)
}

pub(super) const ONE: &str = "h.id = $1";

/// What a poll looks at: no more of the view than lists show.
const AWAITED: &str = "(SELECT count(*) FROM waiters WHERE hold = h.id AND exchange = $2 \
     AND left_at IS NOT NULL) AS gone, h.view";

#[async_trait]
impl Store for SqlStore {
    async fn open(
        &self,
        new: &NewHold,
        waiter: &Waiter,
        limits: &Limits,
        now: u64,
    ) -> Result<Opened, StoreError> {
        opening::open(self, new, waiter, limits, now).await
    }

    async fn hold(&self, id: &str) -> Result<Option<Hold>, StoreError> {
        let found = sqlx::query(one(self.dialect)).bind(id).fetch_optional(&self.pool).await?;
        found.as_ref().map(|row| self.read(row)).transpose()
    }

    async fn list(
        &self,
        shelf: Shelf,
        cut: Cut,
        limit: u32,
        now: u64,
    ) -> Result<Vec<Hold>, StoreError> {
        listing::list(self, shelf, cut, limit, now).await
    }

    async fn open_holds(&self, now: u64) -> Result<u64, StoreError> {
        listing::open(self, now).await
    }

    async fn of_session(&self, hold: &Hold, limit: u32) -> Result<Vec<Hold>, StoreError> {
        let which = "h.session = $1 AND h.issuer = $2 AND h.subject = $3 AND h.seq <> $4 \
             AND h.tenant = $5 ORDER BY h.seq DESC LIMIT $6";
        let rows = sqlx::query(self.in_short(which))
            .bind(&hold.view.session)
            .bind(&hold.principal.issuer)
            .bind(&hold.principal.subject)
            .bind(hold.seq)
            .bind(&hold.tenant)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    async fn decide(
        &self,
        id: &str,
        decision: &Decision,
        audit: &Audit,
    ) -> Result<Change, StoreError> {
        transitions::decide(self, id, decision, audit).await
    }

    async fn redeem(
        &self,
        tenant: &Tenant,
        id: &str,
        redemption: &Redemption,
        audit: &Audit,
    ) -> Result<Change, StoreError> {
        leaving::redeem(self, tenant, id, redemption, audit).await
    }

    async fn leave(
        &self,
        tenant: &Tenant,
        id: &str,
        exchange: &str,
        audit: &Audit,
    ) -> Result<Change, StoreError> {
        leaving::leave(self, tenant, id, exchange, audit).await
    }

    async fn awaited(&self, id: &str, exchange: &str) -> Result<Option<(Hold, bool)>, StoreError> {
        let query = sqlx::query(select(self.dialect, AWAITED, ONE)).bind(id).bind(exchange);
        let Some(row) = query.fetch_optional(&self.pool).await? else { return Ok(None) };
        Ok(Some((self.read(&row)?, row.try_get::<i64, _>("gone")? != 0)))
    }

    async fn waited_on(&self, tenant: &Tenant, exchange: &str) -> Result<Vec<String>, StoreError> {
        let query = "SELECT w.hold FROM waiters w JOIN holds h ON h.id = w.hold \
             WHERE w.exchange = $1 AND w.left_at IS NULL AND h.tenant = $2";
        let query = sqlx::query_scalar(query).bind(exchange).bind(tenant.as_str());
        Ok(query.fetch_all(&self.pool).await?)
    }

    async fn called_off(&self, tenant: &Tenant, key: &str) -> Result<Vec<String>, StoreError> {
        let query = "SELECT w.exchange FROM waiters w JOIN holds h ON h.id = w.hold \
             WHERE w.cancel_key = $1 AND w.left_at IS NULL AND h.tenant = $2";
        let query = sqlx::query_scalar(query).bind(key).bind(tenant.as_str());
        Ok(query.fetch_all(&self.pool).await?)
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

    async fn forget(&self, before: u64, now: u64) -> Result<usize, StoreError> {
        forgetting::forget(self, before, now).await
    }

    async fn audit(&self, hold: Option<&str>, audit: &Audit) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        transaction.note(hold, audit).await?;
        transaction.commit().await
    }

    async fn trail(&self, hold: &str) -> Result<Vec<Audit>, StoreError> {
        let latest = "SELECT * FROM (SELECT * FROM audit WHERE hold = $1 ORDER BY seq DESC LIMIT 200) \
             AS latest ORDER BY seq";
        let rows = sqlx::query(latest).bind(hold).fetch_all(&self.pool).await?;
        rows.iter().map(row::audit).collect()
    }

    async fn report(
        &self,
        tenant: &Tenant,
        report: &Report,
        now: u64,
        gone: u64,
    ) -> Result<(), StoreError> {
        gateways::report(self, tenant, report, now, gone).await
    }

    async fn reports(&self, since: u64) -> Result<Vec<Reported>, StoreError> {
        gateways::reports(self, since).await
    }

    async fn healthy(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
