/*! Tokens that prove nothing: 401 each, and not a byte at the upstream. */

use integration::issuer::{Issuer, encode, now, parts};
use integration::shared::{Case, case};
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Response, Upstream};
use serde_json::json;

fn local(case: &Case) -> Issuer {
    Issuer::local(&case.gateway.data, &case.token)
}

fn with(case: &Case, authorization: &str) -> Response {
    Call::get(case.path("x")).header("authorization", authorization).send(case.gateway)
}

#[track_caller]
fn refused(case: &Case, what: &str, response: Response) {
    assert_eq!(response.status, 401, "{what}: {}", response.text());
    let challenge = response.header("www-authenticate").unwrap_or_default();
    assert!(challenge.starts_with("Bearer"), "{what}: {challenge}");
    let record = case.gateway.record_of(&response.reference().unwrap());
    assert_eq!(record.reason(), "unauthenticated", "{what}");
    assert!(record.record["verdict"]["detail"].is_string(), "{what}: the operator is told why");
    case.assert_untouched();
}

#[test]
fn an_honest_token_of_the_same_key_passes() {
    let case = case();
    let token = local(&case).token("robot");
    with(&case, &format!("Bearer {token}")).expect(200);
    assert_eq!(case.record("x").record["principal"]["subject"], "robot");
}

#[test]
fn claims_that_do_not_hold() {
    let case = case();
    let issuer = local(&case);
    let now = now();
    for (what, token) in [
        ("expired by 31 s", issuer.token_with("a", |claims| claims["exp"] = json!(now - 31))),
        (
            "without exp",
            issuer.token_with("a", |claims| {
                claims.as_object_mut().unwrap().remove("exp");
            }),
        ),
        ("exp as text", issuer.token_with("a", |claims| claims["exp"] = json!("never"))),
        (
            "without iss",
            issuer.token_with("a", |claims| {
                claims.as_object_mut().unwrap().remove("iss");
            }),
        ),
        ("wrong issuer", issuer.token_with("a", |c| c["iss"] = json!("https://other.test"))),
        ("wrong audience", issuer.token_with("a", |claims| claims["aud"] = json!("elsewhere"))),
        (
            "without audience",
            issuer.token_with("a", |claims| {
                claims.as_object_mut().unwrap().remove("aud");
            }),
        ),
        (
            "without sub",
            issuer.token_with("a", |claims| {
                claims.as_object_mut().unwrap().remove("sub");
            }),
        ),
    ] {
        refused(&case, what, with(&case, &format!("Bearer {token}")));
    }
}

/// One second past the skew. Such a token gets good as the clock goes on, so only an answer within
/// the second of its minting counts.
#[test]
fn a_token_that_is_not_valid_yet() {
    until("an answer within one second", SOON, || {
        let case = case();
        let minted = now();
        let token = local(&case).token_with("a", |claims| claims["nbf"] = json!(minted + 31));
        let response = with(&case, &format!("Bearer {token}"));
        (now() == minted).then(|| refused(&case, "not valid for 31 s", response))
    });
}

/// Within the skew both ways; the limits themselves are the core's tests, without a clock.
#[test]
fn a_small_skew_is_forgiven() {
    let case = case();
    let issuer = local(&case);
    let now = now();
    for token in [
        issuer.token_with("a", |claims| claims["exp"] = json!(now - 10)),
        issuer.token_with("a", |claims| claims["nbf"] = json!(now + 20)),
    ] {
        with(&case, &format!("Bearer {token}")).expect(200);
    }
}

#[test]
fn signatures_that_do_not_hold() {
    let case = case();
    let issuer = local(&case);
    let stranger = Issuer::new(&issuer.name, &issuer.kid);
    let good = issuer.token("a");
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let other_claims = encode(issuer.claims("admin").to_string().as_bytes());
    let header = good.split('.').next().unwrap();
    let claims = issuer.claims("a");
    let with_alg = |alg: &str| {
        let mut header = issuer.header();
        header["alg"] = json!(alg);
        issuer.sign(&header, &claims)
    };
    let unsigned = |alg: &str| {
        let header = json!({ "alg": alg, "typ": "at+jwt", "kid": issuer.kid });
        let part = |value: &serde_json::Value| encode(value.to_string().as_bytes());
        format!("{}.{}.", part(&header), part(&claims))
    };
    for (what, token) in [
        ("wrong key", stranger.token("a")),
        ("unknown kid", Issuer::new(&issuer.name, "nobody").token("a")),
        ("alg swapped to ES256", with_alg("ES256")),
        ("alg swapped to RS256", with_alg("RS256")),
        ("alg swapped to HS256", with_alg("HS256")),
        ("alg none", unsigned("none")),
        ("alg None", unsigned("None")),
        ("no signature", format!("{signed}.")),
        ("two parts", signed.to_owned()),
        ("truncated", good[..good.len() - 5].to_owned()),
        ("other claims", format!("{header}.{other_claims}.{signature}")),
        ("five parts", format!("{good}.a.b")),
        ("empty", String::new()),
        ("padding", format!("{good}=")),
    ] {
        refused(&case, what, with(&case, &format!("Bearer {token}")));
    }
}

