/*!
What the approval service is told and nobody waits to know: that a caller left, and what was called off. Each is
said again until it was heard, or is too old to matter: the service ends such a hold by itself when it expires.
*/

use std::collections::VecDeque;

use crate::exchange::{CallAnswer, Now, ServiceCall};
use crate::hold::LeaveRequest;

/// Kept at a time; past it the oldest goes.
const KEPT_MAX: usize = 4096;

/// Under way at a time.
const UNDER_WAY_MAX: usize = 64;

/// As long as a hold lasts where its rule says nothing.
const LIFE_MS: u64 = 10 * 60 * 1000;

const FIRST_MS: u64 = 250;
const LONGEST_MS: u64 = 8_000;

#[derive(Default)]
pub struct Telling {
    waiting: VecDeque<Told>,
    under_way: usize,
    /// In a row that were not heard.
    failures: u32,
    not_before_ms: u64,
}

#[derive(Debug)]
pub struct Told {
    pub call: ServiceCall,
    since_ms: u64,
}

impl Telling {
    /// The caller of that exchange waits no longer.
    pub fn left(&mut self, exchange: &str, now: Now) {
        let left = LeaveRequest { exchange: exchange.to_owned() };
        if let Some(call) = ServiceCall::post("/v1/leave", &left) {
            self.tell(call, now);
        }
    }

    pub fn tell(&mut self, call: ServiceCall, now: Now) {
        if self.waiting.len() >= KEPT_MAX {
            self.waiting.pop_front();
        }
        self.waiting.push_back(Told { call, since_ms: now.unix_ms });
    }

    /// What is to be told next, if something is. Whoever takes it says what became of it.
    pub fn next(&mut self, now: Now) -> Option<Told> {
        // Further ahead than it ever waits: the clock went back.
        let ahead = self.not_before_ms.saturating_sub(now.unix_ms);
        if (1..=LONGEST_MS).contains(&ahead) {
            return None;
        }
        // One goes ahead to see whether there is somebody who hears.
        let most = if self.failures > 0 { 1 } else { UNDER_WAY_MAX };
        if self.under_way >= most {
            return None;
        }
        let told = self.waiting.pop_front()?;
        self.under_way += 1;
        Some(told)
    }

    pub fn answered(&mut self, told: Told, answer: Option<CallAnswer<'_>>, now: Now) {
        self.under_way = self.under_way.saturating_sub(1);
        if answer.is_some_and(|answer| answer.is_one()) {
            self.failures = 0;
            return;
        }
        let pause = (FIRST_MS << self.failures.min(8)).min(LONGEST_MS);
        self.failures = self.failures.saturating_add(1);
        self.not_before_ms = now.unix_ms.saturating_add(pause);
        if now.unix_ms.saturating_sub(told.since_ms) < LIFE_MS && self.waiting.len() < KEPT_MAX {
            self.waiting.push_front(told);
        }
    }

    /// Paths and bodies of all that waits.
    #[cfg(test)]
    pub fn take(&mut self) -> Vec<(String, String)> {
        let text = |body: Vec<u8>| String::from_utf8(body).unwrap();
        self.waiting.drain(..).map(|told| (told.call.path, text(told.call.body))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(unix_ms: u64) -> Now {
        Now { unix_ms }
    }

    const HEARD: Option<CallAnswer<'static>> = Some(CallAnswer { status: 204, body: b"" });

    #[test]
    fn what_was_not_heard_is_said_again() {
        let mut telling = Telling::default();
        telling.left("x_1", at(0));
        for (status, now, again) in [(0, 0, 250), (503, 250, 750), (502, 750, 1_750)] {
            let told = telling.next(at(now)).unwrap();
            assert_eq!(told.call.body, br#"{"exchange":"x_1"}"#);
            assert!(telling.next(at(now)).is_none(), "it is under way");
            telling.answered(told, Some(CallAnswer { status, body: b"" }), at(now));
            assert!(telling.next(at(again - 1)).is_none(), "{status}");
        }
        let told = telling.next(at(1_750)).unwrap();
        telling.answered(told, HEARD, at(1_750));
        assert!(telling.next(at(60_000)).is_none());
        // Also what it did not understand was heard.
        telling.left("x_2", at(60_000));
        let told = telling.next(at(60_000)).unwrap();
        telling.answered(told, Some(CallAnswer { status: 404, body: b"" }), at(60_000));
        assert!(telling.next(at(120_000)).is_none());
    }

    #[test]
    fn what_is_kept_is_bounded_and_grows_old() {
        let mut telling = Telling::default();
        for number in 0..=KEPT_MAX {
            telling.left(&format!("x_{number}"), at(0));
        }
        let under_way: Vec<_> = std::iter::from_fn(|| telling.next(at(0))).collect();
        assert_eq!(under_way.len(), UNDER_WAY_MAX);
        assert!(under_way[0].call.body.ends_with(br#""x_1"}"#), "the oldest went");
        for told in under_way {
            telling.answered(told, HEARD, at(0));
        }
        let told = telling.next(at(0)).unwrap();
        telling.answered(told, None, at(LIFE_MS));
        assert_eq!(telling.take().len(), KEPT_MAX - UNDER_WAY_MAX - 1);
    }

    #[test]
    fn one_alone_asks_whether_somebody_is_back() {
        let mut telling = Telling::default();
        (0..3).for_each(|number| telling.left(&format!("x_{number}"), at(0)));
        let told = telling.next(at(0)).unwrap();
        telling.answered(told, None, at(0));
        let told = telling.next(at(1_000)).unwrap();
        assert!(telling.next(at(1_000)).is_none());
        telling.answered(told, HEARD, at(1_000));
        assert!(telling.next(at(1_000)).is_some() && telling.next(at(1_000)).is_some());
    }
}
