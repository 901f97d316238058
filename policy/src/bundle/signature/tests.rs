mod reach;

use jwt_simple::prelude::*;

use super::{BUNDLE_TYPE, SignerConfig, Signers, SignersConfig, Statement, sign};
use crate::grant::{GRANT_TYPE, RECEIPT_TYPE};

fn statement() -> Statement {
    Statement { revision: "sha256:00".into(), serial: 7, replaces: None, parts: None }
}

fn signers(keys: &[(&str, String)], required: usize) -> Result<Signers, String> {
    let keys = keys.iter().map(|(name, key)| SignerConfig {
        name: (*name).into(),
        key: key.clone(),
        sections: None,
    });
    Signers::new(SignersConfig { keys: keys.collect(), required }).map_err(|error| error.0)
}

#[test]
fn those_who_signed_are_named() {
    let (ada, ben) = (Ed25519KeyPair::generate(), ES256KeyPair::generate());
    let stranger = Ed25519KeyPair::generate();
    let keys = [("ada", ada.public_key().to_pem()), ("ben", ben.public_key().to_pem().unwrap())];
    let by = |pem: &str| sign(pem, statement(), 1_800_000_000).unwrap();
    let (by_ada, by_ben) = (by(&ada.to_pem()), by(&ben.to_pem().unwrap()));
    let one = signers(&keys, 1).unwrap();
    let check = |of: &Signers, list: &[&String]| {
        let list: Vec<String> = list.iter().map(|one| (*one).clone()).collect();
        of.check(&of.hear(&list), &statement())
            .map(|signed| signed.names().join("+"))
            .map_err(|error| error.0)
    };
    assert_eq!(check(&one, &[&by_ben]), Ok("ben".into()));
    assert_eq!(check(&one, &[&by_ben, &by_ada, &by_ada]), Ok("ada+ben".into()));
    let missing = Err("the bundle has 0 of the 1 signatures it needs".to_owned());
    assert_eq!(check(&one, &[&by(&stranger.to_pem())]), missing);
    assert_eq!(check(&one, &[]), missing);
    let both = signers(&keys, 2).unwrap();
    assert_eq!(
        check(&both, &[&by_ada, &by_ada]),
        Err("the bundle has 1 of the 2 signatures it needs".into()),
        "one person signs once"
    );
    assert_eq!(check(&both, &[&by_ada, &by_ben]), Ok("ada+ben".into()));
}

#[test]
fn a_signature_is_of_one_bundle_and_of_a_kind_of_its_own() {
    let ada = Ed25519KeyPair::generate();
    let signers = signers(&[("ada", ada.public_key().to_pem())], 1).unwrap();
    let holds = |token: String| signers.check(&signers.hear(&[token]), &statement()).is_ok();
    let other = |statement| sign(&ada.to_pem(), statement, 0).unwrap();
    assert!(holds(other(statement())));
    assert!(!holds(other(Statement { serial: 8, ..statement() })));
    assert!(!holds(other(Statement { revision: "sha256:01".into(), ..statement() })));
    for typ in [Some(GRANT_TYPE), Some(RECEIPT_TYPE), Some("JWT"), Some("at+jwt"), None] {
        let claims = Claims::with_custom_claims(statement(), Duration::from_hours(1));
        let options =
            HeaderOptions { signature_type: typ.map(str::to_owned), ..Default::default() };
        assert!(!holds(ada.sign_with_options(claims, &options).unwrap()), "{typ:?}");
    }
    // The algorithm is the key's, whatever the header says.
    let claims = Claims::with_custom_claims(statement(), Duration::from_hours(1));
    let options = HeaderOptions { signature_type: Some(BUNDLE_TYPE.into()), ..Default::default() };
    let confused = HS256Key::from_bytes(&ada.public_key().to_bytes());
    assert!(!holds(confused.authenticate_with_options(claims, &options).unwrap()));
    for damaged in ["", "a.b.c", "not a token"] {
        assert!(!holds(damaged.into()), "{damaged}");
    }
}

#[test]
fn as_many_as_have_to_sign_name_what_is_replaced() {
    let (ada, ben) = (Ed25519KeyPair::generate(), Ed25519KeyPair::generate());
    let keys = [("ada", ada.public_key().to_pem()), ("ben", ben.public_key().to_pem())];
    let both = signers(&keys, 2).unwrap();
    let by = |pair: &Ed25519KeyPair, replaces| {
        sign(&pair.to_pem(), Statement { replaces, ..statement() }, 0).unwrap()
    };
    let signed = |list: &[String]| both.check(&both.hear(list), &statement()).unwrap();
    let replaced = |list: &[String]| signed(list).highest_replaced();
    assert_eq!(replaced(&[by(&ada, None), by(&ben, None)]), None);
    assert_eq!(replaced(&[by(&ada, Some(9)), by(&ben, None)]), None, "one of them alone");
    assert_eq!(replaced(&[by(&ada, Some(9)), by(&ben, Some(8))]), None, "not the same");
    let all = [by(&ada, Some(9)), by(&ada, Some(8)), by(&ben, Some(8)), by(&ben, Some(9))];
    assert_eq!(replaced(&all), Some(9));
    assert!(signed(&all).replaces(8));
    assert_eq!(both.cost(all.len()), 8);
}

#[test]
fn signers_that_make_no_sense_are_refused() {
    let pem = || Ed25519KeyPair::generate().public_key().to_pem();
    let one = pem();
    for (keys, required) in [
        (vec![], 1),
        (vec![("a", pem())], 0),
        (vec![("a", pem())], 2),
        (vec![("a", pem()), ("a", pem())], 1),
        (vec![("a", one.clone()), ("b", one)], 1),
        (vec![("a", "-----BEGIN".to_owned())], 1),
    ] {
        assert!(signers(&keys, required).is_err(), "{keys:?}");
    }
}
