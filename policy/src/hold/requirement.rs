/*! What one rule asks of the people who approve. */

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::rule::Approvers;

/// A person's yes, and the groups in whose name they gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    pub approver: String,
    pub groups: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    #[serde(default, skip_serializing_if = "Approvers::is_everyone")]
    pub approvers: Approvers,
    pub quorum: u32,
}

impl Requirement {
    /// Those of the people that count here, each once.
    pub fn counted<'a>(&self, approvals: &'a [Approval]) -> BTreeSet<&'a str> {
        let entitled = approvals.iter().filter(|one| self.approvers.entitle(&one.groups));
        entitled.map(|one| one.approver.as_str()).collect()
    }

    /// How many more different people have to approve.
    pub fn lacking(&self, approvals: &[Approval]) -> u32 {
        let counted = u32::try_from(self.counted(approvals).len()).unwrap_or(u32::MAX);
        self.quorum.max(1).saturating_sub(counted)
    }

    /// The sets of groups of which nobody approved.
    pub fn unheard<'a>(&'a self, approvals: &'a [Approval]) -> impl Iterator<Item = &'a [String]> {
        let heard = |group: &String| approvals.iter().any(|one| one.groups.contains(group));
        let sets = self.approvers.sets().iter().map(Vec::as_slice);
        sets.filter(move |set| !set.iter().any(heard))
    }

    pub fn satisfied_by(&self, approvals: &[Approval]) -> bool {
        self.lacking(approvals) == 0 && self.unheard(approvals).next().is_none()
    }
}
