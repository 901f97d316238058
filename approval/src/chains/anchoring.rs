/*! Keeps the anchor on another host up to date, beside whatever else is done: no checkpoint waits for it. */

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Checkpointing;
use super::remote::{Halt, Remote, shown};
use crate::holds::Holds;

/// After what failed; each pause is twice the one before.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);
/// How often what stays wrong is told once more.
const TOLD_AGAIN: u64 = 600;
/// For the last ones, when the service stops.
const LAST: Duration = Duration::from_secs(5);

/// How the anchor does, as far as this replica knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anchored {
    /// Without what may be a secret.
    pub url: String,
    /// Checkpoints that are there.
    pub taken: u64,
    /// Since when it fails, in Unix seconds, and why.
    pub failing: Option<(u64, String)>,
    /// It has something else than the database.
    pub differs: bool,
}

#[derive(Debug, Default)]
pub struct State(Mutex<Anchored>);

impl State {
    fn get(&self) -> MutexGuard<'_, Anchored> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Holds {
    /// `None`: there is none.
    pub fn anchored(&self) -> Option<Anchored> {
        self.checkpointing.as_ref()?.http.as_ref()?;
        Some(self.chains.anchored.get().clone())
    }

    /// Until the service stops; what is signed then is put by `last_anchoring`.
    pub async fn keep_anchoring(&self) {
        let Some((mut remote, every)) = self.remote() else { return };
        let (mut pause, mut told) = (every, 0);
        loop {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.wake.stopped() => return,
            }
            let put = tokio::select! {
                put = remote.catch_up(self.store.as_ref()) => put,
                () = self.wake.stopped() => return,
            };
            pause = match self.put(&remote, put, &mut told) {
                true => every,
                false => (pause * 2).clamp(SHORTEST, LONGEST),
            };
        }
    }

    /// Of the last checkpoint, as far as it can be done in little time: the next start does the rest.
    pub async fn last_anchoring(&self) {
        let Some((mut remote, _)) = self.remote() else { return };
        let put = tokio::time::timeout(LAST, remote.catch_up(self.store.as_ref())).await;
        let put = put.unwrap_or_else(|_| Err(Halt::Failed("no answer in time".to_owned())));
        self.put(&remote, put, &mut 0);
    }

    fn remote(&self) -> Option<(Remote, Duration)> {
        let Checkpointing { http, every, .. } = self.checkpointing.as_ref()?;
        let http = http.clone()?;
        self.chains.anchored.get().url = shown(&http.url);
        match Remote::new(http) {
            Ok(remote) => Some((remote, (*every).min(Duration::from_secs(5)))),
            Err(error) => {
                tracing::error!("checkpoints are put nowhere: {error:#}");
                let failing = Some((self.clock.now(), format!("{error:#}")));
                self.chains.anchored.get().failing = failing;
                None
            }
        }
    }

    /// Whether all is there.
    fn put(&self, remote: &Remote, put: Result<(), Halt>, told: &mut u64) -> bool {
        let now = self.clock.now();
        let mut state = self.chains.anchored.get();
        state.taken = remote.taken();
        let (why, differs) = match put {
            Ok(()) => {
                if state.failing.take().is_some() {
                    tracing::info!(
                        url = state.url,
                        taken = state.taken,
                        "the anchor has all checkpoints again"
                    );
                }
                state.differs = false;
                *told = 0;
                return true;
            }
            Err(Halt::Failed(why)) => (why, false),
            Err(Halt::Differs(why)) => (why, true),
        };
        let news = state.failing.as_ref().is_none_or(|(_, before)| *before != why);
        if news || now >= *told + TOLD_AGAIN {
            *told = now;
            let (url, taken) = (&state.url, state.taken);
            if differs {
                tracing::error!(url, taken, "the anchor of checkpoints: {why}");
            } else {
                tracing::warn!(url, taken, "checkpoints cannot be put into the anchor: {why}");
            }
        }
        let since = state.failing.as_ref().map_or(now, |(since, _)| *since);
        (state.failing, state.differs) = (Some((since, why)), differs);
        false
    }
}
