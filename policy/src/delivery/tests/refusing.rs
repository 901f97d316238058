use jwt_simple::prelude::*;

use super::envoy::*;
use crate::bundle::Bundle;
use crate::bundle::signature::{BUNDLE_TYPE, sign};
use crate::delivery::{Why, artefact};
use crate::grant::GRANT_TYPE;

/// An Envoy on serial 5, and what comes of serving that file.
fn served(file: impl FnOnce(&Envoy) -> Vec<u8>) -> (u64, Vec<Why>) {
    let mut envoy = Envoy::new(3);
    envoy.served = Some(envoy.signed(5));
    envoy.run(2_000);
    assert_eq!(envoy.serials(), [5; 3]);
    envoy.served = Some(file(&envoy));
    envoy.run(10 * INTERVAL);
    let serials = envoy.serials();
    assert!(serials.iter().all(|serial| *serial == serials[0]), "{serials:?}");
    let stale = envoy.stale();
    assert_eq!(stale[0], serials[0] == 5, "what is refused confirms nothing");
    let now = envoy.now;
    let error = envoy.workers[1].delivery.status(now).error;
    assert_eq!(error, envoy.refusals().first().map_or(0, |why| why.number()));
    (serials[0], envoy.refusals())
}

fn refused(why: Why) -> (u64, Vec<Why>) {
    // Once for all workers, however often it is served.
    (5, vec![why])
}

#[test]
fn only_what_is_whole_is_taken() {
    assert_eq!(served(|envoy| envoy.signed(6)), (6, vec![]));
    assert_eq!(served(|_| b"<html>".to_vec()), refused(Why::Damaged));
    assert_eq!(served(|_| Vec::new()), refused(Why::Damaged));
    assert_eq!(served(|_| vec![0; artefact::MAX_BYTES + 1]), refused(Why::Damaged));
    let cut = |envoy: &Envoy, length: fn(usize) -> usize| {
        let file = envoy.signed(6);
        file[..length(file.len())].to_vec()
    };
    assert_eq!(served(|envoy| cut(envoy, |length| length - 1)), refused(Why::Damaged));
    assert_eq!(served(|envoy| cut(envoy, |length| length / 2)), refused(Why::Damaged));
    assert_eq!(served(|envoy| cut(envoy, |_| 30)), refused(Why::Damaged));
    let changed = |envoy: &Envoy| {
        let mut file = envoy.signed(6);
        *file.last_mut().unwrap() ^= 1;
        file
    };
    assert_eq!(served(changed), refused(Why::Damaged));
    // A compiled bundle is no signed one.
    assert_eq!(served(|_| compiled(6, "")), refused(Why::Damaged));
    // Signed, and not a bundle that this gateway can read.
    let unreadable = |envoy: &Envoy| {
        let manifest = br#"{"name":"b","version":"1","serial":6}"#.as_slice();
        let file = crate::bundle::wire::write(&[("manifest", manifest), ("rules", b"{}")]);
        let (_, statement) = crate::bundle::summary(&file).unwrap();
        artefact::write(&file, &[sign(&envoy.ada.to_pem(), statement, 0).unwrap()])
    };
    assert_eq!(served(unreadable), refused(Why::Damaged));
}

#[test]
fn only_what_signers_signed_for_this_purpose_is_taken() {
    let with = |signature: &dyn Fn(&Envoy, &[u8]) -> Vec<String>| {
        served(|envoy| {
            let file = compiled(6, "");
            artefact::write(&file, &signature(envoy, &file))
        })
    };
    let stranger = Ed25519KeyPair::generate();
    let statement = |file: &[u8]| Bundle::decode(file).unwrap().statement();
    assert_eq!(with(&|_, _| vec![]), refused(Why::Unsigned));
    assert_eq!(with(&|_, _| vec!["a.b.c".into()]), refused(Why::Unsigned));
    let by_stranger =
        |_: &Envoy, file: &[u8]| vec![sign(&stranger.to_pem(), statement(file), 0).unwrap()];
    assert_eq!(with(&by_stranger), refused(Why::Unsigned));
    let of_another = |envoy: &Envoy, _: &[u8]| vec![envoy.signature(&compiled(7, ""), None)];
    assert_eq!(with(&of_another), refused(Why::Unsigned));
    for typ in ["at+jwt", "JWT", GRANT_TYPE] {
        let other_purpose = |envoy: &Envoy, file: &[u8]| {
            let claims = Claims::with_custom_claims(statement(file), Duration::from_hours(1));
            let options = HeaderOptions { signature_type: Some(typ.into()), ..Default::default() };
            vec![envoy.ada.sign_with_options(claims, &options).unwrap()]
        };
        assert_ne!(typ, BUNDLE_TYPE);
        assert_eq!(with(&other_purpose), refused(Why::Unsigned), "{typ}");
    }
    // The 65th and later ones would only cost.
    let flood = |envoy: &Envoy, file: &[u8]| vec![envoy.signature(file, None); artefact::MOST + 1];
    assert_eq!(with(&flood), refused(Why::Damaged));
}

