/*!
When an issuer's keys are fetched. Two clocks that cannot starve each other: a timer, and unknown
key names, which anybody can make up and which therefore share a small bucket.
*/

/// A request for a key set, to be sent to an Envoy cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFetch {
    /// Position in the configuration, to be given back with the answer.
    pub issuer: usize,
    pub cluster: String,
    pub authority: String,
    pub path: String,
}

/// After this many seconds without an answer there will be none.
const FORGET: u64 = 10;
/// Fetches that unknown names may cause at once, and the seconds until one more is allowed.
const BURST: u32 = 3;
const REFILL: u64 = 30;
/// The longest pause after failures, in seconds; a shorter timer goes before.
const MAX_PAUSE: u64 = 60;

/// All times in seconds.
pub(super) struct Schedule {
    refresh: u64,
    /// When the timer is due.
    next: u64,
    in_flight: Option<u64>,
    wanted: bool,
    bucket: u32,
    refilled: u64,
    failures: u32,
}

impl Schedule {
    pub(super) fn new(refresh: u64) -> Self {
        Self {
            refresh,
            next: 0,
            in_flight: None,
            wanted: false,
            bucket: BURST,
            refilled: 0,
            failures: 0,
        }
    }

    /// A token named a key that is not there.
    pub(super) fn want(&mut self) {
        self.wanted = true;
    }

    /// Whether to fetch now; from then on one fetch is in flight.
    pub(super) fn due(&mut self, now: u64) -> bool {
        if let Some(since) = self.in_flight {
            // Also a clock that was set back must not keep it in flight.
            if since.abs_diff(now) < FORGET {
                return false;
            }
            self.failed(now);
        }
        self.refill(now);
        self.next = self.next.min(now.saturating_add(self.refresh));
        if now >= self.next {
            self.next = now.saturating_add(self.refresh);
        } else if self.wanted && self.bucket > 0 {
            self.bucket = self.bucket.saturating_sub(1);
        } else {
            return false;
        }
        self.wanted = false;
        self.in_flight = Some(now);
        true
    }

    pub(super) fn arrived(&mut self) {
        self.in_flight = None;
        self.failures = 0;
    }

    /// Tries again sooner than the timer would, ever more slowly.
    pub(super) fn failed(&mut self, now: u64) {
        self.in_flight = None;
        self.failures = self.failures.saturating_add(1);
        let pause = 2_u64.saturating_pow(self.failures).min(MAX_PAUSE);
        self.next = self.next.min(now.saturating_add(pause));
    }

    fn refill(&mut self, now: u64) {
        if self.bucket >= BURST || now < self.refilled {
            self.refilled = now;
        }
        while self.bucket < BURST && now.saturating_sub(self.refilled) >= REFILL {
            self.bucket = self.bucket.saturating_add(1);
            self.refilled = self.refilled.saturating_add(REFILL);
        }
    }
}
