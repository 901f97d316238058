/*!
What judging may cost, counted in bytes looked at.

Counted, since a clock differs from machine to machine and the module has none. Text that a command hands
to another shell is read again, and a variable can make it longer than it was written.
*/

use std::cell::Cell;

/// Looks per byte. Scripts of people need less than 20.
const PER_BYTE: u64 = 96;

/// For texts so short that the rate says nothing.
const FLOOR: u64 = 40_000;

/// Shared by the texts that are read together, so that many of them cost no more than one.
#[derive(Debug)]
pub struct Work {
    limit: u64,
    spent: Cell<u64>,
}

impl Work {
    /// For texts of so many bytes together.
    pub fn for_bytes(bytes: usize) -> Self {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        Self { limit: bytes.saturating_mul(PER_BYTE).saturating_add(FLOOR), spent: Cell::new(0) }
    }

    /// Counts looks at so many bytes. Returns whether the work may go on.
    pub(super) fn spend(&self, bytes: usize) -> bool {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.spent.set(self.spent.get().saturating_add(bytes).saturating_add(1));
        !self.is_over()
    }

    pub fn is_over(&self) -> bool {
        self.spent.get() > self.limit
    }

    pub fn spent(&self) -> u64 {
        self.spent.get()
    }
}
