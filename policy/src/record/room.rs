/*! Memory for parts of records: of all exchanges of one VM together there is only so much. */

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of masked text that exchanges under way keep behind the text of their records. A VM may have 1 GiB.
const MOST: usize = 64 * 1024 * 1024;

#[derive(Clone, Debug, Default)]
pub struct Room(Arc<AtomicUsize>);

/// What one exchange has of it, until it is gone.
#[derive(Debug, Default)]
pub struct Taken {
    room: Room,
    bytes: usize,
}

impl Room {
    pub fn begin(&self) -> Taken {
        Taken { room: self.clone(), bytes: 0 }
    }

    #[cfg(test)]
    pub fn taken(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Taken {
    /// Whether there was room for so many more.
    pub fn more(&mut self, bytes: usize) -> bool {
        let all = &self.room.0;
        let fits = |taken: usize| taken.checked_add(bytes).filter(|taken| *taken <= MOST);
        let fits = all.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok();
        if fits {
            self.bytes += bytes;
        }
        fits
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.room.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_so_much_and_it_comes_back() {
        let room = Room::default();
        let (mut one, mut other) = (room.begin(), room.begin());
        assert!(one.more(MOST - 1) && other.more(1) && !other.more(1));
        assert!(!other.more(usize::MAX));
        drop(one);
        assert_eq!(room.taken(), 1);
        assert!(other.more(1));
        drop(other);
        assert_eq!(room.taken(), 0);
    }
}
