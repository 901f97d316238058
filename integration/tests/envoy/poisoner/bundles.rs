use std::sync::atomic::{AtomicBool, Ordering};

use integration::bundles::{Author, BundleServer};
use integration::envoy::{Envoy, plugin};
use integration::gateway::Builder;
use integration::http1::Connection;
use integration::poisoner::{Poisoner, of_bundles};
use integration::{Call, Gateway, Upstream};
use serde_json::Value;

use super::*;
use crate::rollout::{fetching, live, serial_is, status};

/// A second Envoy whose workers fetch under a path of their own, each second.
struct Scene {
    author: Author,
    server: BundleServer,
    envoy: Envoy,
    token: String,
    _gateway: Gateway,
}

const PATH: &str = "/agents/of-the-poisoned";

fn scene(workers: u32, poisoner: impl FnOnce(&Author) -> Poisoner) -> Scene {
    scene_with(workers, poisoner, |builder| builder)
}

fn scene_with(
    workers: u32,
    poisoner: impl FnOnce(&Author) -> Poisoner,
    more: impl FnOnce(Builder) -> Builder,
) -> Scene {
    let (upstream, author) = (Upstream::start(), Author::new());
    let server = BundleServer::start(Some(author.release(1)));
    let gateway = more(fetching(&upstream, &author, &server.url(), "1s")).start();
    let envoy = Envoy::with(&gateway, workers, |config: &mut Value| {
        plugin(config, |plugin| plugin["bundle_fetch"]["path"] = PATH.into());
        poisoner(&author).load(config, of_bundles);
    });
    let token = gateway.token("robot");
    let scene = Scene { author, server, envoy, token, _gateway: gateway };
    scene.live(1);
    more_poison(&scene.envoy, 1);
    scene
}

impl Scene {
    fn live(&self, serial: u64) {
        live(&self.envoy.address, &self.token, serial);
    }

    fn more_fetches(&self, count: usize) {
        let fetches = || self.server.upstream.requests(PATH).len();
        let before = fetches();
        until("fetches", SOON, || (fetches() >= before + count).then_some(()));
    }

    /// Calls on one connection, so of one worker, until it is told to stop: none fails, and once the
    /// second bundle is in force there it stays.
    fn load(&self, stop: &AtomicBool) -> usize {
        let mut connection = Connection::open(&self.envoy.address);
        let mut status = |path: &str| {
            connection.write(Call::get(path).token(&self.token).bytes());
            connection.response(false).expect("an answer").status
        };
        let (mut second, mut calls) = (false, 0);
        while !stop.load(Ordering::Relaxed) {
            assert_eq!(status("/x"), 200);
            let (two, one) = (status("/until-2") == 403, status("/until-1"));
            assert!(two || !second, "the second one went");
            second = two || (one == 200 && status("/until-2") == 403);
            assert_eq!(one, if second { 200 } else { 403 }, "rules of neither");
            calls += 3;
        }
        calls
    }
}

#[test]
fn a_new_bundle_goes_live_under_load_and_nothing_written_there_does() {
    let scene = scene(2, |author| {
        let ways = ["junk", "empty", "cut", "old"];
        Poisoner::every(1, 20).after(8).ways(&ways).given(&author.release(1))
    });
    let second = scene.author.release(2);
    let stop = AtomicBool::new(false);
    let calls = std::thread::scope(|scope| {
        let loads: Vec<_> = (0..2).map(|_| scope.spawn(|| scene.load(&stop))).collect();
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            scene.server.serve(Some(second));
            scene.live(2);
            scene.more_fetches(4);
            more_poison(&scene.envoy, 4);
        }));
        stop.store(true, Ordering::Relaxed);
        let calls = loads.into_iter().map(|load| load.join().unwrap()).sum::<usize>();
        done.unwrap();
        calls
    });
    assert!(calls > 100, "{calls}");
    scene.live(2);
    assert_eq!(status(&scene.envoy.address, &scene.token, "/until-1"), 200);
    for why in ["damaged", "unsigned"] {
        let name = format!("wasmcustom.gatehouse_bundle_refusals.{why}");
        assert_eq!(
            scene.envoy.stat(&name),
            0,
            "{why}: of what it wrote, nothing else was looked at"
        );
    }
}

/// No worker has ever seen what another one wrote.
#[test]
fn each_worker_fetches_alone_where_nothing_can_be_read() {
    let scene = scene(2, |_| Poisoner::every(1, 20).ways(&["junk", "empty", "cut"]));
    scene.server.serve(Some(scene.author.release(2)));
    scene.live(2);
    let fetched = scene.envoy.stat("wasmcustom.gatehouse_bundle_activations");
    assert!(fetched >= 4, "two bundles by two workers, not {fetched}");
}

/// What was in force before, note and file, is put back while a VM dies. The new one knows no serial, so
/// it may take that; it fetches by itself, and is never without rules.
#[test]
fn a_vm_that_begins_anew_has_the_newest_bundle_after_a_fetch() {
    let poisoner = |_: &Author| Poisoner::every(1, 1).after(8).ways(&["old"]);
    let scene = scene_with(1, poisoner, Builder::hooks);
    scene.server.serve(Some(scene.author.release(2)));
    scene.live(2);
    let (address, token) = (&scene.envoy.address, &scene.token);
    let panics = Call::get("/x").token(token).header("x-gatehouse-test-fault", "panic-at-headers");
    panics.send_to(address).expect(503);
    let mut answers = Vec::new();
    until("the second bundle", SOON, || {
        // In this order: who passes the first is not under the older one, nor any later.
        let both = ["/until-1", "/until-2"].map(|path| status(address, token, path));
        answers.push(both);
        (both == [200, 403]).then_some(())
    });
    assert!(!answers.contains(&[200, 200]), "without rules: {answers:?}");
    scene.more_fetches(2);
    assert!(serial_is(address, token, 2), "and it stays");
}
