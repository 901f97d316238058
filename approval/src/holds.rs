/*!
The life of a hold: asked for, waited on, decided once, redeemed once, or over before that.

```text
            approve            redeem
pending ───────────► approved ────────► redeemed
   │ │ │               │ │
   │ │ └── deny ─► denied│
   │ └─ left ► cancelled ◄┘ revoked
   └──── time ─► expired ◄┘
```

A call that a standing grant lets pass starts as approved. Nothing leads back, and only the store moves a hold along an arrow.
*/

mod breaking;
mod deciding;
mod standing;
mod waiting;

use std::sync::Arc;

use policy::call::Kind;
use policy::digest::{grant_digest, join_key, standing_key};
use policy::grant::{Grant, Receipt, StandingUse};
use policy::hold::{HoldRequest, HoldState, RedeemRequest, RedeemResponse, Requirement, Scope};
use policy::principal::Principal;
use policy::rule::{HoldTerms, ScopeTerms};

use crate::clock::Clock;
use crate::config::Owner;
use crate::error::Problem;
use crate::mask::Mask;
use crate::notify::Listed;
use crate::random;
use crate::signer::Signer;
use crate::store::{Audit, Change, Hold, NewHold, Opened, Store, Waiter};
use crate::view::{View, visible, visible_line};
use crate::wake::Wake;

pub use breaking::barred as barred_from_breaking;
pub use deciding::Verdict;

/// Open holds one principal may have.
pub const OPEN_PER_PRINCIPAL: u32 = 32;
/// A week: longer than that nobody waits, and a forgotten approval is a danger.
const LONGEST_EXPIRY: u32 = 7 * 24 * 3600;

pub struct Holds {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    pub wake: Arc<Wake>,
    pub mask: Arc<dyn Mask>,
    pub signer: Signer,
    pub digest_key: Vec<u8>,
    /// Whose agents are whose, besides what their tokens say.
    pub owners: Vec<Owner>,
    /// Where the console is, without a slash at the end.
    pub console_url: String,
    /// Where people are told of holds.
    pub channels: Vec<Listed>,
}

/// What came of a redemption.
pub enum Redeemed {
    Once(RedeemResponse),
    /// Not approved, or used already.
    Not(HoldState),
}

impl Holds {
    pub async fn request(&self, request: HoldRequest) -> Result<HoldState, Problem> {
        check(&request)?;
        let now = self.clock.now();
        let new = self.described(&request)?;
        let waiter = Waiter { exchange: request.exchange, cancel_key: request.cancel_key };
        let opened = self.store.open(&new, &waiter, OPEN_PER_PRINCIPAL, now).await?;
        match opened {
            Opened::New(hold) | Opened::Joined(hold) => Ok(self.state(&hold)),
            Opened::TooMany => Err(Problem::hold_limit(
                "this principal has as many calls on hold as it may; wait for a decision on one",
            )),
        }
    }

    /// The digests are made here, from what is shown: a filter cannot show one call and have
    /// another approved.
    fn described(&self, request: &HoldRequest) -> Result<NewHold, Problem> {
        let call = &request.call;
        let owners = Owner::of(&self.owners, &call.principal);
        let view = View::of(call, self.mask.as_ref()).in_session(request, self.mask.as_ref());
        // Nobody lets stand what they could not see whole.
        let scope = request.terms.scope.as_ref().filter(|_| !view.cut);
        Ok(NewHold {
            id: random::id().map_err(|error| Problem::internal(&error))?,
            join_key: join_key(call, &self.digest_key),
            grant_digest: grant_digest(call, &self.digest_key),
            rules: request.rules.clone(),
            revision: request.revision.clone(),
            principal: Principal { owners, ..call.principal.clone() },
            description: visible(&self.mask.mask(&request.description).text),
            severity: request.severity,
            terms: request.terms.clone(),
            standing_key: scope.and_then(|scope| standing_key(call, scope, &self.digest_key)),
            view,
        })
    }

    pub async fn redeem(&self, id: &str, request: &RedeemRequest) -> Result<Redeemed, Problem> {
        let now = self.clock.now();
        check_exchange(&request.exchange)?;
        if request.nonce.len() < 16 || request.nonce.len() > 256 {
            return Err(Problem::bad_request("the nonce needs 16 to 256 characters"));
        }
        let audit = by_filter(&request.exchange, "redeemed", now);
        let hold = match self.store.redeem(id, &request.exchange, &audit).await? {
            Change::Made(hold) => hold,
            Change::Same(hold) | Change::Refused(hold) => {
                return Ok(Redeemed::Not(self.state(&hold)));
            }
            Change::DeniedAlike | Change::NoSuchHold => return Err(Problem::no_such_hold()),
        };
        // Signed after the use was noted: a failure here wastes an approval but never doubles one.
        let tokens = self.tokens(&hold, request, now)?;
        Ok(Redeemed::Once(tokens))
    }

