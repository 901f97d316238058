/*! Where records are read: in a store, which takes first what is new in its files, or in files alone. The answers
are the same. */

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use approval::clock::SystemClock;
use approval::config::Database;
use approval::records::Exchange;
use approval::records::session::{self, Session};
use approval::records::sieve::Sieve;
use approval::records::store::{Bodies, RecordStore, SessionCut, SqlRecords};

use super::Records;
use super::follow::Follower;
use crate::data::DataDir;
use crate::data::run_file::RunFile;
use crate::print::clean;

/// Of one look at the store.
const PAGE: u32 = 500;

pub enum Place {
    Files { files: Vec<PathBuf>, read: Records },
    Store { store: Arc<dyn RecordStore>, follower: Option<Follower>, writer: Option<u32> },
}

/// What is in no session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Besides {
    /// Requests Envoy refused before the filter saw them.
    pub unseen: u64,
    pub unreadable: u64,
    /// Other records than those at whose place they came.
    pub conflicts: u64,
}

pub async fn open(database: &Database) -> Result<Arc<dyn RecordStore>> {
    let store = SqlRecords::open(database, Arc::new(SystemClock)).await;
    // In one piece: what is behind it says the same once more.
    let store = store.map_err(|error| anyhow::anyhow!("opening {database}: {error}"))?;
    Ok(Arc::new(store))
}

impl Place {
    pub fn files(files: Vec<PathBuf>) -> Result<Self> {
        Ok(Self::Files { read: Records::read(&files)?, files })
    }

    pub async fn database(database: &Database) -> Result<Self> {
        Ok(Self::Store { store: open(database).await?, follower: None, writer: None })
    }

    /// The store of a data folder, which is made where there is none.
    pub async fn data(data: &DataDir) -> Result<Self> {
        let path = crate::data::file::private(data.records_database())?;
        let store = open(&Database::Sqlite(path)).await?;
        let follower = Follower::new(&data.records(), store.clone()).await?;
        // Envoy may still write into a file that was put away.
        let writer = RunFile::read(data).ok().map(|facts| facts.envoy_pid).filter(|pid| *pid != 0);
        let mut place = Self::Store { store, follower: Some(follower), writer };
        place.refresh().await?;
        Ok(place)
    }

    /// Takes what came since.
    pub async fn refresh(&mut self) -> Result<()> {
        match self {
            Self::Files { files, read } => *read = Records::read(files)?,
            Self::Store { follower: Some(follower), writer, .. } => {
                follower.catch_up(*writer).await.context("taking what is new into the store")?;
            }
            Self::Store { .. } => {}
        }
        Ok(())
    }

    pub fn store(&self) -> Option<&Arc<dyn RecordStore>> {
        match self {
            Self::Store { store, .. } => Some(store),
            Self::Files { .. } => None,
        }
    }

    /// With an exchange that fits, the latest first.
    pub async fn sessions(&self, sieve: &Sieve) -> Result<Vec<Session>> {
        let store = match self {
            Self::Files { read, .. } => return Ok(listed(read, sieve)),
            Self::Store { store, .. } => store,
        };
        let (mut sessions, mut cut) = (Vec::new(), SessionCut::Begin);
        loop {
            let page = store.sessions(sieve, cut, PAGE).await?;
            let Some(last) = page.last() else { return Ok(sessions) };
            cut = SessionCut::After(last.into());
            sessions.extend(page);
        }
    }

    /// Of one session, those that fit, in order; `None` if there is no such session.
    pub async fn exchanges(&self, id: &str, sieve: &Sieve) -> Result<Option<Vec<Exchange>>> {
        let store = match self {
            Self::Files { read, .. } => {
                let all = read.of_session(id);
                let fit = all.iter().filter(|one| sieve.lets_through(one));
                return Ok((!all.is_empty()).then(|| fit.map(|one| (*one).clone()).collect()));
            }
            Self::Store { store, .. } => store,
        };
        if store.session(id).await?.is_none() {
            return Ok(None);
        }
        let (mut exchanges, mut after) = (Vec::new(), None);
        loop {
            let page = store.exchanges(id, sieve, Bodies::All, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(Some(exchanges)) };
            after = Some(last.into());
            exchanges.extend(page);
        }
    }

    /// All that fit, session by session.
    pub async fn each(&self, sieve: &Sieve, mut told: impl FnMut(&Exchange)) -> Result<()> {
        for session in self.sessions(sieve).await? {
            let exchanges = self.exchanges(&session.id, sieve).await?;
            exchanges.unwrap_or_default().iter().for_each(&mut told);
        }
        Ok(())
    }

    pub async fn find(&self, reference: &str) -> Result<Option<Exchange>> {
        match self {
            Self::Files { read, .. } => Ok(read.find(reference).cloned()),
            Self::Store { store, .. } => {
                let mut found = store.found(reference, None).await?;
                let first = found.pop();
                ensure!(
                    found.is_empty(),
                    "gateways of several tenants have a record of `{}`; the console shows that of one, with `?tenant=NAME`",
                    clean(reference)
                );
                Ok(first.map(|one| one.exchange))
            }
        }
    }

    pub async fn besides(&self) -> Result<Besides> {
        match self {
            Self::Files { read, .. } => {
                let (unseen, unreadable) = (read.unseen, read.unreadable);
                Ok(Besides { unseen, unreadable, conflicts: 0 })
            }
            Self::Store { store, follower, .. } => {
                let counts = store.counts().await?;
                let unreadable = follower.as_ref().map_or(0, Follower::unreadable);
                Ok(Besides { unseen: counts.unseen, unreadable, conflicts: counts.conflicts })
            }
        }
    }
}

fn listed(read: &Records, sieve: &Sieve) -> Vec<Session> {
    let fit = read.exchanges.iter().filter(|one| sieve.lets_through(one));
    let wanted: std::collections::BTreeSet<String> =
        fit.map(|one| session::id(&one.record)).collect();
    let mut sessions = session::list(&read.exchanges);
    sessions.retain(|session| wanted.contains(&session.id));
    sessions
}

/// Whether a store was made in the data folder.
pub fn has_store(data: &DataDir) -> bool {
    Path::new(&data.records_database()).exists()
}
