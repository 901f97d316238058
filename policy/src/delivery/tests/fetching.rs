use super::envoy::*;
use crate::bundle::signature::SignersConfig;
use crate::delivery::{Delivery, FetchConfig, artefact};

#[test]
fn all_workers_have_it_and_one_fetches() {
    let mut envoy = Envoy::new(4);
    envoy.served = Some(envoy.signed(1));
    envoy.run(2_000);
    assert_eq!(envoy.serials(), [1; 4]);
    assert_eq!(envoy.fetches.len(), 1);
    envoy.run(10 * INTERVAL);
    assert!((10..=11).contains(&envoy.fetches.len()), "{:?}", envoy.fetches);
    assert!(envoy.fetches.iter().skip(1).all(|(_, with_etag)| *with_etag));
    assert_eq!(envoy.stale(), [false; 4]);

    envoy.served = Some(envoy.signed(2));
    envoy.run(2 * INTERVAL);
    assert_eq!(envoy.serials(), [2; 4]);
    assert_eq!(envoy.refusals(), []);
}

#[test]
fn a_worker_that_starts_later_takes_it_before_its_first_request() {
    let mut envoy = Envoy::new(1);
    envoy.served = Some(envoy.signed(3));
    envoy.run(2_000);
    envoy.served = None;
    envoy.add_worker();
    assert_eq!(envoy.serials(), [3, 3]);
    assert_eq!(envoy.fetches.len(), 1);
}

#[test]
fn a_server_that_is_down_changes_nothing_but_the_alarm() {
    let mut envoy = Envoy::new(3);
    envoy.run(4_000);
    assert_eq!((envoy.serials(), envoy.stale()), (vec![0; 3], vec![true; 3]));
    let tries = envoy.fetches.len();
    assert!((1..=4).contains(&tries), "{tries}");
    envoy.served = Some(envoy.signed(1));
    envoy.run(2 * INTERVAL);
    assert_eq!(envoy.serials(), [1; 3]);

    envoy.served = None;
    envoy.run(3 * INTERVAL);
    assert_eq!((envoy.serials(), envoy.stale()), (vec![1; 3], vec![false; 3]));
    envoy.run(3 * INTERVAL);
    assert_eq!((envoy.serials(), envoy.stale()), (vec![1; 3], vec![true; 3]));
    let before = envoy.fetches.len();
    envoy.run(10 * INTERVAL);
    // Backing off never goes past the interval, and never under what one worker would do.
    let tries = envoy.fetches.len() - before;
    assert!((10..=40).contains(&tries), "{tries}");
    let told: usize = envoy.workers.iter().map(|worker| worker.unreachable).sum();
    assert!(told <= 2 * 3, "told once by each that met it: {told}");

    envoy.served = Some(envoy.signed(1));
    envoy.run(2 * INTERVAL);
    assert_eq!((envoy.serials(), envoy.stale()), (vec![1; 3], vec![false; 3]));
    let now = envoy.now;
    assert!(envoy.workers.iter_mut().all(|worker| worker.delivery.status(now).error == 0));
}

#[test]
fn a_worker_that_dies_at_it_is_stood_in_for() {
    let mut envoy = Envoy::new(2);
    envoy.served = Some(envoy.signed(1));
    // Claims the fetch and is gone.
    while envoy.workers[0].delivery.tick(&mut envoy.board, envoy.now).fetch.is_none() {
        envoy.now += TICK;
    }
    envoy.workers.remove(0);
    envoy.run(5_000);
    assert_eq!(envoy.serials(), [0], "it leaves it to the other");
    envoy.run(11_000);
    assert_eq!(envoy.serials(), [1]);
}

#[test]
fn a_clock_that_is_set_back_stops_nothing() {
    let mut envoy = Envoy::new(2);
    envoy.served = Some(envoy.signed(1));
    envoy.run(2_000);
    envoy.now -= 3_600_000;
    envoy.served = Some(envoy.signed(2));
    envoy.run(2 * INTERVAL);
    assert_eq!(envoy.serials(), [2; 2]);
}

#[test]
fn a_server_without_etags_will_do() {
    let mut envoy = Envoy::new(3);
    envoy.etags = false;
    envoy.served = Some(envoy.signed(1));
    envoy.run(4 * INTERVAL);
    assert_eq!((envoy.serials(), envoy.stale()), (vec![1; 3], vec![false; 3]));
    assert!(envoy.fetches.iter().all(|(_, with_etag)| !with_etag));
}

#[test]
fn one_more_signature_is_no_new_bundle() {
    let mut envoy = Envoy::new(2);
    envoy.served = Some(envoy.signed(1));
    envoy.run(2_000);
    let file = compiled(1, "");
    let signature = envoy.signature(&file, None);
    envoy.served = Some(artefact::write(&file, &[signature.clone(), signature]));
    envoy.run(10 * INTERVAL);
    assert_eq!((envoy.serials(), envoy.refusals()), (vec![1; 2], vec![]));
    assert_eq!(envoy.stale(), [false; 2]);
}

#[test]
fn configurations_that_make_no_sense_are_refused() {
    let open = |change: fn(&mut FetchConfig)| {
        let mut config = Envoy::config();
        change(&mut config);
        let signers = SignersConfig { keys: Vec::new(), required: 1 };
        Delivery::new(config, signers, &[7; 32], "w".into(), 0).err().map(|error| error.0).unwrap()
    };
    assert!(open(|_| {}).contains("1 signatures are required of 0"));
    assert!(open(|config| config.cluster.clear()).contains("cluster"));
    assert!(open(|config| config.path = "b".into()).contains("path"));
    assert!(open(|config| config.interval_seconds = 0).contains("interval_seconds"));
    assert!(open(|config| config.stale_after_seconds = 1).contains("shorter"));
}
