/*! Keeps the board as the store is, and tells gateways what is on it. */

use std::sync::Arc;
use std::time::Duration;

use super::board::Told;
use super::heard::Reached;
use crate::error::Problem;
use crate::holds::{Holds, TenantHolds};
use crate::store::StoreError;
use crate::wake::Wake;

/// How often the store is read though nobody told of a change: a notification may get lost.
const EVERY: Duration = Duration::from_secs(1);

impl TenantHolds {
    /// What is in force for this tenant, and whether it is another than those that the worker has (`ETag`s).
    pub fn kills(
        &self,
        gateway: &str,
        worker: &str,
        known: &[&str],
    ) -> Result<(Arc<Told>, bool), Problem> {
        if worker.is_empty() {
            return Err(Problem::bad_request("the request does not say which worker asks"));
        }
        let now = self.holds.clock.now();
        let board = &self.holds.kills;
        let told = board.told(&self.tenant, now).ok_or_else(Problem::kills_unknown)?;
        let had = known.contains(&told.tag.as_str());
        board.heard.note((&self.tenant, gateway, worker), told.clone(), had, now);
        Ok((told, !had))
    }
}

impl Holds {
    /// As the store has them by now.
    pub async fn read_kills(&self) -> Result<(), StoreError> {
        let _turn = self.kills.reading.lock().await;
        let read = self.store.kills_in_force(self.clock.now()).await;
        match read {
            Ok(kills) => self.kills.take(kills),
            Err(error) => {
                self.kills.fails();
                return Err(error);
            }
        }
        Ok(())
    }

    /// Until the service stops. What was read last counts for as long as the store cannot be read.
    pub async fn keep_kills(&self) {
        let mut fails = false;
        loop {
            // Before the read: a change in between wakes.
            let mut changed = self.wake.sleeper(Wake::KILLS);
            // Never given up half way: a stop waits for it, as for all that uses the store.
            let read = self.read_kills().await;
            if let Err(error) = &read
                && !fails
            {
                tracing::error!(%error, "kills cannot be read; those that are known stay in force");
            }
            fails = read.is_err();
            tokio::select! {
                _ = changed.changed() => {}
                () = tokio::time::sleep(EVERY) => {}
                () = self.wake.stopped() => return,
            }
        }
    }

    /// Where those in force are, as this replica heard.
    pub fn reached(&self) -> Reached {
        self.kills.heard.reached(self.clock.now())
    }
}