    fn tokens(
        &self,
        hold: &Hold,
        request: &RedeemRequest,
        now: u64,
    ) -> Result<RedeemResponse, Problem> {
        let grant = Grant {
            digest: hold.grant_digest.clone(),
            rules: hold.rules.clone(),
            revision: hold.revision.clone(),
            approvals: hold.approvals.clone(),
            standing: hold.standing.clone().zip(hold.standing_key.clone()).map(standing_use),
            break_glass: hold.decision.as_ref().is_some_and(|one| one.break_glass),
        };
        let receipt = Receipt {
            digest: hold.grant_digest.clone(),
            exchange: request.exchange.clone(),
            nonce: request.nonce.clone(),
        };
        let internal = |error| Problem::internal(&error);
        Ok(RedeemResponse {
            grant: self.signer.grant(&hold.id, hold.expires_at, now, grant).map_err(internal)?,
            receipt: self.signer.receipt(&hold.id, now, receipt).map_err(internal)?,
        })
    }

    pub fn state(&self, hold: &Hold) -> HoldState {
        let decision = hold.decision.as_ref();
        HoldState {
            hold: hold.id.clone(),
            status: hold.status_at(self.clock.now()),
            expires_at: hold.expires_at,
            standing: hold.standing.clone(),
            url: self.url(&hold.id),
            approver: decision.map(|decision| decision.approver.clone()),
            reason_text: decision
                .map(|decision| decision.reason_text.clone())
                .filter(|text| !text.is_empty()),
        }
    }

    pub fn url(&self, id: &str) -> String {
        format!("{}/holds/{id}", self.console_url)
    }
}

fn check(request: &HoldRequest) -> Result<(), Problem> {
    check_exchange(&request.exchange)?;
    request.cancel_key.as_deref().map_or(Ok(()), check_cancel_key)?;
    let problem = match request {
        _ if request.rules.is_empty() => "name the rules that hold the call",
        _ if request.call.kind == Kind::Auto => "settle the kind of the call before it is held",
        _ if request.call.principal.subject.is_empty() => "a call without a principal is not held",
        _ if beyond_owners(&request.call.principal) => "a call belongs to at most 16 people",
        _ if !(1..=LONGEST_EXPIRY).contains(&request.terms.expiry_seconds) => {
            "the expiry of a hold is 1 second to 7 days"
        }
        _ if request.terms.requirements.is_empty() => "say whose approval the rules ask for",
        _ if request.terms.requirements.iter().any(beyond_quorum) => "a quorum is 1 to 16 people",
        _ if request.terms.scope.as_ref().is_some_and(beyond_scope) => {
            "a standing grant is for 2 to 1000 calls within 7 days"
        }
        _ => return Ok(()),
    };
    Err(Problem::unprocessable(problem))
}

fn beyond_owners(principal: &Principal) -> bool {
    let owners = &principal.owners;
    owners.len() > Owner::MOST || owners.iter().any(|name| name.len() > Owner::LONGEST)
}

fn beyond_quorum(requirement: &Requirement) -> bool {
    !(1..=HoldTerms::QUORUM_MAX).contains(&requirement.quorum)
}

fn beyond_scope(scope: &Scope) -> bool {
    !(2..=ScopeTerms::USES_MAX).contains(&scope.uses)
        || !(1..=ScopeTerms::LASTS_MAX).contains(&scope.lasts_seconds)
        || scope.free.len() > ScopeTerms::FREE_MAX
}

fn check_exchange(exchange: &str) -> Result<(), Problem> {
    check_word("an exchange id", exchange)
}

fn check_cancel_key(key: &str) -> Result<(), Problem> {
    check_word("a cancel key", key)
}

fn check_word(what: &str, text: &str) -> Result<(), Problem> {
    if (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Problem::bad_request(format!("{what} is 1 to 128 printable ASCII characters")))
}

fn standing_use((id, key): (String, String)) -> StandingUse {
    StandingUse { id, key }
}

fn by_filter(exchange: &str, action: &str, at: u64) -> Audit {
    Audit {
        at,
        actor: visible_line(exchange),
        door: "filter".into(),
        peer: String::new(),
        action: action.into(),
        reason_text: String::new(),
    }
}

#[cfg(test)]
mod tests;
