/*!
Budgets: how many requests one principal may make, and how many bytes it may move, per window of time.

Windows are fixed and aligned to the clock, so around the end of one a caller gets up to two windows'
worth. What was spent is counted for the whole Envoy, in the data its workers share (`ledger`).
*/

mod cell;
mod concern;
mod ledger;
mod window;

use serde::{Deserialize, Serialize};

use crate::call::Kind;
use crate::rule::{Mode, PrincipalMatch};

pub use cell::Spent;
pub use concern::Caller;
pub use ledger::{Account, Ledger, Sight};
pub use window::Window;

/// The most that one bundle may have: each that applies costs a look into the shared data.
pub const MOST: usize = 32;
pub const SHORTEST: u64 = 1;
pub const LONGEST: u64 = 31 * 86400;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Only on routes that name one of them; empty: on every route.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<String>,
    #[serde(default, rename = "match")]
    pub matches: BudgetMatch,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<u64>,
    /// Bodies of requests and of responses together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    pub per_seconds: u64,
    #[serde(default)]
    pub mode: Mode,
    /// The bundle it is taken over from, where its own one extends others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// Who and where: nothing that takes a look at what a call carries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetMatch {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kind: Vec<Kind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<PrincipalMatch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<PlaceMatch>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceMatch {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub method: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub host: Vec<String>,
}

/// What of a budget is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Used {
    Requests,
    Bytes,
}

impl Budget {
    pub fn is_sound(&self) -> bool {
        let limits = [self.requests, self.bytes];
        limits.iter().any(Option::is_some)
            && limits.iter().flatten().all(|limit| *limit > 0)
            && (SHORTEST..=LONGEST).contains(&self.per_seconds)
            && !self.matches.kind.contains(&Kind::Auto)
    }

    /// What one more request with a body of so many bytes does not fit in.
    pub fn over(&self, spent: Spent, bytes: u64) -> Option<Used> {
        if self.requests.is_some_and(|limit| spent.requests >= limit) {
            return Some(Used::Requests);
        }
        // Of a response nobody knows beforehand how large it is, so there has to be something left.
        let full = |limit: u64| spent.bytes >= limit || spent.bytes.saturating_add(bytes) > limit;
        self.bytes.is_some_and(full).then_some(Used::Bytes)
    }
}

#[cfg(test)]
mod tests;
