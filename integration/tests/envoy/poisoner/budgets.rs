use integration::envoy::Envoy;
use integration::poisoner::{Poisoner, of_budgets};
use integration::{Call, Gateway, Upstream, place};

const BUNDLE: &str = "
bundle: {name: limits, version: 0.1.0, serial: 1}
budgets:
  - {name: calls, match: {http: {path: /limited/**}}, requests: 5, per: 31d}
";
const WORKERS: u32 = 2;

/// Each worker keeps to what it counted itself, and nobody is refused for what others wrote.
#[test]
fn a_limit_holds_in_each_worker_and_stops_nobody_else() {
    let folder = place::folder();
    let bundle = folder.path().join("limits.yaml");
    std::fs::write(&bundle, BUNDLE).unwrap();
    let upstream = Upstream::start();
    let gateway =
        Gateway::build().upstream("/", &upstream.url()).arg("--bundle").arg(&bundle).start();
    let envoy = Envoy::with(&gateway, WORKERS, |config| {
        let poisoner = Poisoner::every(2, 1).after(2).ways(&["junk", "empty", "cut", "old"]);
        poisoner.given(&[0; 48]).load(config, of_budgets);
    });
    for who in ["ada", "bob", "eve"] {
        let token = gateway.token(who);
        let call = || Call::get(format!("/limited/{who}")).token(&token).send_to(&envoy.address);
        let statuses: Vec<_> = (0..60).map(|_| call().status).collect();
        let of = |status: u16| statuses.iter().filter(|one| **one == status).count();
        assert_eq!(of(200) + of(429), statuses.len(), "{statuses:?}");
        assert!((5..=5 * WORKERS as usize).contains(&of(200)), "{who}: {statuses:?}");
        assert_eq!(upstream.requests(&format!("/limited/{who}")).len(), of(200), "{who}");
    }
    assert!(envoy.stat("wasmcustom.poisoner_overwritten") > 0);
}
