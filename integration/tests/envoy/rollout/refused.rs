use std::path::Path;

use policy::delivery::artefact;

use super::*;

/// One gateway on serial 5; every file that is not good leaves it there.
#[test]
fn what_is_not_good_is_refused_once_and_the_old_one_goes_on() {
    let (upstream, author) = (Upstream::start(), Author::new());
    let server = BundleServer::start(Some(author.release(5)));
    let gateway = fetching(&upstream, &author, &server.url(), "1s").start();
    let token = gateway.token("robot");
    live(&gateway.address, &token, 5);
    let log = || std::fs::read_to_string(gateway.data.join("envoy/envoy.log")).unwrap();

    let good = author.release(6);
    let refused = |what: &str, why: &str, file: Vec<u8>| {
        let name = format!("refusals.{why}");
        let (before, lines) = (stat(&gateway, &name), log().matches("not taken").count());
        server.serve(Some(file));
        until(what, SOON, || (stat(&gateway, &name) > before).then_some(()));
        // Served again and again it is not looked at again.
        more_fetches(&server, 2);
        assert_eq!(stat(&gateway, &name), before + 1, "{what}");
        assert_eq!(log().matches("not taken").count(), lines + 1, "{what}: {}", log());
        assert_ne!(stat(&gateway, "error"), 0, "{what}");
        for _ in 0..8 {
            assert!(serial_is(&gateway.address, &token, 5), "{what}");
            assert_eq!(status(&gateway.address, &token, "/until-6"), 200, "{what}");
        }
    };
    let mut changed = good.clone();
    *changed.last_mut().unwrap() ^= 1;
    refused("tampered", "damaged", changed);
    refused("truncated", "damaged", good[..good.len() / 2].to_vec());
    refused("too large", "damaged", vec![0; 24 * 1024 * 1024 + 1]);
    assert!(log().contains("larger than 24 MiB"));
    refused("no bundle at all", "damaged", b"<html>not found</html>".to_vec());

    let signed_by = |key: &Path| {
        let bundle = author.build(6, "");
        author.sign(key, &bundle, &[]);
        author.pack(&bundle)
    };
    // Without its signatures: their count is the number behind magic and version.
    let unsigned = {
        let bundle = std::fs::read(author.build(6, "")).unwrap();
        [&good[..12], &[0; 4], &bundle].concat()
    };
    refused("unsigned", "unsigned", unsigned);
    refused("signed by somebody else", "unsigned", signed_by(&author.file("ben.pem")));
    for key in ["issuer.pem", "grant.pem"] {
        let key = gateway.data.join("keys").join(key);
        refused(&format!("signed by {}", key.display()), "unsigned", signed_by(&key));
    }
    // What `bundle pack` does not write: an access token in the place of a signature, signatures of
    // another bundle.
    author.release(7);
    let of_seven = std::fs::read_to_string(author.file("7.bundle.sig")).unwrap();
    for (what, signature) in [("an access token", token.trim()), ("of another", of_seven.trim())] {
        let bundle = std::fs::read(author.build(6, "")).unwrap();
        refused(what, "unsigned", artefact::write(&bundle, &[signature.to_owned()]));
    }

    refused("older", "older", author.release(4));
    let expired = author.build(6, ", not_after: 2026-01-01T00:00:00Z");
    author.sign(&author.file("ada.pem"), &expired, &[]);
    refused("expired", "expired", author.pack(&expired));
    refused("failing its own tests", "tests", author.failing(6));
    assert_eq!(stat(&gateway, "activations"), 1);

    // Back to what is in force, then a rollback that is signed as one, and no way back from it.
    server.serve(Some(author.release(5)));
    until("no error", SOON, || (stat(&gateway, "error") == 0).then_some(()));
    let back = author.build(4, "");
    author.sign(&author.file("ada.pem"), &back, &["--replaces", "5"]);
    server.serve(Some(author.pack(&back)));
    live(&gateway.address, &token, 4);
    let before = stat(&gateway, "refusals.older");
    server.serve(Some(author.release(5)));
    until("5 to be refused", SOON, || (stat(&gateway, "refusals.older") > before).then_some(()));
    assert!(serial_is(&gateway.address, &token, 4));
    server.serve(Some(good));
    live(&gateway.address, &token, 6);
}
