use super::*;
use crate::grant::{GRANT_TYPE, RECEIPT_TYPE};
use proptest::prelude::{Strategy, any, prop, prop_assert, proptest};

/// An identity, its signer, and the detail with which a token is refused.
fn refused(header: &Value, claims: &Value) -> Option<&'static str> {
    let signer = Signer::named("a");
    let mut identity = identity(&[inline(&[signer.jwk()])]);
    ask(&mut identity, &signer.sign(&merge(signer.header(), header), claims), NOW).err()
}

fn refused_claims(changes: Value) -> Option<&'static str> {
    refused(&json!({}), &claims_with(&changes))
}

#[test]
fn claims_that_do_not_fit_are_refused() {
    assert_eq!(refused_claims(json!({})), None);
    for (changes, detail) in [
        (json!({"exp": NOW - 31}), "token expired"),
        (json!({"nbf": NOW + 31}), "token is not valid yet"),
        (json!({"exp": null}), "token never expires"),
        (json!({"iss": "https://other.example"}), "token is of an unknown issuer"),
        (json!({"iss": format!("{ISSUER}/")}), "token is of an unknown issuer"),
        (json!({"iss": null}), "token names no issuer"),
        (json!({"aud": "billing"}), "token is for another audience"),
        (json!({"aud": "Gatehouse"}), "token is for another audience"),
        (json!({"aud": []}), "token is for another audience"),
        (json!({"aud": null}), "token names no audience"),
        (json!({"sub": null}), "token names no subject"),
        (json!({"sub": ""}), "token names no subject"),
        (json!({"sub": "a\nb"}), "token has a name with control characters"),
        (json!({"_claim_names": {"groups": "src1"}}), "token leaves its groups out"),
    ] {
        assert_eq!(refused_claims(changes.clone()), Some(detail), "{changes}");
    }
}

#[test]
fn claims_of_the_wrong_type_are_refused() {
    for changes in [
        json!({"exp": "1900000000"}),
        json!({"exp": -1}),
        json!({"exp": [NOW + 60]}),
        json!({"nbf": "0"}),
        json!({"nbf": -1}),
        json!({"iat": true}),
        json!({"iss": [ISSUER]}),
        json!({"aud": 7}),
        json!({"aud": [AUDIENCE, 7]}),
        json!({"aud": [[AUDIENCE]]}),
        json!({"aud": {"gatehouse": true}}),
        json!({"sub": 7}),
        json!({"sub": ["alice"]}),
        json!({"groups": 7}),
        json!({"groups": ["a", 7]}),
        json!({"groups": {"a": 1}}),
        json!({"azp": 7}),
        json!({"client_id": []}),
        json!({"act": "agent"}),
        json!({"act": {"sub": 7}}),
    ] {
        let detail = Some("token has a claim of the wrong type");
        assert_eq!(refused_claims(changes.clone()), detail, "{changes}");
    }
    let signer = Signer::named("a");
    let mut identity = identity(&[inline(&[signer.jwk()])]);
    for claim in ["exp", "aud", "iss", "sub", "nbf", "iat", "groups", "azp"] {
        let mut claims = claims();
        claims[claim] = Value::Null;
        assert!(ask(&mut identity, &signer.token(&claims), NOW).is_err(), "{claim}");
    }
}

#[test]
fn times_far_away_and_fractions_are_read() {
    assert_eq!(refused_claims(json!({"exp": u64::MAX, "nbf": 0})), None);
    assert_eq!(refused_claims(json!({"exp": 1e300})), None);
    assert_eq!(refused_claims(json!({"exp": NOW as f64 - 28.5})), None);
    assert_eq!(refused_claims(json!({"nbf": u64::MAX})), Some("token is not valid yet"));
    assert_eq!(refused_claims(json!({"iat": 1e300})), Some("token is not valid yet"));
    assert_eq!(refused_claims(json!({"nbf": NOW as f64 + 30.5})), Some("token is not valid yet"));
}

#[test]
fn headers_that_do_not_fit_are_refused() {
    for (header, detail) in [
        (json!({"alg": null}), "token names no algorithm"),
        (json!({"alg": "none"}), "token algorithm is not allowed"),
        (json!({"alg": "NONE"}), "token algorithm is not allowed"),
        (json!({"alg": "HS256"}), "token algorithm is not allowed"),
        (json!({"alg": "eddsa"}), "token algorithm is not allowed"),
        (json!({"alg": "RS384"}), "token algorithm is not allowed"),
        (json!({"alg": "ES256"}), "token algorithm is not the key's"),
        (json!({"kid": "b"}), "token is of an unknown key"),
        (json!({"crit": ["b64"]}), "token has a critical header"),
        (json!({"crit": []}), "token has a critical header"),
        (json!({"kid": 7}), "token header has a member of the wrong type"),
        (json!({"alg": ["EdDSA"]}), "token header has a member of the wrong type"),
        (json!({"typ": true}), "token header has a member of the wrong type"),
    ] {
        assert_eq!(refused(&header, &claims()), Some(detail), "{header}");
    }
}

