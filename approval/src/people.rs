/*!
Whose word counts. People leave and change groups, and an approval does not outlive that: it counts for as long as its
approver could give it still, by what the configuration and the latest login of their account say.
*/

use policy::hold::Approval;
use policy::principal::Principal;
use serde::Deserialize;

use crate::approver::{Approver, Door, Person, folded};
use crate::config::{LocalApprover, Oidc, Owner};
use crate::separation::Bar;

/// What people with a key of the deployment's own are made by.
pub const LOCAL: &str = "key";

#[derive(Debug, Default)]
pub struct People {
    local: Vec<Person>,
    oidc: Option<Oidc>,
    /// Whose agents are whose, besides what their tokens say.
    owners: Vec<Owner>,
}

/// An approval as it is kept.
#[derive(Clone, Debug, Deserialize)]
pub struct Given {
    #[serde(flatten)]
    pub approval: Approval,
    /// Empty: of somebody with a key of the deployment's own.
    pub account: String,
    /// Of the account's latest login.
    pub person: Option<Person>,
    /// What that person was made by.
    pub source: Option<String>,
}

impl People {
    pub fn new(local: &[LocalApprover], oidc: Option<Oidc>, owners: Vec<Owner>) -> Self {
        let local = local.iter().map(|one| one.person.clone()).collect();
        Self { local, oidc, owners }
    }

    /// Whether the configuration makes this person of what they logged in by.
    pub fn knows(&self, person: &Person, source: &str) -> bool {
        match (&person.account, &self.oidc) {
            (None, _) => source == LOCAL && self.local.contains(person),
            (Some(_), Some(oidc)) => {
                source == oidc.mapping()
                    && oidc.lets_in(person.groups.as_deref().unwrap_or_default())
            }
            (Some(_), None) => false,
        }
    }

    /// What of an approval counts by now, of a call of this principal.
    pub fn counted(&self, given: &Given, principal: &Principal) -> Option<Approval> {
        let Approval { approver, groups } = &given.approval;
        let person = self.now(given)?;
        if person.human()? != folded(approver) {
            return None;
        }
        let own = |group: &&String| person.groups.as_ref().is_none_or(|own| own.contains(group));
        let left: Vec<String> = groups.iter().filter(own).cloned().collect();
        if left.is_empty() && !groups.is_empty() {
            return None;
        }
        let now = Approver { person: person.clone(), door: Door::Key };
        let barred = Bar::by(&self.owners, principal, &now).is_some();
        (!barred).then(|| Approval { approver: approver.clone(), groups: left })
    }

    /// Who gave it, as they are by now.
    fn now<'a>(&'a self, given: &'a Given) -> Option<&'a Person> {
        if given.account.is_empty() {
            let name = folded(&given.approval.approver);
            return self.local.iter().find(|one| folded(&one.name) == name);
        }
        let source = given.source.as_deref().unwrap_or_default();
        given.person.as_ref().filter(|person| self.knows(person, source))
    }
}

#[cfg(test)]
mod tests;
