/*!
Signatures of compiled bundles. One is a JWT over the bundle's revision and serial, as OPA signs its
bundles, kept beside the file: several people may sign without touching what they sign. It has a
`typ` of its own, and the key alone says by which algorithm.

A signature does not expire, since it says what was reviewed and not for how long it is right.
*/

use jwt_simple::prelude::*;
use serde::{Deserialize, Serialize};

use super::LoadError;

pub const BUNDLE_TYPE: &str = "gatehouse-bundle+jwt";

/// What is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    pub revision: String,
    pub serial: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignersConfig {
    /// Public keys in PEM, Ed25519 or P-256, by the names of their owners.
    pub keys: Vec<SignerConfig>,
    /// How many of them have to have signed.
    #[serde(default = "SignersConfig::default_required")]
    pub required: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignerConfig {
    pub name: String,
    pub key: String,
}

impl SignersConfig {
    fn default_required() -> usize {
        1
    }
}

pub struct Signers {
    keys: Vec<(String, Key)>,
    required: usize,
}

enum Key {
    Ed25519(Ed25519PublicKey),
    Es256(ES256PublicKey),
}

impl Signers {
    pub fn new(config: SignersConfig) -> Result<Self, LoadError> {
        let mut keys: Vec<(String, Key)> = Vec::new();
        for SignerConfig { name, key } in config.keys {
            let read = Key::read(&key).ok_or_else(|| {
                LoadError(format!(
                    "the key of the signer `{name}` is no Ed25519 or P-256 key in PEM"
                ))
            })?;
            // Two names for one key would be two signatures by one person.
            if keys.iter().any(|(other, known)| *other == name || known.same(&read)) {
                return Err(LoadError(format!("the signer `{name}` or its key is there twice")));
            }
            keys.push((name, read));
        }
        if !(1..=keys.len()).contains(&config.required) {
            return Err(LoadError(format!(
                "{} signatures are required of {} signers",
                config.required,
                keys.len()
            )));
        }
        Ok(Self { keys, required: config.required })
    }

    /// Names of those who signed this very bundle; an error if they are too few.
    pub fn check(
        &self,
        signatures: &[String],
        statement: &Statement,
    ) -> Result<Vec<&str>, LoadError> {
        let signed = |key: &Key| signatures.iter().any(|one| key.signed(one, statement));
        let names: Vec<&str> = self
            .keys
            .iter()
            .filter(|(_, key)| signed(key))
            .map(|(name, _)| name.as_str())
            .collect();
        if names.len() >= self.required {
            return Ok(names);
        }
        Err(LoadError(format!(
            "the bundle has {} of the {} signatures it needs",
            names.len(),
            self.required
        )))
    }
}

impl Key {
    fn read(pem: &str) -> Option<Self> {
        let ed25519 = Ed25519PublicKey::from_pem(pem).map(Self::Ed25519);
        ed25519.or_else(|_| ES256PublicKey::from_pem(pem).map(Self::Es256)).ok()
    }

    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ed25519(one), Self::Ed25519(other)) => one.to_bytes() == other.to_bytes(),
            (Self::Es256(one), Self::Es256(other)) => {
                one.public_key().to_bytes() == other.public_key().to_bytes()
            }
            _ => false,
        }
    }

    fn signed(&self, token: &str, statement: &Statement) -> bool {
        let options = VerificationOptions {
            accept_future: true,
            artificial_time: Some(Duration::from_secs(0)),
            required_signature_type: Some(BUNDLE_TYPE.to_owned()),
            max_token_length: Some(4 * 1024),
            ..Default::default()
        };
        let claims = match self {
            Self::Ed25519(key) => key.verify_token::<Statement>(token, Some(options)),
            Self::Es256(key) => key.verify_token::<Statement>(token, Some(options)),
        };
        claims.is_ok_and(|claims| claims.custom == *statement)
    }
}

/// Host side: signs with a private key in PEM, Ed25519 or P-256. `now` is in seconds since 1970.
#[cfg(feature = "compile")]
pub fn sign(pem: &str, statement: Statement, now: u64) -> Option<String> {
    let mut claims = Claims::with_custom_claims(statement, Duration::from_secs(1));
    claims.issued_at = Some(Duration::from_secs(now));
    (claims.invalid_before, claims.expires_at) = (None, None);
    let options = HeaderOptions { signature_type: Some(BUNDLE_TYPE.into()), ..Default::default() };
    if let Ok(pair) = Ed25519KeyPair::from_pem(pem) {
        return pair.sign_with_options(claims, &options).ok();
    }
    ES256KeyPair::from_pem(pem).ok()?.sign_with_options(claims, &options).ok()
}

#[cfg(test)]
#[cfg(feature = "compile")]
mod tests;
