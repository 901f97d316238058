use integration::place;
use integration::tls::{Authority, Terminator, dns};

use super::*;

/// A store behind https: its certificate is checked like an upstream's.
#[test]
fn a_bundle_comes_over_tls_from_who_proves_to_be_the_server() {
    let (upstream, author, folder) = (Upstream::start(), Author::new(), place::folder());
    let server = BundleServer::start(Some(author.release(5)));
    let (authority, stranger) = (Authority::new("stores"), Authority::new("stores"));
    let roots = authority.file(folder.path(), "roots");
    let gateway_at = |store: &Terminator| {
        let url = format!("https://localhost:{}/agents/b.gatehouse", store.address.port());
        fetching(&upstream, &author, &url, "1s").env("SSL_CERT_FILE", &roots).start()
    };
    let address = server.upstream.address;

    let good = Terminator::start(&authority.issue(&[dns("localhost")]), address);
    let gateway = gateway_at(&good);
    live(&gateway.address, &gateway.token("robot"), 5);

    let false_one = Terminator::start(&stranger.issue(&[dns("localhost")]), address);
    let before = server.fetches();
    let gateway = gateway_at(&false_one);
    until("handshakes to fail", SOON, || {
        let handshakes = false_one.handshakes();
        assert!(handshakes.iter().all(Result::is_err), "{handshakes:?}");
        (handshakes.len() >= 2).then_some(())
    });
    assert_eq!(status(&gateway.address, &gateway.token("robot"), "/x"), 503);
    assert_eq!(stat(&gateway, "active"), 0);
    let (whole, _, _) = server.fetches();
    assert_eq!(whole, before.0, "nothing was served to who did not check");
}
