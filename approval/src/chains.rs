/*!
How far the chains of records are: heard from workers, kept in memory for some seconds, so that many
workers are one change of the store, and signed as checkpoints where there is a key for them.
*/

mod anchor;
mod anchoring;
mod health;
mod http;
mod log;
mod notes;
pub mod remote;
mod witness;
mod witnessing;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use policy::record::chain::{Head, chain_name};
use policy::record::checkpoint::{ChainReport, ChainState, Checkpoint, Note};

use crate::config::{Database, SigningKey};
use crate::error::Problem;
use crate::holds::{Holds, TenantHolds};
use crate::signer;
use crate::store::{Checkpoints, SqlStore, Store, StoreError};
use crate::tenant::Tenant;
use crate::wake::Wake;
pub use anchoring::Anchored;
pub use health::Health;
pub use log::{LogState, Witnessed, Witnessing};
use notes::{Notes, take_from};
use remote::HttpAnchor;
pub use witness::Witness;

/// How long what was heard stays in memory alone: what a crash of this program forgets, workers tell again.
const KEPT: Duration = Duration::from_secs(5);
/// Of one tenant's at a time.
const CHAINS: usize = 1024;
/// A chain that was not heard for so long is in checkpoints alone.
const GONE: u64 = 30 * 24 * 3600;
const LONGEST_NAME: usize = 64;
/// A checkpoint of a thousand chains stays below half a megabyte.
const LONGEST_GATEWAY: usize = 128;
/// Of a chain that has nothing new, how often it is noted that it was heard, in seconds.
const HEARD_AGAIN: u64 = 60;

/// How checkpoints are made.
#[derive(Debug)]
pub struct Checkpointing {
    pub key: SigningKey,
    pub every: Duration,
    /// Where each is written too: best a place that whoever has the records cannot write.
    pub file: Option<PathBuf>,
    /// The same on another host.
    pub http: Option<HttpAnchor>,
    /// Who cosigns how many there are.
    pub witnessing: Option<Witnessing>,
}

/// As the service signs it.
pub fn signed(key: &SigningKey, checkpoint: &Checkpoint, now: u64) -> Option<String> {
    signer::checkpoint(key, checkpoint, now).ok()
}

/// What was heard and is not in the store yet.
#[derive(Debug, Default)]
pub struct Chains {
    heard: Mutex<BTreeMap<(String, String), ChainState>>,
    notes: Notes,
    anchored: anchoring::State,
    witnessed: log::State,
}

impl Chains {
    fn heard(&self) -> MutexGuard<'_, BTreeMap<(String, String), ChainState>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, state: ChainState) -> Result<(), Problem> {
        let mut heard = self.heard();
        let key = (state.tenant.clone(), state.chain.clone());
        if let Some(known) = heard.get_mut(&key) {
            // What overtook it says more, and an end stays one.
            if state.head.count >= known.head.count {
                let ended = state.ended || (known.ended && state.head == known.head);
                *known = ChainState { ended, ..state };
            }
            return Ok(());
        }
        if heard.keys().filter(|(tenant, _)| *tenant == state.tenant).count() >= CHAINS {
            return Err(Problem::too_fast("too many chains of records at once; tell them later"));
        }
        heard.insert(key, state);
        Ok(())
    }

    /// What could not be stored, unless it was told again meanwhile.
    fn put_back(&self, states: Vec<ChainState>) {
        let mut heard = self.heard();
        for state in states {
            heard.entry((state.tenant.clone(), state.chain.clone())).or_insert(state);
        }
    }

    fn take(&self) -> Vec<ChainState> {
        std::mem::take(&mut *self.heard()).into_values().collect()
    }
}

impl TenantHolds {
    pub fn hear_chain(&self, report: ChainReport) -> Result<(), Problem> {
        let ChainReport { gateway, chain, proof, head, ended } = report;
        if chain_name(&proof) != chain {
            return Err(Problem::bad_request(
                "the report does not prove that the chain is its own",
            ));
        }
        self.hear_own(gateway, chain, head, ended)
    }