#[test]
fn only_what_follows_and_has_time_left_is_taken() {
    assert_eq!(served(|envoy| envoy.signed(4)), refused(Why::Older));
    let until = |more: &'static str, serial| {
        move |envoy: &Envoy| {
            let file = compiled(serial, more);
            artefact::write(&file, &[envoy.signature(&file, None)])
        }
    };
    assert_eq!(served(until(", not_after: 2027-01-15T08:00:00Z", 6)), refused(Why::Expired));
    assert_eq!(served(until(", not_after: 2027-02-15T08:00:00Z", 5)), refused(Why::Older));
    assert_eq!(served(until(", not_after: 2027-02-15T08:00:00Z", 6)), (6, vec![]));
}

#[test]
fn a_bundle_that_fails_its_own_tests_is_not_taken() {
    let tested = |expect: &'static str, more: usize| {
        move |envoy: &Envoy| {
            let mut cases = "  - {name: it passes, expect: {effect: allow}}\n".repeat(more);
            cases += &format!("  - {{name: the last, expect: {{effect: {expect}}}}}\n");
            let file = released(6, &cases);
            artefact::write(&file, &[envoy.signature(&file, None)])
        }
    };
    assert_eq!(served(tested("allow", 0)), (6, vec![]));
    assert_eq!(served(tested("deny", 0)), refused(Why::Tests));
    // More than are run in one tick.
    assert_eq!(served(tested("allow", 1000)), (6, vec![]));
    assert_eq!(served(tested("deny", 1000)), refused(Why::Tests));
}

#[test]
fn tests_that_are_too_much_work_are_not_begun() {
    let of = |tests: usize| {
        move |envoy: &Envoy| {
            let manifest = br#"{"name":"b","version":"1","serial":6}"#.as_slice();
            let rule = |n| format!(r#"{{"name":"r{n}","on":"response","effect":"allow"}}"#);
            let rules = format!("[{}]", (0..1000).map(rule).collect::<Vec<_>>().join(","));
            let case = r#"{"name":"t","expect":{"effect":"allow"}}"#;
            let tests = format!("[{}]", vec![case; tests].join(","));
            let file = crate::bundle::wire::write(&[
                ("manifest", manifest),
                ("rules", rules.as_bytes()),
                ("patterns", b"[]"),
                ("tests", tests.as_bytes()),
            ]);
            artefact::write(&file, &[envoy.signature(&file, None)])
        }
    };
    assert_eq!(served(of(20)), (6, vec![]));
    assert_eq!(served(of(2100)), refused(Why::Tests));
    let mut envoy = Envoy::new(1);
    envoy.served = Some(of(2100)(&envoy));
    envoy.run(2_000);
    let now = envoy.now;
    let told = envoy.workers[0].delivery.status(now).told.clone().unwrap();
    assert!(told.text.contains("2100 tests of 1000 rules"), "{}", told.text);
}

#[test]
fn tests_are_run_between_requests_and_once_for_all_workers() {
    let mut envoy = Envoy::new(2);
    let file = released(6, &"  - {name: it passes, expect: {effect: allow}}\n".repeat(1000));
    envoy.served = Some(artefact::write(&file, &[envoy.signature(&file, None)]));
    let mut ticks = [0; 2];
    while envoy.serials() != [6; 2] {
        envoy.run(TICK);
        for (ticks, serial) in ticks.iter_mut().zip(envoy.serials()) {
            *ticks += usize::from(serial == 0);
        }
        assert!(envoy.now < START + 60_000, "{:?}", envoy.refusals());
    }
    // 1000 cases of 1 KiB in steps of 128 KiB are eight ticks; the other worker needs three.
    ticks.sort_unstable();
    assert!(ticks[0] >= 9 && ticks[1] - ticks[0] <= 4, "{ticks:?}");
}

#[test]
fn a_rollback_is_signed_for_what_it_replaces() {
    let back = |replaces| {
        move |envoy: &Envoy| {
            let file = compiled(4, "");
            artefact::write(&file, &[envoy.signature(&file, replaces)])
        }
    };
    assert_eq!(served(back(Some(5))), (4, vec![]));
    assert_eq!(served(back(Some(6))), refused(Why::Older));
    assert_eq!(served(back(None)), refused(Why::Older));
    // What was rolled back stays back.
    let mut envoy = Envoy::new(2);
    let five = envoy.signed(5);
    envoy.served = Some(five.clone());
    envoy.run(2_000);
    envoy.served = Some(back(Some(5))(&envoy));
    envoy.run(2 * INTERVAL);
    envoy.served = Some(five);
    envoy.run(2 * INTERVAL);
    assert_eq!((envoy.serials(), envoy.refusals()), (vec![4; 2], vec![Why::Older]));
}

#[test]
fn a_bundle_that_expires_in_force_goes_on_and_raises_the_alarm() {
    let mut envoy = Envoy::new(2);
    let file = compiled(1, ", not_after: 2027-01-15T08:01:00Z");
    assert_eq!(Bundle::decode(&file).unwrap().not_after, Some(START / 1000 + 60));
    envoy.served = Some(artefact::write(&file, &[envoy.signature(&file, None)]));
    envoy.run(59_000);
    assert_eq!((envoy.serials(), envoy.stale()), (vec![1; 2], vec![false; 2]));
    envoy.run(2_000);
    assert_eq!((envoy.serials(), envoy.stale()), (vec![1; 2], vec![true; 2]));
    envoy.add_worker();
    assert_eq!(envoy.serials(), [1, 1, 0], "and is not activated any more");
}
