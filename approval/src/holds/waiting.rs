/*! Long polls, callers that leave, and the passing of time. */

use std::time::Duration;

use policy::hold::{HoldState, HoldStatus};

use super::{Holds, TenantHolds, by_filter, checks};
use crate::error::Problem;
use crate::store::{Change, Hold, StoreError};
use crate::wake::Wake;

/// The longest single poll.
const LONGEST_POLL: Duration = Duration::from_secs(60);
/// How often the sweeper notes what expired.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

impl TenantHolds {
    /// Answers as soon as the hold is no longer pending, at the latest after `ms`.
    pub async fn wait(&self, id: &str, exchange: &str, ms: u64) -> Result<HoldState, Problem> {
        checks::exchange(exchange)?;
        let Holds { clock, wake, .. } = self.holds.as_ref();
        let wait = Duration::from_millis(ms).min(LONGEST_POLL);
        let deadline = tokio::time::sleep(wait);
        let (stopped, gone) = (wake.stopped(), Wake::left(exchange));
        tokio::pin!(deadline, stopped);
        loop {
            // Before the read: a change in between wakes us.
            let (mut sleeper, mut left_behind) = (wake.sleeper(id), wake.sleeper(&gone));
            let awaited = self.holds.store.awaited(id, exchange).await?;
            let own = awaited.filter(|(hold, _)| hold.tenant == self.tenant.as_str());
            let (hold, gone) = own.ok_or_else(Problem::no_such_hold)?;
            // One that left hears no answer: a poll that went on would take the place of another.
            if gone || hold.status_at(clock.now()) != HoldStatus::Pending {
                return Ok(self.holds.state(&hold));
            }
            let left = hold.expires_at.saturating_sub(clock.now());
            tokio::select! {
                _ = sleeper.changed() => {}
                _ = left_behind.changed() => {}
                () = tokio::time::sleep(Duration::from_secs(left)) => {}
                () = &mut deadline => return Ok(self.holds.state(&self.found(id).await?)),
                () = &mut stopped => return Ok(self.holds.state(&hold)),
            }
        }
    }

    /// The caller of an exchange is gone, whatever it waited on.
    pub async fn leave_all(&self, exchange: &str) -> Result<(), Problem> {
        checks::exchange(exchange)?;
        for id in self.holds.store.waited_on(&self.tenant, exchange).await? {
            self.leave(&id, exchange).await?;
        }
        Ok(())
    }

    /// A caller called off a try of its own. Whatever else waits on the hold goes on waiting.
    pub async fn cancel(&self, cancel_key: &str) -> Result<(), Problem> {
        checks::cancel_key(cancel_key)?;
        for exchange in self.holds.store.called_off(&self.tenant, cancel_key).await? {
            self.leave_all(&exchange).await?;
        }
        Ok(())
    }

    pub async fn leave(&self, id: &str, exchange: &str) -> Result<HoldState, Problem> {
        checks::exchange(exchange)?;
        let audit = by_filter(exchange, "cancelled", self.holds.clock.now());
        match self.holds.store.leave(&self.tenant, id, exchange, &audit).await? {
            Change::Made(hold) | Change::Same(hold) | Change::Refused(hold) => {
                Ok(self.holds.state(&hold))
            }
            Change::DeniedAlike | Change::NoSuchHold => Err(Problem::no_such_hold()),
        }
    }

    pub(super) async fn found(&self, id: &str) -> Result<Hold, Problem> {
        let hold = self.holds.found(id).await?;
        let own = hold.tenant == self.tenant.as_str();
        own.then_some(hold).ok_or_else(Problem::no_such_hold)
    }
}

impl Holds {
    /// Of any tenant: for people.
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
