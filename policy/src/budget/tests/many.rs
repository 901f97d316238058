//! More principals than there is room for.

use super::super::cell::{Cell, ENTRIES};
use super::*;

const END: u64 = NOW / 60 * 60 + 60;

fn tag(number: usize) -> [u8; 16] {
    let mut tag = [0; 16];
    tag[..8].copy_from_slice(&(number as u64).to_le_bytes());
    tag
}

fn spent(requests: u64) -> Spent {
    Spent { requests, bytes: requests * 10 }
}

fn window() -> Window {
    Window::new(NOW, 60)
}

#[test]
fn memory_is_bounded_whatever_the_number_of_principals() {
    let shared = Shared::default();
    let mut ledger = shared.worker();
    let budget = budget(3, 60);
    for at in 0..20_000 {
        let _ = ask(&mut ledger, &budget, &format!("p{at}"), NOW + at / 4_000 * 60);
    }
    let inner = shared.0.borrow();
    let bytes: usize = inner.values.values().map(|(value, _)| value.len()).sum();
    let largest = inner.values.values().map(|(value, _)| value.len()).max().unwrap();
    println!("{} cells, {bytes} bytes, the largest {largest}", inner.values.len());
    assert!(inner.values.len() <= 2048 && largest <= 32 + 24 + 40 * ENTRIES);
}

/// Whoever is driven out and comes back has spent no less than before.
#[test]
fn nobody_gets_more_by_driving_others_out() {
    let mut cell = Cell::default();
    let mut counts = vec![0u64; ENTRIES * 3];
    for turn in 0..5_000usize {
        let who = turn.wrapping_mul(2_654_435_761) % counts.len();
        let (seen, until) = cell.spent(&tag(who), window());
        assert!(seen.requests >= counts[who], "{who} of {turn}");
        cell.put(tag(who), seen.plus(spent(1)), until, NOW);
        counts[who] += 1;
    }
}

/// A flood of callers that ask once costs the others one request, and those that spend nothing else.
#[test]
fn who_spent_least_makes_room() {
    let mut cell = Cell::default();
    for who in 0..ENTRIES {
        cell.put(tag(who), spent(10 + who as u64), END, NOW);
    }
    for who in 1_000..3_000 {
        let (seen, until) = cell.spent(&tag(who), window());
        cell.put(tag(who), Spent { requests: seen.requests.min(1), bytes: 0 }, until, NOW);
    }
    for who in 1..ENTRIES {
        assert_eq!(cell.spent(&tag(who), window()).0, spent(10 + who as u64), "{who}");
    }
}

#[test]
fn room_is_made_by_those_whose_window_ended_first() {
    let mut cell = Cell::default();
    for who in 0..ENTRIES - 1 {
        cell.put(tag(who), spent(100), NOW - 1, NOW - 60);
    }
    cell.put(tag(7_000), spent(1), END, NOW - 1);
    cell.put(tag(8_000), spent(1), END, NOW);
    assert_eq!(cell.spent(&tag(7_000), window()).0, spent(1));
    assert_eq!(cell.spent(&tag(9_000), window()).0, Spent::default(), "nobody was driven out");
}

#[test]
fn what_was_driven_out_is_forgotten_when_its_window_ends() {
    let mut cell = Cell::default();
    for who in 0..=ENTRIES {
        cell.put(tag(who), spent(5), END, NOW);
    }
    assert_eq!(cell.spent(&tag(9_000), window()).0, spent(5));
    assert_eq!(cell.spent(&tag(9_000), Window::new(END, 60)).0, Spent::default());
}

#[test]
fn a_cell_reads_back() {
    let mut cell = Cell::default();
    for who in 0..ENTRIES + 3 {
        cell.put(tag(who), spent(who as u64), END, NOW);
    }
    let bytes = cell.write();
    assert_eq!(Cell::read(&bytes), Some(cell));
    for length in 0..bytes.len() {
        let whole = length >= 24 && (length - 24) % 40 == 0;
        assert_eq!(Cell::read(&bytes[..length]).is_some(), whole, "{length}");
    }
    let longer = [bytes, vec![0; 40]].concat();
    assert_eq!(Cell::read(&longer), None);
}
