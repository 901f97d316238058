use jwt_simple::algorithms::EdDSAKeyPairLike;
use jwt_simple::prelude::{Claims, Duration};
use policy::grant::{Expected, GRANT_TYPE, Grant, GrantError, GrantKeys, RECEIPT_TYPE, Receipt};
use policy::hold::{Approval, Terms};
use policy::rule::{Approvers, HoldTerms};

use super::{Signer, sign};
use crate::config::SigningKey;

const NOW: u64 = 1_800_000_000;

fn grant() -> Grant {
    Grant {
        break_glass: false,
        digest: "blake2b-256:x".into(),
        rules: vec!["r".into()],
        revision: "sha256:00".into(),
        approvals: vec![Approval { approver: "dana".into(), groups: vec!["dba".into()] }],
        standing: None,
    }
}

fn of_dba() -> Terms {
    HoldTerms { approvers: Approvers::any(&["dba"]), ..HoldTerms::default() }.into()
}

fn receipt() -> Receipt {
    Receipt { digest: "blake2b-256:x".into(), exchange: "e1".into(), nonce: "n1".into() }
}

fn expected<'a>(rules: &'a [String], terms: &'a Terms) -> Expected<'a> {
    Expected {
        owners: &[],
        hold: "h1",
        digest: "blake2b-256:x",
        exchange: "e1",
        nonce: "n1",
        rules,
        standing_key: None,
        terms,
        now: NOW,
    }
}

#[test]
fn the_filter_takes_our_pair_until_it_expires() {
    let signer = Signer::new(SigningKey::generate(), SigningKey::generate());
    let keys =
        GrantKeys::from_bytes(&[signer.grant.public_bytes()], &[signer.receipt.public_bytes()]);
    let keys = keys.unwrap();
    let grant_token = signer.grant("h1", NOW + 600, NOW, grant()).unwrap();
    let receipt_token = signer.receipt("h1", NOW, receipt()).unwrap();
    let rules = ["r".to_owned()];
    let terms = of_dba();
    let expected = expected(&rules, &terms);
    assert_eq!(keys.check(&grant_token, &receipt_token, &expected), Ok(grant()));
    for later in [61, 601] {
        let late = Expected { now: NOW + later, ..expected.clone() };
        assert_eq!(keys.check(&grant_token, &receipt_token, &late), Err(GrantError::Unverified));
    }
    let other = Expected { hold: "h2", ..expected };
    assert_eq!(keys.check(&grant_token, &receipt_token, &other), Err(GrantError::Unverified));
}

/// Every key with every type and either content, in both places: only the one pair passes.
#[test]
fn no_statement_stands_in_for_another() {
    let (grant_key, receipt_key) = (SigningKey::generate(), SigningKey::generate());
    let other_key = SigningKey::generate();
    let keys =
        GrantKeys::from_bytes(&[grant_key.public_bytes()], &[receipt_key.public_bytes()]).unwrap();
    let mut tokens = Vec::new();
    for key in [&grant_key, &receipt_key, &other_key] {
        for kind in [GRANT_TYPE, RECEIPT_TYPE, "JWT", "at+jwt", "gatehouse-bundle+jwt"] {
            let exp = NOW + 60;
            let as_grant = sign(key, kind, "h1", NOW, exp, grant()).unwrap();
            let as_receipt = sign(key, kind, "h1", NOW, exp, receipt()).unwrap();
            let right_grant = std::ptr::eq(key, &grant_key) && kind == GRANT_TYPE;
            let right_receipt = std::ptr::eq(key, &receipt_key) && kind == RECEIPT_TYPE;
            tokens.push((as_grant, right_grant, false));
            tokens.push((as_receipt, false, right_receipt));
        }
    }
    let access = grant_key.pair().sign(Claims::create(Duration::from_mins(1))).unwrap();
    tokens.push((access, false, false));
    let rules = ["r".to_owned()];
    let terms = of_dba();
    let expected = expected(&rules, &terms);
    for (first, right_first, _) in &tokens {
        for (second, _, right_second) in &tokens {
            let passes = keys.check(first, second, &expected).is_ok();
            assert_eq!(passes, *right_first && *right_second);
        }
    }
}

#[test]
fn one_key_for_both_is_refused() {
    let key = SigningKey::generate();
    assert!(GrantKeys::from_bytes(&[key.public_bytes()], &[key.public_bytes()]).is_none());
    let again = SigningKey::from_pem(&key.to_pem()).unwrap();
    assert_eq!(again.public_bytes(), key.public_bytes());
}
