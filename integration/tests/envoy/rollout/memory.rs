use policy::bundle::{Manifest, wire};

use super::*;

const CHANGES: u64 = 50;
const SETTLED: u64 = 10;

/// What Envoy holds must not grow with each bundle that it ever had.
#[test]
fn fifty_bundles_take_no_more_memory_than_one() {
    let (upstream, author) = (Upstream::start(), Author::new());
    let base = author.built_in();
    let release = |serial: u64| author.release_file(&with_serial(&base, serial));
    let server = BundleServer::start(Some(release(1)));
    let gateway = fetching(&upstream, &author, &server.url(), "1s").start();
    let token = gateway.token("robot");
    let in_force = |serial: u64| {
        until(&format!("serial {serial}"), SOON, || {
            (stat(&gateway, "serial") == serial).then_some(())
        });
        // Work for every worker, once each has a bundle at all.
        until("calls to pass", SOON, || {
            let call = Call::post("/echo").token(&token).json(&serde_json::json!({"a": "text"}));
            (0..16).all(|_| call.send(&gateway).status == 200).then_some(())
        });
    };
    in_force(1);
    // While one bundle follows another each worker holds both, and wasm memory never shrinks: after some
    // changes it has what it needs.
    for serial in 2..=SETTLED {
        server.serve(Some(release(serial)));
        in_force(serial);
    }
    let before = resident(gateway.envoy_pid());
    for serial in SETTLED + 1..=CHANGES + 1 {
        server.serve(Some(release(serial)));
        in_force(serial);
    }
    let after = resident(gateway.envoy_pid());
    println!("resident: {before} kB before, {after} kB after {CHANGES} changes");
    assert_eq!(stat(&gateway, "activations"), CHANGES + 1);
    assert!(after < before + before / 10, "{before} kB became {after} kB");
}

/// The same bundle as another release.
fn with_serial(file: &[u8], serial: u64) -> Vec<u8> {
    let (payload, _) = wire::payload(file).unwrap();
    let mut sections = wire::sections(payload).unwrap();
    let manifest = sections.iter_mut().find(|(name, _)| *name == wire::section::MANIFEST).unwrap();
    let written: Manifest = serde_json::from_slice(manifest.1).unwrap();
    let changed = serde_json::to_vec(&Manifest { serial, ..written }).unwrap();
    manifest.1 = &changed;
    wire::write(&sections)
}

/// In kB.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
