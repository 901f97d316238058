//! Whatever is done to a hold in whatever order, at whichever replica, over restarts: no call passes twice,
//! none without an approval, none whose approval was taken back.

use std::collections::{BTreeMap, BTreeSet};

use policy::hold::{HoldStatus, RedeemRequest};
use proptest::prelude::*;

use crate::holds::{Redeemed, Verdict};
use crate::store::Choice;
use crate::testing::{Fixture, On, request};

/// Holds and exchanges are counted from the latest back.
#[derive(Clone, Debug)]
enum Step {
    Ask,
    AskAgain(usize),
    Decide(usize, Choice),
    Redeem(usize, usize, u8),
    Leave(usize),
    Pass(u64),
    Sweep,
    /// The service goes away in the middle and another one goes on.
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    let choice = prop_oneof![3 => Just(Choice::Approve), 1 => Just(Choice::Deny)];
    prop_oneof![
        5 => Just(Step::Ask),
        3 => (0..4usize).prop_map(Step::AskAgain),
        4 => (0..2usize, choice).prop_map(|(hold, choice)| Step::Decide(hold, choice)),
        6 => (0..2usize, 0..4usize, 0..2u8).prop_map(|(hold, who, nonce)| Step::Redeem(hold, who, nonce)),
        2 => (0..4usize).prop_map(Step::Leave),
        2 => prop_oneof![1..70u64, 1..700u64].prop_map(Step::Pass),
        1 => Just(Step::Sweep),
        1 => Just(Step::Crash),
    ]
}

/// What a hold has to be, kept apart from the store.
#[derive(Default)]
struct Life {
    born: u64,
    decided: Option<Choice>,
    /// By whom, with which nonce, when.
    used: Option<(usize, u8, u64)>,
    waiting: BTreeSet<usize>,
    gone: BTreeSet<usize>,
    cancelled: bool,
    taken_back: bool,
}

impl Life {
    fn over(&self, now: u64) -> bool {
        self.used.is_some() || self.cancelled || now >= self.born + 600
    }

    /// Whether a redemption gives a grant, and whether it is the first one.
    fn redeems(&self, who: usize, nonce: u8, now: u64) -> (bool, bool) {
        let alive = now < self.born + 600;
        let first =
            self.decided == Some(Choice::Approve) && !self.over(now) && self.waiting.contains(&who);
        let again = self
            .used
            .is_some_and(|(by, with, at)| (by, with) == (who, nonce) && alive && now < at + 60);
        (first || again, first)
    }
}

struct World {
    /// Steps take turns; all but the last may be stale by many.
    replicas: Vec<Fixture>,
    turn: usize,
    now: u64,
    ids: Vec<String>,
    lives: BTreeMap<String, Life>,
    /// The hold each exchange has.
    exchanges: Vec<String>,
}

fn back<T>(of: &[T], n: usize) -> Option<usize> {
    of.len().checked_sub(n + 1)
}

impl World {
    async fn new() -> Self {
        let one = Fixture::new().await;
        // One file is for one service.
        let replicas = match On::current() {
            On::Sqlite => vec![one],
            On::Postgres => vec![one.replica().await, one],
        };
        let (ids, lives, exchanges) = (Vec::new(), BTreeMap::new(), Vec::new());
        Self { replicas, turn: 0, now: 0, ids, lives, exchanges }
    }

    fn at(&self) -> &Fixture {
        &self.replicas[self.turn % self.replicas.len()]
    }

    async fn ask(&mut self, who: usize) {
        let state = self.at().asks.request(request(&format!("x{who}"))).await.unwrap();
        let known = self.lives.contains_key(&state.hold);
        let (now, life) = (self.now, self.lives.entry(state.hold.clone()).or_default());
        if !known {
            assert_eq!(state.status, HoldStatus::Pending);
            self.ids.push(state.hold.clone());
            life.born = now;
        }
        match self.exchanges.get(who) {
            // Nobody joins what is over, and a denial answers only as long as it would have waited.
            None => {
                assert!(!life.over(now), "joined a hold that is over");
                self.exchanges.push(state.hold);
            }
            Some(own) if *own == state.hold => {}
            Some(own) => {
                let other = self.lives[own].used.is_some_and(|(by, ..)| by != who);
                assert!(other, "a second hold for one exchange");
                self.exchanges[who] = state.hold.clone();
            }
        }
        let life = self.lives.get_mut(&self.exchanges[who]).unwrap();
        if !life.gone.contains(&who) {
            life.waiting.insert(who);
        }
    }

