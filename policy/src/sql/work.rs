/*!
What judging may cost, counted in tokens looked at.

Counted, since a clock differs from machine to machine and the module has none: the same text is
judged the same way everywhere. The count is linear in what is read, whatever it holds, so that no
request holds a worker up.
*/

use std::cell::Cell;

use super::rules::Rules;

/// Looks per byte. Scripts of people need 3 to 42, in all readings together; the worst megabyte took
/// 0.35 s natively.
const PER_BYTE: u64 = 96;

/// For texts so short that the rate says nothing.
const FLOOR: u64 = 20_000;

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

    /// Counts looks at so many tokens. Returns whether the work may go on.
    pub(super) fn spend(&self, tokens: usize) -> bool {
        let tokens = u64::try_from(tokens).unwrap_or(u64::MAX);
        self.spent.set(self.spent.get().saturating_add(tokens).saturating_add(1));
        !self.is_over()
    }

    /// More would have to be done than may be: what is known of the text is not all there is.
    pub fn is_over(&self) -> bool {
        self.spent.get() > self.limit
    }

    pub fn spent(&self) -> u64 {
        self.spent.get()
    }
}

/// By whose rules, and at whose cost.
#[derive(Clone, Copy)]
pub(super) struct Judging<'w> {
    pub rules: Rules,
    pub work: &'w Work,
}
