/*! What came of verifying, and what it goes by. */

use std::collections::BTreeMap;

use policy::record::chain::Head;
use policy::record::checkpoint::{ChainState, Note};
use serde::Serialize;

use super::problem::{Place, Problem};
use super::witnessed::Witnessed;

/// The end of a chain, as it was told to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Whose gateway; empty for the only one.
    pub tenant: String,
    /// Names the Envoy.
    pub gateway: String,
    pub chain: String,
    pub head: Head,
    /// Nothing comes after it.
    pub ended: bool,
    /// When it was told, in Unix seconds.
    pub heard_at: u64,
}

impl From<ChainState> for Kept {
    fn from(state: ChainState) -> Self {
        let ChainState { tenant, gateway, chain, head, ended, heard_at } = state;
        Self { tenant, gateway, chain, head, ended, heard_at }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    pub chain: String,
    /// Numbers of the first and the last of it that is there.
    pub from: u64,
    pub to: u64,
    /// Digest of the last link.
    pub head: String,
    /// Links that a kept head says are all there are up to then; 0 if none was kept.
    pub proven: u64,
    /// When that was told, in Unix seconds.
    pub heard_at: u64,
    /// Its worker said that nothing comes after that.
    pub ended: bool,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub chains: Vec<Verified>,
    /// Of lines in the order they stand, of chains by name.
    pub problems: Vec<Problem>,
    /// Problems that are not among them: the first ones are what counts.
    pub more_problems: u64,
    /// How many were read.
    pub checkpoints: u64,
    /// Whether they were compared with some that others kept.
    pub anchored: bool,
    /// How many of them witnesses have seen, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witnessed: Option<Witnessed>,
    pub records: u64,
    /// Those that no link is of: a worker died before their exchange ended, or somebody took the link away.
    pub unchained: Vec<Place>,
    /// Exchanges that went on at the last line that is there of them: what they said is tied to nothing yet.
    pub going_on: u64,
    /// Those of a release that made no links.
    pub before_links: u64,
    /// Requests that Envoy refused by itself.
    pub unseen: u64,
    /// Records that were taken out on purpose, as is noted beside their links.
    pub erased: u64,
    /// Chains whose begin was removed on purpose, as is noted, and up to which number.
    pub pruned: BTreeMap<String, u64>,
    /// Of erasing and removing: whoever can write records can write these, and nobody signed them.
    pub unsigned_notes: u64,
    /// Of these, those that a checkpoint has, too: whoever signs it took that out.
    pub signed_notes: u64,
    /// All that checkpoints say was taken out, each with the number of the one that has it.
    pub notes: Vec<(u64, Note)>,
}
