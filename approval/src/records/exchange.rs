/*! One exchange: what the filter recorded and what Envoy saw. */

use policy::record::Record;
use policy::record::chain::Link;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exchange {
    pub record: Record,
    /// Its place in a chain; none of a record that a crash left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    pub envoy: Envoy,
}

impl Exchange {
    /// Among those of its worker, by when they ended.
    pub fn sequence(&self) -> u64 {
        self.link.as_ref().map_or(0, |link| link.sequence)
    }
}

/// What Envoy knows of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Envoy {
    pub start_time: String,
    /// As the caller got it; 0 if it left before.
    #[serde(default)]
    pub status: u32,
    /// Envoy's response flags; empty for none, as the next three are.
    #[serde(default)]
    pub flags: String,
    #[serde(default)]
    pub details: String,
    #[serde(default)]
    pub route: String,
    #[serde(default)]
    pub upstream_host: String,
    #[serde(default)]
    pub duration_ms: u64,
    #[serde(default)]
    pub bytes_received: u64,
    #[serde(default)]
    pub bytes_sent: u64,
}
