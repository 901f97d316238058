/*! What the gateways of one tenant ask: for a hold, for the use of its approval, what became of it. */

use std::sync::Arc;

use policy::hold::{
    HoldRequest, HoldState, HoldStatus, RedeemRequest, RedeemResponse, StatusRequest,
};

use super::{Holds, by_filter, checks};
use crate::error::Problem;
use crate::random;
use crate::store::{Change, Full, Opened, Redemption, Waiter};
use crate::tenant::Tenant;

/// Holds as one tenant sees them: what is another's does not exist.
#[derive(Clone)]
pub struct TenantHolds {
    pub tenant: Tenant,
    pub holds: Arc<Holds>,
}

/// What came of a redemption.
pub enum Redeemed {
    Once(RedeemResponse),
    /// Not approved, or used already.
    Not(HoldState),
}

impl TenantHolds {
    /// An exchange that asks again is told what it was told, or what became of that.
    pub async fn request(&self, request: HoldRequest) -> Result<HoldState, Problem> {
        let Holds { clock, limits, store, .. } = self.holds.as_ref();
        checks::request(&request, limits)?;
        let principal = &request.call.principal;
        let who = format!("{}\n{}\n{}", self.tenant, principal.issuer, principal.subject);
        if !self.holds.opened.take(&who, limits.opened_per_minute, clock.now()) {
            return Err(Problem::hold_limit());
        }
        let new = self.holds.described(&self.tenant, &request)?;
        let waiter = Waiter { exchange: request.exchange, cancel_key: request.cancel_key };
        match store.open(&new, &waiter, limits, clock.now()).await? {
            Opened::New(hold) | Opened::Joined(hold) => Ok(self.holds.state(&hold)),
            Opened::Full(Full::Principal) => Err(Problem::hold_limit()),
            Opened::Full(Full::Service) => Err(Problem::service_full()),
        }
    }

    /// Once; the exchange that did gets the same again for a minute, should the answer have been lost.
    pub async fn redeem(&self, id: &str, request: &RedeemRequest) -> Result<Redeemed, Problem> {
        let now = self.holds.clock.now();
        checks::exchange(&request.exchange)?;
        checks::nonce(&request.nonce)?;
        let audit = by_filter(&request.exchange, "redeemed", now);
        let redemption = Redemption {
            exchange: request.exchange.clone(),
            nonce_digest: random::text_digest(&request.nonce),
        };
        match self.holds.store.redeem(&self.tenant, id, &redemption, &audit).await? {
            // Signed after the use was noted: a failure here wastes an approval but never doubles one.
            Change::Made(hold) | Change::Same(hold) => {
                Ok(Redeemed::Once(self.holds.tokens(&hold, request, now)?))
            }
            Change::Refused(hold) => Ok(Redeemed::Not(self.holds.state(&hold))),
            Change::DeniedAlike | Change::NoSuchHold => Err(Problem::no_such_hold()),
        }
    }

    /// Of a principal's own hold; somebody else's and none at all are told alike.
    pub async fn status(&self, request: &StatusRequest) -> Result<HoldState, Problem> {
        let hold = self.found(&request.hold).await?;
        let principal = &hold.principal;
        if (&principal.issuer, &principal.subject) != (&request.issuer, &request.subject) {
            return Err(Problem::no_such_hold());
        }
        let state = self.holds.state(&hold);
        // Who approved is for people and for records.
        let approver = state.approver.filter(|_| state.status == HoldStatus::Denied);
        Ok(HoldState { approver, ..state })
    }
}
