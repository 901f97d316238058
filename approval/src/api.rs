/*!
What the command line gets as JSON. Text of calls in it is masked, names are not, and no character of it does
anything to a terminal.
*/

mod kills;

use std::collections::BTreeMap;

use policy::hold::{HoldStatus, Scope};
use policy::principal::Principal;
use policy::rule::Severity;
use serde::{Deserialize, Serialize};

use crate::progress::Progress;
use crate::separation::Separation;
use crate::store::{Audit, Choice, Hold, StandingGrant};
use crate::view::{View, visible_line};

pub use kills::{KillList, KillRequest, KillState, KillSummary, LiftRequest, Reach, TenantReach};

/// `GET /v1/holds?status=open|settled|pending|approved|denied|expired|cancelled|redeemed` (all
/// open ones without it), the answer: at most 200, and where it goes on. `after=NEXT` and `before=PREVIOUS` ask for
/// that. `group` (`mine`, or one that the rules ask for), `severity` (this
/// and above), `principal`, `kind` (`mcp`, `http`, `openai`, `proposed`) and `text` leave out what does not fit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HoldList {
    /// With `next` there are more, even if none of these fits.
    pub holds: Vec<HoldSummary>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HoldSummary {
    pub id: String,
    /// Whose gateway asked; empty for the only one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tenant: String,
    pub status: HoldStatus,
    /// The page on which a person decides.
    pub url: String,
    /// The tool, or method and path.
    pub action: String,
    /// A model proposes it; who asks makes it once the answer goes out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub proposed: bool,
    pub principal: Principal,
    /// Whether it is known whose the agent is: `principal.owners`, none of whom may approve.
    #[serde(default = "HoldSummary::unknown")]
    pub separation: Separation,
    pub rules: Vec<String>,
    pub description: String,
    pub severity: Severity,
    pub reason_required: bool,
    /// What the rules ask for, all of which has to be satisfied.
    #[serde(default)]
    pub requirements: Vec<Progress>,
    /// Calls that one approval may let pass, where it may stand for more than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// The standing grant by which it was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<String>,
    /// Who approved so far.
    #[serde(default)]
    pub approved_by: Vec<String>,
    /// Who approved and could not any more: their approval does not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lapsed: Vec<String>,
    /// Unix seconds, like all times here.
    pub created_at: u64,
    pub expires_at: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionSummary>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DecisionSummary {
    pub decision: Choice,
    pub approver: String,
    pub reason_text: String,
    pub decided_at: u64,
    /// One person let it pass at once.
    #[serde(default)]
    pub break_glass: bool,
    /// A denial that ended an approval which nobody had used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub took_back: bool,
}

/// `GET /v1/holds/{id}` and the answer to a decision.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HoldDetail {
    #[serde(flatten)]
    pub summary: HoldSummary,
    pub revision: String,
    /// Callers that wait for the decision at this moment; one who was told `pending` does not.
    #[serde(default)]
    pub waiting: usize,
    /// Of the answer to a decision: absent elsewhere. `false`: this person said the same before, and a reason
    /// that came with it is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<bool>,
    /// Why whoever asks may not approve it; absent where they may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barred: Option<String>,
    pub view: View,
    pub trail: Vec<Audit>,
}

/// `POST /v1/holds/{id}/decision`. A denial of what is approved takes it back, as long as nobody used it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionRequest {
    pub decision: Choice,
    #[serde(default)]
    pub reason: String,
    /// Approve calls like this one as well, as far as the rule lets an approval stand.
    #[serde(default)]
    pub standing: bool,
}

/// `GET /v1/standing-grants`: those that let something pass first, then the latest that ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StandingList {
    pub standing_grants: Vec<StandingSummary>,
}

/// One of them; `POST /v1/standing-grants/{id}/revocation` ends it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StandingSummary {
    pub id: String,
    pub status: StandingStatus,
    /// The hold it was approved with, on whose page is what its calls look like.
    pub hold: HoldSummary,
    /// What may differ, with the globs that each value has to fit: one of each list.
    pub free: BTreeMap<String, Vec<Vec<String>>>,
    pub uses: u32,
    pub uses_left: u32,
    pub created_at: u64,
    pub expires_at: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_by: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StandingStatus {
    Active,
    /// No use is left.
    Spent,
    Expired,
    Revoked,
    /// Those who approved it could not any more.
    Lapsed,
}

impl StandingStatus {
    pub fn name(self) -> &'static str {
        match self {
            StandingStatus::Active => "active",
            StandingStatus::Spent => "spent",
            StandingStatus::Expired => "expired",
            StandingStatus::Revoked => "revoked",
            StandingStatus::Lapsed => "lapsed",
        }
    }

    fn of(grant: &StandingGrant, now: u64) -> Self {
        match grant {
            _ if grant.revoked_at.is_some() => StandingStatus::Revoked,
            _ if grant.uses_left == 0 => StandingStatus::Spent,
            _ if grant.expires_at <= now => StandingStatus::Expired,
            _ if !grant.hold.bears() => StandingStatus::Lapsed,
            _ => StandingStatus::Active,
        }
    }
}

