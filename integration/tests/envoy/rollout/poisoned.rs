use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use integration::envoy::{Envoy, plugin};

/// Somebody else's plugin with the same `vm_id` writes over what the workers tell each other, with
/// every call: bundles come all the same, each worker fetching for itself.
#[test]
fn who_writes_to_shared_data_changes_nothing() {
    let (upstream, author) = (Upstream::start(), Author::new());
    let server = BundleServer::start(Some(author.release(1)));
    let gateway = fetching(&upstream, &author, &server.url(), "1s").hooks().start();
    let token = gateway.token("robot");
    live(&gateway.address, &token, 1);
    let second = author.release(2);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let call = Call::get("/x").token(&token);
                let call = call.header("x-gatehouse-test-fault", "poison-shared");
                call.send_to(&gateway.address).expect(200);
            }
        });
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            more_fetches(&server, 4);
            server.serve(Some(second));
            live(&gateway.address, &token, 2);
        }));
        stop.store(true, Ordering::Relaxed);
        done.unwrap();
    });
    assert_eq!(stat(&gateway, "refusals.unsigned") + stat(&gateway, "refusals.damaged"), 0);
}

/// The alarm, and a VM that begins anew while the server is down.
#[test]
fn a_vm_that_dies_has_its_bundle_back_without_the_server() {
    let (upstream, author) = (Upstream::start(), Author::new());
    let server = BundleServer::start(Some(author.release(1)));
    let gateway = fetching(&upstream, &author, &server.url(), "1s").hooks().start();
    let token = gateway.token("robot");
    let envoy = Envoy::start(&gateway, |config| {
        plugin(config, |plugin| plugin["bundle_fetch"]["stale_after_seconds"] = 2.into());
    });
    live(&envoy.address, &token, 1);
    assert_eq!(envoy.stat("wasmcustom.gatehouse_bundle_stale"), 0);
    server.serve(None);
    until("the alarm", SOON, || {
        (envoy.stat("wasmcustom.gatehouse_bundle_stale") == 1).then_some(())
    });
    let panics = Call::get("/x").token(&token).header("x-gatehouse-test-fault", "panic-at-headers");
    panics.send_to(&envoy.address).expect(503);
    until("the VM to be back", SOON, || serial_is(&envoy.address, &token, 1).then_some(()));
    assert_eq!(status(&envoy.address, &token, "/x"), 200);
    // Nothing in between was let through without rules.
    assert!(upstream.requests("/until-1").is_empty());
}
