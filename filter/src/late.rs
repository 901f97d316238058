/*! Places of calls on hold whose callers are gone, while what they asked the approval service is still under way. */

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use policy::engine::{Engine, HoldPlace};
use policy::exchange::Now;

/// No question takes longer that a stream asks by itself; what lies further ahead was set by another clock.
const LONGEST_MS: u64 = 10_000;

/// Who gave the place, and takes it back.
type Place = (Rc<RefCell<Engine>>, HoldPlace);

#[derive(Default)]
pub struct Late {
    /// By the host's token of the call that the root made.
    by_token: HashMap<u32, Place>,
    /// With the time, in Unix milliseconds, at which the call is over that the stream made: who asked is gone, so
    /// nobody hears.
    by_time: Vec<(u64, Place)>,
}

impl Late {
    pub fn when_answered(&mut self, token: u32, place: Place) {
        self.by_token.insert(token, place);
    }

    pub fn by(&mut self, until_ms: u64, place: Place) {
        self.by_time.push((until_ms, place));
    }

    /// Whether it was one of these calls.
    pub fn answered(&mut self, token: u32) -> bool {
        let place = self.by_token.remove(&token);
        place.map(give_back).is_some()
    }

    pub fn tick(&mut self, now: Now) {
        let over = |until: u64| until <= now.unix_ms || until > now.unix_ms + LONGEST_MS;
        let places = self.by_time.extract_if(.., |(until, _)| over(*until));
        places.for_each(|(_, place)| give_back(place));
    }
}

fn give_back((engine, place): Place) {
    if let Ok(mut engine) = engine.try_borrow_mut() {
        engine.holding.give_back(place);
    }
}