#[test]
fn only_access_tokens_are_access_tokens() {
    for typ in ["JWT", "jwt", "at+jwt", "application/at+JWT"] {
        assert_eq!(refused(&json!({"typ": typ}), &claims()), None, "{typ}");
    }
    assert_eq!(refused(&json!({"typ": null}), &claims()), None);
    let bundle = "gatehouse-bundle+jwt";
    for typ in [
        GRANT_TYPE,
        RECEIPT_TYPE,
        bundle,
        "Gatehouse-Grant+JWT",
        "application/gatehouse-x+jwt",
        "logout+jwt",
        "dpop+jwt",
        "JOSE",
        "",
    ] {
        let detail = Some("token is of another type");
        assert_eq!(refused(&json!({"typ": typ}), &claims()), detail, "{typ}");
    }
}

#[test]
fn a_configured_type_is_the_only_one() {
    let signer = Signer::named("a");
    let config = merge(inline(&[signer.jwk()]), &json!({"typ": ["at+jwt", "VND.acme"]}));
    let mut identity = identity(&[config]);
    let mut taken = |typ: Value| {
        let header = merge(signer.header(), &json!({"typ": typ}));
        ask(&mut identity, &signer.sign(&header, &claims()), NOW).is_ok()
    };
    assert!(taken(json!("AT+jwt")));
    assert!(taken(json!("vnd.acme")));
    assert!(!taken(json!("JWT")));
    assert!(!taken(Value::Null));
    assert!(!taken(json!(GRANT_TYPE)));
}

#[test]
fn a_token_is_three_parts_of_strict_json() {
    let signer = Signer::named("a");
    let mut identity = identity(&[inline(&[signer.jwk()])]);
    let (header, claims) = (signer.header().to_string(), claims().to_string());
    let good = signer.sign_text(&header, &claims);
    assert!(ask(&mut identity, &good, NOW).is_ok());

    let twice = |text: &str, member: &str| text.replacen('{', &format!("{{{member},"), 1);
    for (header, claims) in [
        (twice(&header, r#""alg":"EdDSA""#), claims.clone()),
        (twice(&header, r#""\u0061lg":"none""#), claims.clone()),
        (header.clone(), twice(&claims, r#""sub":"bob""#)),
        (header.clone(), twice(&claims, r#""\u0073ub":"bob""#)),
        (header.clone(), twice(&claims, r#""x":{"y":1,"y":2}"#)),
        (header.clone(), format!("{claims} {{}}")),
        (header.clone(), format!("\u{feff}{claims}")),
        (header.clone(), format!("[{claims}]")),
        (header.clone(), "null".to_owned()),
        (header.clone(), "[".repeat(5_000)),
        (String::new(), claims.clone()),
    ] {
        let token = signer.sign_text(&header, &claims);
        assert!(ask(&mut identity, &token, NOW).is_err(), "{header} {claims}");
    }

    let parts: Vec<&str> = good.split('.').collect();
    let (head, body, signature) = (parts[0], parts[1], parts[2]);
    for token in [
        good[..good.len() - 1].to_owned(),
        good[..good.len() - 20].to_owned(),
        format!("{good}="),
        format!("{good}.{signature}"),
        format!("{head}.{body}"),
        format!("{head}.{body}."),
        format!("{head}..{signature}"),
        format!(".{body}.{signature}"),
        format!("{head}.{}.{signature}", &body[..body.len() - 4]),
        format!("{head}={}.{body}.{signature}", "="),
        "..".to_owned(),
        "x".to_owned(),
    ] {
        assert!(ask(&mut identity, &token, NOW).is_err(), "{token}");
    }
}

#[test]
fn seventeen_kilobytes_and_two_headers_are_refused() {
    let signer = Signer::named("a");
    let mut identity = identity(&[inline(&[signer.jwk()])]);
    let sized = |bytes: usize| signer.token(&claims_with(&json!({"pad": "x".repeat(bytes)})));
    assert!(ask(&mut identity, &sized(11_000), NOW).is_ok());
    let long = sized(12_700);
    assert!(long.len() >= 17_000, "{}", long.len());
    assert_eq!(ask(&mut identity, &long, NOW), Err("authorization header is too long"));
    let value = format!("Bearer {}", signer.token(&claims()));
    assert!(identity.verify(&[value.as_bytes(), value.as_bytes()], Peer::default(), NOW).is_err());
    assert!(
        identity.verify(&[format!("{value}, {value}").as_bytes()], Peer::default(), NOW).is_err()
    );
    assert!(identity.verify(&[value.as_bytes()], Peer::default(), NOW).is_ok());
}

proptest! {
    #[test]
    fn no_bytes_are_a_token(
        value in prop::collection::vec(any::<u8>(), 0..200),
        header in ".{0,40}",
        claims in ".{0,40}",
        at in any::<prop::sample::Index>(),
        flip in (0_u8..255).prop_map(|byte| byte + 1),
    ) {
        let signer = Signer::named("a");
        let mut identity = identity(&[inline(&[signer.jwk()]), merge(remote(9), &json!({"issuer": "b"}))]);
        prop_assert!(identity.verify(&[&value], Peer::default(), NOW).is_err());
        prop_assert!(identity.on_keys(1, 200, &value, NOW).is_err());
        prop_assert!(ask(&mut identity, &signer.sign_text(&header, &claims), NOW).is_err());
        // One byte changed anywhere in a good one.
        let mut good = format!("Bearer {}", signer.token(&super::claims())).into_bytes();
        let at = at.index(good.len());
        good[at] ^= flip;
        prop_assert!(identity.verify(&[&good], Peer::default(), NOW).is_err());
    }
}
