/*! How often somebody may do something within a minute, at this replica. */

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

const WINDOW: u64 = 60;
/// Names kept at once; past it those go that did nothing within the window, which are all but a few.
const KEPT: usize = 8192;

#[derive(Default)]
pub struct Pace(Mutex<HashMap<String, VecDeque<u64>>>);

impl Pace {
    /// Counts one more, unless it would be more than `most` within the minute before.
    pub fn take(&self, who: &str, most: u32, now: u64) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let past = |times: &mut VecDeque<u64>| {
            while times.front().is_some_and(|at| at.saturating_add(WINDOW) <= now) {
                times.pop_front();
            }
        };
        if all.len() >= KEPT {
            all.values_mut().for_each(past);
            all.retain(|_, times| !times.is_empty());
        }
        let times = all.entry(who.to_owned()).or_default();
        past(times);
        if times.len() >= most as usize {
            return false;
        }
        times.push_back(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;

    #[test]
    fn a_minute_holds_so_many() {
        let pace = Pace::default();
        assert!(pace.take("ann", 2, 100) && pace.take("ann", 2, 130) && !pace.take("ann", 2, 159));
        assert!(pace.take("bob", 2, 159) && pace.take("ann", 2, 160) && !pace.take("ann", 2, 189));
        assert!(!pace.take("cid", 0, 0));
        for n in 0..3000 {
            assert!(pace.take(&n.to_string(), 1, 1000 + n));
        }
        assert!(pace.0.lock().unwrap().len() <= super::KEPT);
    }
}
