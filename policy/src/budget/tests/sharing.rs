//! Workers that count together.

use super::*;

#[test]
fn workers_count_together_and_exactly() {
    let shared = Shared::default();
    let (mut one, mut two) = (shared.worker(), shared.worker());
    let budget = budget(5, 60);
    let passed = (0..20)
        .filter(|turn| ask(if turn % 2 == 0 { &mut one } else { &mut two }, &budget, "ada", NOW))
        .count();
    assert_eq!(passed, 5);
}

/// Both looked before one of them wrote: also where nobody ever wrote before.
#[test]
fn a_lost_write_is_tried_again_on_what_the_other_wrote() {
    for before in [0, 3] {
        let shared = Shared::default();
        let (mut one, mut two) = (shared.worker(), shared.worker());
        let budget = budget(before + 1, 60);
        assert_eq!(passed(&mut one, &budget, "ada", NOW, before as usize), before as usize);
        let account = one.account(&budget, &principal("ada"));
        let (first, second) = (one.look(&account), two.look(&account));
        let spend = Spent { requests: 1, bytes: 0 };
        let fits = |spent| budget.over(spent, 0);
        assert!(one.add(&account, first, spend, NOW, fits).is_ok());
        assert!(two.add(&account, second, spend, NOW, fits).is_err(), "{before}");
    }
}

#[test]
fn one_get_and_one_set_where_nobody_interferes() {
    let shared = Shared::default();
    let mut ledger = shared.worker();
    let budget = budget(1, 60);
    assert!(ask(&mut ledger, &budget, "ada", NOW));
    assert_eq!((shared.0.borrow().gets, shared.0.borrow().sets), (1, 1));
    assert!(!ask(&mut ledger, &budget, "ada", NOW));
    assert_eq!(
        (shared.0.borrow().gets, shared.0.borrow().sets),
        (2, 1),
        "a refusal writes nothing"
    );
}

/// Work is bounded whatever others write, and the worker's own count still stands.
#[test]
fn who_never_gets_to_write_counts_alone() {
    let shared = Shared::default();
    let mut ledger = shared.worker();
    shared.0.borrow_mut().losses = usize::MAX;
    assert_eq!(passed(&mut ledger, &budget(3, 60), "ada", NOW, 10), 3);
    assert!(shared.0.borrow().sets <= 3 * 64, "{}", shared.0.borrow().sets);
}

#[test]
fn without_a_board_a_worker_counts_alone() {
    let mut ledger = Ledger::new(&[7; 32]);
    assert_eq!(passed(&mut ledger, &budget(3, 60), "ada", NOW, 10), 3);
}

/// A worker that died begins anew; what it counted stands in what all share.
#[test]
fn a_new_worker_goes_on_with_what_was_spent() {
    let shared = Shared::default();
    assert_eq!(passed(&mut shared.worker(), &budget(3, 60), "ada", NOW, 2), 2);
    assert_eq!(passed(&mut shared.worker(), &budget(3, 60), "ada", NOW, 10), 1);
}