    /// What is proven to be said of a chain by its own worker.
    pub fn hear_own(
        &self,
        gateway: String,
        chain: String,
        head: Head,
        ended: bool,
    ) -> Result<(), Problem> {
        let is_name = |text: &str| {
            let known = |c: char| c.is_ascii_alphanumeric() || "_-:".contains(c);
            (1..=LONGEST_NAME).contains(&text.len()) && text.chars().all(known)
        };
        if !is_name(&chain) || !is_name(&head.digest) || head.count == 0 {
            return Err(Problem::bad_request("the report does not say how far which chain is"));
        }
        let is_shown = |text: &str| text.chars().all(|c| !c.is_control());
        if gateway.is_empty() || gateway.len() > LONGEST_GATEWAY || !is_shown(&gateway) {
            return Err(Problem::bad_request(format!(
                "the report does not say whose chain it is, in {LONGEST_GATEWAY} bytes at most"
            )));
        }
        let tenant = self.tenant.as_str().to_owned();
        let heard_at = self.holds.clock.now();
        let state = ChainState { tenant, gateway, chain, head, ended, heard_at };
        self.holds.chains.hear(state)
    }
}

impl Holds {
    /// Until the service stops; then for the last time.
    pub async fn keep_chains(&self) {
        let every = self.checkpointing.as_ref().map_or(KEPT, |made| made.every.min(KEPT));
        let mut last = tokio::time::Instant::now();
        loop {
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                () = self.wake.stopped() => break,
            }
            self.store_chains().await;
            if self.checkpointing.as_ref().is_some_and(|made| last.elapsed() >= made.every) {
                self.checkpoint().await;
                last = tokio::time::Instant::now();
            }
        }
    }

    /// What was heard, and a checkpoint of it: before the service ends.
    pub async fn last_checkpoint(&self) {
        self.store_chains().await;
        self.checkpoint().await;
    }

    /// What this program took out of records: the next checkpoint says so.
    pub fn note(&self, notes: Vec<Note>) {
        if self.checkpointing.is_some() {
            self.chains.notes.add(notes);
        }
    }

    pub async fn told_chains(&self, tenant: &Tenant) -> Result<Vec<(String, Head)>, StoreError> {
        self.store_chains().await;
        self.store.told_chains(tenant).await
    }

    async fn store_chains(&self) {
        let heard = self.chains.take();
        if heard.is_empty() {
            return;
        }
        let gone = self.clock.now().saturating_sub(GONE);
        match self.store.hear_chains(&heard, HEARD_AGAIN, gone).await {
            Ok(otherwise) => {
                for ChainState { chain, gateway, .. } in otherwise {
                    tracing::warn!(chain, gateway, "a chain of records was told otherwise before");
                }
            }
            Err(error) => {
                tracing::error!(%error, "chains of records cannot be stored");
                self.chains.put_back(heard);
            }
        }
    }

    async fn checkpoint(&self) {
        let Some(made) = &self.checkpointing else { return };
        let now = self.clock.now();
        let sign = |checkpoint: &Checkpoint| signed(&made.key, checkpoint, now);
        loop {
            let notes = self.chains.notes.take();
            let made = self.store.checkpoint(&sign, &notes).await;
            if let Err(error) = &made {
                tracing::error!(%error, "no checkpoint of the chains of records was made");
            }
            if !matches!(made, Ok(true)) {
                self.chains.notes.add(notes);
                break;
            }
        }
        if let Some(file) = &made.file
            && let Err(error) = anchor::catch_up(file, self.store.as_ref()).await
        {
            let file = file.display();
            tracing::error!("checkpoints cannot be written to `{file}`: {error:#}");
        }
    }
}

/// Signs what another program than the service took out of records.
///
/// # Errors
///
/// The database or the key cannot be used.
pub async fn sign_notes(
    database: &Database,
    made: &Checkpointing,
    mut notes: Vec<Note>,
    now: u64,
) -> anyhow::Result<()> {
    let store = SqlStore::open(database, Arc::new(Wake::default())).await?;
    let sign = |checkpoint: &Checkpoint| signed(&made.key, checkpoint, now);
    while !notes.is_empty() {
        let some = take_from(&mut notes);
        anyhow::ensure!(store.checkpoint(&sign, &some).await?, "the key signs nothing");
    }
    if let Some(file) = &made.file {
        anchor::catch_up(file, &store).await?;
    }
    Store::close(&store).await;
    Ok(())
}

#[cfg(test)]
pub mod tests;
