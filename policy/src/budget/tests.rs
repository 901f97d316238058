//! Several workers of one Envoy, a board that others can write to, and a clock.

mod abuse;
mod many;
mod sharing;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::{Account, Budget, Ledger, Spent, Used, Window};
use crate::delivery::Board;
use crate::principal::Principal;

const NOW: u64 = 1_800_000_000;

/// As Envoy keeps it: a write to a key that was never written always counts.
#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Inner>>);

#[derive(Default)]
struct Inner {
    values: HashMap<String, (Vec<u8>, u32)>,
    next: u32,
    gets: usize,
    sets: usize,
    /// So many writes are refused, as if another worker had been faster.
    losses: usize,
}

impl Board for Shared {
    fn get(&self, key: &str) -> (Option<Vec<u8>>, Option<u32>) {
        let mut inner = self.0.borrow_mut();
        inner.gets += 1;
        let value = inner.values.get(key);
        // Of an empty value its number is told alone.
        let text = value.map(|(value, _)| value.clone()).filter(|text| !text.is_empty());
        (text, value.map(|(_, cas)| *cas))
    }

    fn set(&mut self, key: &str, value: &[u8], cas: Option<u32>) -> bool {
        let mut inner = self.0.borrow_mut();
        inner.sets += 1;
        if inner.losses > 0 {
            inner.losses -= 1;
            return false;
        }
        let old = inner.values.get(key).map(|(_, cas)| *cas);
        if old.is_some_and(|old| cas.is_some_and(|cas| cas != old)) {
            return false;
        }
        inner.next += 1;
        let next = inner.next;
        inner.values.insert(key.into(), (value.to_vec(), next));
        true
    }
}

impl Shared {
    fn worker(&self) -> Ledger {
        let mut ledger = Ledger::new(&[7; 32]);
        ledger.share(Box::new(self.clone()));
        ledger
    }

    fn poison(&self, with: impl Fn(&mut Vec<u8>)) {
        self.0.borrow_mut().values.values_mut().for_each(|(value, _)| with(value));
    }
}

fn budget(requests: u64, per: u64) -> Budget {
    let text = format!(r#"{{"name":"calls","requests":{requests},"per_seconds":{per}}}"#);
    serde_json::from_str(&text).unwrap()
}

fn principal(subject: &str) -> Principal {
    Principal {
        issuer: "https://issuer.example".into(),
        subject: subject.into(),
        groups: Vec::new(),
        agent: None,
        owners: Vec::new(),
        scopes: Vec::new(),
    }
}

/// One request; false: refused.
fn ask(ledger: &mut Ledger, budget: &Budget, who: &str, now: u64) -> bool {
    let account = ledger.account(budget, &principal(who));
    let sight = ledger.look(&account);
    let one = Spent { requests: 1, bytes: 0 };
    ledger.add(&account, sight, one, now, |spent| budget.over(spent, 0)).is_ok()
}

/// How many of so many requests pass.
fn passed(ledger: &mut Ledger, budget: &Budget, who: &str, now: u64, tries: usize) -> usize {
    (0..tries).filter(|_| ask(ledger, budget, who, now)).count()
}

#[test]
fn a_budget_is_renewed_when_its_window_ends() {
    let mut ledger = Shared::default().worker();
    let budget = budget(3, 60);
    let begin = NOW / 60 * 60;
    assert_eq!(passed(&mut ledger, &budget, "ada", begin, 5), 3);
    assert_eq!(passed(&mut ledger, &budget, "ada", begin + 59, 5), 0);
    assert_eq!(passed(&mut ledger, &budget, "bob", begin + 59, 5), 3);
    assert_eq!(passed(&mut ledger, &budget, "ada", begin + 60, 5), 3);
    assert_eq!(passed(&mut ledger, &budget, "bob", begin + 60, 5), 3);
}

#[test]
fn it_tells_until_when_it_is_used_up() {
    let mut ledger = Shared::default().worker();
    let budget = budget(1, 3600);
    let begin = NOW / 3600 * 3600;
    assert!(ask(&mut ledger, &budget, "ada", begin + 100));
    let account = ledger.account(&budget, &principal("ada"));
    let sight = ledger.look(&account);
    let one = Spent { requests: 1, bytes: 0 };
    let told = ledger.add(&account, sight, one, begin + 200, |spent| budget.over(spent, 0));
    assert_eq!(told, Err((Used::Requests, begin + 3600)));
}

#[test]
fn a_clock_set_back_gives_no_window_anew_and_locks_nobody_out_for_long() {
    let mut ledger = Shared::default().worker();
    let budget = budget(3, 60);
    let begin = NOW / 60 * 60;
    assert_eq!(passed(&mut ledger, &budget, "ada", begin, 5), 3);
    for back in [1, 30, 60] {
        assert_eq!(passed(&mut ledger, &budget, "ada", begin - back, 5), 0, "{back}");
    }
    // That clock was far ahead: what was spent then says nothing.
    assert_eq!(passed(&mut ledger, &budget, "ada", begin - 86400, 5), 3);
    assert!(
        Window::new(begin, 60).holds(begin + 120) && !Window::new(begin, 60).holds(begin + 121)
    );
}

#[test]
fn bytes_are_refused_once_they_are_spent_or_would_be() {
    let budget: Budget =
        serde_json::from_str(r#"{"name":"bulk","bytes":100,"per_seconds":60}"#).unwrap();
    let spent = |bytes| Spent { requests: 9, bytes };
    assert_eq!(budget.over(spent(0), 100), None);
    assert_eq!(budget.over(spent(0), 101), Some(Used::Bytes));
    assert_eq!(budget.over(spent(99), 0), None, "nobody knows how large the response will be");
    assert_eq!(budget.over(spent(100), 0), Some(Used::Bytes));
    assert_eq!(budget.over(spent(u64::MAX), u64::MAX), Some(Used::Bytes));
}

#[test]
fn accounts_differ_by_all_that_names_them_and_not_by_the_limit() {
    let ledger = Shared::default().worker();
    let of = |budget: &Budget, who: &str| -> Account { ledger.account(budget, &principal(who)) };
    let one = of(&budget(3, 60), "ada");
    assert_eq!(one, of(&budget(4, 60), "ada"));
    assert_ne!(one, of(&budget(3, 61), "ada"));
    assert_ne!(one, of(&budget(3, 60), "bob"));
    assert_ne!(one, of(&Budget { name: "more".into(), ..budget(3, 60) }, "ada"));
    let other = Principal { issuer: "https://other.example".into(), ..principal("ada") };
    assert_ne!(one, ledger.account(&budget(3, 60), &other));
    // Issuer and subject are no text that is put together.
    let (a, b) = (
        Principal { issuer: "a".into(), ..principal("bc") },
        Principal { issuer: "ab".into(), ..principal("c") },
    );
    assert_ne!(ledger.account(&budget(3, 60), &a), ledger.account(&budget(3, 60), &b));
}
