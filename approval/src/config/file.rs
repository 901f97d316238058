/*! The configuration as it is written: TOML, each section for itself, nothing in it required yet. */

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::{Channel, Limits, Oidc, Owner, Secret};
use crate::view::visible_line;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct File {
    pub filter: Filter,
    pub console: Console,
    pub store: Store,
    pub keys: Keys,
    pub bundle: Masking,
    pub approvers: Vec<Entry>,
    pub oidc: Option<Oidc>,
    pub owners: Vec<Owner>,
    pub channels: Vec<Channel>,
    pub limits: Limits,
    pub checkpoints: Option<Checkpoints>,
    pub records: Records,
    pub sessions: Sessions,
    pub kills: Kills,
    /// Variables of the environment that say something of it.
    #[serde(skip)]
    pub environment: Vec<String>,
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map(Some).map_err(|_| {
        let text = visible_line(&text);
        D::Error::custom(format!(
            "`{text}` is no address; say an IP address and a port, such as `127.0.0.1:10081`"
        ))
    })
}

/// The filter's listener.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    #[serde(deserialize_with = "address")]
    pub listen: Option<SocketAddr>,
    /// Who signs the certificates of filters, in PEM.
    pub ca: Option<PathBuf>,
    /// Certificate chain of the listener, in PEM.
    pub cert: Option<PathBuf>,
    pub key: Option<Secret>,
}

/// The people's listener.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Console {
    #[serde(deserialize_with = "address")]
    pub listen: Option<SocketAddr>,
    pub public_url: Option<String>,
}

/// One of both databases.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    pub sqlite: Option<PathBuf>,
    pub postgres: Option<Secret>,
    /// How long settled holds are kept; 0: for ever.
    pub keep_days: Option<u32>,
}

/// Who may look at what all agents did.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sessions {
    /// Groups of approvers; nobody without one.
    pub viewers: Vec<String>,
}

/// Who may end what a principal does, and let it go on.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kills {
    /// Groups of approvers; nobody without one.
    pub groups: Vec<String>,
}

/// Where records of exchanges are kept: one of both databases, beside the holds if none is said.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Records {
    pub sqlite: Option<PathBuf>,
    pub postgres: Option<Secret>,
    /// 0: for ever.
    pub keep_days: Option<u32>,
    /// 0: without a limit.
    pub keep_bytes: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// Ed25519 in PKCS #8 PEM, like the receipt's.
    pub grant: Option<Secret>,
    pub receipt: Option<Secret>,
    /// Signs checkpoints of the chains of records; without it there are none.
    pub checkpoint: Option<Secret>,
    /// At least 32 bytes in base64, the same as the gateways'.
    pub digest: Option<Secret>,
    /// Keys that gateways are to trust besides: the ones before, and the next ones.
    pub grant_others: Vec<Secret>,
    pub receipt_others: Vec<Secret>,
}

/// What is said of the chains of records.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Checkpoints {
    pub every_seconds: u64,
    /// Where each is written too.
    pub file: Option<PathBuf>,
    /// And on another host.
    pub http: Option<AnchorUrl>,
    /// Who cosigns how many there are.
    pub log: Option<LogFile>,
}

/// The checkpoints as a transparency log.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogFile {
    /// Names it; after the key without it.
    pub origin: Option<String>,
    /// How many witnesses have to cosign; all without it.
    pub quorum: Option<usize>,
    /// How often they are asked at most.
    #[serde(default = "minute")]
    pub every_seconds: u64,
    /// Where the newest tree head that they cosigned is written too.
    pub file: Option<PathBuf>,
    pub witnesses: Vec<WitnessUrl>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessUrl {
    /// `add-checkpoint` is below it.
    pub url: String,
    /// As `NAME+ID+KEY`.
    pub key: String,
    /// Roots beside the system's, in PEM.
    pub ca: Option<PathBuf>,
}

fn minute() -> u64 {
    60
}

/// Where each checkpoint is put as an object of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchorUrl {
    pub url: String,
    /// That are sent with each request, such as `authorization`.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
    /// Roots beside the system's, in PEM.
    pub ca: Option<PathBuf>,
}

impl Default for Checkpoints {
    fn default() -> Self {
        Self { every_seconds: 60, file: None, http: None, log: None }
    }
}

/// What masks the text of held calls.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Masking {
    /// Compiled, or a folder of sources. The built-in bundles without it.
    pub path: Option<PathBuf>,
}

/// An approver with a key of their own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub name: String,
    /// In whose name they decide. Empty: only what asks for nobody in particular.
    #[serde(default)]
    pub groups: Vec<String>,
    pub key: Secret,
}
