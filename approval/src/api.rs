/*!
What the command line gets as JSON. Text in it is masked, and no character of it does anything to a
terminal.
*/

use policy::hold::HoldStatus;
use policy::principal::Principal;
use policy::rule::Severity;
use serde::{Deserialize, Serialize};

use crate::standing::Standing;
use crate::store::{Audit, Choice, Hold};
use crate::view::{View, visible_line};

/// `GET /v1/holds?status=open|settled|pending|approved|denied|expired|cancelled|redeemed` (all
/// open ones without it), the answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HoldList {
    pub holds: Vec<HoldSummary>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HoldSummary {
    pub id: String,
    pub status: HoldStatus,
    /// The page on which a person decides.
    pub url: String,
    /// The tool, or method and path.
    pub action: String,
    pub principal: Principal,
    pub rules: Vec<String>,
    pub description: String,
    pub severity: Severity,
    pub reason_required: bool,
    /// What the rules ask for, all of which has to be satisfied.
    #[serde(default)]
    pub requirements: Vec<Standing>,
    /// Who approved so far.
    #[serde(default)]
    pub approved_by: Vec<String>,
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
    pub view: View,
    pub trail: Vec<Audit>,
}

/// `POST /v1/holds/{id}/decision`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionRequest {
    pub decision: Choice,
    #[serde(default)]
    pub reason: String,
}

/// The answer to `POST /v1/login-links`: a link for one login.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoginLink {
    pub url: String,
    pub expires_at: u64,
}

impl HoldSummary {
    pub(crate) fn new(hold: &Hold, url: String, now: u64) -> Self {
        let line = |text: &String| visible_line(text);
        let principal = &hold.principal;
        Self {
            id: hold.id.clone(),
            status: hold.status_at(now),
            url,
            action: hold.view.action.clone(),
            principal: Principal {
                issuer: line(&principal.issuer),
                subject: line(&principal.subject),
                groups: principal.groups.iter().map(line).collect(),
                agent: principal.agent.as_ref().map(line),
            },
            rules: hold.rules.iter().map(line).collect(),
            description: hold.description.clone(),
            severity: hold.severity,
            reason_required: hold.terms.reason_required,
            requirements: Standing::of(hold),
            approved_by: hold.approvals.iter().map(|one| line(&one.approver)).collect(),
            created_at: hold.created_at,
            expires_at: hold.expires_at,
            decision: hold.decision.as_ref().map(|decision| DecisionSummary {
                decision: decision.choice,
                approver: line(&decision.approver),
                reason_text: decision.reason_text.clone(),
                decided_at: decision.decided_at,
            }),
        }
    }
}
