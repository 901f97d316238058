/*! A hold: an exchange paused for an approver. What filter and approval service say to each other. */

mod requirement;
mod scope;
mod terms;

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::rule::{Effect, Severity};

pub use requirement::{Approval, Requirement};
pub use scope::Scope;
pub use terms::Terms;

/// `POST /v1/holds`: the filter asks for a hold, or joins the one there is for the same call.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldRequest {
    /// The exchange that waits.
    pub exchange: String,
    /// What a `CancelRequest` for it will say; absent where the protocol has no such message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_key: Option<String>,
    pub call: Call,
    /// Names of the rules that hold it, and what they say to people.
    pub rules: Vec<String>,
    pub description: String,
    pub severity: Severity,
    pub terms: Terms,
    /// Revision of the bundle that held it.
    pub revision: String,
    /// The session it belongs to, as records name it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub session: String,
    /// What was asked for in that session before, the latest last, as far as the worker remembers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Earlier>,
}

/// An exchange of the same session that went before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// Unix seconds.
    pub at: u64,
    /// The call in a few words: the tool, or method and path without its query. Not masked.
    pub action: String,
    /// What became of it.
    pub effect: Effect,
}

impl HoldRequest {
    /// Entries of `before` that are sent and kept.
    pub const BEFORE_MAX: usize = 16;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HoldStatus {
    Pending,
    /// Approved and not yet used.
    Approved,
    Denied,
    Expired,
    /// Its only caller left before a decision.
    Cancelled,
    /// Its approval was used.
    Redeemed,
}

impl HoldStatus {
    pub fn name(self) -> &'static str {
        match self {
            HoldStatus::Pending => "pending",
            HoldStatus::Approved => "approved",
            HoldStatus::Denied => "denied",
            HoldStatus::Expired => "expired",
            HoldStatus::Cancelled => "cancelled",
            HoldStatus::Redeemed => "redeemed",
        }
    }
}

/// The answer to `POST /v1/holds` and to `GET /v1/holds/{id}/wait?ms=N`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HoldState {
    pub hold: String,
    pub status: HoldStatus,
    /// Unix seconds.
    pub expires_at: u64,
    /// Where an approver decides. Not a capability.
    pub url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<String>,
    /// The standing grant by which it is approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<String>,
    /// Why it was denied, which the caller is told. Why somebody approved is for people alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_text: Option<String>,
}

impl HoldState {
    /// Whether that may be the id of a hold. It goes into paths.
    pub fn is_id(hold: &str) -> bool {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        (1..=80).contains(&hold.len()) && hold.bytes().all(plain)
    }
}

/// `POST /v1/holds/{id}/redeem`: use the approval, once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedeemRequest {
    pub exchange: String,
    /// Fresh for this redemption; the receipt repeats it.
    pub nonce: String,
}

/// Both are compact JWS; see `grant`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RedeemResponse {
    pub grant: String,
    pub receipt: String,
}

/// `POST /v1/status`: a caller asks what became of a hold. One of somebody else's is none to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusRequest {
    pub hold: String,
    pub issuer: String,
    pub subject: String,
}

/// `POST /v1/leave`: the caller of an exchange went away while it waited. It names no hold: the
/// caller may have left before the filter learned which one it was.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaveRequest {
    pub exchange: String,
}

/// `POST /v1/cancel`: a caller called off a try of its own, in an exchange beside the one that waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancelRequest {
    /// See `digest::cancel_key`.
    pub cancel_key: String,
}
