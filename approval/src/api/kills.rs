/*! Kills, as the command line gets and says them. */

use policy::kill::Whom;
use serde::{Deserialize, Serialize};

use crate::kills::Reached;
pub use crate::kills::{Reach, TenantReach};
use crate::separation::Separation;
use crate::store::Kill;
use crate::tenant::Tenant;
use crate::view::visible_line;

/// `GET /v1/kills`: those that are in force, the latest first, then at most 200 that are over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KillList {
    pub kills: Vec<KillSummary>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KillState {
    InForce,
    Expired,
    Lifted,
}

impl KillState {
    pub fn words(self) -> &'static str {
        match self {
            Self::InForce => "in force",
            Self::Expired => "expired",
            Self::Lifted => "lifted",
        }
    }
}

/// One of them, and the answer to `POST /v1/kills` and `POST /v1/kills/{id}/lift`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KillSummary {
    pub id: String,
    pub state: KillState,
    /// `caller` or `token`, and the key.
    #[serde(flatten)]
    pub whom: Whom,
    /// Absent, as the next two are, where nobody knows whose key it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Whether it is known whose the agent is: its owners do not lift it, and where nobody knows them they may.
    pub separation: Separation,
    /// By whose gateways; absent: by all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    pub reason_text: String,
    pub killed_by: String,
    /// Unix seconds, like all times here.
    pub killed_at: u64,
    pub until: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted_at: Option<u64>,
    /// Of one in force: how many workers have it, of those that the replica heard within the last minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<Reach>,
    /// Of the answer to `POST /v1/kills`: `false` if an equal one is in force at least as long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<bool>,
    /// Of the answer to `POST /v1/kills` by issuer and subject, where there are records: `false` if none has that name
    /// so far, which may be a mistake in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<bool>,
}

impl KillSummary {
    pub(crate) fn new(kill: &Kill, separation: Separation, reached: &Reached, now: u64) -> Self {
        let line = |text: &String| visible_line(text);
        let principal = kill.principal.as_ref();
        let state = match kill.lifted_at {
            Some(_) => KillState::Lifted,
            None if kill.in_force(now) => KillState::InForce,
            None => KillState::Expired,
        };
        Self {
            id: kill.id.clone(),
            state,
            whom: kill.whom.clone(),
            issuer: principal.map(|one| line(&one.issuer)),
            subject: principal.map(|one| line(&one.subject)),
            agent: principal.and_then(|one| one.agent.as_ref()).map(line),
            separation,
            tenant: kill.tenant.as_ref().map(Tenant::to_string),
            reason_text: kill.reason_text.clone(),
            killed_by: line(&kill.killed_by),
            killed_at: kill.killed_at,
            until: kill.until,
            lifted_by: kill.lifted_by.as_ref().map(line),
            lifted_at: kill.lifted_at,
            reach: (state == KillState::InForce).then(|| reached.of(kill)),
            changed: None,
            recorded: None,
        }
    }
}

/// `POST /v1/kills`. One of `caller`, `token`, or `issuer` with `subject`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KillRequest {
    /// Key of a principal, `p_…`, as records have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// Key of a token, `t_…`, as records have it; never a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// By whose gateways; empty: by those without a tenant. By all gateways without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// 60 to 604800; an hour without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    pub reason: String,
}

/// `POST /v1/kills/{id}/lift`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LiftRequest {
    pub reason: String,
}
