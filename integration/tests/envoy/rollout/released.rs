use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use integration::Reply;

use super::*;

/// Each call has a connection of its own: faster, a host runs out of ports in the minute for which they stay taken.
const BETWEEN: std::time::Duration = std::time::Duration::from_millis(5);

/// Calls until `stop`; how many, and how many of them failed.
fn load(gateway: &Gateway, token: &str, stop: &AtomicBool, sent: &AtomicUsize) -> usize {
    let mut failed = 0;
    while !stop.load(Ordering::Relaxed) {
        let answer = Call::post("/rows").token(token).body("{}").send_to(&gateway.address);
        failed += usize::from(answer.status != 200);
        sent.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(BETWEEN);
    }
    failed
}

/// Three releases while calls go on.
#[test]
fn a_release_is_live_within_two_intervals_and_no_call_fails() {
    let (upstream, author) = (Upstream::start(), Author::new());
    let server = BundleServer::start(Some(author.release(1)));
    let releases = [author.release(2), author.release(3), author.release(4)];
    let begun = Instant::now();
    let gateway = fetching(&upstream, &author, &server.url(), "2s").start();
    let token = gateway.token("robot");
    live(&gateway.address, &token, 1);

    let (stop, sent) = (AtomicBool::new(false), AtomicUsize::new(0));
    let failed: usize = std::thread::scope(|scope| {
        let loads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| load(&gateway, &token, &stop, &sent))).collect();
        let released = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for (serial, file) in (2..).zip(releases) {
                more_fetches(&server, 1);
                let (fetched, served) = (server.fetches(), Instant::now());
                server.serve(Some(file));
                live(&gateway.address, &token, serial);
                let polls = {
                    let now = server.fetches();
                    now.0 + now.1 - fetched.0 - fetched.1
                };
                println!("serial {serial} live after {:?}, {polls} polls", served.elapsed());
                assert!(polls <= 2, "live only after {polls} polls");
            }
        }));
        stop.store(true, Ordering::Relaxed);
        let failed = loads.into_iter().map(|load| load.join().unwrap()).sum();
        released.unwrap();
        failed
    });
    let sent = sent.into_inner();
    println!("{sent} calls, {failed} failed");
    assert!(sent > 100 && failed == 0, "{failed} of {sent} calls failed");

    // Once for all workers, and only what is new as a whole.
    let (whole, unchanged, _) = server.fetches();
    let most = begun.elapsed().as_secs() as usize / 2 + 2;
    assert!(whole == 4 && whole + unchanged <= most, "{whole} + {unchanged} of {most}");
    assert_eq!(stat(&gateway, "activations"), 4);
    assert_eq!((stat(&gateway, "serial"), stat(&gateway, "active")), (4, 1));
    assert_eq!((stat(&gateway, "stale"), stat(&gateway, "error")), (0, 0));
    assert!(stat(&gateway, "activated_seconds") > 1_700_000_000);
    let revision = author.revision(&author.file("4.bundle"));
    let short = &revision["sha256:".len()..][..12];
    assert_eq!(stat(&gateway, &format!("revision.{short}")), 1);
    let entry = gateway.record("the last call", |entry| {
        entry.path().contains("/until-4") && entry.record["revision"] == revision.as_str()
    });
    assert_eq!(entry.reason(), "denied");
}

/// Nobody listens where the bundle should come from, then somebody does, then nobody again.
#[test]
fn a_server_that_is_not_there_is_waited_for_and_not_needed_afterwards() {
    let (upstream, author) = (Upstream::start(), Author::new());
    let address = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let url = format!("http://{address}/agents/b.gatehouse");
    let gateway = fetching(&upstream, &author, &url, "1s").start();
    let token = gateway.token("robot");
    let refused = Call::post("/x").token(&token).body("{}").send(&gateway);
    let refused = refused.expect_refusal(503, "no_bundle");
    assert_eq!(gateway.record_of(&refused.reference().unwrap()).reason(), "no_bundle");
    until("failed fetches", SOON, || (stat(&gateway, "refusals.unreachable") >= 2).then_some(()));
    assert_eq!(status(&gateway.address, &token, "/x"), 503);
    assert_eq!((stat(&gateway, "active"), stat(&gateway, "stale")), (0, 1));
    upstream.assert_untouched();

    let server = BundleServer::start_at(address, Some(author.release(1)));
    live(&gateway.address, &token, 1);
    assert_eq!(status(&gateway.address, &token, "/x"), 200);

    server.serve(None);
    let before = stat(&gateway, "refusals.unreachable");
    more_fetches(&server, 3);
    until("failures in the metrics", SOON, || {
        (stat(&gateway, "refusals.unreachable") >= before + 2).then_some(())
    });
    assert!(serial_is(&gateway.address, &token, 1));
    assert_eq!(status(&gateway.address, &token, "/x"), 200);
    assert_eq!((stat(&gateway, "active"), stat(&gateway, "error")), (1, 1));
    let log = std::fs::read_to_string(gateway.data.join("envoy/envoy.log")).unwrap();
    assert!(log.contains("no bundle could be fetched"), "{log}");
}

/// A panic at such a header would end every worker, one after the other.
#[test]
fn an_etag_that_is_not_text_is_none() {
    let (upstream, author) = (Upstream::start(), Author::new());
    let store = Upstream::start();
    let serve = |file: Vec<u8>| {
        store.script(move |_| {
            let head = b"HTTP/1.1 200 OK\r\netag: \"\xff\xfe\"\r\n".to_vec();
            let length = format!("content-length: {}\r\n\r\n", file.len()).into_bytes();
            Some(Reply::raw([head, length, file.clone()].concat()))
        });
    };
    serve(author.release(1));
    let url = store.url() + "/agents/b.gatehouse";
    let gateway = fetching(&upstream, &author, &url, "1s").start();
    let token = gateway.token("robot");
    live(&gateway.address, &token, 1);
    serve(author.release(2));
    live(&gateway.address, &token, 2);
}

/// 600 patterns, some 9 MB: as large as public rule sets are.
#[test]
fn a_large_bundle_is_taken() {
    let (upstream, author) = (Upstream::start(), Author::new());
    let file = author.large(2);
    assert!(file.len() < 16 * 1024 * 1024, "{} bytes", file.len());
    let server = BundleServer::start(Some(author.release(1)));
    let gateway = fetching(&upstream, &author, &server.url(), "1s").start();
    let token = gateway.token("robot");
    live(&gateway.address, &token, 1);
    server.serve(Some(author.release_file(&file)));
    until("serial 2", SOON, || (stat(&gateway, "serial") == 2).then_some(()));
    // It has no rule on that path, in no worker.
    until("the large one in every worker", SOON, || {
        (0..16).all(|_| status(&gateway.address, &token, "/until-1") == 200).then_some(())
    });
}
