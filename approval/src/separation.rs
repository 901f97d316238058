/*!
Separation of people: whoever asks for a call, and whoever the agent belongs to, does not let it pass.

An approver is taken for the same person if any name they go by is one of the caller's. That errs on the side
of asking somebody else: an address that nobody verified approves nothing, and still bars its bearer.
*/

use policy::principal::Principal;
use serde::{Deserialize, Serialize};

use crate::approver::{Approver, folded};
use crate::config::Owner;

/// Whether it is known whose an agent is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Separation {
    Proven,
    /// Nobody said who owns the agent, so its owner may be the one who approves.
    NotProven,
}

impl Separation {
    pub fn of(principal: &Principal) -> Self {
        if principal.owners.is_empty() { Separation::NotProven } else { Separation::Proven }
    }
}

/// Why somebody may deny a call and never approve it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bar {
    /// The principal itself.
    Principal,
    Owner,
    /// The login does not prove which person they are.
    Nameless,
}

impl Bar {
    pub fn of(principal: &Principal, approver: &Approver) -> Option<Self> {
        let person = &approver.person;
        let account = person.account.as_ref();
        let subject = folded(&principal.subject);
        let same = |one: &crate::approver::Account| {
            one.issuer == principal.issuer && one.subject == principal.subject
        };
        let names = || approver.names().map(folded);
        if account.is_some_and(same) || names().any(|name| name == subject) {
            return Some(Bar::Principal);
        }
        if names().any(|name| principal.owners.iter().any(|owner| folded(owner) == name)) {
            return Some(Bar::Owner);
        }
        person.human().is_none().then_some(Bar::Nameless)
    }

    /// As `of`, with the owners that the configuration names by now as well.
    pub fn by(owners: &[Owner], principal: &Principal, approver: &Approver) -> Option<Self> {
        let owners = Owner::of(owners, principal);
        Self::of(&Principal { owners, ..principal.clone() }, approver)
    }

    /// To the approver.
    pub fn words(self) -> &'static str {
        match self {
            Bar::Principal => {
                "This call was made in your own name. You may deny it; to approve it is for somebody else."
            }
            Bar::Owner => {
                "The agent that makes this call is yours. You may deny it; to approve it is for somebody else."
            }
            Bar::Nameless => {
                "Your login does not prove which person you are, as its address is not verified. You may deny \
                 the call; to approve it is for somebody else."
            }
        }
    }
}

#[cfg(test)]
mod tests;
