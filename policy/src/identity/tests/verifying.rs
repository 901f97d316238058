use super::*;

#[test]
fn a_good_token_names_its_principal() {
    let signer = Signer::named("a");
    let mut identity = identity(&[inline(&[signer.jwk()])]);
    let token = signer.token(&claims_with(&json!({"groups": ["dba"], "azp": "agent-7"})));
    let expected = Principal {
        issuer: ISSUER.to_owned(),
        subject: "alice".to_owned(),
        groups: vec!["dba".to_owned()],
        agent: Some("agent-7".to_owned()),
        owners: Vec::new(),
        scopes: Vec::new(),
    };
    assert_eq!(ask(&mut identity, &token, NOW), Ok(expected.clone()));
    assert_eq!(ask(&mut identity, &token, NOW), Ok(expected));
    assert_eq!(identity.cache.len(), 1);
}

#[test]
fn scopes_are_read_however_the_issuer_writes_them() {
    let signer = Signer::named("a");
    let mut identity = identity(&[inline(&[signer.jwk()])]);
    let mut scopes = |more: Value| {
        let token = signer.token(&claims_with(&more));
        ask(&mut identity, &token, NOW).map(|principal| principal.scopes.join(" "))
    };
    assert_eq!(
        scopes(json!({"scope": "orders.read  orders.write"})).as_deref(),
        Ok("orders.read orders.write")
    );
    assert_eq!(scopes(json!({"scp": "a b"})).as_deref(), Ok("a b"));
    assert_eq!(scopes(json!({"scp": ["a", "b"], "scope": "c"})).as_deref(), Ok("c a b"));
    assert_eq!(scopes(json!({"scope": ""})).as_deref(), Ok(""));
    assert!(scopes(json!({"scope": 7})).is_err() && scopes(json!({"scp": [7]})).is_err());
    assert!(scopes(json!({"scope": "a\nb"})).is_err());
}

#[test]
fn the_same_subject_of_two_issuers_is_two_principals() {
    let (here, there) = (Signer::named("a"), Signer::named("a"));
    let other = merge(inline(&[there.jwk()]), &json!({"issuer": "https://other.example"}));
    let mut identity = identity(&[inline(&[here.jwk()]), other]);
    let first = ask(&mut identity, &here.token(&claims()), NOW).unwrap();
    let foreign = claims_with(&json!({"iss": "https://other.example"}));
    let second = ask(&mut identity, &there.token(&foreign), NOW).unwrap();
    assert_eq!(first.subject, second.subject);
    assert_ne!(first.key(), second.key());
    // And neither issuer can speak for the other.
    assert!(ask(&mut identity, &here.token(&foreign), NOW).is_err());
    assert!(ask(&mut identity, &there.token(&claims()), NOW).is_err());
}

#[test]
fn the_leeway_is_thirty_seconds_also_for_a_cached_token() {
    let signer = Signer::named("a");
    let config = [inline(&[signer.jwk()])];
    let at = |claim: &str, time: u64| signer.token(&claims_with(&json!({claim: time})));
    let fresh = |token: &str| ask(&mut identity(&config), token, NOW);
    assert!(fresh(&at("exp", NOW - 29)).is_ok());
    assert_eq!(fresh(&at("exp", NOW - 30)), Err("token expired"));
    assert_eq!(fresh(&at("exp", NOW - 31)), Err("token expired"));
    assert!(fresh(&at("nbf", NOW + 29)).is_ok());
    assert_eq!(fresh(&at("nbf", NOW + 31)), Err("token is not valid yet"));
    assert_eq!(fresh(&at("iat", NOW + 31)), Err("token is not valid yet"));

    let mut identity = identity(&config);
    let token = at("exp", NOW + 100);
    assert!(ask(&mut identity, &token, NOW).is_ok());
    assert!(ask(&mut identity, &token, NOW + 129).is_ok());
    assert_eq!(ask(&mut identity, &token, NOW + 131), Err("token expired"));
    assert_eq!(identity.cache.len(), 0);
    assert_eq!(ask(&mut identity, &token, NOW + 131), Err("token expired"));
    assert!(ask(&mut identity, &token, NOW - 31).is_err());
}

#[test]
fn the_leeway_can_be_none_and_at_most_two_minutes() {
    let signer = Signer::named("a");
    let config =
        |leeway: u64| json!({"leeway_seconds": leeway, "issuers": [inline(&[signer.jwk()])]});
    let expired = |ago: u64| signer.token(&claims_with(&json!({"exp": NOW - ago})));
    assert!(ask(&mut load(config(0)).unwrap(), &expired(0), NOW).is_err());
    assert!(ask(&mut load(config(120)).unwrap(), &expired(119), NOW).is_ok());
    assert!(ask(&mut load(config(120)).unwrap(), &expired(120), NOW).is_err());
    assert!(load(config(121)).is_err());
}

