//! Records for which there was no room when they came.

use macro_rules_attribute::apply;

use super::super::Taken;
use super::{Ground, chain, counts, linked, record, unlinked};
use crate::records::Line;
use crate::records::line::{Erased, LEFT_OUT, LEFT_OUT_OF_TENANT};
use crate::records::sieve::Sieve;
use crate::records::store::RecordStore;
use crate::testing::on_both;

fn without(line: &Line, by: &str) -> Line {
    let erased = Some(Erased { at: 1, by: by.to_owned() });
    Line { record: None, erased, ..line.clone() }
}

#[apply(on_both)]
async fn what_was_left_out_comes_back_and_nothing_else_in_its_place() {
    let ground = Ground::new().await;
    let mut own = chain("c_a");
    let lines: Vec<Line> =
        (0..4).map(|n| linked(&mut own, &record(&format!("x{n}"), "ada", n))).collect();
    let mut begun = record("x0", "ada", 0);
    begun.last = false;
    ground.take(&[unlinked(&begun)]).await;
    let by = [LEFT_OUT, LEFT_OUT_OF_TENANT, "dana", "limits"];
    let left: Vec<Line> = lines.iter().zip(by).map(|(line, by)| without(line, by)).collect();
    assert_eq!(ground.take(&left).await, counts(4, 0, 0, 0, 0));
    // Another record beside the same link is not the one that was left out.
    let forged = Line { record: Some(record("x1", "eve", 1).to_ascii_json()), ..lines[1].clone() };
    assert_eq!(ground.take(std::slice::from_ref(&forged)).await.new, 0);
    assert!(ground.one("x1").await.is_none());
    // Nor with a link of its own.
    let other = linked(&mut chain("c_a"), &record("x9", "eve", 1));
    assert_eq!(ground.take(std::slice::from_ref(&other)).await.conflicts, 1);
    // The begin of the first is there; of the last two somebody wanted that they are gone.
    assert_eq!(ground.take(&lines).await, Taken { erased: 2, ..counts(1, 2, 1, 0, 0) });
    assert_eq!(ground.take(&lines).await, Taken { erased: 2, ..counts(0, 4, 0, 0, 0) });
    assert_eq!(ground.take(&left).await, counts(0, 4, 0, 0, 0));
    assert_eq!(ground.all().await, [&lines[..2], &left[2..]].concat());
    assert_eq!(ground.store.counts().await.unwrap().erased, 2);
    assert_eq!(ground.found(&Sieve::default()).await[0].exchanges, 2);
    let bytes = [&lines[..2], &left[2..]].concat().iter().map(Line::bytes).sum::<u64>();
    let kept: u64 = ground.store.counts().await.unwrap().bytes;
    assert_eq!(kept, bytes + other.bytes());
}

#[apply(on_both)]
async fn both_in_one_batch_are_the_record() {
    let ground = Ground::new().await;
    let line = linked(&mut chain("c_a"), &record("x0", "ada", 0));
    let left = without(&line, LEFT_OUT);
    let both = [left.clone(), line.clone(), left];
    assert_eq!(ground.take(&both).await, counts(1, 2, 0, 0, 0));
    assert_eq!(ground.all().await, [line]);
}
