/*! Issuers of tokens, honest ones and others: any header over any claims, signed or not. */

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_simple::prelude::{Ed25519KeyPair, EdDSAKeyPairLike};
use serde_json::{Value, json};

/// Unix seconds.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

pub fn encode(part: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

#[derive(Clone)]
pub struct Issuer {
    pub name: String,
    pub kid: String,
    pub key: Ed25519KeyPair,
}

impl Issuer {
    pub fn new(name: &str, kid: &str) -> Self {
        Self { name: name.to_owned(), kid: kid.to_owned(), key: Ed25519KeyPair::generate() }
    }

    /// The local issuer of a data folder: its key, and the `kid` and `iss` of a token it minted.
    pub fn local(data: &Path, token: &str) -> Self {
        let (header, claims) = parts(token);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let key = key_of(data, "issuer.pem");
        Self { name: text(&claims["iss"]), kid: text(&header["kid"]), key }
    }

    /// The same names with another key of the data folder.
    pub fn with_key_of(&self, data: &Path, file: &str) -> Self {
        Self { key: key_of(data, file), ..self.clone() }
    }

    /// What honest tokens of this issuer say.
    pub fn claims(&self, subject: &str) -> Value {
        let now = now();
        json!({
            "iss": self.name, "sub": subject, "aud": "gatehouse",
            "iat": now, "nbf": now, "exp": now + 600,
        })
    }

    pub fn header(&self) -> Value {
        json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": self.kid })
    }

    pub fn token(&self, subject: &str) -> String {
        self.sign(&self.header(), &self.claims(subject))
    }

    /// Honest but for what `change` does to the claims.
    pub fn token_with(&self, subject: &str, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = self.claims(subject);
        change(&mut claims);
        self.sign(&self.header(), &claims)
    }

    /// Any header and claims, signed with this issuer's key whatever the header says.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!(
            "{}.{}",
            encode(header.to_string().as_bytes()),
            encode(claims.to_string().as_bytes())
        );
        let signature = self.key.key_pair().as_ref().sk.sign(signed.as_bytes(), None);
        format!("{signed}.{}", encode(signature.as_ref()))
    }

    pub fn jwk(&self) -> Value {
        json!({
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
            "kid": self.kid, "x": encode(&self.key.public_key().to_bytes()),
        })
    }

    pub fn jwks(&self) -> Value {
        json!({ "keys": [self.jwk()] })
    }
}

fn key_of(data: &Path, file: &str) -> Ed25519KeyPair {
    let pem = std::fs::read_to_string(data.join("keys").join(file)).unwrap();
    Ed25519KeyPair::from_pem(pem.trim()).unwrap()
}

/// Header and claims of a token, unverified.
pub fn parts(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).unwrap();
        serde_json::from_slice(&bytes).unwrap_or(Value::Null)
    });
    (parts.next().unwrap(), parts.next().unwrap())
}
