/*! The plugin configuration: one JSON object, version 1. Unknown fields are refused. */

use serde::{Deserialize, Serialize};

use crate::bundle::LoadError;
use crate::bundle::signature::SignersConfig;
use crate::custody::CustodyConfig;
use crate::delivery::FetchConfig;
use crate::identity::IdentityConfig;
use crate::record::part::PARTS_MOST;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub version: u32,
    pub identity: IdentityConfig,
    /// A compiled bundle, in standard base64.
    #[serde(default)]
    pub bundle: Option<String>,
    /// Or where it is fetched from, and every later one.
    #[serde(default)]
    pub bundle_fetch: Option<FetchConfig>,
    /// JWTs over that bundle.
    #[serde(default)]
    pub bundle_signatures: Vec<String>,
    /// Who has to have signed it; absent: nobody, the configuration itself is trusted.
    #[serde(default)]
    pub bundle_signers: Option<SignersConfig>,
    pub approval: ApprovalConfig,
    /// Envoy lets the module use shared data, so that workers tell each other what they learn.
    #[serde(default)]
    pub shared_data: bool,
    /// Key of all digests that leave the gateway, standard base64, 32 bytes or more.
    pub digest_key: String,
    /// Marks of the credentials that Envoy injects.
    #[serde(default)]
    pub custody: CustodyConfig,
    #[serde(default)]
    pub record: RecordConfig,
    #[serde(default)]
    pub limits: Limits,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalConfig {
    /// Envoy's cluster of the approval service's listener for filters.
    pub cluster: String,
    pub authority: String,
    /// Raw ed25519 public keys, standard base64: one, or a list while the service changes from one to the next.
    pub grant_key: KeyList,
    pub receipt_key: KeyList,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum KeyList {
    One(String),
    Several(Vec<String>),
}

impl KeyList {
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(key) => std::slice::from_ref(key),
            Self::Several(keys) => keys,
        }
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecordConfig {
    /// Bytes of masked body text in a record, each way.
    pub body_limit: usize,
    /// Bytes of masked text of bodies behind that, in parts beside the record; of one exchange. Envoy's line has to
    /// have them.
    pub parts_limit: usize,
    /// How often Envoy writes a line of an exchange that goes on, in milliseconds. 0: never.
    pub lines_every_ms: u64,
    pub subjects: Subjects,
}

/// How records name people and what acts for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subjects {
    #[default]
    Clear,
    /// Subject, agent and owners by a keyed digest, as in `caller`.
    Keyed,
}

impl Default for RecordConfig {
    fn default() -> Self {
        let (parts_limit, lines_every_ms, subjects) = Default::default();
        Self { body_limit: 16 * 1024, parts_limit, lines_every_ms, subjects }
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of a request body, as it comes and as it goes on redacted; one more is refused. Envoy has to keep
    /// more of a request than that.
    pub request_body: usize,
    /// Bytes of a response body that must be read whole to be masked, and of an answer that is withheld. Envoy
    /// has to keep more than that, too.
    pub response_body: usize,
    /// Calls that one principal may have on hold at a time, in one VM.
    pub holds_per_principal: u32,
    /// Bytes of all of them together: bodies, withheld answers, and what is kept several times of heads and names.
    pub held_bytes_per_principal: usize,
    /// Calls on hold of all principals, in one VM. Each has one question at the approval service: the breaker of
    /// its cluster lets pass that many of each worker, and more for whoever says something else.
    pub holds: u32,
    /// Far below the 1 GiB that a VM may have: questions and answers under way come on top.
    pub held_bytes: usize,
    /// Dry runs that one principal may make in a minute; 0: none.
    pub dry_runs_per_minute: u32,
    /// Silence a caller is put through while its call is on hold, unless it says otherwise.
    pub wait_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_body: 1024 * 1024,
            response_body: 4 * 1024 * 1024,
            holds_per_principal: 32,
            held_bytes_per_principal: 16 * 1024 * 1024,
            holds: 2048,
            held_bytes: 128 * 1024 * 1024,
            dry_runs_per_minute: 60,
            wait_seconds: 4,
        }
    }
}

impl Config {
    pub fn parse(bytes: &[u8]) -> Result<Self, LoadError> {
        let config: Self = serde_json::from_slice(bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let what = without_values(&error);
            LoadError(format!("the plugin configuration, line {line}, column {column}: {what}"))
        })?;
        if config.version != 1 {
            return Err(LoadError(format!(
                "the plugin configuration has version `{}`, this module reads version `1`",
                config.version
            )));
        }
        if config.record.parts_limit > PARTS_MOST {
            return Err(LoadError(format!("`record.parts_limit` must be at most {PARTS_MOST}")));
        }
        Ok(config)
    }
}

/// Names of fields may be shown. Values may be keys, so any other message is left out.
fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let names_a_field = ["missing field", "unknown field", "duplicate field"];
    match names_a_field.iter().any(|start| text.starts_with(start)) {
        true => text,
        false if error.is_data() => "a value is of the wrong type".into(),
        false => "it is not JSON".into(),
    }
}