#[test]
fn what_one_configuration_accepted_is_nothing_to_another() {
    let signer = Signer::named("a");
    let ours = inline(&[signer.jwk()]);
    let theirs = merge(ours.clone(), &json!({"audiences": ["billing"]}));
    let (mut ours, mut theirs) = (identity(&[ours]), identity(&[theirs]));
    let token = signer.token(&claims());
    assert!(ask(&mut ours, &token, NOW).is_ok());
    // Even on the very same store, the key differs.
    let key = ours.cache.key(&token);
    let verified = ours.cache.get(&key).unwrap().clone();
    theirs.cache.insert(key, verified);
    assert_eq!(ask(&mut theirs, &token, NOW), Err("token is for another audience"));
}

#[test]
fn the_cache_is_bounded_and_keeps_what_is_used() {
    let signer = Signer::named("a");
    let mut identity = identity(&[inline(&[signer.jwk()])]);
    let token = signer.token(&claims());
    ask(&mut identity, &token, NOW).unwrap();
    let key = identity.cache.key(&token);
    let verified = identity.cache.get(&key).unwrap().clone();
    for number in 0..5_000_u32 {
        let key = identity.cache.key(&number.to_string());
        identity.cache.insert(key, verified.clone());
        assert!(identity.cache.get(&key).is_some());
    }
    assert!(identity.cache.len() <= 1024, "{}", identity.cache.len());
}

#[test]
fn a_certificate_stands_in_where_there_is_no_token() {
    let signer = Signer::named("a");
    let config = |mtls: bool| json!({"mtls": mtls, "issuers": [inline(&[signer.jwk()])]});
    let uri = Some("spiffe://td/ns/shop/sa/agent");
    let mut on = load(config(true)).unwrap();
    let agent = on.verify(&[], peer(uri), NOW).unwrap();
    assert_eq!(agent.key(), ("spiffe://td", "spiffe://td/ns/shop/sa/agent"));
    // A token that is there has to hold; the certificate does not make up for it.
    assert!(on.verify(&[b"Bearer nonsense"], peer(uri), NOW).is_err());
    assert!(on.verify(&[b""], peer(uri), NOW).is_err());
    let token = format!("Bearer {}", signer.token(&claims()));
    assert_eq!(on.verify(&[token.as_bytes()], peer(uri), NOW).unwrap().subject, "alice");

    for (identity, uri) in [
        (&mut load(config(false)).unwrap(), uri),
        (&mut on, None),
        (&mut load(config(true)).unwrap(), Some("")),
        (&mut load(config(true)).unwrap(), Some("https://td/agent")),
    ] {
        let refusal = identity.verify(&[], peer(uri), NOW).unwrap_err();
        assert_eq!(refusal.www_authenticate(), "Bearer");
    }
    assert!(load(json!({"mtls": true})).is_ok());
}

#[test]
fn a_configuration_that_protects_nothing_is_refused() {
    let good = inline(&[Signer::named("a").jwk()]);
    let with = |changes: Value| load(json!({"issuers": [merge(good.clone(), &changes)]}));
    assert!(with(json!({})).is_ok());
    for changes in [
        json!({"issuer": ""}),
        json!({"audiences": []}),
        json!({"audiences": [""]}),
        json!({"algorithms": []}),
        json!({"groups_claim": ""}),
        json!({"typ": []}),
        json!({"typ": ["at+jwt", "application/Gatehouse-grant+jwt"]}),
        json!({"keys": {"inline": {"jwks": {}}}}),
        json!({"keys": {"cluster": {"cluster": "", "authority": "a", "path": "/"}}}),
        json!({"keys": {"cluster": {"cluster": "c", "authority": "a", "path": "jwks"}}}),
        json!({"keys": {"cluster": {"cluster": "c", "authority": "a", "path": "/",
            "refresh_seconds": 0}}}),
    ] {
        assert!(with(changes.clone()).is_err(), "{changes}");
    }
    assert!(load(json!({"issuers": []})).is_err());
    assert!(load(json!({"issuers": [good.clone(), good.clone()]})).is_err());
    for algorithm in ["none", "HS256", "HS384", "HS512", "rs256", ""] {
        let config = merge(good.clone(), &json!({"algorithms": [algorithm]}));
        assert!(serde_json::from_value::<IssuerConfig>(config).is_err(), "{algorithm}");
    }
    let misspelt = merge(good, &json!({"audience": ["x"]}));
    assert!(serde_json::from_value::<IssuerConfig>(misspelt).is_err());
}

fn peer(uri_san: Option<&str>) -> Peer<'_> {
    Peer { uri_san, ..Peer::default() }
}
