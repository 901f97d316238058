/*! What happened to a hold, as it was when it happened. */

use policy::rule::Severity;
use serde::{Deserialize, Serialize};

use super::plain::bounded;
use crate::store::Hold;

/// In the order in which people have to hear of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Somebody let a call pass at once.
    BreakGlass,
    Held,
    /// With the approval that makes them enough.
    Approved,
    Denied,
    /// An approval that nobody had used.
    TakenBack,
    StandingMade,
    StandingRevoked,
    Expired,
    Cancelled,
}

impl EventKind {
    pub fn name(self) -> &'static str {
        match self {
            EventKind::BreakGlass => "break_glass",
            EventKind::Held => "held",
            EventKind::Approved => "approved",
            EventKind::Denied => "denied",
            EventKind::TakenBack => "taken_back",
            EventKind::StandingMade => "standing_made",
            EventKind::StandingRevoked => "standing_revoked",
            EventKind::Expired => "expired",
            EventKind::Cancelled => "cancelled",
        }
    }

    /// Whether an agent can make as many of them as it likes.
    pub fn is_cheap(self) -> bool {
        matches!(self, EventKind::Held | EventKind::Expired | EventKind::Cancelled)
    }
}

/// All text in it is masked, bounded, one line, and shows what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The same in every message that tells of it.
    pub id: String,
    pub kind: EventKind,
    /// Unix seconds, like all times here.
    pub at: u64,
    /// The person who made it happen; empty where nobody did.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason_text: String,
    pub hold: HeldCall,
}

/// The call on hold in a few words. Its arguments, its body and its SQL stay in the console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldCall {
    pub id: String,
    pub action: String,
    /// A model proposes it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub proposed: bool,
    /// Whose gateway it came by, where there are several.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tenant: String,
    pub issuer: String,
    pub subject: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    pub rules: Vec<String>,
    pub description: String,
    pub severity: Severity,
    pub created_at: u64,
    pub expires_at: u64,
    /// Calls that pass by the standing grant and until when, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<(u32, u64)>,
}

/// Characters of a text that are told; the page has all of it.
const TEXT: usize = 200;
const REASON: usize = 500;
const RULES: usize = 8;

impl Event {
    pub fn new(id: String, kind: EventKind, hold: &Hold, by: &str, at: u64) -> Self {
        let said = hold.decision.as_ref().filter(|_| kind.is_decision());
        let reason_text = said.map(|one| bounded(&one.reason_text, REASON)).unwrap_or_default();
        Self {
            id,
            kind,
            at,
            by: bounded(by, TEXT),
            reason_text,
            hold: HeldCall::of(hold, kind, at),
        }
    }
}

impl EventKind {
    fn is_decision(self) -> bool {
        matches!(
            self,
            EventKind::BreakGlass | EventKind::Approved | EventKind::Denied | EventKind::TakenBack
        )
    }
}

impl HeldCall {
    fn of(hold: &Hold, kind: EventKind, at: u64) -> Self {
        let line = |text: &str| bounded(text, TEXT);
        let principal = &hold.principal;
        let scope = hold.scope().filter(|_| kind == EventKind::StandingMade);
        Self {
            id: hold.id.clone(),
            action: line(&hold.view.action),
            proposed: hold.view.proposed,
            tenant: line(&hold.tenant),
            issuer: line(&principal.issuer),
            subject: line(&principal.subject),
            agent: principal.agent.as_deref().map(line),
            rules: hold.rules.iter().take(RULES).map(|rule| line(rule)).collect(),
            description: line(&hold.description),
            severity: hold.severity,
            created_at: hold.created_at,
            expires_at: hold.expires_at,
            standing: scope.map(|scope| (scope.uses, at + u64::from(scope.lasts_seconds))),
        }
    }
}
