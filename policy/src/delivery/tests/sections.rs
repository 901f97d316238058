//! Signers who are limited to sections, while a gateway runs.

use jwt_simple::prelude::Ed25519KeyPair;

use super::envoy::*;
use crate::bundle::Bundle;
use crate::bundle::signature::{SignerConfig, sign};
use crate::delivery::{Why, artefact};

/// The file with the word of ada on each of `spoken`, and that of ben on itself.
fn by_ben(envoy: &Envoy, ben: &Ed25519KeyPair, file: &[u8], spoken: &[&[u8]]) -> Vec<u8> {
    let mut signatures: Vec<String> =
        spoken.iter().map(|file| envoy.signature(file, None)).collect();
    let statement = Bundle::decode(file).unwrap().statement();
    signatures.push(sign(&ben.to_pem(), statement, 0).unwrap());
    artefact::write(file, &signatures)
}

#[test]
fn a_release_that_reaches_too_far_is_refused_and_the_old_one_goes_on() {
    let ben = Ed25519KeyPair::generate();
    let key = ben.public_key().to_pem();
    let limited = SignerConfig { name: "ben".into(), key, sections: Some(vec!["b".into()]) };
    let mut envoy = Envoy::with_signers(2, vec![limited]);
    let of = |serial: u64, a: &str, b: &str| {
        let rule = |name: &str, path: &str| {
            format!(
                "  - {{name: {name}, on: request, sections: {name}, match: {{http: {{path: {path}}}}}, effect: deny}}\n"
            )
        };
        written(&format!(
            "bundle: {{name: x, version: '1', serial: {serial}, sections: [a, b]}}\nrules:\n{}{}",
            rule("a", a),
            rule("b", b)
        ))
    };
    let five = of(5, "/a", "/b");
    envoy.served = Some(artefact::write(&five, &[envoy.signature(&five, None)]));
    envoy.run(2_000);
    let serve = |envoy: &mut Envoy, file: &[u8], spoken: &[&[u8]]| {
        envoy.served = Some(by_ben(envoy, &ben, file, spoken));
        envoy.run(3 * INTERVAL);
        (envoy.serials(), envoy.refusals().len())
    };
    assert_eq!(serve(&mut envoy, &of(6, "/other", "/b"), &[&five]), (vec![5; 2], 1));
    assert_eq!(envoy.refusals(), [Why::Sections]);
    assert_eq!(serve(&mut envoy, &of(6, "/a", "/other"), &[]), (vec![5; 2], 2));
    assert_eq!(serve(&mut envoy, &of(6, "/a", "/other"), &[&five]), (vec![6; 2], 2));
    // One that starts proves the same from the file alone.
    envoy.add_worker();
    assert_eq!(envoy.serials(), [6; 3]);
    // What ada said of another release does not come back by it.
    let seven = of(7, "/stricter", "/other");
    envoy.served = Some(artefact::write(&seven, &[envoy.signature(&seven, None)]));
    envoy.run(3 * INTERVAL);
    assert_eq!(envoy.serials(), [7; 3]);
    assert_eq!(serve(&mut envoy, &of(8, "/a", "/b"), &[&five]), (vec![7; 3], 3));
    assert_eq!(envoy.refusals(), [Why::Sections; 3]);
    assert_eq!(serve(&mut envoy, &of(8, "/stricter", "/b"), &[&seven]), (vec![8; 3], 3));
}
