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
    /// It went on when the line was written.
    #[serde(rename = "type", default, with = "going_on", skip_serializing_if = "is_false")]
    pub goes_on: bool,
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

/// As Envoy says it. Lines at the end say nothing of it.
mod going_on {
    use serde::{Deserialize, Deserializer, Serializer};
    use serde_json::Value;

    const WORD: &str = "DownstreamPeriodic";

    pub fn serialize<S: Serializer>(goes_on: &bool, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(if *goes_on { WORD } else { "DownstreamEnd" })
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
        Ok(Value::deserialize(from)? == WORD)
    }
}

fn is_false(value: &bool) -> bool {
    !value
}