#[test]
fn types_of_other_purposes() {
    let case = case();
    let issuer = local(&case);
    for typ in ["JWT", "gatehouse-grant+jwt", "gatehouse-bundle+jws", "dpop+jwt"] {
        let header = json!({ "alg": "EdDSA", "typ": typ, "kid": issuer.kid });
        let token = issuer.sign(&header, &issuer.claims("a"));
        refused(&case, typ, with(&case, &format!("Bearer {token}")));
    }
}

/// The service's own signatures, over what it signs and over an agent's claims, prove no caller.
#[test]
fn grants_and_receipts_of_the_running_service() {
    let case = case();
    let issuer = local(&case);
    let now = now();
    for (file, typ, claims) in [
        (
            "grant.pem",
            "gatehouse-grant+jwt",
            json!({ "jti": "h1", "iat": now, "exp": now + 600, "digest": "d", "rules": ["r"],
                "revision": "r", "approvals": [{ "approver": "dana", "groups": [] }] }),
        ),
        (
            "receipt.pem",
            "gatehouse-receipt+jwt",
            json!({ "jti": "h1", "iat": now, "exp": now + 60, "digest": "d", "exchange": "x_1",
                "redeem_nonce": "n_1" }),
        ),
    ] {
        let service = issuer.with_key_of(&case.gateway.data, file);
        assert_ne!(service.jwk()["x"], issuer.jwk()["x"]);
        let bare = json!({ "alg": "EdDSA", "typ": typ });
        let named = json!({ "alg": "EdDSA", "typ": typ, "kid": issuer.kid });
        let honest = issuer.claims("a");
        for (what, token) in [
            ("as the service signs it", service.sign(&bare, &claims)),
            ("under the issuer's key name", service.sign(&named, &claims)),
            ("with an agent's claims", service.sign(&named, &honest)),
            ("called an access token", service.sign(&issuer.header(), &honest)),
            // The right key does not make a token of it either.
            ("signed by the issuer", issuer.sign(&named, &honest)),
        ] {
            let response = with(&case, &format!("Bearer {token}"));
            refused(&case, &format!("{file} {what}"), response);
        }
    }
    with(&case, &format!("Bearer {}", issuer.token("a"))).expect(200);
}

#[test]
fn an_authorization_that_is_not_one_bearer_token() {
    let case = case();
    let token = &case.token;
    for (what, value) in [
        ("basic", "Basic YTpi".to_owned()),
        ("no scheme", token.clone()),
        ("two spaces", format!("Bearer  {token}")),
        ("a tab", format!("Bearer\t{token}")),
        ("two tokens", format!("Bearer {token}, Bearer {token}")),
        ("a comma", format!("Bearer {token},")),
        ("trailing word", format!("Bearer {token} x")),
        ("17 kB", format!("Bearer {}", "a".repeat(17 * 1024))),
    ] {
        refused(&case, what, with(&case, &value));
    }
    let twice = Call::get(case.path("x")).token(token).token(token).send(case.gateway);
    refused(&case, "two headers", twice);
}

/// The token of one local gateway says nothing at another.
#[test]
fn tokens_of_another_gateway() {
    let case = case();
    let upstream = Upstream::start();
    let other = Gateway::start(&upstream);
    let token = other.token("robot");
    Call::get("/x").token(&token).send(&other).expect(200);
    refused(&case, "another gateway's", with(&case, &format!("Bearer {token}")));
    let (header, claims) = parts(&token);
    assert_eq!(header["alg"], "EdDSA");
    assert_eq!(claims["iss"], other.issuer());
}
