/*!
Signatures of compiled bundles. One is a JWT over the bundle's revision and serial, as OPA signs its
bundles, kept beside the file: several people may sign without touching what they sign. It has a
`typ` of its own, and the key alone says by which algorithm.

A signature does not expire, since it says what was reviewed and not for how long it is right; that
is what the bundle's own `not_after` is for.
*/

mod reach;

use jwt_simple::prelude::*;
use serde::{Deserialize, Serialize};

use super::parts::PartDigests;
use super::{Bundle, LoadError};
pub use reach::{Vouched, follow};

pub const BUNDLE_TYPE: &str = "gatehouse-bundle+jwt";

/// Bytes of one signature: room for the digests of more than a hundred sections.
const MAX_TOKEN: usize = 16 * 1024;

/// What is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    pub revision: String,
    pub serial: u64,
    /// Of a signed rollback: the highest serial that gateways have seen, which this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<u64>,
    /// Of a bundle with sections: what the signer vouches for part by part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<PartDigests>,
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
    /// The sections whose rules the owner may sign; absent: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sections: Option<Vec<String>>,
}

impl SignersConfig {
    fn default_required() -> usize {
        1
    }
}

pub struct Signers {
    keys: Vec<Signer>,
    required: usize,
}

struct Signer {
    name: String,
    key: Key,
    sections: Option<Vec<String>>,
}

/// What signers said, each by the place in their list: all statements whose signature is good.
#[derive(Debug, Default)]
pub struct Said(Vec<(usize, Statement)>);

impl Said {
    fn by(&self, signer: usize) -> impl Iterator<Item = &Statement> {
        self.0.iter().filter(move |(by, _)| *by == signer).map(|(_, statement)| statement)
    }
}

impl Signer {
    /// `None`: what is meant for all routes.
    fn may_sign(&self, part: Option<&str>) -> bool {
        let own =
            |sections: &Vec<String>| part.is_some_and(|part| sections.iter().any(|s| s == part));
        self.sections.as_ref().is_none_or(own)
    }
}

enum Key {
    Ed25519(Ed25519PublicKey),
    Es256(ES256PublicKey),
}

impl Signers {
    pub fn new(config: SignersConfig) -> Result<Self, LoadError> {
        let mut keys: Vec<Signer> = Vec::new();
        for SignerConfig { name, key, sections } in config.keys {
            let read = Key::read(&key).ok_or_else(|| {
                LoadError(format!(
                    "the key of the signer `{name}` is no Ed25519 or P-256 key in PEM"
                ))
            })?;
            // Two names for one key would be two signatures by one person.
            if keys.iter().any(|other| other.name == name || other.key.same(&read)) {
                return Err(LoadError(format!("the signer `{name}` or its key is there twice")));
            }
            if sections.as_ref().is_some_and(Vec::is_empty) {
                return Err(LoadError(format!(
                    "the signer `{name}` may sign no section: name one"
                )));
            }
            keys.push(Signer { name, key: read, sections });
        }
        let unlimited = keys.iter().filter(|signer| signer.sections.is_none()).count();
        if !(1..=keys.len()).contains(&config.required) {
            return Err(LoadError(format!(
                "{} signatures are required of {} signers",
                config.required,
                keys.len()
            )));
        }
        if unlimited < config.required {
            return Err(LoadError(format!(
                "{} signatures are required, and {unlimited} of the signers may sign what is meant for all routes: no bundle could be taken",
                config.required
            )));
        }
        Ok(Self { keys, required: config.required })
    }

    /// All that the signatures say. This is where the work is.
    pub fn hear(&self, signatures: &[String]) -> Said {
        let heard = self.keys.iter().enumerate().flat_map(|(index, signer)| {
            let said = signatures.iter().filter_map(|one| signer.key.statement(one));
            said.map(move |statement| (index, statement))
        });
        Said(heard.collect())
    }

    /// Those who signed this very bundle; an error if they are too few.
    pub fn check(&self, said: &Said, statement: &Statement) -> Result<Signed<'_>, LoadError> {
        let about = |said: &&Statement| {
            said.revision == statement.revision && said.serial == statement.serial
        };
        let mut by: Vec<(&str, Vec<u64>)> = Vec::new();
        for (index, signer) in self.keys.iter().enumerate() {
            let mut said = said.by(index).filter(about).peekable();
            if said.peek().is_some() {
                by.push((&signer.name, said.filter_map(|said| said.replaces).collect()));
            }
        }
        if by.len() >= self.required {
            return Ok(Signed { by, required: self.required });
        }
        Err(LoadError(format!(
            "the bundle has {} of the {} signatures it needs",
            by.len(),
            self.required
        )))
    }

    /// Whether a bundle that nothing is in force before may be taken.
    pub fn take(&self, signatures: &[String], bundle: &Bundle) -> Result<(), LoadError> {
        let said = self.hear(signatures);
        let replaced = self.check(&said, &bundle.statement())?.highest_replaced();
        let highest = bundle.serial.max(replaced.unwrap_or_default());
        self.cover(&said, bundle, highest).map(drop)
    }

    /// Verifications that `hear` of so many signatures may take; each costs some 0.5 ms of CPU.
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
            max_token_length: Some(MAX_TOKEN),
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
