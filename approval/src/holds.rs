/*!
The life of a hold: asked for, waited on, decided once, redeemed once, or over before that.

```text
            approve            redeem
pending ───────────► approved ────────► redeemed
   │ │ │               │ │ │
   │ │ └── deny ► denied ◄┘ │ taken back
   │ └─ left ► cancelled ◄──┤ revoked
   └──── time ─► expired ◄──┘
```

A call that a standing grant lets pass starts as approved. Nothing leads back, and only the store moves a hold along an arrow.
*/

mod asking;
mod breaking;
mod checks;
mod deciding;
mod keeping;
mod standing;
mod waiting;

use std::sync::Arc;

use policy::digest::{grant_digest, join_key, standing_key};
use policy::grant::{Grant, Receipt, StandingUse};
use policy::hold::{HoldRequest, HoldState, RedeemRequest, RedeemResponse};
use policy::principal::Principal;

use crate::chains::{Chains, Checkpointing};
use crate::clock::Clock;
use crate::config::{Limits, Owner};
use crate::error::Problem;
use crate::kills::Board;
use crate::mask::Mask;
use crate::notify::Listed;
use crate::pace::Pace;
use crate::random;
use crate::records::store::RecordStore;
use crate::signer::Signer;
use crate::store::{Audit, Choice, Hold, NewHold, Store};
use crate::tenant::Tenant;
use crate::view::{View, visible, visible_line};
use crate::wake::Wake;

pub use asking::{Redeemed, TenantHolds};
pub use deciding::Verdict;
pub(crate) use deciding::reason;

pub struct Holds {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    pub wake: Arc<Wake>,
    pub mask: Arc<dyn Mask>,
    pub signer: Signer,
    pub digest_key: Vec<u8>,
    /// Whose agents are whose, besides what their tokens say.
    pub owners: Vec<Owner>,
    pub limits: Limits,
    /// How often each principal asked for a hold.
    pub opened: Pace,
    /// People log in at a provider: who has a key alone breaks no glass.
    pub provider: bool,
    /// Where the console is, without a slash at the end.
    pub console_url: String,
    /// Where people are told of holds.
    pub channels: Vec<Listed>,
    /// What was heard of records.
    pub chains: Chains,
    pub checkpointing: Option<Checkpointing>,
    /// Of whom nothing passes, as gateways are told.
    pub kills: Board,
    /// Of exchanges, of gateways that send them here.
    pub records: Arc<dyn RecordStore>,
}

impl Holds {
    /// The digests are made here, from what is shown: a filter cannot show one call and have
    /// another approved.
    fn described(&self, tenant: &Tenant, request: &HoldRequest) -> Result<NewHold, Problem> {
        let call = &request.call;
        let owners = Owner::of(&self.owners, &call.principal);
        let view = View::of(call, self.mask.as_ref()).in_session(request, self.mask.as_ref());
        // Nobody lets stand what they could not see whole.
        let scope = request.terms.scope.as_ref().filter(|_| !view.cut);
        Ok(NewHold {
            id: random::id().map_err(|error| Problem::internal(&error))?,
            tenant: tenant.clone(),
            bytes: checks::bytes(request),
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
            approvals: hold.counted.clone(),
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
                .filter(|decision| decision.choice == Choice::Deny)
                .map(|decision| decision.reason_text.clone())
                .filter(|text| !text.is_empty()),
        }
    }

    pub fn url(&self, id: &str) -> String {
        format!("{}/holds/{id}", self.console_url)
    }
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
pub mod tests;
