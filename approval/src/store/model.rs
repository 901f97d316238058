/*! What stores are given and give back. */

use policy::hold::{Approval, HoldStatus, Scope, Terms};
use policy::principal::Principal;
use policy::report::Report;
use policy::rule::Severity;
use serde::{Deserialize, Serialize};

use crate::tenant::Tenant;
use crate::view::View;

/// A hold before it is one.
#[derive(Clone, Debug)]
pub struct NewHold {
    pub id: String,
    pub tenant: Tenant,
    /// Of the call, as the filter sent it.
    pub bytes: u64,
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
    /// Rises with every hold.
    pub seq: i64,
    pub id: String,
    /// Whose gateway asked; empty for the only one.
    pub tenant: String,
    pub status: HoldStatus,
    pub grant_digest: String,
    pub rules: Vec<String>,
    pub revision: String,
    pub principal: Principal,
    pub description: String,
    pub severity: Severity,
    pub terms: Terms,
    /// From a list: only what lists show, see `short`.
    pub view: View,
    pub created_at: u64,
    pub expires_at: u64,
    pub closed_at: Option<u64>,
    /// The one that settled it.
    pub decision: Option<Decision>,
    /// In their order: those that count, and once it is settled all there were.
    pub approvals: Vec<Approval>,
    /// Those whose approvers could give them still.
    pub counted: Vec<Approval>,
    /// Who approved and does not count any more.
    pub lapsed: Vec<String>,
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

    /// Whether the approvals that count are enough for it.
    pub fn bears(&self) -> bool {
        match &self.decision {
            // It is that one person's word, whoever else said yes.
            Some(decision) if decision.break_glass => {
                let own = self.counted.iter().filter(|one| one.approver == decision.approver);
                self.terms.broken_by(&own.cloned().collect::<Vec<_>>())
            }
            _ => self.terms.satisfied_by(&self.counted),
        }
    }

    pub fn has_approval_of(&self, name: &str) -> bool {
        self.approvals.iter().any(|one| one.approver == name)
    }

    /// Whether this one's approver said the same before.
    pub fn has_decision_of(&self, said: &Decision) -> bool {
        let who = said.approver.as_str();
        match said.choice {
            Choice::Approve => self.has_approval_of(who),
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
    /// It let the call pass at once, whatever else the rules ask for.
    pub break_glass: bool,
    /// It ended an approval that nobody had used.
    pub took_back: bool,
    /// Of whoever logged in at a provider; else empty.
    pub account: String,
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
    Full(Full),
}

/// Whose limit of open holds, or of their bytes, is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    Principal,
    Service,
}

/// An exchange that uses an approval.
#[derive(Clone, Debug)]
pub struct Redemption {
    pub exchange: String,
    /// Of the nonce it made for this: asking again with the same is the same redemption.
    pub nonce_digest: String,
}

/// What a worker of a gateway said of itself.
#[derive(Clone, Debug)]
pub struct Reported {
    pub tenant: String,
    pub report: Report,
    pub seen_at: u64,
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
