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
    /// What was taken out of records since the one before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// That records of one chain were taken out on purpose, by whoever signs it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tenant: String,
    pub chain: String,
    pub out_of: OutOf,
    /// All up to this number went, since they were old or too many; 0: none.
    #[serde(default, skip_serializing_if = "is_none")]
    pub pruned_to: u64,
    /// From and to: these were erased, and their links stayed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub erased: Vec<(u64, u64)>,
    /// In Unix seconds.
    pub at: u64,
    /// In whose name; empty: by how long records are kept.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
}

/// One says nothing of the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutOf {
    #[default]
    Store,
    /// Those that Envoy wrote.
    Files,
}

fn is_none(number: &u64) -> bool {
    *number == 0
}

/// Numbers, whatever their order, as from and to.
pub fn ranges(mut numbers: Vec<u64>) -> Vec<(u64, u64)> {
    numbers.sort_unstable();
    let mut all: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match all.last_mut() {
            Some((_, to)) if number <= to.saturating_add(1) => *to = number,
            _ => all.push((number, number)),
        }
    }
    all
}

/// Of a checkpoint as it was signed.
pub fn checkpoint_digest(signed: &str) -> String {
    let mut digest = Keyed::new("gatehouse-checkpoint-1", &[]);
    digest.bytes(signed.as_bytes());
    digest.finish()
}
