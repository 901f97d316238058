/*! Standing grants: what people see of them, and their end. */

use super::Holds;
use crate::approver::Approver;
use crate::error::Problem;
use crate::store::{Audit, Revoked, StandingGrant};

/// More than this nobody looks through.
const LISTED: u32 = 200;

impl Holds {
    /// Those that let something pass first, then the latest that ended.
    pub async fn standing_grants(&self) -> Result<Vec<StandingGrant>, Problem> {
        Ok(self.store.standing_grants(LISTED, self.clock.now()).await?)
    }

    /// Any approver may: it only takes away. `peer` is the network address they come from.
    pub async fn revoke(&self, id: &str, approver: &Approver, peer: &str) -> Result<(), Problem> {
        let audit = Audit {
            at: self.clock.now(),
            actor: approver.name(),
            door: approver.door.name().into(),
            peer: peer.into(),
            action: "revoked".into(),
            reason_text: String::new(),
        };
        match self.store.revoke(id, &audit).await? {
            Revoked::Now(_) | Revoked::Before => Ok(()),
            Revoked::NoSuchGrant => Err(Problem::no_such_grant()),
        }
    }
}
