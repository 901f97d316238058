/*! Where bundles are fetched from: the part `bundle_fetch` of the plugin configuration. */

use serde::{Deserialize, Serialize};

use crate::bundle::LoadError;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FetchConfig {
    /// Envoy's cluster of the server.
    pub cluster: String,
    pub authority: String,
    pub path: String,
    /// From one look to the next.
    #[serde(default = "FetchConfig::default_interval")]
    pub interval_seconds: u64,
    /// The alarm is raised when the server has not confirmed the active bundle for so long.
    #[serde(default = "FetchConfig::default_stale_after")]
    pub stale_after_seconds: u64,
}

impl FetchConfig {
    pub fn default_interval() -> u64 {
        30
    }

    pub fn default_stale_after() -> u64 {
        600
    }

    pub fn check(&self) -> Result<(), LoadError> {
        let wrong = |text: &str| Err(LoadError(format!("`bundle_fetch`: {text}")));
        if self.cluster.is_empty() || !self.path.starts_with('/') {
            return wrong("name a `cluster` and a `path` that starts with `/`");
        }
        if !(1..=86400).contains(&self.interval_seconds) {
            return wrong("`interval_seconds` is from 1 to 86400");
        }
        if self.stale_after_seconds < self.interval_seconds {
            return wrong("`stale_after_seconds` is shorter than the interval");
        }
        Ok(())
    }

    pub(super) fn interval_ms(&self) -> u64 {
        self.interval_seconds.saturating_mul(1000)
    }
}
