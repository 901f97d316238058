/*!
How a running filter gets its next bundle. Each worker has one of these and drives it with its tick;
together they fetch once per Envoy and interval, and each takes the bundle for itself.

```text
tick ─► look at the note ─► the file of another worker ─┐
          └► due, and nobody else is at it ─► fetch ────┴► prove ─► read ─► try its tests ─► activated
                                                            └───────┴───────────┴► refused: the last good one stays
```
*/

mod admission;
pub mod artefact;
mod candidate;
mod config;
mod fetching;
mod lineage;
mod notes;
mod status;

pub use admission::{Refused, Why};
pub use config::FetchConfig;
pub use notes::Board;
pub use status::Status;

use crate::bundle::signature::{Signers, SignersConfig};
use crate::bundle::{Bundle, LoadError};
use candidate::Work;
use fetching::InFlight;
use lineage::Lineage;
use notes::{Notes, Seen};

/// The call-out's own limit, in milliseconds.
pub const TIMEOUT_MS: u64 = 10_000;
/// How long the others leave it to one: a worker that dies meanwhile is stood in for after that.
const LEASE_MS: u64 = TIMEOUT_MS + 5_000;

/// A GET to be sent to an Envoy cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    pub cluster: String,
    pub authority: String,
    pub path: String,
    /// For `if-none-match`.
    pub etag: Option<String>,
}

pub struct Answer<'a> {
    pub status: u32,
    pub etag: Option<&'a str>,
    pub body: &'a [u8],
}

#[derive(Debug)]
pub enum News {
    /// `fetched`: by this worker, for all of them.
    Activated {
        bundle: Box<Bundle>,
        fetched: bool,
    },
    Refused(Refused),
    /// `first`: it worked before.
    Unreachable {
        text: String,
        first: bool,
    },
}

#[derive(Debug, Default)]
pub struct Tick {
    pub fetch: Option<Fetch>,
    pub news: Option<News>,
}

pub struct Delivery {
    config: FetchConfig,
    signers: Signers,
    notes: Notes,
    /// Names this worker to the others.
    name: String,
    lineage: Lineage,
    good: Option<Seen>,
    refused: Option<Seen>,
    work: Work,
    in_flight: Option<InFlight>,
    /// This worker fetches no sooner, whatever the note says.
    due_ms: u64,
    /// What another worker left is looked at again from here on.
    look_ms: u64,
    /// The others are no help: what they left is not what the note says.
    alone: bool,
    /// This worker began the note.
    made: bool,
    failures: u32,
    status: Status,
}

impl Delivery {
    /// `secret` is the configuration's; `name` is unlike that of any other worker.
    pub fn new(
        config: FetchConfig,
        signers: SignersConfig,
        secret: &[u8],
        name: String,
        now_ms: u64,
    ) -> Result<Self, LoadError> {
        config.check()?;
        let same = serde_json::to_vec(&(&config, &signers)).unwrap_or_default();
        Ok(Self {
            notes: Notes::new(&same, secret),
            signers: Signers::new(signers)?,
            name,
            lineage: Lineage::default(),
            good: None,
            refused: None,
            work: Work::None,
            in_flight: None,
            due_ms: 0,
            look_ms: 0,
            alone: false,
            made: false,
            failures: 0,
            status: Status::new(config.stale_after_seconds, now_ms),
            config,
        })
    }

    /// What it uses of the shared data.
    pub fn shared_keys(&self) -> [&str; 2] {
        self.notes.keys()
    }

    pub fn status(&mut self, now_ms: u64) -> &Status {
        self.status.at(now_ms);
        &self.status
    }

    /// At the start: takes at once what the other workers have, so that none that starts later
    /// refuses what they let through.
    pub fn adopt(&mut self, board: &mut dyn Board, now_ms: u64) -> Option<News> {
        let (note, _) = self.notes.read(board);
        self.look(board, note.as_ref(), now_ms);
        while !matches!(self.work, Work::None) {
            if let Some(news) = self.advance(board, now_ms) {
                return Some(news);
            }
        }
        None
    }

    pub fn tick(&mut self, board: &mut dyn Board, now_ms: u64) -> Tick {
        if !matches!(self.work, Work::None) {
            return Tick { fetch: None, news: self.advance(board, now_ms) };
        }
        let (note, cas) = self.notes.read(board);
        self.look(board, note.as_ref(), now_ms);
        let fetch = matches!(self.work, Work::None) && self.claim(board, note, cas, now_ms);
        Tick { fetch: fetch.then(|| self.fetch(now_ms)), news: None }
    }
}

#[cfg(test)]
#[cfg(feature = "compile")]
mod tests;
