/*! How long what is settled is kept. */

use std::time::Duration;

use super::Holds;
use crate::config::Records;
use crate::records::store::TakenOut;
use crate::store::{FORGOTTEN_AT_ONCE, StoreError};

const DAY: u64 = 24 * 3600;
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Between two steps, so that others write meanwhile.
const PAUSE: Duration = Duration::from_millis(20);

impl Holds {
    /// Removes what was settled more than so many days ago, in steps. 0: nothing. How many holds went.
    pub async fn forget(&self, days: u32) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let before = now.saturating_sub(u64::from(days) * DAY);
        if days == 0 {
            return Ok(0);
        }
        let mut gone = 0;
        loop {
            let step = self.store.forget(before, now).await?;
            gone += step;
            if step < FORGOTTEN_AT_ONCE {
                return Ok(gone);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Removes records that are older than they are kept, or more, until the service stops.
    pub async fn keep_pruning(&self, records: &Records) {
        loop {
            let before = match records.keep_days {
                0 => 0,
                days => self.clock.now().saturating_sub(u64::from(days) * DAY),
            };
            // Never given up half way: what went is noted.
            let pruned = self.records.prune(before, records.keep_bytes).await;
            let pause = match pruned {
                Ok(TakenOut { records: 0, .. }) => LOOK_EVERY,
                Ok(TakenOut { notes, .. }) => {
                    self.note(notes);
                    PAUSE
                }
                Err(error) => {
                    tracing::error!(%error, "old records cannot be removed");
                    LOOK_EVERY
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.wake.stopped() => return,
            }
        }
    }

    /// As `forget`, of kills that were over so long ago.
    pub async fn forget_kills(&self, days: u32) -> Result<usize, StoreError> {
        let before = self.clock.now().saturating_sub(u64::from(days) * DAY);
        if days == 0 {
            return Ok(0);
        }
        let mut gone = 0;
        loop {
            match self.store.forget_kills(before).await? {
                0 => return Ok(gone),
                step => gone += step,
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Until the service stops.
    pub async fn keep_forgetting(&self, days: u32) {
        loop {
            let forgotten = tokio::select! {
                forgotten = self.forget(days) => forgotten,
                () = self.wake.stopped() => return,
            };
            match forgotten {
                Ok(0) => {}
                Ok(holds) => tracing::info!(holds, days, "settled holds were removed"),
                Err(error) => tracing::error!(%error, "settled holds cannot be removed"),
            }
            if let Err(error) = self.forget_kills(days).await {
                tracing::error!(%error, "kills that are over cannot be removed");
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = self.wake.stopped() => return,
            }
        }
    }
}
