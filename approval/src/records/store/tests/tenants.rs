//! What one tenant sends is at nobody else's expense.

use macro_rules_attribute::apply;

use super::{Ground, chain, linked, record, tenant};
use crate::records::Line;
use crate::records::store::{RecordStore, Source};
use crate::testing::on_both;

fn lines(name: &str, many: u64, text: usize) -> Vec<Line> {
    let mut chain = chain(name);
    let one = |n| {
        let mut record = record(&format!("{name}{n}"), "ada", n);
        record.request.body.text = "x".repeat(text);
        linked(&mut chain, &record)
    };
    (1..=many).map(one).collect()
}

#[apply(on_both)]
async fn the_tenant_with_the_most_makes_room() {
    let ground = Ground::new().await;
    let (honest, flood) = (tenant("blue"), tenant("red"));
    let own = lines("c_a", 20, 100);
    ground.store.take(&honest, Source::Als, &own).await.unwrap();
    ground.clock.advance(3600);
    let many = lines("c_b", 40, 10_000);
    ground.store.take(&flood, Source::Als, &many).await.unwrap();
    let most = own.iter().map(Line::bytes).sum::<u64>() + 15_000;
    while ground.store.prune(0, most).await.unwrap() > 0 {}
    let left = ground.store.lines(None, None, 100).await.unwrap();
    let of = |name| left.iter().filter(|(place, _)| place.tenant == name).count();
    assert_eq!((of("blue"), of("red")), (20, 1), "{} of {most}", many[0].bytes());
    assert_eq!(ground.store.pruned().await.unwrap(), [("red".to_owned(), "c_b".to_owned(), 39)]);
}

/// Records that come for places that are taken: so many, and so many bytes, of each tenant.
#[apply(on_both)]
async fn conflicts_have_bounds_and_are_in_the_sum() {
    let ground = Ground::new().await;
    let red = tenant("red");
    let first = lines("c_a", 1, 10);
    ground.store.take(&red, Source::Als, &first).await.unwrap();
    let other = |n: u64, text| {
        let mut record = record(&format!("other{n:04}"), "mallory", 1);
        record.request.body.text = "x".repeat(text);
        linked(&mut chain("c_a"), &record)
    };
    let long: Vec<Line> = (0..30).map(|n| other(n, 100_000)).collect();
    let taken = ground.store.take(&red, Source::Als, &long).await.unwrap();
    assert_eq!((taken.new, taken.conflicts), (0, 30));
    let counts = ground.store.counts().await.unwrap();
    let bytes = |lines: &[Line]| lines.iter().map(Line::bytes).sum::<u64>();
    let fit = (0..30).rfind(|fit| bytes(&long[..*fit]) <= 2 << 20).unwrap();
    assert_eq!((counts.conflicts, fit), (20, 20));
    assert_eq!(counts.bytes, bytes(&first) + bytes(&long[..fit]));
    let short: Vec<Line> = (100..1_300).map(|n| other(n, 1)).collect();
    let taken = ground.store.take(&red, Source::Als, &short).await.unwrap();
    assert_eq!(taken.conflicts, 1_200);
    assert_eq!(ground.store.counts().await.unwrap().conflicts, 1_000);
    // Others have their own.
    let blue = tenant("blue");
    ground.store.take(&blue, Source::Als, &first).await.unwrap();
    ground.store.take(&blue, Source::Als, &short[..1]).await.unwrap();
    assert_eq!(ground.store.counts().await.unwrap().conflicts, 1_001);
    assert_eq!(ground.store.erase(None, "mallory", "dana").await.unwrap(), 1_001);
    let counts = ground.store.counts().await.unwrap();
    assert_eq!((counts.conflicts, counts.bytes), (0, 2 * bytes(&first)));
    ground.store.take(&red, Source::Als, &short[..3]).await.unwrap();
    ground.clock.advance(10);
    ground.store.prune(crate::testing::NOW + 5, 0).await.unwrap();
    let counts = ground.store.counts().await.unwrap();
    assert_eq!((counts.conflicts, counts.bytes), (0, 0));
}
