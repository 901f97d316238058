/*!
What the conditions of a bundle may cost on one call, counted in steps. One budget for all of them,
so that what a caller sends costs no more with many rules than with one.
*/

use std::cell::Cell;

use super::Fault;

/// A member, an entry or a part of a condition is a step. To look at each entry of a list of short
/// numbers takes less than two for each of its bytes.
const PER_BYTE: u64 = 16;

/// For calls so short that the rate says nothing: more than 100 conditions of the greatest size.
const FLOOR: u64 = 100_000;

/// Bytes of text compared or copied in one step.
const TEXT: usize = 16;

#[derive(Debug)]
pub struct Steps {
    left: Cell<u64>,
}

impl Steps {
    /// For a call with so many bytes of body, head and principal.
    pub fn for_bytes(bytes: usize) -> Self {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        Self { left: Cell::new(bytes.saturating_mul(PER_BYTE).saturating_add(FLOOR)) }
    }

    pub fn spend(&self, steps: usize) -> Result<(), Fault> {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        match self.left.get().checked_sub(steps) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => {
                // Whatever comes next is not had for less.
                self.left.set(0);
                Err(Fault::OverBudget)
            }
        }
    }

    pub fn text(&self, bytes: usize) -> Result<(), Fault> {
        self.spend(bytes / TEXT + 1)
    }

    pub fn left(&self) -> u64 {
        self.left.get()
    }
}
