/*! How far an approval may reach, as a rule says it. */

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An approver may let calls like the one on hold pass too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeTerms {
    /// Calls that pass by one approval, the one on hold among them.
    pub uses: u32,
    /// From the approval on.
    pub lasts_seconds: u32,
    /// Globs for the values that may differ, by their JSON pointers in the body.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub free: BTreeMap<String, Vec<String>>,
}

impl ScopeTerms {
    pub const USES_MAX: u32 = 1000;
    /// A week, as long as a hold may last.
    pub const LASTS_MAX: u32 = 7 * 24 * 3600;
    pub const FREE_MAX: usize = 16;
}
