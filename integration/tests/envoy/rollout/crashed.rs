use super::*;
use integration::envoy::{Envoy, plugin};

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
