//! The approval service changes from one key to the next.

use jwt_simple::prelude::*;
use serde_json::{Value, json};

use super::lab::*;
use crate::engine::Engine;
use crate::grant::GrantKeys;

/// What a configuration with these keys is taken for.
fn taken(grant: Value, receipt: Value) -> Result<GrantKeys, String> {
    let mut config = Lab::config();
    config["approval"]["grant_key"] = grant;
    config["approval"]["receipt_key"] = receipt;
    let engine = Engine::new(config.to_string().as_bytes(), [[9; 16]; 2], NOW.seconds());
    engine.map(|engine| engine.grant_keys).map_err(|error| error.0)
}

/// Also of grants that are signed while the next key is not in use yet, and while the former one still is.
#[test]
fn each_of_the_keys_counts_and_no_other() {
    let services: Vec<Lab> = (0..3).map(|_| Lab::new()).collect();
    let list = |of: fn(&Lab) -> String| json!([of(&services[0]), of(&services[1])]);
    let keys = || taken(list(Lab::grant_key), list(Lab::receipt_key)).unwrap();
    let released = |signs: &Lab| {
        let mut lab = Lab::new();
        lab.engine.grant_keys = keys();
        let (mut exchange, grant, receipt) = lab.approved();
        let pair = signs.pair("h_1", grant, receipt);
        releases(&lab.answer(&mut exchange, 200, &pair))
    };
    assert!(released(&services[0]) && released(&services[1]));
    assert!(!released(&services[2]));
    // Two keys in use make no new pair: who signs the grant need not sign the receipt.
    let mut lab = Lab::new();
    lab.engine.grant_keys = keys();
    let (mut exchange, grant, receipt) = lab.approved();
    let pairs = [0, 1].map(|of| -> Value {
        serde_json::from_str(&services[of].pair("h_1", grant.clone(), receipt.clone())).unwrap()
    });
    let swapped = json!({"grant": pairs[0]["receipt"], "receipt": pairs[1]["grant"]});
    assert_eq!(reason(&lab.answer(&mut exchange, 200, &swapped.to_string())), "grant_invalid");
}

#[test]
fn keys_are_one_or_several_and_all_different() {
    let keys: Vec<String> = (0..6).map(|_| public(&Ed25519KeyPair::generate())).collect();
    let one = |at: usize| json!(keys[at]);
    let many = |from: usize, to: usize| json!(keys[from..to]);
    assert!(taken(one(0), one(1)).is_ok(), "as it was before there were several");
    assert!(taken(many(0, 4), one(4)).is_ok() && taken(one(0), many(1, 2)).is_ok());
    for (grant, receipt) in [
        (one(0), one(0)),
        (many(0, 2), one(1)),
        (many(0, 2), many(1, 3)),
        (json!([keys[0], keys[0]]), one(1)),
        (json!([]), one(1)),
        (one(0), json!([])),
        (many(0, 5), one(5)),
        (json!("AAAA"), one(1)),
        (json!([keys[0], "?"]), one(1)),
        (json!({"kid": keys[0]}), one(1)),
    ] {
        assert!(taken(grant.clone(), receipt.clone()).is_err(), "{grant} {receipt}");
    }
}
