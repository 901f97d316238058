/*! What metrics say of a worker's bundle. */

use super::Refused;
use crate::bundle::Bundle;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Empty: none is active.
    pub revision: String,
    pub serial: u64,
    /// Since when, in Unix seconds.
    pub activated: u64,
    /// Nobody has confirmed it for too long, it is past its `not_after`, or there is none.
    pub stale: bool,
    /// See `Why::number`; 0 since the server confirmed what is active.
    pub error: u64,
    /// What this worker itself met with last.
    pub(crate) told: Option<Refused>,
    not_after: Option<u64>,
    confirmed_ms: u64,
    stale_after_ms: u64,
}

impl Status {
    pub(super) fn new(stale_after_seconds: u64, now_ms: u64) -> Self {
        let stale_after_ms = stale_after_seconds.saturating_mul(1000);
        Self { stale: true, confirmed_ms: now_ms, stale_after_ms, ..Self::default() }
    }

    pub(super) fn activated(&mut self, bundle: &Bundle, now_ms: u64) {
        self.revision.clone_from(&bundle.revision);
        self.serial = bundle.serial;
        self.not_after = bundle.not_after;
        self.activated = now_ms / 1000;
    }

    pub(super) fn confirmed(&mut self, at_ms: u64, error: u64) {
        self.confirmed_ms = self.confirmed_ms.max(at_ms);
        self.error = error;
    }

    pub(super) fn at(&mut self, now_ms: u64) {
        // A clock that was set back must not keep the alarm quiet.
        self.confirmed_ms = self.confirmed_ms.min(now_ms);
        self.stale = self.revision.is_empty()
            || now_ms.saturating_sub(self.confirmed_ms) > self.stale_after_ms
            || self.not_after.is_some_and(|until| now_ms / 1000 >= until);
    }
}
