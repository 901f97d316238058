/*!
What the approval service is told and nobody waits to know: that a caller left, and what was called off. Each is
said again until it was heard, or is too old to matter: the service ends such a hold by itself when it expires.
*/

use std::collections::{HashMap, VecDeque};

use crate::exchange::{CallAnswer, Now, ServiceCall};
use crate::hold::LeaveRequest;
use crate::principal::Principal;

/// Kept at a time. Past it goes what a principal said last of whom most is kept: that a caller left before what
/// was called off, which stays open to approve until it is heard.
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
    /// How much of each principal waits.
    by_principal: HashMap<Whose, usize>,
    under_way: usize,
    /// In a row that were not heard.
    failures: u32,
    not_before_ms: u64,
}

#[derive(Debug)]
pub struct Told {
    pub call: ServiceCall,
    whose: Whose,
    /// That something is called off.
    cancels: bool,
    since_ms: u64,
}

/// Issuer and subject.
type Whose = (String, String);

impl Telling {
    /// The caller of that exchange waits no longer.
    pub fn left(&mut self, principal: &Principal, exchange: &str, now: Now) {
        let left = LeaveRequest { exchange: exchange.to_owned() };
        if let Some(call) = ServiceCall::post("/v1/leave", &left) {
            self.keep(call, principal, false, now);
        }
    }

    pub fn called_off(&mut self, principal: &Principal, call: ServiceCall, now: Now) {
        self.keep(call, principal, true, now);
    }

    fn keep(&mut self, call: ServiceCall, principal: &Principal, cancels: bool, now: Now) {
        let (issuer, subject) = principal.key();
        let whose = (issuer.to_owned(), subject.to_owned());
        *self.by_principal.entry(whose.clone()).or_default() += 1;
        self.waiting.push_back(Told { call, whose, cancels, since_ms: now.unix_ms });
        if self.waiting.len() > KEPT_MAX {
            self.drop_one();
        }
    }

    fn drop_one(&mut self) {
        let most = self.by_principal.iter().max_by_key(|(_, count)| **count);
        let Some(most) = most.map(|(whose, _)| whose.clone()) else { return };
        let last = |cancels: bool| {
            let mut all = self.waiting.iter().enumerate().rev();
            all.find(|(_, told)| told.whose == most && told.cancels == cancels).map(|(at, _)| at)
        };
        let dropped = last(false).or_else(|| last(true)).and_then(|at| self.waiting.remove(at));
        if let Some(told) = dropped {
            self.forget(&told.whose);
        }
    }

    fn forget(&mut self, whose: &Whose) {
        if let Some(count) = self.by_principal.get_mut(whose) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.by_principal.remove(whose);
            }
        }
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
        self.forget(&told.whose);
        self.under_way += 1;
        Some(told)
    }

    pub fn answered(&mut self, told: Told, answer: Option<CallAnswer<'_>>, now: Now) {
        self.under_way = self.under_way.saturating_sub(1);
        // Who is told to come back later was not heard.
        let later = |answer: &CallAnswer<'_>| matches!(answer.status, 408 | 429);
        if answer.is_some_and(|answer| answer.is_one() && !later(&answer)) {
            self.failures = 0;
            return;
        }
        let pause = (FIRST_MS << self.failures.min(8)).min(LONGEST_MS);
        self.failures = self.failures.saturating_add(1);
        self.not_before_ms = now.unix_ms.saturating_add(pause);
        if now.unix_ms.saturating_sub(told.since_ms) < LIFE_MS && self.waiting.len() < KEPT_MAX {
            *self.by_principal.entry(told.whose.clone()).or_default() += 1;
            self.waiting.push_front(told);
        }
    }

    /// Paths and bodies of all that waits.
    #[cfg(test)]
    pub fn take(&mut self) -> Vec<(String, String)> {
        let text = |body: Vec<u8>| String::from_utf8(body).unwrap();
        self.by_principal.clear();
        self.waiting.drain(..).map(|told| (told.call.path, text(told.call.body))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(unix_ms: u64) -> Now {
        Now { unix_ms }
    }

    fn by(subject: &str) -> Principal {
        Principal {
            issuer: "i".into(),
            subject: subject.into(),
            groups: Vec::new(),
            agent: None,
            owners: Vec::new(),
            scopes: Vec::new(),
        }
    }

    const HEARD: Option<CallAnswer<'static>> = Some(CallAnswer { status: 204, body: b"" });

    #[test]
    fn what_was_not_heard_is_said_again() {
        let mut telling = Telling::default();
        telling.left(&by("a"), "x_1", at(0));
        for (status, now, again) in [(0, 0, 250), (503, 250, 750), (429, 750, 1_750)] {
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
        telling.left(&by("a"), "x_2", at(60_000));
        let told = telling.next(at(60_000)).unwrap();
        telling.answered(told, Some(CallAnswer { status: 404, body: b"" }), at(60_000));
        assert!(telling.next(at(120_000)).is_none());
    }

    #[test]
    fn what_is_kept_is_bounded_and_grows_old() {
        let mut telling = Telling::default();
        for number in 0..=KEPT_MAX {
            telling.left(&by("a"), &format!("x_{number}"), at(0));
        }
        let under_way: Vec<_> = std::iter::from_fn(|| telling.next(at(0))).collect();
        assert_eq!(under_way.len(), UNDER_WAY_MAX);
        assert!(under_way[0].call.body.ends_with(br#""x_0"}"#), "the last one went");
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
        (0..3).for_each(|number| telling.left(&by("a"), &format!("x_{number}"), at(0)));
        let told = telling.next(at(0)).unwrap();
        telling.answered(told, None, at(0));
        let told = telling.next(at(1_000)).unwrap();
        assert!(telling.next(at(1_000)).is_none());
        telling.answered(told, HEARD, at(1_000));
        assert!(telling.next(at(1_000)).is_some() && telling.next(at(1_000)).is_some());
    }

    #[test]
    fn who_says_much_loses_its_own() {
        let mut telling = Telling::default();
        let cancel = || ServiceCall::post("/v1/cancel", &"c").unwrap();
        telling.left(&by("ada"), "x_ada", at(0));
        telling.called_off(&by("eve"), cancel(), at(0));
        for number in 0..2 * KEPT_MAX {
            telling.left(&by("eve"), &format!("x_{number}"), at(0));
        }
        telling.called_off(&by("eve"), cancel(), at(0));
        telling.called_off(&by("ada"), cancel(), at(0));
        let counted: usize = telling.by_principal.values().sum();
        let kept = telling.take();
        assert_eq!((kept.len(), counted), (KEPT_MAX, KEPT_MAX));
        assert!(kept[0].1.contains("x_ada"));
        assert_eq!(kept.iter().filter(|(path, _)| path == "/v1/cancel").count(), 3);
    }

    #[test]
    fn a_clock_that_goes_back_silences_nobody() {
        let mut telling = Telling::default();
        telling.left(&by("a"), "x_1", at(1_000_000));
        let told = telling.next(at(1_000_000)).unwrap();
        telling.answered(told, None, at(1_000_000));
        assert!(telling.next(at(1_000_100)).is_none());
        assert!(telling.next(at(500_000)).is_some());
    }
}
