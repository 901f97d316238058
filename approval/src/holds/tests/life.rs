/*! Whatever is done to a hold in whatever order: no call passes twice, none without an approval. */

use std::collections::{BTreeMap, BTreeSet};

use policy::hold::{HoldStatus, RedeemRequest};
use proptest::prelude::*;

use crate::holds::{Redeemed, Verdict};
use crate::store::Choice;
use crate::testing::{Fixture, On};

#[derive(Clone, Debug)]
enum Step {
    Ask(u8),
    Decide(usize, Choice),
    Redeem(usize, u8),
    Leave(usize, u8),
    Pass(u64),
    Sweep,
}

fn step() -> impl Strategy<Value = Step> {
    let choice = prop_oneof![Just(Choice::Approve), Just(Choice::Deny)];
    prop_oneof![
        4 => (0..4u8).prop_map(Step::Ask),
        3 => (0..3usize, choice).prop_map(|(hold, choice)| Step::Decide(hold, choice)),
        4 => (0..3usize, 0..4u8).prop_map(|(hold, who)| Step::Redeem(hold, who)),
        2 => (0..3usize, 0..4u8).prop_map(|(hold, who)| Step::Leave(hold, who)),
        1 => (1..700u64).prop_map(Step::Pass),
        1 => Just(Step::Sweep),
    ]
}

/// What a hold has to be, kept apart from the store.
#[derive(Default)]
struct Life {
    born: u64,
    decided: Option<Choice>,
    used: bool,
    waiting: BTreeSet<u8>,
}

async fn run(steps: Vec<Step>) {
    let fixture = Fixture::new().await;
    let mut passed = 0;
    // The latest last; steps count from there.
    let mut ids: Vec<String> = Vec::new();
    let mut lives: BTreeMap<String, Life> = BTreeMap::new();
    let nth = |ids: &[String], back: usize| ids.iter().rev().nth(back).cloned();
    for step in steps {
        match step {
            Step::Pass(seconds) => {
                passed += seconds;
                fixture.clock.advance(seconds);
            }
            Step::Sweep => fixture.holds.sweep().await.unwrap(),
            Step::Ask(who) => {
                let state = fixture.hold(&format!("e{who}")).await;
                let life = lives.entry(state.hold.clone()).or_insert_with(|| {
                    assert_eq!(state.status, HoldStatus::Pending);
                    ids.push(state.hold.clone());
                    Life { born: passed, ..Life::default() }
                });
                assert!(!life.used && passed < life.born + 600, "joined a hold that is over");
                life.waiting.insert(who);
            }
            Step::Decide(back, choice) => {
                let Some(id) = nth(&ids, back) else { continue };
                let life = lives.get_mut(&id).unwrap();
                let stands = match fixture.decide(&id, choice).await.unwrap() {
                    Verdict::Stands(_) | Verdict::Again(_) => true,
                    Verdict::TooLate(_) => false,
                };
                let first = stands && life.decided.is_none();
                assert!(!first || (passed < life.born + 600 && !life.waiting.is_empty()));
                assert!(!stands || *life.decided.get_or_insert(choice) == choice);
            }
            Step::Redeem(back, who) => {
                let Some(id) = nth(&ids, back) else { continue };
                let life = lives.get_mut(&id).unwrap();
                let nonce = "0123456789abcdef".to_owned();
                let request = RedeemRequest { exchange: format!("e{who}"), nonce };
                let once = fixture.holds.redeem(&id, &request).await.unwrap();
                let may = life.decided == Some(Choice::Approve)
                    && !life.used
                    && life.waiting.contains(&who)
                    && passed < life.born + 600;
                assert_eq!(matches!(once, Redeemed::Once(_)), may);
                life.used |= may;
            }
            Step::Leave(back, who) => {
                let Some(id) = nth(&ids, back) else { continue };
                fixture.holds.leave(&id, &format!("e{who}")).await.unwrap();
                lives.get_mut(&id).unwrap().waiting.remove(&who);
            }
        }
    }
}

fn on(on: On, steps: Vec<Step>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(on.run(run(steps)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_order_of_steps_passes_a_call_twice(steps in prop::collection::vec(step(), 1..40)) {
        on(On::Sqlite, steps);
    }

    #[test]
    fn nor_does_one_over_postgres(steps in prop::collection::vec(step(), 1..40)) {
        on(On::Postgres, steps);
    }
}
