/*! Long polls, callers that leave, and the passing of time. */

use std::time::Duration;

use policy::hold::{HoldState, HoldStatus};

use super::{Holds, by_filter, check_cancel_key, check_exchange};
use crate::error::Problem;
use crate::store::{Change, Hold, StoreError};

/// The longest single poll.
const LONGEST_POLL: Duration = Duration::from_secs(60);
/// How often the sweeper notes what expired.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

impl Holds {
    /// Answers as soon as the hold is no longer pending, at the latest after `ms`.
    pub async fn wait(&self, id: &str, exchange: &str, ms: u64) -> Result<HoldState, Problem> {
        check_exchange(exchange)?;
        let wait = Duration::from_millis(ms).min(LONGEST_POLL);
        let deadline = tokio::time::sleep(wait);
        let stopped = self.wake.stopped();
        tokio::pin!(deadline, stopped);
        loop {
            // Before the read: a change in between wakes us.
            let mut sleeper = self.wake.sleeper(id);
            let hold = self.found(id).await?;
            if hold.status_at(self.clock.now()) != HoldStatus::Pending {
                return Ok(self.state(&hold));
            }
            let left = hold.expires_at.saturating_sub(self.clock.now());
            tokio::select! {
                _ = sleeper.changed() => {}
                () = tokio::time::sleep(Duration::from_secs(left)) => {}
                () = &mut deadline => return Ok(self.state(&self.found(id).await?)),
                () = &mut stopped => return Ok(self.state(&hold)),
            }
        }
    }

    /// The caller of an exchange is gone, whatever it waited on.
    pub async fn leave_all(&self, exchange: &str) -> Result<(), Problem> {
        check_exchange(exchange)?;
        for id in self.store.waited_on(exchange).await? {
            self.leave(&id, exchange).await?;
        }
        Ok(())
    }

    /// A caller called off a try of its own. Whatever else waits on the hold goes on waiting.
    pub async fn cancel(&self, cancel_key: &str) -> Result<(), Problem> {
        check_cancel_key(cancel_key)?;
        for exchange in self.store.called_off(cancel_key).await? {
            self.leave_all(&exchange).await?;
        }
        Ok(())
    }

    pub async fn leave(&self, id: &str, exchange: &str) -> Result<HoldState, Problem> {
        check_exchange(exchange)?;
        let audit = by_filter(exchange, "cancelled", self.clock.now());
        match self.store.leave(id, exchange, &audit).await? {
            Change::Made(hold) | Change::Same(hold) | Change::Refused(hold) => {
                Ok(self.state(&hold))
            }
            Change::DeniedAlike | Change::NoSuchHold => Err(Problem::no_such_hold()),
        }
    }

    pub async fn found(&self, id: &str) -> Result<Hold, Problem> {
        self.store.hold(id).await?.ok_or_else(Problem::no_such_hold)
    }

    /// Notes what expired and wakes whoever waits on it.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        self.store.expire(self.clock.now()).await?;
        self.wake.sweep();
        Ok(())
    }

    /// Until the service stops.
    pub async fn keep_sweeping(&self) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(SWEEP_EVERY) => {}
                () = self.wake.stopped() => return,
            }
            if let Err(error) = self.sweep().await {
                tracing::error!(%error, "holds cannot be expired");
            }
        }
    }
}
