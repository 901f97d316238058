/*!
Key sets of issuers (RFC 7517). Each key is usable with one algorithm, settled here and never by a
token's header: `alg` of the JWK, else the first algorithm of the issuer's list that fits the key.
*/

use serde_json::{Map, Value};

use super::algorithm::{Algorithm, Family, PublicKey};
use crate::json;

/// Larger answers are not read, in bytes.
const MAX_SET: usize = 256 * 1024;
const MAX_KEYS: usize = 128;
const MAX_DEPTH: usize = 16;
/// Below this an RSA modulus can be factored, in bits.
const MIN_RSA: usize = 2048;

/// Members that only the owner of a key may know.
const PRIVATE: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

pub(super) struct Key {
    /// Digest of algorithm, name and material: what a verified token was verified with.
    pub id: [u8; 32],
    kid: Option<String>,
    algorithm: Algorithm,
    pub material: PublicKey,
}

/// Never empty.
pub(super) struct KeySet(Vec<Key>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotFound {
    /// The set has no key of that name: it may be newer than the set.
    Kid,
    /// The named key is for another algorithm.
    Algorithm,
    /// The token names no key and not exactly one would fit.
    Unnamed,
}

impl KeySet {
    pub(super) fn from_bytes(bytes: &[u8], allowed: &[Algorithm]) -> Result<Self, String> {
        if bytes.len() > MAX_SET {
            return Err(format!("the key set is over {MAX_SET} bytes"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| "the key set is not UTF-8".to_owned())?;
        let value = json::parse_strict(text, MAX_DEPTH)
            .map_err(|_| "the key set is not JSON, or names a member twice".to_owned())?;
        Self::from_value(&value, allowed)
    }

    /// Keys that are for something else are left out, as the RFC asks. A private member anywhere
    /// refuses the whole set: whoever published it must replace that key.
    pub(super) fn from_value(value: &Value, allowed: &[Algorithm]) -> Result<Self, String> {
        let list = value.get("keys").and_then(Value::as_array);
        let list = list.ok_or("the key set has no list `keys`")?;
        if list.len() > MAX_KEYS {
            return Err(format!("the key set has over {MAX_KEYS} keys"));
        }
        let mut keys: Vec<Key> = Vec::new();
        let mut left_out = Vec::new();
        for (position, jwk) in list.iter().enumerate() {
            let name = shown(jwk, position);
            let jwk = jwk.as_object().ok_or(format!("key {name} is not an object"))?;
            if PRIVATE.iter().any(|member| jwk.contains_key(*member)) {
                return Err(format!(
                    "key {name} holds private members; replace it and publish the public part only"
                ));
            }
            match read_key(jwk, allowed) {
                Ok(key) if keys.iter().any(|other| other.id == key.id) => {}
                Ok(key) if keys.iter().any(|other| other.clashes(&key)) => {
                    return Err(format!("two different keys are called {name}"));
                }
                Ok(key) => keys.push(key),
                Err(why) => left_out.push(format!("key {name} {why}")),
            }
        }
        if keys.is_empty() {
            left_out.insert(0, "the key set has no usable key".to_owned());
            return Err(left_out.join("; "));
        }
        Ok(Self(keys))
    }

    /// The one key a token may be verified with; others are never tried.
    pub(super) fn find(&self, kid: Option<&str>, algorithm: &str) -> Result<&Key, NotFound> {
        let fits = |key: &&Key| key.algorithm.is_called(algorithm);
        if let Some(kid) = kid {
            let mut named = self.0.iter().filter(|key| key.kid.as_deref() == Some(kid)).peekable();
            named.peek().ok_or(NotFound::Kid)?;
            return named.find(fits).ok_or(NotFound::Algorithm);
        }
        let mut fitting = self.0.iter().filter(fits);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            _ => Err(NotFound::Unnamed),
        }
    }

    pub(super) fn contains(&self, id: &[u8; 32]) -> bool {
        self.0.iter().any(|key| key.id == *id)
    }
}

impl Key {
    fn clashes(&self, other: &Self) -> bool {
        self.kid.is_some() && self.kid == other.kid && self.algorithm == other.algorithm
    }
}

fn read_key(jwk: &Map<String, Value>, allowed: &[Algorithm]) -> Result<Key, &'static str> {
    let text = |member: &str| match jwk.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err("has a member of the wrong type"),
    };
    if text("use")?.is_some_and(|purpose| purpose != "sig") {
        return Err("is not for signatures (`use`)");
    }
    if let Some(operations) = jwk.get("key_ops") {
        let verify = |list: &Vec<Value>| list.iter().any(|operation| operation == "verify");
        if !operations.as_array().is_some_and(verify) {
            return Err("is not for verifying (`key_ops`)");
        }
    }
    let (family, members): (_, &[&str]) = match (text("kty")?, text("crv")?) {
        (Some("RSA"), None) => (Family::Rsa, &["kty", "n", "e"]),
        (Some("EC"), Some("P-256")) => (Family::P256, &["kty", "crv", "x", "y"]),
        (Some("EC"), Some("P-384")) => (Family::P384, &["kty", "crv", "x", "y"]),
        (Some("OKP"), Some("Ed25519")) => (Family::Ed25519, &["kty", "crv", "x"]),
        _ => return Err("is of a type that is not supported"),
    };
    let wanted = text("alg")?;
    let algorithm = allowed
        .iter()
        .copied()
        .filter(|algorithm| algorithm.family() == family)
        .find(|algorithm| wanted.is_none_or(|name| algorithm.is_called(name)))
        .ok_or("is for an algorithm that `algorithms` does not allow")?;
    if family == Family::Rsa && text("n")?.is_some_and(is_weak) {
        return Err("is an RSA key below 2048 bits; ask the issuer for a longer one");
    }
    // Only what makes up the key: certificates and the like would exceed the reader's limit.
    let bare: Map<String, Value> = members
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), jwk.get(*name)?.clone())))
        .collect();
    let bare = Value::Object(bare).to_string();
    let material =
        PublicKey::from_jwk(algorithm, &bare).ok_or("is damaged or of an unusual size")?;
    let kid = text("kid")?.map(str::to_owned);
    let id = hmac_sha256::Hash::hash(format!("{algorithm:?} {kid:?} {bare}").as_bytes());
    Ok(Key { id, kid, algorithm, material })
}

/// The name of a key for logs: it comes from outside.
fn shown(jwk: &Value, position: usize) -> String {
    match jwk.get("kid").and_then(Value::as_str) {
        Some(kid) => format!("`{}`", kid.chars().take(64).collect::<String>().escape_debug()),
        None => format!("number {}", position.saturating_add(1)),
    }
}

/// From the length of its base64url form, leading zeros aside.
fn is_weak(modulus: &str) -> bool {
    modulus.trim_start_matches('A').len().saturating_mul(6) < MIN_RSA
}
