/*! The terms of all rules that hold one call. */

use serde::{Deserialize, Serialize};

use super::requirement::{Approval, Requirement};
use super::scope::Scope;
use crate::rule::HoldTerms;

/// Each rule's requirement stands for itself: one person may count for several, but people who are
/// asked for by one rule never make up for those that another one asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Each once and in one order, whatever the order of the rules: the same terms are equal.
    pub requirements: Vec<Requirement>,
    pub expiry_seconds: u32,
    pub wait_seconds: u32,
    pub reason_required: bool,
    /// Absent: an approval is for the one call, once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Of each of these sets one group has to be a person's who lets the call pass at once. Empty: nobody may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub break_glass: Vec<Vec<String>>,
}

impl Terms {
    /// The terms of both: the shorter times, every requirement, and what both let stand.
    pub fn and(self, other: Self) -> Self {
        let mut requirements = self.requirements;
        requirements.extend(other.requirements);
        requirements.sort();
        requirements.dedup();
        Self {
            requirements,
            expiry_seconds: self.expiry_seconds.min(other.expiry_seconds),
            wait_seconds: self.wait_seconds.min(other.wait_seconds),
            reason_required: self.reason_required || other.reason_required,
            scope: self.scope.zip(other.scope).map(|(one, other)| one.and(other)),
            break_glass: both(self.break_glass, other.break_glass),
        }
    }

    /// Whether these approvals are all that is asked for. Terms that ask for nobody are no terms.
    pub fn satisfied_by(&self, approvals: &[Approval]) -> bool {
        !self.requirements.is_empty()
            && self.requirements.iter().all(|requirement| requirement.satisfied_by(approvals))
    }

    /// Whether one of these approvals alone may let the call pass at once.
    pub fn broken_by(&self, approvals: &[Approval]) -> bool {
        let entitled = |one: &Approval| {
            self.break_glass.iter().all(|set| set.iter().any(|group| one.groups.contains(group)))
        };
        !self.break_glass.is_empty() && approvals.iter().any(entitled)
    }
}

impl From<HoldTerms> for Terms {
    fn from(terms: HoldTerms) -> Self {
        let HoldTerms { approvers, quorum, expiry_seconds, wait_seconds, .. } = terms;
        Self {
            requirements: vec![Requirement { approvers, quorum }],
            expiry_seconds,
            wait_seconds,
            reason_required: terms.reason_required,
            scope: terms.scope.map(Scope::from),
            break_glass: set(terms.break_glass).into_iter().collect(),
        }
    }
}

/// In one order, so that the same terms are equal.
fn set(mut groups: Vec<String>) -> Option<Vec<String>> {
    groups.sort();
    groups.dedup();
    (!groups.is_empty()).then_some(groups)
}

/// A rule that lets nobody break glass speaks for all.
fn both(one: Vec<Vec<String>>, other: Vec<Vec<String>>) -> Vec<Vec<String>> {
    if one.is_empty() || other.is_empty() {
        return Vec::new();
    }
    let mut sets = one;
    sets.extend(other);
    sets.sort();
    sets.dedup();
    sets
}

impl Default for Terms {
    fn default() -> Self {
        HoldTerms::default().into()
    }
}

#[cfg(test)]
mod tests;
