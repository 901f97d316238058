/*! Tokens made by hand, so that every member of header and claims can be wrong. */

mod claims;
mod fetching;
mod key_sets;
mod owners;
mod refusals;
mod signatures;
mod verifying;

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_simple::prelude::*;
use serde_json::{Value, json};

use super::*;

pub const NOW: u64 = 1_800_000_000;
pub const ISSUER: &str = "https://issuer.example";
pub const AUDIENCE: &str = "gatehouse";

pub struct Signer {
    pub pair: Ed25519KeyPair,
    pub kid: Option<&'static str>,
}

impl Signer {
    pub fn named(kid: &'static str) -> Self {
        Self { pair: Ed25519KeyPair::generate().with_key_id(kid), kid: Some(kid) }
    }

    pub fn jwk(&self) -> Value {
        serde_json::from_str(&self.pair.public_key().to_jwk()).unwrap()
    }

    pub fn header(&self) -> Value {
        match self.kid {
            Some(kid) => json!({"alg": "EdDSA", "typ": "JWT", "kid": kid}),
            None => json!({"alg": "EdDSA", "typ": "JWT"}),
        }
    }

    /// Signs whatever it is given, JSON or not.
    pub fn sign_text(&self, header: &str, claims: &str) -> String {
        let signed =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = self.pair.key_pair().as_ref().sk.sign(&signed, None);
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    pub fn token(&self, claims: &Value) -> String {
        self.sign(&self.header(), claims)
    }
}

pub fn claims() -> Value {
    json!({"iss": ISSUER, "sub": "alice", "aud": AUDIENCE, "exp": NOW + 600, "iat": NOW})
}

/// The usual claims, some of them replaced; `null` takes one away.
pub fn claims_with(changes: &Value) -> Value {
    merge(claims(), changes)
}

pub fn merge(mut base: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            base.as_object_mut().unwrap().remove(name);
        } else {
            base[name] = value.clone();
        }
    }
    base
}

pub fn inline(keys: &[Value]) -> Value {
    json!({"issuer": ISSUER, "audiences": [AUDIENCE], "keys": {"inline": {"jwks": {"keys": keys}}}})
}

pub fn remote(refresh_seconds: u64) -> Value {
    json!({"issuer": ISSUER, "audiences": [AUDIENCE], "keys": {"cluster": {"cluster": "issuer",
        "authority": "issuer.example", "path": "/jwks", "refresh_seconds": refresh_seconds}}})
}

pub fn load(config: Value) -> Result<Identity, LoadError> {
    Identity::new(serde_json::from_value(config).unwrap())
}

pub fn identity(issuers: &[Value]) -> Identity {
    load(json!({"issuers": issuers})).unwrap()
}

pub fn key_set(signers: &[&Signer]) -> Vec<u8> {
    let keys: Vec<Value> = signers.iter().map(|signer| signer.jwk()).collect();
    json!({"keys": keys}).to_string().into_bytes()
}

pub fn ask(identity: &mut Identity, token: &str, now: u64) -> Result<Principal, &'static str> {
    let value = format!("Bearer {token}");
    identity.verify(&[value.as_bytes()], Peer::default(), now).map_err(|refusal| {
        assert_eq!(refusal.www_authenticate(), r#"Bearer error="invalid_token""#);
        refusal.detail
    })
}

/// One for all tests: making an RSA key takes seconds.
pub fn rsa() -> &'static RS256KeyPair {
    static PAIR: OnceLock<RS256KeyPair> = OnceLock::new();
    PAIR.get_or_init(|| RS256KeyPair::generate(2048).unwrap().with_key_id("rsa"))
}

pub fn rsa_jwk() -> Value {
    serde_json::from_str(&rsa().public_key().to_jwk()).unwrap()
}

/// The usual claims for the library's own signers.
pub fn library_claims() -> JWTClaims<NoCustomClaims> {
    serde_json::from_value(claims()).unwrap()
}
