/*! What the store of kills is given and gives back. */

use std::collections::BTreeSet;

use policy::kill::Whom;
use policy::principal::Principal;

use crate::tenant::Tenant;

/// What people ask for.
#[derive(Clone, Debug)]
pub struct NewKill {
    pub id: String,
    /// By whose gateways; `None`: by all.
    pub tenant: Option<Tenant>,
    pub whom: Whom,
    /// Whose key it is, where that is known.
    pub principal: Option<Principal>,
    /// Keys of the principal and of its owners, as its record has them.
    pub whose: BTreeSet<String>,
    pub until: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kill {
    pub id: String,
    pub tenant: Option<Tenant>,
    pub whom: Whom,
    pub principal: Option<Principal>,
    pub whose: BTreeSet<String>,
    /// Of whoever set it first; the trail has those of others.
    pub reason_text: String,
    pub killed_by: String,
    pub killed_at: u64,
    pub until: u64,
    pub lifted_by: Option<String>,
    pub lifted_at: Option<u64>,
}

impl Kill {
    pub fn in_force(&self, now: u64) -> bool {
        self.lifted_at.is_none() && now < self.until
    }

    /// Whether it is for this tenant's gateways.
    pub fn concerns(&self, tenant: &Tenant) -> bool {
        self.tenant.as_ref().is_none_or(|own| own == tenant)
    }
}

/// What came of a wish to kill.
#[derive(Clone, Debug)]
pub enum Killing {
    New(Kill),
    /// An equal one was in force, and ends later now.
    Longer(Kill),
    /// An equal one is in force at least as long.
    Same(Kill),
    /// As many are in force as there may be.
    Full,
}

#[derive(Clone, Debug)]
pub enum Lifting {
    Now(Kill),
    /// It was lifted, or is over.
    Before(Kill),
    NoSuchKill,
}
