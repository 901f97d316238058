//! Somebody else with the same `vm_id` writes there.

use super::*;

/// The workers' own limits still hold, each for itself, and nobody else is refused.
#[test]
fn a_cell_that_does_not_open_leaves_each_worker_its_own_count() {
    let poisons: [fn(&mut Vec<u8>); 6] = [
        |value| value.clear(),
        |value| *value = b"poison".to_vec(),
        |value| value[40] ^= 1,
        |value| value[0] ^= 1,
        |value| value.truncate(value.len() - 1),
        |value| value.extend([0; 40]),
    ];
    for (at, poison) in poisons.into_iter().enumerate() {
        let shared = Shared::default();
        let (mut one, mut two) = (shared.worker(), shared.worker());
        let budget = budget(3, 60);
        assert_eq!(passed(&mut one, &budget, "ada", NOW, 2), 2);
        shared.poison(poison);
        assert_eq!(passed(&mut two, &budget, "ada", NOW, 1), 1, "{at}");
        shared.poison(poison);
        assert_eq!(passed(&mut one, &budget, "ada", NOW, 9), 1, "{at}: it counted two itself");
        shared.poison(poison);
        assert_eq!(passed(&mut two, &budget, "ada", NOW, 9), 2, "{at}: it counted one itself");
        assert_eq!(passed(&mut two, &budget, "bob", NOW, 9), 3, "{at}");
    }
}

#[test]
fn one_poisoning_is_healed_by_the_next_write() {
    let shared = Shared::default();
    let (mut one, mut two) = (shared.worker(), shared.worker());
    let budget = budget(5, 60);
    assert_eq!(passed(&mut one, &budget, "ada", NOW, 2), 2);
    shared.poison(|value| value[0] ^= 1);
    assert_eq!(passed(&mut one, &budget, "ada", NOW, 1), 1);
    assert_eq!(passed(&mut two, &budget, "ada", NOW, 9), 2, "it reads what the first one counted");
}

/// Also what it counted of others in that cell.
#[test]
fn all_that_a_worker_counted_is_put_in_the_place_of_a_poisoned_cell() {
    for poison in [|value: &mut Vec<u8>| value.clear(), |value: &mut Vec<u8>| value[0] ^= 1] {
        let shared = Shared::default();
        let (mut one, mut two) = (shared.worker(), shared.worker());
        let budget = budget(5, 60);
        let cell = |who: &str| shared.worker().account(&budget, &principal(who)).cell;
        let neighbour = (0..).map(|at| format!("p{at}")).find(|who| cell(who) == cell("ada"));
        assert_eq!(passed(&mut one, &budget, "ada", NOW, 2), 2);
        shared.poison(poison);
        assert!(ask(&mut one, &budget, &neighbour.unwrap(), NOW));
        assert_eq!(passed(&mut two, &budget, "ada", NOW, 9), 3);
    }
}

/// What is put back opens: it was sealed by a worker.
#[test]
fn an_older_cell_that_is_put_back_gives_no_worker_more_than_one_limit() {
    let shared = Shared::default();
    let mut ledger = shared.worker();
    let budget = budget(3, 60);
    assert!(ask(&mut ledger, &budget, "ada", NOW));
    let older = shared.0.borrow().values.clone();
    let mut all = 1;
    for _ in 0..5 {
        all += passed(&mut ledger, &budget, "ada", NOW, 2);
        let values = older.values().next().unwrap().0.clone();
        shared.poison(|value| value.clone_from(&values));
    }
    assert_eq!(all, 3);
}

/// Else a cell could be moved over another one, of which it knows nothing.
#[test]
fn a_cell_opens_in_its_own_place_only() {
    let shared = Shared::default();
    let mut ledger = shared.worker();
    let budget = budget(1, 60);
    assert!(ask(&mut ledger, &budget, "ada", NOW));
    let full = shared.0.borrow().values.values().next().unwrap().0.clone();
    let own = ledger.account(&budget, &principal("ada"));
    let other = (0..).map(|at| format!("p{at}"));
    let mut other = other.map(|who| ledger.account(&budget, &principal(&who)));
    let other = other.find(|other| other.cell != own.cell).unwrap();
    let fresh = shared.worker();
    let spent = |account: &Account, ledger: &Ledger| {
        // Under the name that the full cell knows.
        let account = Account { tag: own.tag, ..account.clone() };
        ledger.spent(&account, &ledger.look(&account), NOW).0.requests
    };
    let name = |account: &Account| ledger.cell_name(account.cell);
    shared.0.borrow_mut().values.insert(name(&other), (full, 1));
    assert_eq!((spent(&own, &fresh), spent(&other, &fresh)), (1, 0));
}

#[test]
fn another_key_seals_other_cells() {
    let shared = Shared::default();
    assert!(ask(&mut shared.worker(), &budget(1, 60), "ada", NOW));
    let mut other = Ledger::new(&[8; 32]);
    other.share(Box::new(shared.clone()));
    assert!(ask(&mut other, &budget(1, 60), "ada", NOW));
    assert_eq!(shared.0.borrow().values.len(), 2);
}
