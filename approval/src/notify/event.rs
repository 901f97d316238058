/*! What happened to a hold or by a kill, as it was when it happened. */

use policy::kill::Whom;
use policy::rule::Severity;
use serde::{Deserialize, Serialize};

use super::plain::bounded;
use crate::store::{Hold, Kill};

/// In the order in which people have to hear of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Somebody let a call pass at once.
    BreakGlass,
    /// Nothing of a principal, or of one of its tokens, passes any more.
    Killed,
    KillLifted,
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
            EventKind::Killed => "killed",
            EventKind::KillLifted => "kill_lifted",
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

    /// Everybody hears of it, whatever groups and severity they look after.
    pub fn is_for_all(self) -> bool {
        matches!(self, EventKind::BreakGlass | EventKind::Killed | EventKind::KillLifted)
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
    #[serde(flatten)]
    pub about: About,
}

/// A member `hold` or a member `kill`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum About {
    Hold(HeldCall),
    Kill(Killed),
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

/// Of whom nothing passes any more, or passes again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Killed {
    pub id: String,
    /// By whose gateways, where it is not by all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// `caller`, all that a principal does, or `token`, one of its tokens: it may get another. With the key, as records have it.
    #[serde(flatten)]
    pub whom: Whom,
    /// Absent, as the next two are, where nobody knows whose key it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    pub until: u64,
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
            about: About::Hold(HeldCall::of(hold, kind, at)),
        }
    }

    /// `by` killed or lifted it, and `reason_text` says why.
    pub fn of_kill(
        id: String,
        kind: EventKind,
        kill: &Kill,
        by: &str,
        reason_text: &str,
        at: u64,
    ) -> Self {
        Self {
            id,
            kind,
            at,
            by: bounded(by, TEXT),
            reason_text: bounded(reason_text, REASON),
            about: About::Kill(Killed::of(kill)),
        }
    }

    pub fn hold(&self) -> Option<&HeldCall> {
        match &self.about {
            About::Hold(hold) => Some(hold),
            About::Kill(_) => None,
        }
    }
}

impl Killed {
    fn of(kill: &Kill) -> Self {
        let line = |text: &String| bounded(text, TEXT);
        let principal = kill.principal.as_ref();
        Self {
            id: kill.id.clone(),
            tenant: kill.tenant.as_ref().map(|tenant| tenant.as_str().to_owned()),
            whom: kill.whom.clone(),
            issuer: principal.map(|one| line(&one.issuer)),
            subject: principal.map(|one| line(&one.subject)),
            agent: principal.and_then(|one| one.agent.as_ref()).map(line),
            until: kill.until,
        }
    }

    /// Who it is, or at least by which key records know it.
    pub fn who(&self) -> String {
        let subject = self.subject.as_deref().unwrap_or("somebody unknown");
        let who = match &self.agent {
            Some(agent) => format!("{subject} through {agent}"),
            None => subject.to_owned(),
        };
        match self.whom {
            Whom::Token(_) => format!("a token of {who}"),
            Whom::Caller(_) => who,
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
