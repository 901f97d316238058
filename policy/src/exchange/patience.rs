/*! How long a call's questions to the approval service are asked, and asked again where nobody answered. */

use super::event::Now;
use super::step::SLACK_MS;

/// Before a question is asked the second time; each further pause is twice as long.
const FIRST_MS: u64 = 250;
const LONGEST_MS: u64 = 2_000;

/// What a question may take however short the wait: also who does not wait asks for a hold.
const LEAST_MS: u64 = 3_000;
/// The same of one that nobody answered before.
const LEAST_AGAIN_MS: u64 = 1_000;

#[derive(Clone, Copy, Debug)]
pub struct Patience {
    wait_ms: u64,
    until_ms: u64,
    /// Questions in a row that nobody answered.
    failures: u32,
    /// Answers in a row that said nothing new before their time.
    early: u32,
}

impl Patience {
    pub fn new(seconds: u32, now: Now) -> Self {
        let wait_ms = u64::from(seconds) * 1000;
        Self { wait_ms, until_ms: now.unix_ms.saturating_add(wait_ms), failures: 0, early: 0 }
    }

    /// A clock that went back makes no wait longer than it was from the start.
    pub fn notice(&mut self, now: Now) -> &mut Self {
        self.until_ms = self.until_ms.min(now.unix_ms.saturating_add(self.wait_ms));
        self
    }

    pub fn left_ms(&self, now: Now) -> u64 {
        self.until_ms.saturating_sub(now.unix_ms).min(self.wait_ms)
    }

    /// How long a question may take that is answered when something happens, for so long of the wait: not much
    /// longer than the caller waits.
    pub fn news_ms(&self, ms: u64, now: Now) -> u64 {
        let ends = self.left_ms(now) <= ms;
        ms + if ends { LEAST_AGAIN_MS } else { SLACK_MS }
    }

    /// How long a question may take that is answered at once.
    pub fn question_ms(&self, now: Now) -> u64 {
        let least = if self.is_in_vain() { LEAST_AGAIN_MS } else { LEAST_MS };
        self.left_ms(now).clamp(least, SLACK_MS)
    }

    /// When to ask again, in Unix milliseconds; `None` if that would be after the wait. `fresh` keeps those apart
    /// that failed at the same moment.
    pub fn again(&mut self, fresh: [u8; 16], now: Now) -> Option<u64> {
        let pause = (FIRST_MS << self.failures.min(8)).min(LONGEST_MS);
        self.failures = self.failures.saturating_add(1);
        let [low, high, ..] = fresh;
        let jitter = pause * u64::from(u16::from_le_bytes([low, high])) / (2 * 0x1_0000);
        let at = now.unix_ms.saturating_add(pause * 3 / 4 + jitter);
        let at = at.min(self.until_ms.saturating_sub(FIRST_MS));
        (at > now.unix_ms).then_some(at)
    }

    /// When to ask for news again, which came `early` and were none: the first time at once (`None`), but a service
    /// that does not let anybody wait is not asked without a pause.
    pub fn again_for_news(&mut self, early: bool, fresh: [u8; 16], now: Now) -> Option<u64> {
        if !early {
            self.early = 0;
            return None;
        }
        self.early = self.early.saturating_add(1);
        let mut pauses = Self { failures: self.early.checked_sub(2)?, ..*self };
        pauses.again(fresh, now)
    }

    pub fn heard(&mut self) {
        self.failures = 0;
    }

    pub fn is_in_vain(&self) -> bool {
        self.failures > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(unix_ms: u64) -> Now {
        Now { unix_ms }
    }

    #[test]
    fn pauses_grow_and_end_with_the_wait() {
        for fresh in [[0; 16], [0x80; 16], [0xff; 16]] {
            let mut patience = Patience::new(10, at(1_000));
            let mut asked = vec![1_000];
            while let Some(next) = patience.again(fresh, at(*asked.last().unwrap())) {
                asked.push(next);
            }
            let pauses: Vec<u64> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
            for (pause, about) in pauses.iter().zip([250, 500, 1_000, 2_000]) {
                assert!((about * 3 / 4..=about * 5 / 4).contains(pause), "{pauses:?}");
            }
            assert!(pauses.iter().all(|pause| *pause <= 2_500), "{pauses:?}");
            assert_eq!(asked.last(), Some(&10_750), "the last one has time for its answer");
        }
        assert_eq!(Patience::new(0, at(1_000)).again([0; 16], at(1_000)), None);
    }

    #[test]
    fn a_clock_that_goes_back_makes_no_wait_longer() {
        let mut patience = Patience::new(4, at(1_000_000));
        assert_eq!(patience.left_ms(at(0)), 4_000);
        assert_eq!(patience.notice(at(10_000)).left_ms(at(11_000)), 3_000);
        assert_eq!(patience.notice(at(13_000)).left_ms(at(13_000)), 1_000, "and no shorter");
        let next = patience.again([0; 16], at(13_000)).unwrap();
        assert!(next < 14_000, "{next}");
    }

    #[test]
    fn who_heard_something_begins_anew() {
        let mut patience = Patience::new(60, at(0));
        let first = patience.again([0; 16], at(0));
        patience.again([0; 16], at(0));
        assert!(patience.is_in_vain());
        patience.heard();
        assert!(!patience.is_in_vain());
        assert_eq!(patience.again([0; 16], at(0)), first);
    }

    #[test]
    fn news_that_come_early_are_not_asked_for_without_a_pause() {
        let mut patience = Patience::new(60, at(0));
        let mut asks = |early| patience.again_for_news(early, [0; 16], at(0));
        assert_eq!((asks(true), asks(true), asks(true)), (None, Some(187), Some(375)));
        assert_eq!((asks(false), asks(true), asks(true)), (None, None, Some(187)));
        assert!(!patience.is_in_vain(), "it was answered");
        assert_eq!(Patience::new(0, at(0)).again_for_news(true, [0; 16], at(0)), None);
    }

    #[test]
    fn a_question_takes_no_longer_than_the_caller_waits() {
        let takes = |seconds, now| Patience::new(seconds, at(0)).question_ms(at(now));
        assert_eq!((takes(60, 0), takes(4, 0), takes(4, 500)), (5_000, 4_000, 3_500));
        assert_eq!((takes(0, 0), takes(4, 9_000)), (3_000, 3_000), "even then it is asked");
        let mut patience = Patience::new(4, at(0));
        patience.again([0; 16], at(3_000));
        assert_eq!(patience.question_ms(at(3_750)), 1_000);
    }
}
