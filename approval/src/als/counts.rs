/*! What came in, since the service started. */

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Entries, but for the first two and the last.
#[derive(Debug, Default)]
pub struct Counts {
    pub streams: Count,
    /// That were too many for their tenant.
    pub streams_refused: Count,
    /// Streams that ended otherwise than in order: what was under way in them is lost.
    pub streams_broken: Count,
    pub kept: Count,
    /// Whose records were over their principal's bytes: their links are kept and they are not.
    pub over_cap: Count,
    pub unreadable: Count,
    /// Of exchanges that went on, which are told again when they end.
    pub intermediate: Count,
    /// That were still waiting for the store when the service stopped.
    pub given_up: Count,
    /// How often the store did not take what it was brought.
    pub retries: Count,
}

#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    pub fn add(&self, more: usize) {
        self.0.fetch_add(more as u64, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = [
            ("streams", &self.streams),
            ("streams_refused", &self.streams_refused),
            ("streams_broken", &self.streams_broken),
            ("kept", &self.kept),
            ("over_cap", &self.over_cap),
            ("unreadable", &self.unreadable),
            ("intermediate", &self.intermediate),
            ("given_up", &self.given_up),
            ("retries", &self.retries),
        ];
        let told: Vec<String> =
            named.iter().map(|(name, count)| format!("{name} {}", count.get())).collect();
        f.write_str(&told.join(", "))
    }
}
