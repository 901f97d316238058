/*!
Where holds are kept: in SQLite, or in PostgreSQL where several replicas serve the same holds. The
trait says what has to be atomic; a store does nothing else.

INVARIANT: a store is given masked text and keyed digests only, and no key of any kind.
*/

mod chains;
mod connect;
mod counting;
mod dialect;
mod forgetting;
mod gateways;
mod kills;
mod leaving;
mod listen;
mod listing;
mod log;
mod logins;
mod model;
mod opening;
mod outbox;
mod place;
mod room;
mod row;
mod short;
mod sql;
mod standing;
mod taking_back;
mod transitions;
mod writing;

use async_trait::async_trait;
use policy::report::Report;

use crate::config::Limits;
use crate::tenant::Tenant;

pub use chains::{Checkpoints, Signed};
pub(crate) use connect::Opening;
pub(crate) use dialect::Dialect;
pub use forgetting::AT_ONCE as FORGOTTEN_AT_ONCE;
pub use kills::{Kill, KillSwitch, Killing, Lifting, NewKill};
pub use log::{Cosigned, Log};
pub use logins::{Kept, Logins};
pub use model::{
    Audit, Change, Choice, Decision, Full, Hold, NewHold, Opened, Redemption, Reported, Revoked,
    Shelf, StandingGrant, Waiter,
};
pub use outbox::{Dead, Fate, Outbox};
pub use place::{Cut, Place};
pub use sql::SqlStore;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the database cannot be brought up to date: {0}")]
    Migration(sqlx::migrate::MigrateError),
    #[error(
        "the database is of a newer release (its schema has version {0}, which this one does not \
         know): start that release, or go back to a backup from before it"
    )]
    Newer(i64),
    #[error("a row cannot be read: {0}")]
    Row(#[from] serde_json::Error),
    /// Somebody changed the database.
    #[error(
        "checkpoint {0} is not the one that the tree of checkpoints has there: somebody took it out or changed it"
    )]
    Log(u64),
    /// The task that was to commit is gone: the program ends.
    #[error("the change was cut off")]
    CutOff,
}

/// Classes of SQLSTATE: the connection broke, no room for one, somebody ended what was under way.
const AWAY: [&str; 3] = ["08", "53", "57"];

impl StoreError {
    /// Nothing is wrong with what was asked: the database cannot be reached, or has no time.
    pub fn is_away(&self) -> bool {
        match self {
            Self::CutOff => true,
            Self::Database(sqlx::Error::Database(error)) => {
                // SQLite has numbers of its own.
                let code = error.code().filter(|code| code.len() == 5);
                code.is_some_and(|code| AWAY.iter().any(|class| code.starts_with(class)))
            }
            Self::Database(error) => matches!(
                error,
                sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed
            ),
            _ => false,
        }
    }
}

#[async_trait]
pub trait Store: Logins + Outbox + Checkpoints + Log + KillSwitch {
    /// Joins the live hold of the call or opens one, and notes the exchange as waiting on it. The new
    /// one is approved where a standing grant has a use left for it, which it takes. An exchange that asks
    /// again gets the hold it has, whatever became of that.
    async fn open(
        &self,
        new: &NewHold,
        waiter: &Waiter,
        limits: &Limits,
        now: u64,
    ) -> Result<Opened, StoreError>;
    async fn hold(&self, id: &str) -> Result<Option<Hold>, StoreError>;
    /// At most `limit`. Open ones: the first to expire first; others: the latest first. Their views are short.
    async fn list(
        &self,
        shelf: Shelf,
        cut: Cut,
        limit: u32,
        now: u64,
    ) -> Result<Vec<Hold>, StoreError>;
    /// How many are open.
    async fn open_holds(&self, now: u64) -> Result<u64, StoreError>;
    /// The latest others of its principal in its session. Their views are short.
    async fn of_session(&self, hold: &Hold, limit: u32) -> Result<Vec<Hold>, StoreError>;
    /// What settles the hold stands: a denial, or the approval that makes them enough, which a denial takes back for
    /// as long as nobody used it. The attempt is audited whatever comes of it.
    async fn decide(
        &self,
        id: &str,
        decision: &Decision,
        audit: &Audit,
    ) -> Result<Change, StoreError>;
    /// Uses an approval, once, for an exchange that waits on the hold; `Same` for that one again, for a
    /// minute. A hold of another tenant is none, here and below.
    async fn redeem(
        &self,
        tenant: &Tenant,
        id: &str,
        redemption: &Redemption,
        audit: &Audit,
    ) -> Result<Change, StoreError>;
    /// Cancels the pending hold if everybody who waited on it left.
    async fn leave(
        &self,
        tenant: &Tenant,
        id: &str,
        exchange: &str,
        audit: &Audit,
    ) -> Result<Change, StoreError>;
    /// A hold, and whether the exchange waited on it and its caller left.
    async fn awaited(&self, id: &str, exchange: &str) -> Result<Option<(Hold, bool)>, StoreError>;
    /// Ids of the holds on which an exchange waits.
    async fn waited_on(&self, tenant: &Tenant, exchange: &str) -> Result<Vec<String>, StoreError>;
    /// The exchanges that wait and that this key calls off.
    async fn called_off(&self, tenant: &Tenant, key: &str) -> Result<Vec<String>, StoreError>;

    /// At most `limit`, those that let something pass first, then the latest.
    async fn standing_grants(&self, limit: u32, now: u64)
    -> Result<Vec<StandingGrant>, StoreError>;
    /// Ends a standing grant, and what it approved and was not released yet.
    async fn revoke(&self, id: &str, audit: &Audit) -> Result<Revoked, StoreError>;

    /// Ids of the holds that expired by now and had not been noted as such.
    async fn expire(&self, now: u64) -> Result<Vec<String>, StoreError>;
    /// Removes some of the holds that were settled and over before this, and how many.
    async fn forget(&self, before: u64, now: u64) -> Result<usize, StoreError>;
    async fn audit(&self, hold: Option<&str>, audit: &Audit) -> Result<(), StoreError>;
    async fn trail(&self, hold: &str) -> Result<Vec<Audit>, StoreError>;
    /// What a worker of a gateway says of itself, in the place of what it said before. Those seen last
    /// before `gone` are forgotten.
    async fn report(
        &self,
        tenant: &Tenant,
        report: &Report,
        now: u64,
        gone: u64,
    ) -> Result<(), StoreError>;
    /// The latest of each worker, by tenant and gateway.
    async fn reports(&self, since: u64) -> Result<Vec<Reported>, StoreError>;

    async fn healthy(&self) -> Result<(), StoreError>;
    async fn close(&self);
}

#[cfg(test)]
mod replica_tests;
#[cfg(test)]
pub mod tests;
