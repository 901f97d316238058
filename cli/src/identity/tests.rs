use policy::identity::KeySource;

use super::{Trust, local, merge};
use crate::data::DataDir;
use crate::data::keys::IssuerKey;

fn merged(text: &str) -> anyhow::Result<Trust> {
    let folder = tempfile::tempdir().unwrap();
    let key = IssuerKey::of(&DataDir::create(folder.path()).unwrap()).unwrap();
    merge(local(&key), text)
}

#[test]
fn a_url_becomes_a_cluster() {
    let trust = merged(
        "leeway_seconds: 10
issuers:
- issuer: https://one.example
  audiences: [gatehouse]
  keys: {url: 'https://one.example/keys.json', refresh_seconds: 7}
- issuer: https://two.example
  audiences: [a, b]
  algorithms: [ES256]
  required_claims: {tenant: x}
  keys: {url: 'http://127.0.0.1:8080/jwks'}
",
    )
    .unwrap();
    assert_eq!(trust.config.issuers.len(), 3, "the local one stays");
    assert_eq!(trust.config.leeway_seconds, 10);
    assert_eq!(
        trust.config.issuers[2].keys,
        KeySource::Cluster {
            cluster: "issuer-1".to_owned(),
            authority: "127.0.0.1:8080".to_owned(),
            path: "/jwks".to_owned(),
            refresh_seconds: 300,
        }
    );
    let names: Vec<_> =
        trust.key_sources.iter().map(|(name, target)| (name.as_str(), target.https)).collect();
    assert_eq!(names, [("issuer-0", true), ("issuer-1", false)]);
}

#[test]
fn mistakes_are_told_before_envoy_starts() {
    for (text, part) in [
        ("issuer: x", "unknown field"),
        ("leeway_seconds: 900", "leeway_seconds"),
        ("issuers: [{issuer: x, audiences: [], keys: {url: 'http://h/'}}]", "audiences"),
        ("issuers: [{issuer: x, audiences: [a], keys: {url: 'ftp://h/'}}]", "ftp"),
        ("issuers: [{issuer: x, audiences: [a], key: 1, keys: {url: 'http://h/'}}]", "key"),
        (
            "issuers: [{issuer: x, audiences: [a], algorithms: [HS256], keys: {url: 'http://h/'}}]",
            "HS256",
        ),
    ] {
        let error = format!("{:#}", merged(text).err().unwrap());
        assert!(error.contains(part), "{text}: {error}");
    }
}
