/*! The service is away for a while: nobody waits for it, and what was lost shows as gaps in the chains. */

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::*;

/// Calls on two connections until it is told to stop.
fn under_load(ends: &Ends, envoy: &Envoy, act: impl FnOnce(&AtomicUsize)) -> usize {
    let (stop, sent) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for worker in 0..2 {
            let (stop, sent) = (&stop, &sent);
            scope.spawn(move || {
                let mut connection = Connection::open(&envoy.address);
                while !stop.load(Ordering::Relaxed) {
                    let call = Call::post(format!("/load/{worker}")).token(&ends.token);
                    let call = call.json(&json!({ "n": sent.load(Ordering::Relaxed) }));
                    connection.write(call.bytes()).response(false).unwrap().expect(200);
                    sent.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        act(&sent);
        stop.store(true, Ordering::Relaxed);
    });
    sent.into_inner()
}

#[test]
fn what_a_dead_service_did_not_get_is_counted_by_the_gaps() {
    is_counted_by_the_gaps(Replica::kill);
}

#[test]
fn what_a_stopped_service_did_not_get_is_counted_by_the_gaps() {
    is_counted_by_the_gaps(Replica::stop);
}

fn is_counted_by_the_gaps(go: impl FnOnce(&mut Replica)) {
    let ends = Ends::new(&[]);
    let service = Service::sqlite(&ends.gateway);
    let mut replica = service.replica();
    let envoy = Envoy::with(&ends.gateway, 2, |config| service.serves_all(&[&replica], config));
    let store = service.stored();
    let more = |sent: &AtomicUsize, count: usize| {
        let from = sent.load(Ordering::Relaxed);
        until("more calls", SOON, || (sent.load(Ordering::Relaxed) >= from + count).then_some(()));
    };
    let newer = |than: usize| {
        until("records to come", SOON, || (store.lines().len() > than).then_some(()));
    };
    let sent = under_load(&ends, &envoy, |sent| {
        newer(20);
        go(&mut replica);
        more(sent, 200);
        let before = store.lines().len();
        replica.start_again(&service);
        newer(before + 20);
        more(sent, 20);
    });
    let lines = all_written(&envoy, sent);
    let last = |lines: &[Line]| {
        let mut last = BTreeMap::new();
        for (chain, sequence) in lines.iter().map(place) {
            let known = last.entry(chain).or_insert(0);
            *known = sequence.max(*known);
        }
        last
    };
    until("the last ones to be stored", SOON, || {
        (last(&stored(&store)) == last(&lines)).then_some(())
    });

    let there = stored(&store);
    let lost = lines.len() - there.len();
    assert!(lost >= 150, "{lost}");
    let report = verified(&ends.gateway, &there);
    let problems = report["problems"].as_array().unwrap();
    let missing: u64 = problems
        .iter()
        .map(|one| {
            assert_eq!(one["problem"], "missing", "{one}");
            one["to"].as_u64().unwrap() - one["from"].as_u64().unwrap() + 1
        })
        .sum();
    assert_eq!(missing as usize, lost);
    // Envoy says that it wrote them all.
    let counted = |name: &str| envoy.stat(&format!("access_logs.grpc_access_log.{name}"));
    assert_eq!((counted("logs_written") as usize, counted("logs_dropped")), (sent, 0));

    assert_eq!(store.import(&lines).new as usize, lost);
    assert_eq!(verified(&ends.gateway, &stored(&store))["problems"], json!([]));
}
