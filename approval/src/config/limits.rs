/*! What the service takes on at once. */

use serde::Deserialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Open holds one principal may have.
    pub open_per_principal: u32,
    /// Bytes of one principal's calls on hold together, as the filter sent them.
    pub bytes_per_principal: u64,
    /// Open holds of one tenant.
    pub open_per_tenant: u32,
    /// Bytes of one tenant's calls on hold together.
    pub bytes_per_tenant: u64,
    /// Open holds of all tenants.
    pub open: u32,
    /// Bytes of all calls on hold together.
    pub open_bytes: u64,
    /// Questions for a new hold that one principal may have within a minute; to wait on one there is is free.
    pub opened_per_minute: u32,
    /// The longest body of a call that is held: at least the longest request body of the gateways.
    pub call_bytes: u32,
    /// Decisions of one approver within a minute.
    pub decisions_per_minute: u32,
    /// Bytes of records of one principal that are kept within a minute, of those that Envoys send.
    pub record_bytes_per_minute: u64,
    /// The same of all principals of one tenant.
    pub record_bytes_per_minute_per_tenant: u64,
    /// Streams of records of one tenant at once: each worker of each Envoy has one.
    pub record_streams_per_tenant: u32,
}

/// What one byte of text may become in JSON: `\u0001`.
const ESCAPED: usize = 6;
/// All of a question of the filter but the call's body: the head of the call, which Envoy keeps below
/// 60 KiB, escaped as well, and what the rules say.
const BESIDE_THE_BODY: usize = 1024 * 1024;

impl Limits {
    /// Of one question of the filter.
    pub fn question_bytes(&self) -> usize {
        let body = usize::try_from(self.call_bytes).unwrap_or(usize::MAX);
        body.saturating_mul(ESCAPED).saturating_add(BESIDE_THE_BODY)
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        let (open, bytes) =
            (self.open.min(self.open_per_tenant), self.open_bytes.min(self.bytes_per_tenant));
        let least = self
            .open_per_principal
            .min(open)
            .min(self.opened_per_minute)
            .min(self.decisions_per_minute);
        anyhow::ensure!(least > 0, "a limit of 0 holds or decisions lets nothing pass");
        anyhow::ensure!(
            self.record_bytes_per_minute > 0 && self.record_streams_per_tenant > 0,
            "a limit of 0 records keeps none; leave the access-log service out of Envoy's configuration instead"
        );
        anyhow::ensure!(
            self.open_per_principal <= open
                && self.bytes_per_principal <= bytes
                && self.record_bytes_per_minute <= self.record_bytes_per_minute_per_tenant,
            "a limit for one principal is above the one for its tenant or for all"
        );
        anyhow::ensure!(
            u64::from(self.call_bytes) <= self.bytes_per_principal,
            "`call_bytes` is above `bytes_per_principal`: such a call could never be held"
        );
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            open_per_principal: 32,
            bytes_per_principal: 8 * 1024 * 1024,
            open_per_tenant: 4096,
            bytes_per_tenant: 512 * 1024 * 1024,
            open: 8192,
            open_bytes: 1024 * 1024 * 1024,
            opened_per_minute: 600,
            call_bytes: 1024 * 1024,
            decisions_per_minute: 60,
            record_bytes_per_minute: 256 * 1024 * 1024,
            record_bytes_per_minute_per_tenant: 1024 * 1024 * 1024,
            record_streams_per_tenant: 256,
        }
    }
}
