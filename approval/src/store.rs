/*!
Where holds are kept. The trait says what has to be atomic; a store does nothing else.

INVARIANT: a store is given masked text and keyed digests only, and no key of any kind.
*/

mod gateways;
mod opening;
mod row;
mod sqlite;
mod standing;
mod transitions;

use async_trait::async_trait;
use policy::hold::{Approval, HoldStatus, Scope, Terms};
use policy::principal::Principal;
use policy::report::Report;
use policy::rule::Severity;
use serde::{Deserialize, Serialize};

use crate::view::View;

pub use sqlite::SqliteStore;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the database cannot be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("a row cannot be read: {0}")]
    Row(#[from] serde_json::Error),
}

/// A hold before it is one.
#[derive(Clone, Debug)]
pub struct NewHold {
    pub id: String,
    pub join_key: String,
    pub grant_digest: String,
    pub rules: Vec<String>,
    pub revision: String,
    pub principal: Principal,
    pub description: String,
    pub severity: Severity,
    pub terms: Terms,
    pub view: View,
    /// What calls like it have in common; absent where no approval may stand for it.
    pub standing_key: Option<String>,
}

/// An exchange that waits, and what its caller would call it off by.
#[derive(Clone, Debug)]
pub struct Waiter {
    pub exchange: String,
    pub cancel_key: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Hold {
    /// Rises with every hold; pages of history are cut by it.
    pub seq: i64,
    pub id: String,
    pub status: HoldStatus,
    pub grant_digest: String,
    pub rules: Vec<String>,
    pub revision: String,
    pub principal: Principal,
    pub description: String,
    pub severity: Severity,
    pub terms: Terms,
    pub view: View,
    pub created_at: u64,
    pub expires_at: u64,
    pub closed_at: Option<u64>,
    /// The one that settled it.
    pub decision: Option<Decision>,
    /// All there are so far, in their order.
    pub approvals: Vec<Approval>,
    /// See `NewHold`.
    pub standing_key: Option<String>,
    /// The standing grant by which it was approved.
    pub standing: Option<String>,
}

impl Hold {
    /// How far an approval may reach, where this call is within it.
    pub fn scope(&self) -> Option<&Scope> {
        self.terms.scope.as_ref().filter(|_| self.standing_key.is_some())
    }

    /// Whether this one's approver said the same before.
    pub fn has_decision_of(&self, said: &Decision) -> bool {
        let who = said.approver.as_str();
        match said.choice {
            Choice::Approve => self.approvals.iter().any(|one| one.approver == who),
            Choice::Deny => {
                let by = |one: &Decision| one.choice == Choice::Deny && one.approver == who;
                self.decision.as_ref().is_some_and(by)
            }
        }
    }

    /// What it is by now, whether or not the sweeper came by.
    pub fn status_at(&self, now: u64) -> HoldStatus {
        match self.status {
            HoldStatus::Pending | HoldStatus::Approved if self.expires_at <= now => {
                HoldStatus::Expired
            }
            status => status,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    Approve,
    Deny,
}

impl Choice {
    pub fn name(self) -> &'static str {
        match self {
            Choice::Approve => "approve",
            Choice::Deny => "deny",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub choice: Choice,
    pub approver: String,
    pub reason_text: String,
    pub entitled_by: Vec<String>,
    pub decided_at: u64,
    /// An approval of calls like this one as well.
    pub standing: bool,
}

/// An approval that stands for calls like the one it was given for.
#[derive(Clone, Debug)]
pub struct StandingGrant {
    pub id: String,
    /// That one, with its scope and its approvals.
    pub hold: Hold,
    pub uses: u32,
    pub uses_left: u32,
    pub created_at: u64,
    pub expires_at: u64,
    pub revoked_at: Option<u64>,
    pub revoked_by: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// With the ids of the holds that it ended.
    Now(Vec<String>),
    Before,
    NoSuchGrant,
}

/// One row of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    pub at: u64,
    pub actor: String,
    pub door: String,
    pub peer: String,
    pub action: String,
    pub reason_text: String,
}

/// The outcome of asking for a hold.
#[derive(Clone, Debug)]
pub enum Opened {
    New(Hold),
    /// A live hold for the same call, or a denied one that has not expired.
    Joined(Hold),
    /// The principal has as many open holds as it may have.
    TooMany,
}

/// The outcome of an attempt to change a hold; with the hold as it is now.
#[derive(Clone, Debug)]
pub enum Change {
    Made(Hold),
    /// It had that outcome before.
    Same(Hold),
    /// An approval is to stand, and a call like it was denied.
    DeniedAlike,
    Refused(Hold),
    NoSuchHold,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// Neither decided nor over.
    Open,
    /// Everything else, the latest first.
    Settled,
    Only(HoldStatus),
}

#[async_trait]
pub trait Store: Send + Sync {
    /// Joins the live hold of the call or opens one, and notes the exchange as waiting on it. The new
    /// one is approved where a standing grant has a use left for it, which it takes.
    async fn open(
        &self,
        new: &NewHold,
        waiter: &Waiter,
        limit: u32,
        now: u64,
    ) -> Result<Opened, StoreError>;
    async fn hold(&self, id: &str) -> Result<Option<Hold>, StoreError>;
    /// At most `limit`, with `seq` below `before`. Open ones: the first to expire first.
    async fn list(
        &self,
        shelf: Shelf,
        before: Option<i64>,
        limit: u32,
        now: u64,
    ) -> Result<Vec<Hold>, StoreError>;
    /// What settles the hold stands: a denial, or the approval that makes them enough. The attempt is audited whatever comes of it.
    async fn decide(
        &self,
        id: &str,
        decision: &Decision,
        audit: &Audit,
    ) -> Result<Change, StoreError>;
    /// Uses an approval, once, for an exchange that waits on the hold.
    async fn redeem(&self, id: &str, exchange: &str, audit: &Audit) -> Result<Change, StoreError>;
    /// Cancels the pending hold if everybody who waited on it left.
    async fn leave(&self, id: &str, exchange: &str, audit: &Audit) -> Result<Change, StoreError>;
    /// Ids of the holds on which an exchange waits.
    async fn waited_on(&self, exchange: &str) -> Result<Vec<String>, StoreError>;
    /// The exchanges that wait and that this key calls off.
    async fn called_off(&self, cancel_key: &str) -> Result<Vec<String>, StoreError>;

    /// At most `limit`, those that let something pass first, then the latest.
    async fn standing_grants(&self, limit: u32, now: u64)
    -> Result<Vec<StandingGrant>, StoreError>;
    /// Ends a standing grant, and what it approved and was not released yet.
    async fn revoke(&self, id: &str, audit: &Audit) -> Result<Revoked, StoreError>;

    /// Ids of the holds that expired by now and had not been noted as such.
    async fn expire(&self, now: u64) -> Result<Vec<String>, StoreError>;
    async fn audit(&self, hold: Option<&str>, audit: &Audit) -> Result<(), StoreError>;
    async fn trail(&self, hold: &str) -> Result<Vec<Audit>, StoreError>;
    /// What a worker of a gateway says of itself, in the place of what it said before. Those seen last
    /// before `gone` are forgotten.
    async fn report(&self, report: &Report, now: u64, gone: u64) -> Result<(), StoreError>;
    /// The latest of each worker with when it came, by gateway.
    async fn reports(&self, since: u64) -> Result<Vec<(Report, u64)>, StoreError>;

    async fn healthy(&self) -> Result<(), StoreError>;
    async fn close(&self);
}

#[cfg(test)]
pub mod tests;
