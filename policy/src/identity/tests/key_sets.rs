use super::*;

fn loaded(keys: &[Value]) -> Result<(), String> {
    load(json!({"issuers": [inline(keys)]})).map(|_| ()).map_err(|error| error.0)
}

fn ed25519() -> Value {
    Signer::named("a").jwk()
}

#[test]
fn keys_for_something_else_are_left_out() {
    let encryption = json!({"use": "enc", "kid": "e"});
    for changes in [
        encryption,
        json!({"key_ops": ["sign"]}),
        json!({"key_ops": "verify"}),
        json!({"kty": "AKP"}),
        json!({"kty": "oct"}),
        json!({"crv": "X25519"}),
        json!({"crv": "P-256"}),
        json!({"alg": "ES256"}),
        json!({"alg": 7}),
        json!({"x": "AAAA"}),
        json!({"x": null}),
        json!({"kid": 7}),
    ] {
        let unusable = merge(ed25519(), &changes);
        let error = loaded(std::slice::from_ref(&unusable)).unwrap_err();
        assert!(error.contains("no usable key") && error.contains(ISSUER), "{error}");
        let signer = Signer::named("good");
        let mut identity = identity(&[inline(&[unusable, signer.jwk()])]);
        assert!(ask(&mut identity, &signer.token(&claims()), NOW).is_ok(), "{changes}");
    }
}

#[test]
fn certificates_beside_the_key_do_not_hurt() {
    let signer = Signer::named("a");
    let long = json!({"x5c": ["A".repeat(20_000)], "x5t": "abc", "key_ops": ["verify"]});
    let mut identity = identity(&[inline(&[merge(signer.jwk(), &long)])]);
    assert!(ask(&mut identity, &signer.token(&claims()), NOW).is_ok());
}

#[test]
fn weak_rsa_keys_are_refused() {
    let mut modulus = vec![0xff; 128];
    for (length, weak) in [(128, true), (255, true), (256, false)] {
        modulus.resize(length, 0xff);
        let n = URL_SAFE_NO_PAD.encode(&modulus);
        let result = loaded(&[json!({"kty": "RSA", "kid": "w", "n": n, "e": "AQAB"})]);
        match result {
            Err(error) => assert!(weak && error.contains("below 2048 bits"), "{length}: {error}"),
            Ok(()) => assert!(!weak, "{length}"),
        }
    }
    // 2047 bits: as many digits as a strong one.
    modulus[0] = 0x7f;
    let n = URL_SAFE_NO_PAD.encode(&modulus);
    assert!(loaded(&[json!({"kty": "RSA", "n": n, "e": "AQAB"})]).is_err());
    assert!(loaded(&[merge(rsa_jwk(), &json!({"e": "Aw"}))]).is_err());
}

#[test]
fn a_private_member_refuses_the_whole_set() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"] {
        let secret = "c2VjcmV0";
        let leaked = merge(ed25519(), &json!({"kid": "leaked", member: secret}));
        let error = loaded(&[Signer::named("b").jwk(), leaked]).unwrap_err();
        assert!(error.contains("`leaked`") && error.contains("private"), "{error}");
        assert!(!error.contains(secret), "{error}");
    }
}

#[test]
fn names_from_outside_cannot_write_the_log() {
    let kid = format!("\n[error] forged {}", "x".repeat(500));
    let error = loaded(&[merge(ed25519(), &json!({"kid": kid, "use": "enc"}))]).unwrap_err();
    assert!(!error.contains('\n') && error.len() < 300, "{error}");
}

#[test]
fn two_keys_of_one_name_are_refused_unless_equal() {
    let (first, second) = (ed25519(), ed25519());
    assert!(loaded(&[first.clone(), second]).is_err());
    assert!(loaded(&[first.clone(), first]).is_ok());
}

#[test]
fn sets_that_are_none_are_refused() {
    let too_many: Vec<Value> = (0..129).map(|_| ed25519()).collect();
    assert!(loaded(&too_many).is_err());
    assert!(loaded(&[]).is_err());
    assert!(loaded(&[json!("key")]).is_err());
    let mut identity = identity(&[remote(300)]);
    let twice = br#"{"keys":[],"keys":[]}"#;
    let long = vec![b' '; 300 * 1024];
    for body in [&b""[..], b"null", b"{}", b"\xff", b"<html>", br#"{"keys":{}}"#, twice, &long] {
        let error = identity.on_keys(0, 200, body, NOW).unwrap_err();
        assert!(error.0.contains(ISSUER), "{error}");
    }
    assert!(identity.on_keys(1, 200, b"", NOW).is_err());
}
