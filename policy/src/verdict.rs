/*! What the bundle says about one call or response. */

use serde::{Deserialize, Serialize};

use crate::hold::Terms;
use crate::reason::Reason;
use crate::redact::ByKind;
use crate::rule::{Effect, Mode, Severity};

/// One rule that matched, also in shadow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contribution {
    pub rule: String,
    pub effect: Effect,
    pub mode: Mode,
    pub severity: Severity,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub effect: Effect,
    /// Every rule that matched, in the bundle's order.
    pub contributions: Vec<Contribution>,
    /// Set when the effect is hold or deny.
    pub reason: Option<Reason>,
    /// The message of the first rule with the winning effect, in the order in which rules speak.
    pub message: Option<String>,
    pub description: Option<String>,
    /// With the reason `FactUnavailable`, the name of the fact as people write it, never its value.
    pub unavailable: Option<String>,
    /// With the reason `InsufficientScope`, what the token would need.
    pub scopes: Vec<String>,
    pub terms: Option<Terms>,
    /// Kinds of finding to redact and how, on allow, redact and hold alike.
    pub redact: ByKind,
}

impl Verdict {
    pub fn allow() -> Self {
        Self {
            effect: Effect::Allow,
            contributions: Vec::new(),
            reason: None,
            message: None,
            description: None,
            unavailable: None,
            scopes: Vec::new(),
            terms: None,
            redact: ByKind::new(),
        }
    }

    /// Names of the rules that decided: those with the winning effect, enforced.
    pub fn deciding(&self) -> impl Iterator<Item = &Contribution> {
        self.contributions.iter().filter(|c| c.effect == self.effect && c.mode == Mode::Enforce)
    }
}
