/*! The people who decide, and by which door they came. */

use std::collections::BTreeSet;

use policy::hold::Terms;
use serde::{Deserialize, Serialize};

/// Who is let in, and in the name of which groups they may decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The human, by the same name at every door: two accounts of one name are one person in a quorum.
    pub name: String,
    /// `None`: the only person there is, who stands for every group.
    pub groups: Option<Vec<String>>,
    /// At the login provider; absent for those who are known by a key of the deployment's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
}

/// Where a login provider knows somebody by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub issuer: String,
    pub subject: String,
    /// What else the provider calls them, whether or not it vouches for it.
    pub aliases: Vec<String>,
    /// The provider vouches for the person's name. Without that they approve nothing: nobody knows who they are.
    pub vouched: bool,
}

impl Person {
    /// One who has a key of the deployment's own.
    pub fn local(name: impl Into<String>, groups: Option<Vec<String>>) -> Self {
        Self { name: name.into(), groups, account: None }
    }

    /// Tells accounts apart, also those of one human.
    pub fn who(&self) -> String {
        match &self.account {
            Some(Account { issuer, subject, .. }) => Account::who(issuer, subject),
            None => folded(&self.name),
        }
    }

    /// The name as grants have it; `None` if nobody vouches for it.
    pub fn human(&self) -> Option<String> {
        let vouched = self.account.as_ref().is_none_or(|account| account.vouched);
        vouched.then(|| folded(&self.name))
    }
}

impl Account {
    /// Names it among all there are.
    pub fn who(issuer: &str, subject: &str) -> String {
        format!("{issuer} {subject}")
    }
}

/// Known only after a login or by a key; never made from an agent's token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approver {
    pub person: Person,
    pub door: Door,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Console,
    /// The command line, with the approver's key.
    Key,
}

impl Door {
    pub fn name(self) -> &'static str {
        match self {
            Door::Console => "console",
            Door::Key => "key",
        }
    }
}

impl Approver {
    /// In decisions, grants and the audit trail: in lower case, so that one human counts once.
    pub fn name(&self) -> String {
        folded(&self.person.name)
    }

    /// All they go by, as they are.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let account = self.person.account.as_ref();
        let others = account.into_iter().flat_map(|one| one.aliases.iter().chain([&one.subject]));
        others.chain([&self.person.name]).map(String::as_str)
    }

    /// The account at the login provider; empty for those who have a key.
    pub fn account(&self) -> String {
        self.person.account.as_ref().map(|_| self.person.who()).unwrap_or_default()
    }

    /// The groups in whose name this approver may decide. `None`: of none that is asked for.
    pub fn groups(&self, terms: &Terms) -> Option<Vec<String>> {
        let asked = || terms.requirements.iter().map(|requirement| &requirement.approvers);
        let mut groups: Vec<String> = asked().flat_map(|approvers| approvers.groups()).collect();
        groups.sort();
        groups.dedup();
        if let Some(own) = &self.person.groups {
            groups.retain(|group| own.contains(group));
        }
        asked().any(|approvers| approvers.entitle(&groups)).then_some(groups)
    }
}

/// Names are compared without regard to case and to white space around them.
pub fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

/// A quorum counts names: two that people take for one must not count twice.
pub fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    let mut seen = BTreeSet::new();
    names.map(folded).all(|name| !name.is_empty() && seen.insert(name))
}
