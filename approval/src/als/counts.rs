/*! What came in since the service started, and what of it is not kept whole. */

use std::sync::atomic::{AtomicU64, Ordering};

use crate::records::store::Taken;

#[derive(Debug, Default)]
pub struct Counts {
    pub streams: Count,
    /// Entries that are stored, or were already.
    pub kept: Count,
    /// Of exchanges that went on, which are told again when they end.
    pub intermediate: Count,
    pub lost: Lost,
}

/// Entries, but for streams and retries.
#[derive(Debug, Default)]
pub struct Lost {
    /// Were too many for their tenant.
    pub streams_refused: Count,
    /// Ended otherwise than in order: what was under way in them did not arrive.
    pub streams_broken: Count,
    /// Their principal had more bytes in this minute than are kept of it: their links are kept and their records are not.
    pub over_limit: Count,
    pub unreadable: Count,
    /// The store has another record at their place; it keeps both.
    pub conflicts: Count,
    /// The store takes none like them.
    pub refused: Count,
    /// Were still waiting for the store when the service stopped.
    pub given_up: Count,
    /// How often the store did not take what it was brought.
    pub retries: Count,
}

#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    pub fn add(&self, more: usize) {
        self.more(more as u64);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn more(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }
}

impl Counts {
    pub fn taken(&self, taken: &Taken) {
        let Taken { new, known, finished, conflicts, refused, .. } = *taken;
        self.kept.more(new + known + finished);
        self.lost.conflicts.more(conflicts);
        self.lost.refused.more(refused);
    }
}

impl Lost {
    /// Empty as long as nothing is.
    pub fn told(&self) -> String {
        let named = [
            ("streams refused", &self.streams_refused),
            ("streams broken", &self.streams_broken),
            ("over the limit of their principal or tenant", &self.over_limit),
            ("unreadable", &self.unreadable),
            ("in conflict", &self.conflicts),
            ("refused by the store", &self.refused),
            ("given up", &self.given_up),
            ("retries", &self.retries),
        ];
        let some = named.iter().filter(|(_, count)| count.get() > 0);
        let told: Vec<String> =
            some.map(|(name, count)| format!("{} {name}", count.get())).collect();
        told.join(", ")
    }
}