/// What a value that may differ has to be: `EUR or USD`.
pub fn within(globs: &[Vec<String>]) -> String {
    let lists: Vec<String> = globs.iter().map(|list| list.join(" or ")).collect();
    lists.join(", and ")
}

impl StandingSummary {
    pub(crate) fn new(grant: &StandingGrant, url: String, now: u64) -> Self {
        let line = |text: &String| visible_line(text);
        let scope = grant.hold.terms.scope.as_ref();
        let free = scope.map(|scope| &scope.free).into_iter().flatten();
        let globs = |lists: &Vec<Vec<String>>| {
            lists.iter().map(|list| list.iter().map(line).collect()).collect()
        };
        Self {
            id: grant.id.clone(),
            status: StandingStatus::of(grant, now),
            hold: HoldSummary::new(&grant.hold, url, now),
            free: free.map(|(pointer, lists)| (line(pointer), globs(lists))).collect(),
            uses: grant.uses,
            uses_left: grant.uses_left,
            created_at: grant.created_at,
            expires_at: grant.expires_at,
            revoked_by: grant.revoked_by.as_ref().map(line),
        }
    }
}

/// The answer to `POST /v1/login-links`: a link for one login.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoginLink {
    pub url: String,
    pub expires_at: u64,
}

impl HoldSummary {
    fn unknown() -> Separation {
        Separation::NotProven
    }

    pub(crate) fn new(hold: &Hold, url: String, now: u64) -> Self {
        let line = |text: &String| visible_line(text);
        let principal = &hold.principal;
        Self {
            id: hold.id.clone(),
            tenant: hold.tenant.clone(),
            status: hold.status_at(now),
            url,
            action: hold.view.action.clone(),
            proposed: hold.view.proposed,
            principal: Principal {
                issuer: line(&principal.issuer),
                subject: line(&principal.subject),
                groups: principal.groups.iter().map(line).collect(),
                agent: principal.agent.as_ref().map(line),
                owners: shown_owners(principal),
                scopes: Vec::new(),
            },
            separation: Separation::of(principal),
            rules: hold.rules.iter().map(line).collect(),
            description: hold.description.clone(),
            severity: hold.severity,
            reason_required: hold.terms.reason_required,
            requirements: Progress::of(hold),
            scope: hold.scope().cloned(),
            standing: hold.standing.clone(),
            approved_by: hold.approvals.iter().map(|one| line(&one.approver)).collect(),
            lapsed: match hold.status_at(now) {
                HoldStatus::Pending | HoldStatus::Approved => {
                    hold.lapsed.iter().map(line).collect()
                }
                _ => Vec::new(),
            },
            created_at: hold.created_at,
            expires_at: hold.expires_at,
            decision: hold.decision.as_ref().map(|decision| DecisionSummary {
                decision: decision.choice,
                approver: line(&decision.approver),
                reason_text: decision.reason_text.clone(),
                decided_at: decision.decided_at,
                break_glass: decision.break_glass,
                took_back: decision.took_back,
            }),
        }
    }
}

/// In clear: they are verified claims or configuration, and what an approver compares with the people they know.
pub(crate) fn shown_owners(principal: &Principal) -> Vec<String> {
    principal.owners.iter().map(|owner| visible_line(owner)).collect()
}

/// `GET /v1/checkpoints?after=NUMBER`, the answer: at most 10, the first ones after that number.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CheckpointList {
    pub checkpoints: Vec<SignedCheckpoint>,
    /// Where there is one on another host: how it does, as far as this replica knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<AnchorStatus>,
    /// Where witnesses cosign them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<LogStatus>,
}

/// The checkpoints as a transparency log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LogStatus {
    /// Its key, as witnesses are given it: `ORIGIN+ID+KEY`.
    pub vkey: String,
    /// Checkpoints that enough of them cosigned, and when that was kept, in Unix seconds; 0: none yet.
    pub size: u64,
    pub at: u64,
    /// How they do, as far as this replica knows.
    pub witnesses: Vec<WitnessStatus>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WitnessStatus {
    pub name: String,
    pub url: String,
    /// Checkpoints that it cosigned last, and when, by its clock; 0: none yet.
    pub size: u64,
    pub at: u64,
    /// It cosigned something else than the database has: that was changed or rolled back.
    pub differs: bool,
    /// In Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AnchorStatus {
    pub url: String,
    /// Checkpoints that are there.
    pub taken: u64,
    /// It has something else than the database: one of both was changed or rolled back.
    pub differs: bool,
    /// In Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignedCheckpoint {
    pub number: u64,
    /// Compact JWS of `policy::record::checkpoint::Checkpoint`.
    pub jws: String,
}
