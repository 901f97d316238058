/*!
Signatures of compiled bundles. One is a JWT over the bundle's revision and serial, as OPA signs its
bundles, kept beside the file: several people may sign without touching what they sign. It has a
`typ` of its own, and the key alone says by which algorithm.

A signature does not expire, since it says what was reviewed and not for how long it is right; that
is what the bundle's own `not_after` is for.
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
    /// Of a signed rollback: the highest serial that gateways have seen, which this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<u64>,
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

    /// Those who signed this very bundle; an error if they are too few.
    pub fn check(
        &self,
        signatures: &[String],
        statement: &Statement,
    ) -> Result<Signed<'_>, LoadError> {
        let about = |said: &Statement| {
            said.revision == statement.revision && said.serial == statement.serial
        };
        let by: Vec<(&str, Vec<u64>)> = self
            .keys
            .iter()
            .filter_map(|(name, key)| {
                let said = signatures.iter().filter_map(|one| key.statement(one));
                let mut said = said.filter(about).peekable();
                said.peek()?;
                Some((name.as_str(), said.filter_map(|said| said.replaces).collect()))
            })
            .collect();
        if by.len() >= self.required {
            return Ok(Signed { by, required: self.required });
        }
        Err(LoadError(format!(
            "the bundle has {} of the {} signatures it needs",
            by.len(),
            self.required
        )))
    }

    /// Verifications that `check` of so many signatures may take; each costs some 0.5 ms of CPU.
    pub fn cost(&self, signatures: usize) -> usize {
        self.keys.len().saturating_mul(signatures)
    }
}

/// Who signed a bundle, and which serials each of them says it replaces.
#[derive(Debug)]
pub struct Signed<'a> {
    by: Vec<(&'a str, Vec<u64>)>,
    required: usize,
}

impl Signed<'_> {
    pub fn names(&self) -> Vec<&str> {
        self.by.iter().map(|(name, _)| *name).collect()
    }

    /// Whether as many as have to sign say that it replaces that serial.
    pub fn replaces(&self, serial: u64) -> bool {
        self.by.iter().filter(|(_, replaced)| replaced.contains(&serial)).count() >= self.required
    }

    /// The highest serial that it replaces.
    pub fn highest_replaced(&self) -> Option<u64> {
        let all = self.by.iter().flat_map(|(_, replaced)| replaced);
        all.copied().filter(|serial| self.replaces(*serial)).max()
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

    /// What the token says, if this key signed it.
    fn statement(&self, token: &str) -> Option<Statement> {
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
        claims.ok().map(|claims| claims.custom)
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
