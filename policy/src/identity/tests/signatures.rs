use super::*;

#[test]
fn another_key_of_the_same_name_is_refused() {
    let (trusted, other) = (Signer::named("a"), Signer::named("a"));
    let mut identity = identity(&[inline(&[trusted.jwk()])]);
    let refusal = ask(&mut identity, &other.token(&claims()), NOW);
    assert_eq!(refusal, Err("token signature does not hold"));
    assert_eq!(identity.cache.len(), 0);
}

#[test]
fn only_the_named_key_is_tried() {
    let (first, second) = (Signer::named("a"), Signer::named("b"));
    let mut identity = identity(&[inline(&[first.jwk(), second.jwk()])]);
    let misnamed = first.sign(&second.header(), &claims());
    assert_eq!(ask(&mut identity, &misnamed, NOW), Err("token signature does not hold"));
    assert!(ask(&mut identity, &first.token(&claims()), NOW).is_ok());
}

#[test]
fn claims_or_header_of_another_token_are_refused() {
    let signer = Signer::named("a");
    let mut identity = identity(&[inline(&[signer.jwk()])]);
    let (ours, theirs) =
        (signer.token(&claims()), signer.token(&claims_with(&json!({"sub": "root"}))));
    let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (ours, theirs) = (parts(&ours), parts(&theirs));
    let mixed = format!("{}.{}.{}", ours[0], theirs[1], ours[2]);
    assert_eq!(ask(&mut identity, &mixed, NOW), Err("token signature does not hold"));
}

#[test]
fn a_token_without_a_name_needs_exactly_one_key() {
    let (first, second) = (Signer::named("a"), Signer::named("b"));
    let unnamed = first.sign(&json!({"alg": "EdDSA"}), &claims());
    let es256 = serde_json::from_str(&ES256KeyPair::generate().public_key().to_jwk()).unwrap();
    let mut one = identity(&[inline(&[first.jwk(), es256])]);
    assert!(ask(&mut one, &unnamed, NOW).is_ok());
    let mut two = identity(&[inline(&[first.jwk(), second.jwk()])]);
    let detail = "token names no key, and not exactly one would fit";
    assert_eq!(ask(&mut two, &unnamed, NOW), Err(detail));
}

#[test]
fn a_key_without_a_name_serves_tokens_without_one() {
    let signer = Signer { pair: Ed25519KeyPair::generate(), kid: None };
    let mut identity = identity(&[inline(&[signer.jwk()])]);
    assert!(ask(&mut identity, &signer.token(&claims()), NOW).is_ok());
    let named = signer.sign(&json!({"alg": "EdDSA", "kid": "x"}), &claims());
    assert_eq!(ask(&mut identity, &named, NOW), Err("token is of an unknown key"));
}

#[test]
fn every_algorithm_verifies_with_its_own_key_only() {
    let der = rsa().to_der().unwrap();
    let mut signed: Vec<(&str, Value, String)> = Vec::new();
    macro_rules! add {
        ($name:literal, $pair:expr) => {
            let pair = $pair.with_key_id($name);
            let jwk = serde_json::from_str(&pair.public_key().to_jwk()).unwrap();
            signed.push(($name, jwk, pair.sign(library_claims()).unwrap()));
        };
    }
    add!("RS256", RS256KeyPair::from_der(&der).unwrap());
    add!("RS384", RS384KeyPair::from_der(&der).unwrap());
    add!("RS512", RS512KeyPair::from_der(&der).unwrap());
    add!("PS256", PS256KeyPair::from_der(&der).unwrap());
    add!("PS384", PS384KeyPair::from_der(&der).unwrap());
    add!("PS512", PS512KeyPair::from_der(&der).unwrap());
    add!("ES256", ES256KeyPair::generate());
    add!("ES384", ES384KeyPair::generate());
    add!("EdDSA", Ed25519KeyPair::generate());
    assert_eq!(signed.len(), Algorithm::ALL.len());

    let defaults = ["RS256", "ES256", "EdDSA"];
    for (name, jwk, token) in &signed {
        let listed = merge(inline(std::slice::from_ref(jwk)), &json!({"algorithms": [name]}));
        assert!(ask(&mut identity(&[listed]), token, NOW).is_ok(), "{name}");
        // Where it is not listed neither the key nor the token counts.
        let taken = load(json!({"issuers": [inline(std::slice::from_ref(jwk))]}));
        assert_eq!(taken.is_ok(), defaults.contains(name), "{name}");
        if let Ok(mut identity) = taken {
            for (other, _, token) in &signed {
                assert_eq!(ask(&mut identity, token, NOW).is_ok(), other == name, "{other}");
            }
        }
    }
}

#[test]
fn the_key_settles_the_algorithm() {
    // A key that names none, as some issuers publish it: the first of the list that fits.
    let bare = merge(rsa_jwk(), &json!({"alg": null}));
    let list = |algorithms: Value| {
        merge(inline(std::slice::from_ref(&bare)), &json!({"algorithms": algorithms}))
    };
    let pss = PS256KeyPair::from_der(&rsa().to_der().unwrap()).unwrap().with_key_id("rsa");
    let (rs, ps) = (rsa().sign(library_claims()).unwrap(), pss.sign(library_claims()).unwrap());

    let mut first = identity(&[list(json!(["RS256", "PS256"]))]);
    assert!(ask(&mut first, &rs, NOW).is_ok());
    assert_eq!(ask(&mut first, &ps, NOW), Err("token algorithm is not the key's"));
    let mut second = identity(&[list(json!(["PS256", "RS256"]))]);
    assert!(ask(&mut second, &ps, NOW).is_ok());
    assert_eq!(ask(&mut second, &rs, NOW), Err("token algorithm is not the key's"));
}

#[test]
fn a_swapped_algorithm_is_refused() {
    let mut identity = identity(&[inline(&[rsa_jwk()])]);
    let public = rsa().public_key();
    for secret in [public.to_der().unwrap(), public.to_pem().unwrap().into_bytes()] {
        let forged = HS256Key::from_bytes(&secret).with_key_id("rsa");
        let token = forged.authenticate(library_claims()).unwrap();
        assert_eq!(ask(&mut identity, &token, NOW), Err("token algorithm is not allowed"));
    }
    let ec = ES256KeyPair::generate().with_key_id("rsa").sign(library_claims()).unwrap();
    assert_eq!(ask(&mut identity, &ec, NOW), Err("token algorithm is not the key's"));
    // The header says RS256, the signature is of another kind.
    let signer = Signer::named("rsa");
    let token = signer.sign(&json!({"alg": "RS256", "kid": "rsa"}), &claims());
    assert_eq!(ask(&mut identity, &token, NOW), Err("token signature does not hold"));
    assert!(ask(&mut identity, &rsa().sign(library_claims()).unwrap(), NOW).is_ok());
}

#[test]
fn a_key_in_the_header_is_not_believed() {
    let (trusted, own) = (Signer::named("a"), Signer::named("a"));
    let mut identity = identity(&[inline(&[trusted.jwk()])]);
    for header in [
        json!({"jwk": own.jwk()}),
        json!({"jwk": own.jwk().to_string()}),
        json!({"jku": "https://evil.example/jwks"}),
    ] {
        let token = own.sign(&merge(own.header(), &header), &claims());
        assert_eq!(ask(&mut identity, &token, NOW), Err("token signature does not hold"));
    }
}
