//! Nothing goes sooner than it is old, whatever numbers somebody sends of a chain that is not theirs.

use std::collections::BTreeMap;

use macro_rules_attribute::apply;
use policy::record::checkpoint::Note;

use super::{Ground, chain, linked, record, unlinked};
use crate::records::Line;
use crate::records::store::RecordStore;
use crate::testing::{NOW, on_both};

const DAY: u64 = 24 * 3600;

fn at(name: &str, sequence: u64) -> Line {
    let mut line =
        linked(&mut chain(name), &record(&format!("{name}-{sequence}"), "ada", sequence));
    let link = line.link.take().unwrap();
    line.link = Some(link.replace("\"sequence\":1", &format!("\"sequence\":{sequence}")));
    line
}

fn all(name: &str, numbers: impl Iterator<Item = u64>) -> Vec<Line> {
    numbers.map(|sequence| at(name, sequence)).collect()
}

/// Numbers of each chain that are left.
async fn left(ground: &Ground) -> BTreeMap<String, Vec<i64>> {
    let mut left = BTreeMap::<_, Vec<i64>>::new();
    for (place, _) in ground.store.lines(None, None, 100_000).await.unwrap() {
        left.entry(place.chain).or_default().push(place.sequence);
    }
    left
}

async fn prune(ground: &Ground, before: u64, keep_bytes: u64) -> Vec<Note> {
    let (mut notes, mut steps) = (Vec::new(), 0);
    loop {
        let gone = ground.store.prune(before, keep_bytes).await.unwrap();
        if gone.records == 0 {
            return notes;
        }
        notes.extend(gone.notes);
        steps += 1;
        assert!(steps < 1_000, "it goes on for ever");
    }
}

fn up_to(notes: &[Note], chain: &str) -> u64 {
    let of_it = notes.iter().filter(|note| note.chain == chain);
    of_it.map(|note| note.pruned_to).max().unwrap_or(0)
}

/// Whatever somebody sends for a chain of theirs, the records of others go when they are old.
#[apply(on_both)]
async fn no_number_stops_the_others_from_going() {
    let ground = Ground::new().await;
    let most = i64::MAX.unsigned_abs();
    ground.take(&[at("c_x", most - 1)]).await;
    for refused in [most, u64::MAX] {
        let taken = ground.take(&[at("c_x", refused)]).await;
        assert_eq!((taken.new, taken.refused), (0, 1), "{refused}");
    }
    ground.take(&all("c_a", 1..4)).await;
    ground.clock.advance(60);
    let notes = prune(&ground, NOW + 30, 0).await;
    assert_eq!(up_to(&notes, "c_a"), 3);
    assert_eq!(up_to(&notes, "c_x"), most - 1);
    assert!(left(&ground).await.is_empty());
}

#[apply(on_both)]
async fn a_number_far_ahead_makes_nothing_go() {
    let ground = Ground::new().await;
    // More than one step looks at, before all that is honest.
    ground.take(&all("c_a", 100_000..101_200)).await;
    ground.take(&all("c_b", 9_000..9_001)).await;
    ground.clock.advance(60);
    ground.take(&all("c_a", 1..=700)).await;
    ground.take(&all("c_b", 1..=2)).await;
    ground.take(&[unlinked(&record("y", "eve", 1))]).await;
    ground.clock.advance(DAY);
    ground.take(&all("c_a", 701..=703)).await;
    ground.take(&all("c_b", 3..=3)).await;
    let notes = prune(&ground, NOW + DAY, 0).await;
    let left = left(&ground).await;
    assert_eq!((up_to(&notes, "c_a"), up_to(&notes, "c_b")), (700, 2), "{notes:?}");
    let forged: Vec<i64> = (100_000..101_200).collect();
    assert_eq!(left["c_a"], [&[701, 702, 703], &forged[..]].concat());
    assert_eq!((&left["c_b"][..], left.len()), (&[3, 9_000][..], 2));
}

#[apply(on_both)]
async fn nor_where_there_is_no_room() {
    let ground = Ground::new().await;
    ground.take(&all("c_a", 100_000..100_600)).await;
    ground.clock.advance(60);
    ground.take(&all("c_b", 1..=100)).await;
    ground.clock.advance(60);
    ground.take(&all("c_a", 1..=100)).await;
    let bytes = ground.store.counts().await.unwrap().bytes;
    let some: u64 = all("c_b", 1..=10).iter().map(Line::bytes).sum();
    let notes = prune(&ground, 0, bytes - some).await;
    assert_eq!((up_to(&notes, "c_a"), up_to(&notes, "c_b")), (0, 10), "{notes:?}");
    // In the end all of it may.
    let notes = prune(&ground, 0, 1).await;
    assert_eq!((up_to(&notes, "c_a"), up_to(&notes, "c_b")), (100_599, 100));
    assert!(left(&ground).await.is_empty());
}

/// What comes once more, or late, is kept as long as all else; and it keeps nothing else.
#[apply(on_both)]
async fn a_number_that_is_gone_holds_nothing_up() {
    let ground = Ground::new().await;
    ground.take(&all("c_a", 1..=3)).await;
    ground.clock.advance(DAY);
    ground.take(&all("c_a", 4..=6)).await;
    prune(&ground, NOW + 1, 0).await;
    ground.clock.advance(DAY);
    ground.take(&all("c_a", [2, 7].into_iter())).await;
    let notes = prune(&ground, NOW + DAY + 1, 0).await;
    assert_eq!((up_to(&notes, "c_a"), &left(&ground).await["c_a"][..]), (6, &[2, 7][..]));
    ground.clock.advance(DAY);
    ground.take(&all("c_a", 8..=8)).await;
    prune(&ground, NOW + 2 * DAY + 1, 0).await;
    assert_eq!(left(&ground).await["c_a"], [8]);
    // Where it begins is told at what is left.
    ground.take(&all("c_a", 1..=1)).await;
    ground.clock.advance(DAY);
    ground.take(&all("c_b", 1..=1)).await;
    let told = ground.all().await;
    assert!(told.iter().all(|line| line.pruned_to.is_none()), "one stands before it");
    assert_eq!(ground.store.prune(NOW + 3 * DAY, 0).await.unwrap().records, 0);
    let gone = ground.store.prune(NOW + 3 * DAY + 1, 0).await.unwrap();
    assert_eq!((gone.records, up_to(&gone.notes, "c_a")), (2, 8));
}
