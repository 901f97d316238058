/*! Windows of time, aligned to the clock, and how far a clock that was set back is followed. */

#[derive(Clone, Copy, Debug)]
pub struct Window {
    now: u64,
    per: u64,
}

impl Window {
    /// Both in seconds.
    pub fn new(now: u64, per: u64) -> Self {
        Self { now, per: per.max(1) }
    }

    pub fn now(self) -> u64 {
        self.now
    }

    pub fn end(self) -> u64 {
        (self.now / self.per).saturating_add(1).saturating_mul(self.per)
    }

    /// Whether what was counted until then still counts. A clock that goes back a little must not give
    /// callers a window anew; one that was far ahead must not lock them out until it is there again.
    pub fn holds(self, until: u64) -> bool {
        self.now < until && until <= self.now.saturating_add(self.per.saturating_mul(2))
    }

    /// Seconds from now, at least one.
    pub fn seconds_to(self, until: u64) -> u32 {
        u32::try_from(until.saturating_sub(self.now)).unwrap_or(u32::MAX).max(1)
    }
}
