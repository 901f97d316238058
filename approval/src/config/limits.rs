/*! What the service takes on at once. */

use serde::Deserialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Open holds one principal may have.
    pub open_per_principal: u32,
    /// Open holds of all principals.
    pub open: u32,
    /// Bytes of all calls on hold together, as the filter sent them.
    pub open_bytes: u64,
    /// Decisions of one approver within a minute.
    pub decisions_per_minute: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            open_per_principal: 32,
            open: 4096,
            open_bytes: 512 * 1024 * 1024,
            decisions_per_minute: 60,
        }
    }
}
