/*! The records a service has stored, as whoever has its database reads them. */

use std::sync::Arc;

use approval::clock::SystemClock;
use approval::config::Database;
use approval::records::Line;
use approval::records::store::{LinePlace, RecordStore, Source, SqlRecords, Taken};
use approval::tenant::Tenant;
use tokio::runtime::Runtime;

pub struct Stored {
    runtime: Runtime,
    records: SqlRecords,
}

impl Stored {
    #[track_caller]
    pub fn of(database: &Database) -> Self {
        let runtime = Runtime::new().unwrap();
        let opened = SqlRecords::open(database, Arc::new(SystemClock));
        let records = runtime.block_on(opened).unwrap();
        Self { runtime, records }
    }

    /// All of them, chain by chain, each with whose it is.
    #[track_caller]
    pub fn lines(&self) -> Vec<(String, Line)> {
        let mut lines: Vec<(LinePlace, Line)> = Vec::new();
        loop {
            let after = lines.last().map(|(place, _)| place.clone());
            let more = self.records.lines(None, after.as_ref(), 500);
            let more = self.runtime.block_on(more).unwrap();
            if more.is_empty() {
                return lines.into_iter().map(|(place, line)| (place.tenant, line)).collect();
            }
            lines.extend(more);
        }
    }

    /// As a file of records that somebody names.
    #[track_caller]
    pub fn import(&self, lines: &[Line]) -> Taken {
        let tenant = Tenant::default();
        let taken = self.records.take(&tenant, Source::Import, lines);
        self.runtime.block_on(taken).unwrap()
    }

    /// How many came that were otherwise than those at their place.
    #[track_caller]
    pub fn conflicts(&self) -> u64 {
        self.runtime.block_on(self.records.counts()).unwrap().conflicts
    }
}
