/*! How far a hold is from its approval: what each rule asks for, who counts for it, and who is missing. */

use policy::hold::{Approval, Requirement};
use serde::{Deserialize, Serialize};

use crate::store::Hold;
use crate::view::visible_line;

/// One requirement. Text in it is shown as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Of each set of groups one has to approve; none: everybody counts.
    pub groups: Vec<Vec<String>>,
    /// How many different people have to approve.
    pub quorum: u32,
    /// Those who count for it.
    pub approved_by: Vec<String>,
    /// Who has to approve yet, in words; empty if it is satisfied.
    pub missing: String,
}

impl Progress {
    pub fn of(hold: &Hold) -> Vec<Self> {
        let requirements = hold.terms.requirements.iter();
        requirements.map(|requirement| Self::against(requirement, &hold.approvals)).collect()
    }

    fn against(requirement: &Requirement, approvals: &[Approval]) -> Self {
        let sets = requirement.approvers.sets();
        let named = requirement.approvers.groups();
        let unheard = requirement.unheard(approvals).map(|set| format!("somebody of {}", or(set)));
        let unheard = unheard.collect::<Vec<_>>().join(" and ");
        let missing = match requirement.lacking(approvals) {
            0 => unheard,
            lacking if sets.len() < 2 || unheard.is_empty() => more(lacking, &named),
            lacking => format!("{}, among them {unheard}", more(lacking, &named)),
        };
        Self {
            groups: sets
                .iter()
                .map(|set| set.iter().map(|one| visible_line(one)).collect())
                .collect(),
            quorum: requirement.quorum,
            approved_by: requirement.counted(approvals).into_iter().map(visible_line).collect(),
            missing,
        }
    }

    /// `1 of 2 people of finance`.
    pub fn words(&self) -> String {
        let (given, wanted) = (self.approved_by.len(), self.quorum);
        // More may have come while somebody of another group or rule was missing.
        let given = u32::try_from(given).map_or(wanted, |given| given.min(wanted));
        let people = if wanted == 1 { "person" } else { "people" };
        let sets: Vec<String> = self.groups.iter().map(|set| set.join(" or ")).collect();
        match sets.as_slice() {
            [] => format!("{given} of {wanted}"),
            [set] => format!("{given} of {wanted} {people} of {set}"),
            sets => format!("{given} of {wanted} {people}, of {}", sets.join(" and of ")),
        }
    }
}

fn more(people: u32, groups: &[String]) -> String {
    match groups {
        [] if people == 1 => "1 more person".to_owned(),
        [] => format!("{people} more people"),
        groups => format!("{people} more of {}", or(groups)),
    }
}

fn or(groups: &[String]) -> String {
    groups.iter().map(|group| visible_line(group)).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests;
