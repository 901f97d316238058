/*! Keeps the anchor on another host up to date, beside whatever else is done: no checkpoint waits for it. */

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Checkpointing;
use super::health::{Health, News};
use super::http::Until;
use super::remote::{Halt, Remote, shown};
use crate::holds::Holds;

/// After what failed; each pause is twice the one before.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);
/// For the last ones, when the service stops.
pub const LAST: Duration = Duration::from_secs(5);

/// How the anchor does, as far as this replica knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anchored {
    /// Without what may be a secret.
    pub url: String,
    /// Checkpoints that are there; `None`: nobody looked yet.
    pub taken: Option<u64>,
    pub health: Health,
}

#[derive(Debug, Default)]
pub struct State(Mutex<Anchored>);

impl State {
    fn get(&self) -> MutexGuard<'_, Anchored> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The next one, after what failed.
pub fn longer(pause: Duration) -> Duration {
    (pause * 2).clamp(SHORTEST, LONGEST)
}

impl Holds {
    /// `None`: there is none.
    pub fn anchored(&self) -> Option<Anchored> {
        self.checkpointing.as_ref()?.http.as_ref()?;
        Some(self.chains.anchored.get().clone())
    }

    /// Until the service stops; what is signed then is put by `last_anchoring`.
    pub async fn keep_anchoring(&self) {
        let Some((mut remote, every)) = self.remote(Until::Stop(self.wake.clone())) else { return };
        let mut pause = every;
        loop {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.wake.stopped() => return,
            }
            let put = remote.catch_up(self.store.as_ref()).await;
            self.put(&remote, &put);
            pause = match put {
                Ok(()) => every,
                Err(Halt::Stopped) => return,
                Err(_) => longer(pause),
            };
        }
    }

    /// Of the last checkpoint, as far as it can be done in little time: the next start does the rest.
    pub async fn last_anchoring(&self) {
        let Some((mut remote, _)) = self.remote(Until::At(Instant::now() + LAST)) else { return };
        let put = remote.catch_up(self.store.as_ref()).await;
        self.put(&remote, &put);
    }

    fn remote(&self, until: Until) -> Option<(Remote, Duration)> {
        let Checkpointing { http, every, .. } = self.checkpointing.as_ref()?;
        let http = http.clone()?;
        let mut state = self.chains.anchored.get();
        state.url = shown(&http.url);
        match Remote::new(http) {
            Ok(remote) => {
                let remote = remote.until(until, state.taken);
                Some((remote, (*every).min(Duration::from_secs(5))))
            }
            Err(error) => {
                tracing::error!("checkpoints are put nowhere: {error:#}");
                let failed = Err::<(), _>(Halt::Failed(format!("{error:#}")));
                state.health.hear(&failed, self.clock.now());
                None
            }
        }
    }

    fn put(&self, remote: &Remote, put: &Result<(), Halt>) {
        let mut state = self.chains.anchored.get();
        state.taken = remote.taken();
        let news = state.health.hear(put, self.clock.now());
        let (url, taken) = (&state.url, state.taken.unwrap_or(0));
        match news {
            Some(News::Well) => tracing::info!(url, taken, "the anchor has all checkpoints again"),
            Some(News::Failing(why)) => {
                tracing::warn!(url, taken, "checkpoints cannot be put into the anchor: {why}");
            }
            Some(News::Differs(why)) => {
                tracing::error!(url, taken, "the anchor of checkpoints: {why}");
            }
            None => {}
        }
    }
}
