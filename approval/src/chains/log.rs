/*! The checkpoints as a transparency log: how it is called, who cosigns it, and how that goes. */

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::ensure;

use super::health::Health;
use super::http::shown;
use super::witness::Witness;
use crate::config::SigningKey;
use crate::store::Cosigned;
use crate::tlog::{self, Vkey};

/// How the checkpoints are a log that witnesses cosign.
#[derive(Clone, Debug)]
pub struct Witnessing {
    /// Names the log.
    pub origin: String,
    pub witnesses: Vec<Witness>,
    /// So many of them have to cosign.
    pub quorum: usize,
    /// How often they are asked at most.
    pub every: Duration,
    /// Where the newest tree head is written too.
    pub file: Option<PathBuf>,
}

impl Witnessing {
    /// Without an origin it is named after the key; without a quorum all have to cosign.
    ///
    /// # Errors
    ///
    /// No log can be called so, a witness is there twice, or there are not as many.
    pub fn new(
        key: &SigningKey,
        origin: Option<String>,
        witnesses: Vec<Witness>,
        quorum: Option<usize>,
        every: Duration,
    ) -> anyhow::Result<Self> {
        let origin = origin.unwrap_or_else(|| tlog::origin(&key.public_bytes()));
        key.vkey(&origin)?;
        if let Some(twice) = Vkey::twice(witnesses.iter().map(|one| &one.key)) {
            anyhow::bail!("the key of the witness `{}` is there twice", twice.name);
        }
        let quorum = quorum.unwrap_or(witnesses.len());
        ensure!(
            (1..=witnesses.len()).contains(&quorum),
            "{quorum} of {} witnesses cannot cosign",
            witnesses.len()
        );
        ensure!(every >= Duration::from_secs(1), "witnesses are asked once a second at most");
        Ok(Self { origin, witnesses, quorum, every, file: None })
    }
}

/// How a witness does, as far as this replica knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witnessed {
    pub name: String,
    /// Without what may be a secret.
    pub url: String,
    /// Checkpoints that it cosigned last, and when; 0: none yet.
    pub size: u64,
    pub at: u64,
    pub health: Health,
}

/// How the log does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogState {
    /// Its key, as witnesses are given it.
    pub vkey: Vkey,
    /// The newest tree head that enough of them cosigned.
    pub head: Option<Cosigned>,
    pub witnesses: Vec<Witnessed>,
}

#[derive(Debug, Default)]
pub struct State(Mutex<Vec<Witnessed>>);

impl State {
    pub fn get(&self) -> MutexGuard<'_, Vec<Witnessed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Witnessed {
    pub fn of(witness: &Witness) -> Self {
        let (name, url) = (witness.key.name.clone(), shown(&witness.url));
        Self { name, url, size: 0, at: 0, health: Health::default() }
    }
}
