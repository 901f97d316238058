//! Whose a token is.

use super::*;

fn owners(claims: &[&str], changes: Value) -> Result<Vec<String>, &'static str> {
    let signer = Signer::named("a");
    let config = merge(inline(&[signer.jwk()]), &json!({"owner_claims": claims}));
    let asked = ask(&mut identity(&[config]), &signer.token(&claims_with(&changes)), NOW);
    asked.map(|principal| principal.owners)
}

#[test]
fn owners_are_what_the_named_claims_say() {
    for (claims, changes, expected) in [
        (&["owner"][..], json!({"owner": "Ann"}), &["ann"][..]),
        (&["owner"], json!({"owner": ["Bob", "ann", " BOB "]}), &["ann", "bob"]),
        (&["owner", "act.sub"], json!({"owner": "ann", "act": {"sub": "Carl"}}), &["ann", "carl"]),
        (&["act.act.email"], json!({"act": {"act": {"email": "d@x.example"}}}), &["d@x.example"]),
        (&["owner"], json!({"owner": "ÄRZTIN"}), &["ärztin"]),
        // Nobody is named.
        (&[], json!({"owner": "ann"}), &[]),
        (&["owner"], json!({}), &[]),
        (&["owner"], json!({"owner": "  "}), &[]),
        (&["act.sub"], json!({"sub": "alice"}), &[]),
        (&["act.owner.name"], json!({"act": {}}), &[]),
    ] {
        assert_eq!(owners(claims, changes.clone()).unwrap(), expected, "{claims:?} {changes}");
    }
}

/// URLs are names of claims, too.
#[test]
fn a_name_with_dots_comes_before_a_path() {
    let url = "https://x.example/owner";
    assert_eq!(owners(&[url], json!({url: "ann"})).unwrap(), ["ann"]);
    let both = json!({"act.sub": "literal", "act": {"sub": "path"}});
    assert_eq!(owners(&["act.sub"], both).unwrap(), ["literal"]);
}

#[test]
fn what_could_be_anybodys_refuses_the_token() {
    for (claims, changes) in [
        (&["owner"][..], json!({"owner": 7})),
        (&["owner"], json!({"owner": true})),
        (&["owner"], json!({"owner": {"name": "ann"}})),
        (&["owner"], json!({"owner": ["ann", 7]})),
        (&["act.sub"], json!({"act": "ann"})),
        (&["act.sub.name"], json!({"act": {"sub": "ann"}})),
    ] {
        let refusal = owners(claims, changes.clone());
        assert_eq!(refusal, Err("token has a claim of the wrong type"), "{changes}");
    }
    let control = owners(&["owner"], json!({"owner": "ann\u{1b}[2J"}));
    assert_eq!(control, Err("token has a name with control characters"));
    let many: Vec<String> = (0..17).map(|number| format!("o{number}")).collect();
    assert_eq!(owners(&["owner"], json!({"owner": many})), Err("token names too many owners"));
}

#[test]
fn an_e_mail_that_is_not_verified_names_nobody() {
    let of = |more: Value| owners(&["email"], merge(json!({"email": "Ann@x.example"}), &more));
    for fine in [json!({}), json!({"email_verified": true}), json!({"email_verified": "true"})] {
        assert_eq!(of(fine).unwrap(), ["ann@x.example"]);
    }
    let unverified = Err("token names an owner by an unverified e-mail");
    for wrong in [json!(false), json!("false"), json!(0), json!("TRUE"), json!([true])] {
        assert_eq!(of(json!({"email_verified": wrong})), unverified, "{wrong}");
    }
    // It speaks of the address beside it, and of nothing where there is none.
    let acted = |verified: bool| {
        let act = json!({"email": "a@x.example", "email_verified": verified});
        owners(&["act.email"], json!({"act": act, "email_verified": !verified}))
    };
    assert_eq!(acted(true).unwrap(), ["a@x.example"]);
    assert_eq!(acted(false), unverified);
    assert!(owners(&["email"], json!({"email_verified": false})).unwrap().is_empty());
    // Whatever stands before it in the claim's own name.
    for claim in ["act.email", "https://x.example/email"] {
        let of = |more: Value| owners(&[claim], merge(json!({claim: "a@x.example"}), &more));
        assert_eq!(of(json!({"email_verified": false})), unverified, "{claim}");
        assert_eq!(of(json!({})).unwrap(), ["a@x.example"]);
    }
}

#[test]
fn a_claim_has_a_name() {
    let config =
        merge(inline(&[Signer::named("a").jwk()]), &json!({"owner_claims": ["owner", ""]}));
    let error = load(json!({"issuers": [config]})).err().unwrap();
    assert!(error.0.contains("`owner_claims`"), "{error}");
}
