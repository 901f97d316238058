/*!
What somebody else keeps of the chains, so that whoever has the records cannot cut one off or write it
anew: workers tell the approval service how far their chains are (`POST /v1/chains`), and it signs that
in checkpoints, each of which names the one before.
*/

use serde::{Deserialize, Serialize};

use super::chain::Head;
use crate::digest::Keyed;

/// `typ` of a signed checkpoint, a compact JWS.
pub const CHECKPOINT_TYPE: &str = "gatehouse-checkpoint+jwt";
/// How often a worker tells at most: what came since is what may be cut off unseen.
pub const CHAIN_EVERY_MS: u64 = 2_000;
/// How often it tells that nothing is new.
pub const CHAIN_QUIET_MS: u64 = 30_000;

/// How far a chain is, as its worker says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainReport {
    /// Names the Envoy: its node id.
    pub gateway: String,
    pub chain: String,
    /// That it is the worker's own, see `Chain::proof`.
    pub proof: String,
    pub head: Head,
    /// Nothing comes after it.
    pub ended: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainState {
    /// Whose gateway; empty for the only one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tenant: String,
    pub gateway: String,
    pub chain: String,
    pub head: Head,
    pub ended: bool,
    /// In Unix seconds.
    pub heard_at: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// From 1, without gaps.
    pub number: u64,
    /// Digest of the one before, as it was signed; empty in the first.
    pub previous: String,
    /// All that were heard of since the one before: whatever a checkpoint says of a chain stands until the
    /// next one that names it.
    pub chains: Vec<ChainState>,
}

/// Of a checkpoint as it was signed.
pub fn checkpoint_digest(signed: &str) -> String {
    let mut digest = Keyed::new("gatehouse-checkpoint-1", &[]);
    digest.bytes(signed.as_bytes());
    digest.finish()
}