    async fn decide(&mut self, hold: usize, choice: Choice) {
        let id = &self.ids[hold];
        let stands = match self.at().decide(id, choice).await.unwrap() {
            Verdict::Stands(_) | Verdict::Again(_) => true,
            Verdict::TooLate(_) => false,
        };
        let (now, life) = (self.now, self.lives.get_mut(id).unwrap());
        let takes_back =
            !life.over(now) && (life.decided, choice) == (Some(Choice::Approve), Choice::Deny);
        if takes_back {
            life.decided = None;
            life.taken_back = true;
            assert!(stands, "an approval that nobody used is taken back");
        }
        let first = stands && life.decided.is_none();
        assert!(!first || !life.over(now));
        assert!(!stands || *life.decided.get_or_insert(choice) == choice);
    }

    async fn redeem(&mut self, hold: usize, who: usize, nonce: u8) {
        let id = &self.ids[hold];
        let text = format!("nonce-{nonce}-0123456789");
        let redeem = RedeemRequest { exchange: format!("x{who}"), nonce: text };
        let got = self.at().asks.redeem(id, &redeem).await.unwrap();
        let (now, life) = (self.now, self.lives.get_mut(id).unwrap());
        let (any, first) = life.redeems(who, nonce, now);
        assert_eq!(matches!(got, Redeemed::Once(_)), any);
        assert!(!any || !life.taken_back);
        if first {
            life.used = Some((who, nonce, now));
        }
    }

    async fn leave(&mut self, who: usize) {
        self.at().asks.leave_all(&format!("x{who}")).await.unwrap();
        let now = self.now;
        for life in self.lives.values_mut().filter(|life| life.waiting.contains(&who)) {
            life.waiting.remove(&who);
            life.gone.insert(who);
            life.cancelled |=
                life.waiting.is_empty() && life.decided.is_none() && now < life.born + 600;
        }
    }

    async fn go(&mut self, step: Step) {
        self.turn += 1;
        match step {
            Step::Ask => self.ask(self.exchanges.len()).await,
            Step::AskAgain(n) => {
                if let Some(who) = back(&self.exchanges, n) {
                    self.ask(who).await;
                }
            }
            Step::Decide(n, choice) => {
                if let Some(hold) = back(&self.ids, n) {
                    self.decide(hold, choice).await;
                }
            }
            Step::Redeem(n, m, nonce) => {
                if let (Some(hold), Some(who)) = (back(&self.ids, n), back(&self.exchanges, m)) {
                    self.redeem(hold, who, nonce).await;
                }
            }
            Step::Leave(n) => {
                if let Some(who) = back(&self.exchanges, n) {
                    self.leave(who).await;
                }
            }
            Step::Pass(seconds) => {
                self.now += seconds;
                self.at().clock.advance(seconds);
            }
            Step::Sweep => self.at().holds.sweep().await.unwrap(),
            Step::Crash => {
                let turn = self.turn % self.replicas.len();
                let next = self.replicas[turn].replica().await;
                self.replicas[turn] = next;
            }
        }
    }
}

fn on(on: On, steps: Vec<Step>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(on.run(async {
        let mut world = World::new().await;
        for step in steps {
            world.go(step).await;
        }
    }));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_order_of_steps_passes_a_call_twice(steps in prop::collection::vec(step(), 1..40)) {
        on(On::Sqlite, steps);
    }
}

proptest! {
    // Each has a database made for it.
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]

    #[test]
    fn nor_does_one_at_two_replicas(steps in prop::collection::vec(step(), 1..60)) {
        on(On::Postgres, steps);
    }
}
