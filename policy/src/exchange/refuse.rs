/*! Refusals of an exchange: what the caller learns, and what only the record does. */

use crate::call::Kind;
use crate::engine::{Engine, Full};
use crate::identity::{self, Unauthorized};
use crate::protocol::McpCall;
use crate::reason::Reason;
use crate::refusal::{self, LocalResponse, Refusal};
use crate::sections;
use crate::verdict::Verdict;

use super::held::Held;

/// In whose protocol the caller has to be answered.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub kind: Kind,
    pub mcp: Option<McpCall>,
}

#[derive(Debug)]
pub struct Refused {
    pub reason: Reason,
    /// For the record. It goes to the caller too where no rule has a message of its own.
    pub detail: String,
    rule: Option<String>,
    fact: Option<String>,
    message: Option<String>,
    www_authenticate: Option<String>,
    url: Option<String>,
    hold: Option<String>,
    /// Seconds.
    pub retry_after: Option<u32>,
}

impl Refused {
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let (rule, fact, www_authenticate, url, hold) = (None, None, None, None, None);
        let retry_after = (reason == Reason::Pending).then_some(5);
        let message = Some(detail.clone());
        Self { reason, message, detail, rule, fact, www_authenticate, url, hold, retry_after }
    }

    /// Which check failed stays in the record: the caller may be probing.
    pub fn unauthorized(error: &Unauthorized) -> Self {
        Self {
            message: None,
            www_authenticate: Some(error.www_authenticate()),
            ..Self::new(Reason::Unauthenticated, error.detail)
        }
    }

    pub fn authorization_server() -> Self {
        let detail = "the gateway is no authorization server; \
            `/.well-known/oauth-protected-resource` names the one that gives out tokens for it";
        Self::new(Reason::AuthorizationServer, detail)
    }

    /// Which one stays in the record: it is the operator's mistake.
    pub fn unknown_section(name: &str) -> Self {
        Self { message: None, ..Self::new(Reason::UnknownSection, sections::unknown(name)) }
    }

    pub fn denied(verdict: &Verdict) -> Self {
        let reason = verdict.reason.unwrap_or(Reason::Denied);
        let detail = match (reason, &verdict.unavailable) {
            (Reason::NoRule, _) => {
                "no rule lets the call pass, and the bundle's default is deny".to_owned()
            }
            (Reason::InsufficientScope, _) => {
                format!("the token lacks one of the scopes {}", verdict.scopes.join(" "))
            }
            (Reason::EndpointNotAllowed, _) => {
                "the endpoint is not one the gateway knows, and no rule that names its path allows it"
                    .to_owned()
            }
            (Reason::FactUnavailable, Some(fact)) => {
                format!(
                    "the rule needs {fact}, which the call lacks or has in a form that cannot be judged"
                )
            }
            _ => "a rule denies the call".to_owned(),
        };
        Self {
            www_authenticate: (reason == Reason::InsufficientScope)
                .then(|| identity::insufficient_scope(&verdict.scopes)),
            fact: verdict.unavailable.clone(),
            message: verdict.message.clone(),
            rule: verdict.deciding().next().map(|rule| rule.rule.clone()),
            ..Self::new(reason, detail)
        }
    }

    /// A client asks for lists by itself, before each turn of its model: no approver is asked for that, nor for
    /// what calls off another call.
    pub fn unasked(verdict: &Verdict) -> Self {
        let detail =
            "a rule holds what nobody is asked to approve: a list, or what calls off a call";
        Self { detail: detail.to_owned(), ..Self::denied(verdict) }
    }

    pub fn hold(reason: Reason, detail: &str, held: &Held) -> Self {
        let state = held.state.as_ref();
        // Where there is still something to look for.
        let open = matches!(reason, Reason::Pending | Reason::RedemptionUnknown);
        let known = state.filter(|_| open);
        Self {
            message: match reason {
                Reason::HoldDenied => state.and_then(|state| state.reason_text.clone()),
                // The author's words, in which nothing of the call can stand.
                Reason::Pending => held.message.clone(),
                _ => Some(detail.to_owned()),
            },
            url: known.map(|state| state.url.clone()),
            hold: known.map(|state| state.hold.clone()),
            ..Self::new(reason, detail)
        }
    }

    /// Or it is somebody else's.
    pub fn no_such_hold() -> Self {
        Self::new(Reason::HoldUnknown, "the caller has no such hold")
    }

    pub fn over_budget(name: &str, seconds: u32) -> Self {
        let detail = format!("the budget {name} is used up for the next {seconds} seconds");
        Self { retry_after: Some(seconds), ..Self::new(Reason::BudgetExceeded, detail) }
    }

    pub fn over_dry_runs(seconds: u32) -> Self {
        let detail = format!("the caller's dry runs are used up for the next {seconds} seconds");
        Self { retry_after: Some(seconds), ..Self::new(Reason::DryRunLimit, detail) }
    }

    pub fn no_room(full: Full) -> Self {
        match full {
            Full::Principal => Self::new(
                Reason::HoldLimit,
                "the principal has too many calls on hold, or too large ones",
            ),
            Full::All => {
                Self::new(Reason::HoldsFull, "too many calls are on hold, of all principals")
            }
        }
    }

    pub fn unsafe_route() -> Self {
        let detail = "the route does not promise to send a held call only once";
        Self::new(Reason::RouteUnsafe, detail)
    }

    /// What a call that needs approval is told before it has any; the author's words alone.
    pub fn would_hold(verdict: &Verdict) -> Self {
        Self { message: verdict.message.clone(), ..Self::new(Reason::Pending, "") }
    }

    pub fn refusal(&self, reference: &str) -> Refusal {
        Refusal {
            reason: self.reason,
            rule: self.rule.clone(),
            fact: self.fact.clone(),
            message: self.message.clone(),
            reference: reference.to_owned(),
            url: self.url.clone(),
            hold: self.hold.clone(),
            retry_after: self.retry_after,
            www_authenticate: self.www_authenticate.clone(),
        }
    }

    /// With where the caller learns who gives out tokens.
    pub fn with_document(self, url: Option<&str>) -> Self {
        let challenge = self.www_authenticate.as_deref();
        let www_authenticate = challenge.map(|one| identity::challenge(one, url));
        Self { www_authenticate, ..self }
    }

    pub fn render(&self, reference: &str, asked: &Asked) -> LocalResponse {
        refusal::render(&self.refusal(reference), asked.kind, asked.mcp.as_ref())
    }
}

/// What needs no look into the body: too much of it, or a head that left before the verdict.
pub fn early(engine: &mut Engine, size: usize, upstream_attempts: u64) -> Option<Refused> {
    if upstream_attempts != 0 {
        engine.mark_unsafe_install();
        return Some(unsafe_install());
    }
    (size > engine.limits.request_body).then(|| {
        let limit = engine.limits.request_body;
        Refused::new(Reason::BodyTooLarge, format!("the body is over {limit} bytes; send less"))
    })
}

/// Envoy ends a stream at once whose body grows past what it keeps, in the middle of our call that writes it.
pub fn grown(engine: &Engine, rewritten: &[u8]) -> Option<Refused> {
    let limit = engine.limits.request_body;
    (rewritten.len() > limit).then(|| {
        let detail = format!("the body is over {limit} bytes once it is redacted; send less");
        Refused::new(Reason::BodyTooLarge, detail)
    })
}

pub fn unsafe_install() -> Refused {
    Refused::new(
        Reason::UnsafeInstall,
        "the buffer filter is missing behind the gateway's; the operator has to add it",
    )
}
