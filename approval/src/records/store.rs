/*!
Where records are kept to be looked up: in SQLite or PostgreSQL, in tables and with connections of their
own, so that however many come, no hold waits for them.

A row has the very text of the record and of its link, which digests are of. All columns beside it only
serve to find it. Whoever sends records is believed in nothing but that they are its own.
*/

mod chains;
mod conditions;
mod conflicts;
mod connect;
mod erasing;
mod keeping;
mod oldest;
mod parts;
mod reading;
mod row;
mod sql;
mod sums;
mod tails;
mod taking;

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use policy::record::checkpoint::Note;

use super::session::Session;
use super::sieve::Sieve;
use super::{Exchange, Line};
use crate::store::{Cut, StoreError};
use crate::tenant::Tenant;

pub use parts::{Bodies, merged};
pub use row::{of_tenant, session_id};
pub use sql::SqlRecords;
pub use tails::Tail;
pub use taking::{BYTES_AT_ONCE, ROWS_AT_ONCE};

/// How a record came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Envoy's access log, read as it is written.
    File,
    /// A file that somebody named.
    Import,
    /// Envoy sent it over gRPC.
    Als,
}

impl Source {
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Import => "import",
            Self::Als => "als",
        }
    }
}

/// What became of lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    pub new: u64,
    /// Were there before.
    pub known: u64,
    /// Of those that were there: the record was erased, and what came of it is not taken again.
    pub erased: u64,
    /// Took the place of the begin of their exchange.
    pub finished: u64,
    /// Another record was at the place: kept beside, and told.
    pub conflicts: u64,
    /// Hold no record that can be read, or the database refuses them.
    pub refused: u64,
}

impl std::ops::AddAssign for Taken {
    fn add_assign(&mut self, more: Self) {
        self.new += more.new;
        self.known += more.known;
        self.erased += more.erased;
        self.finished += more.finished;
        self.conflicts += more.conflicts;
        self.refused += more.refused;
    }
}

/// What is in the store besides sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that Envoy refused before the filter saw them.
    pub unseen: u64,
    pub erased: u64,
    /// Records that are kept beside others, at whose place they came.
    pub conflicts: u64,
    /// Of all rows.
    pub bytes: u64,
}

/// An exchange, and whose gateway's it is: any sender can give a record the reference of another's.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub tenant: String,
    pub exchange: Exchange,
}

/// Of a session among others, the latest first. Written `LAST-ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionPlace {
    pub last_ms: u64,
    pub id: String,
}

impl From<&Session> for SessionPlace {
    fn from(session: &Session) -> Self {
        Self { last_ms: session.last_ms, id: session.id.clone() }
    }
}

impl fmt::Display for SessionPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.last_ms, self.id)
    }
}

impl FromStr for SessionPlace {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (last_ms, id) = text.split_once('-').ok_or(())?;
        Ok(Self { last_ms: number(last_ms)?, id: id.to_owned() })
    }
}

/// Which part of the list of sessions, which begins with the latest.
pub type SessionCut = Cut<SessionPlace>;

/// Of an exchange in its session. Written `STARTED-SEQUENCE-ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangePlace {
    pub started_ms: u64,
    pub sequence: u64,
    pub exchange: String,
}

impl From<&Exchange> for ExchangePlace {
    fn from(exchange: &Exchange) -> Self {
        Self {
            started_ms: exchange.record.started_ms,
            sequence: exchange.sequence(),
            exchange: exchange.record.exchange.clone(),
        }
    }
}

impl fmt::Display for ExchangePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.started_ms, self.sequence, self.exchange)
    }
}

impl FromStr for ExchangePlace {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(3, '-');
        let mut next = || parts.next().ok_or(());
        let (started_ms, sequence) = (number(next()?)?, number(next()?)?);
        Ok(Self { started_ms, sequence, exchange: next()?.to_owned() })
    }
}

fn number(text: &str) -> Result<u64, ()> {
    match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => text.parse().map_err(drop),
        false => Err(()),
    }
}

/// Where lines go on: chain by chain, each by its numbers, so that `verify` finds none moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinePlace {
    pub tenant: String,
    pub chain: String,
    pub sequence: i64,
    pub row: i64,
}

/// What went, and what is to be signed of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenOut {
    pub records: u64,
    pub notes: Vec<Note>,
}

#[async_trait]
pub trait RecordStore: Send + Sync {
    /// Stores what is not there yet. The same record again is none; another at the same place of a chain
    /// (or of the same exchange, if unlinked) is kept as a conflict and told. An unfinished record gives way to
    /// the finished one. A line that the database refuses is left out, and no other for it.
    async fn take(
        &self,
        tenant: &Tenant,
        source: Source,
        lines: &[Line],
    ) -> Result<Taken, StoreError>;
    /// The same for lines of this program's own gateway, read from a file up to there.
    async fn take_read(&self, lines: &[Line], tail: &Tail) -> Result<Taken, StoreError>;
    /// How far the file was read.
    async fn tail(&self, name: &str) -> Result<Option<Tail>, StoreError>;
    /// With an exchange that fits; the latest first, by their last exchange.
    async fn sessions(
        &self,
        sieve: &Sieve,
        cut: SessionCut,
        limit: u32,
    ) -> Result<Vec<Session>, StoreError>;
    async fn session(&self, id: &str) -> Result<Option<Session>, StoreError>;
    /// Of one session, those that fit, by when they began. Where a text is looked for, it is in what is read.
    async fn exchanges(
        &self,
        session: &str,
        sieve: &Sieve,
        bodies: Bodies,
        after: Option<ExchangePlace>,
        limit: u32,
    ) -> Result<Vec<Exchange>, StoreError>;
    /// By the reference in its answer, or the last one that came that waited on the hold of that id: one of each
    /// tenant that has such, or of that tenant alone.
    async fn found(&self, reference: &str, tenant: Option<&str>) -> Result<Vec<Found>, StoreError>;
    /// The very lines, of one session or of all, each with its place.
    async fn lines(
        &self,
        session: Option<&str>,
        after: Option<&LinePlace>,
        limit: u32,
    ) -> Result<Vec<(LinePlace, Line)>, StoreError>;
    /// Of one session, in the order they came, those behind this row.
    async fn came(
        &self,
        session: &str,
        bodies: Bodies,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, Exchange)>, StoreError>;
    /// The highest row number: whether something came since.
    async fn latest(&self) -> Result<u64, StoreError>;
    async fn counts(&self) -> Result<Counts, StoreError>;
    /// Of each tenant's chain of which records were removed because they were old: up to which number.
    async fn pruned(&self) -> Result<Vec<(String, String, u64)>, StoreError>;
    /// Removes some of what came before `before`, in Unix seconds, and of the oldest what is above so many bytes (0:
    /// no limit). If none went, there is no more to remove.
    async fn prune(&self, before: u64, keep_bytes: u64) -> Result<TakenOut, StoreError>;
    /// Takes the records of a caller out; their links stay, and when and by whom is noted. What was taken out is told in
    /// `taken`, also where not all could be.
    async fn erase(
        &self,
        issuer: Option<&str>,
        subject: &str,
        by: &str,
        taken: &mut TakenOut,
    ) -> Result<(), StoreError>;
    async fn close(&self);
}

#[cfg(test)]
mod tests;
