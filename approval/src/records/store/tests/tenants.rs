//! What one tenant sends is at nobody else's expense.

use macro_rules_attribute::apply;

use policy::record::HoldRecord;

use super::{Ground, chain, linked, record, tenant, unlinked};
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
    while ground.store.prune(0, most).await.unwrap().records > 0 {}
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
    // Others have their own.
    let green = tenant("green");
    ground.store.take(&green, Source::Als, &first).await.unwrap();
    let taken = ground.store.take(&green, Source::Als, &short).await.unwrap();
    assert_eq!(taken.conflicts, 1_200);
    assert_eq!(ground.store.counts().await.unwrap().conflicts, 1_020);
    let blue = tenant("blue");
    ground.store.take(&blue, Source::Als, &first).await.unwrap();
    ground.store.take(&blue, Source::Als, &short[..1]).await.unwrap();
    assert_eq!(ground.store.counts().await.unwrap().conflicts, 1_021);
    assert_eq!(ground.erase(None, "mallory", "dana").await.records, 1_021);
    let counts = ground.store.counts().await.unwrap();
    assert_eq!((counts.conflicts, counts.bytes), (0, 3 * bytes(&first)));
    ground.store.take(&red, Source::Als, &short[..3]).await.unwrap();
    ground.clock.advance(10);
    ground.store.prune(crate::testing::NOW + 5, 0).await.unwrap();
    let counts = ground.store.counts().await.unwrap();
    assert_eq!((counts.conflicts, counts.bytes), (0, 0));
}

/// A reference or a hold of one tenant is not answered with what another sends under it.
#[apply(on_both)]
async fn who_sends_a_reference_of_another_does_not_stand_for_it() {
    let ground = Ground::new().await;
    let (own, other) = (tenant("blue"), tenant("red"));
    let with = |exchange: &str, subject: &str, started, last| {
        let mut record = record(exchange, subject, started);
        record.last = last;
        record.hold = Some(HoldRecord { hold: "h1".into(), ..HoldRecord::default() });
        unlinked(&record)
    };
    let forged = with("x1", "eve", u64::MAX, true);
    ground.store.take(&other, Source::Als, &[forged]).await.unwrap();
    ground.store.take(&own, Source::Als, &[with("x1", "ada", 5, false)]).await.unwrap();
    for reference in ["x1", "h1"] {
        let found = async |tenant| -> Vec<(String, String)> {
            let found = ground.store.found(reference, tenant).await.unwrap();
            let who = |one: &crate::records::Exchange| {
                one.record.principal.as_ref().unwrap().subject.clone()
            };
            found.into_iter().map(|one| (one.tenant, who(&one.exchange))).collect()
        };
        let (blue, red) = (("blue".into(), "ada".into()), ("red".into(), "eve".into()));
        assert_eq!(found(None).await, [blue.clone(), red]);
        assert_eq!(found(Some("blue")).await, [blue]);
        assert_eq!(found(Some("")).await, []);
    }
}
