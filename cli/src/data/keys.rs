/*! The keys of one data folder, each made on first use and each for one purpose. */

use std::path::Path;

use anyhow::{Context, Result, ensure};
use approval::SigningKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jwt_simple::prelude::{Ed25519KeyPair, Ed25519PublicKey};

use super::{DataDir, file};
use crate::random;

const ISSUER: &str = "issuer.pem";
const CHECKPOINT: &str = "checkpoint.pem";

/// The development issuer: signs access tokens and nothing else.
pub struct IssuerKey {
    pub pair: Ed25519KeyPair,
    /// Digest of the public key.
    pub id: String,
}

impl IssuerKey {
    pub fn of(data: &DataDir) -> Result<Self> {
        let pair = ed25519(&folder(data)?.join(ISSUER))?;
        let id = random::to_hex(&hmac_sha256::Hash::hash(&pair.public_key().to_bytes())[..8]);
        Ok(Self { pair: pair.with_key_id(&id), id })
    }

    /// Whether there is one, without making it.
    pub fn is_made(data: &DataDir) -> bool {
        data.keys().join(ISSUER).exists()
    }

    /// The `iss` of its tokens. It names the key, so that tokens of one data folder are strangers
    /// to every other.
    pub fn issuer(&self) -> String {
        format!("https://gatehouse.local/{}", self.id)
    }

    pub fn jwks(&self) -> serde_json::Value {
        let x = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .encode(self.pair.public_key().to_bytes());
        serde_json::json!({ "keys": [{
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.id, "x": x,
        }] })
    }
}

/// Keys of the approval service.
pub struct ServiceKeys {
    pub grant: SigningKey,
    pub receipt: SigningKey,
    pub checkpoint: SigningKey,
    /// For digests of calls and bodies, 32 bytes.
    pub digest: Vec<u8>,
}

impl ServiceKeys {
    pub fn of(data: &DataDir) -> Result<Self> {
        let folder = folder(data)?;
        let digest =
            text(&folder.join("digest.key"), || Ok(STANDARD.encode(random::bytes::<32>()?)))?;
        let digest = STANDARD.decode(digest).ok().filter(|key| key.len() == 32);
        Ok(Self {
            grant: signing(&folder.join("grant.pem"))?,
            receipt: signing(&folder.join("receipt.pem"))?,
            checkpoint: signing(&folder.join(CHECKPOINT))?,
            digest: digest.context("`keys/digest.key` is damaged; remove it to get a new one")?,
        })
    }
}

/// Of the key that signs checkpoints, if the folder has one.
pub fn checkpoint_public(data: &DataDir) -> Result<Option<Ed25519PublicKey>> {
    let path = data.keys().join(CHECKPOINT);
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(ed25519(&path)?.public_key()))
}

/// What the command line shows the console for an approver: the local one, or one of several by name.
pub fn approver(data: &DataDir, name: Option<&String>) -> Result<String> {
    let folder = folder(data)?;
    let Some(name) = name else { return text(&folder.join("approver.key"), random::key) };
    let folder = folder.join("approvers");
    file::create_folder(&folder)?;
    text(&folder.join(format!("{name}.key")), random::key)
}

fn folder(data: &DataDir) -> Result<std::path::PathBuf> {
    let folder = data.keys();
    file::create_folder(&folder)?;
    Ok(folder)
}

fn ed25519(path: &Path) -> Result<Ed25519KeyPair> {
    let pem = text(path, || Ok(Ed25519KeyPair::generate().to_pem()))?;
    Ed25519KeyPair::from_pem(&pem)
        .ok()
        .with_context(|| format!("`{}` is damaged; remove it to get a new key", path.display()))
}

fn signing(path: &Path) -> Result<SigningKey> {
    SigningKey::from_pem(&ed25519(path)?.to_pem())
}

fn text(path: &Path, make: impl FnOnce() -> Result<String>) -> Result<String> {
    let content = file::create_once(path, || Ok((make()? + "\n").into_bytes()))?;
    let text = String::from_utf8(content).unwrap_or_default();
    ensure!(!text.trim().is_empty(), "`{}` is damaged; remove it to get a new key", path.display());
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{IssuerKey, ServiceKeys, approver};
    use crate::data::DataDir;

    #[test]
    fn keys_stay_and_differ() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::create(&folder.path().join("data")).unwrap();
        let (issuer, service) = (IssuerKey::of(&data).unwrap(), ServiceKeys::of(&data).unwrap());
        assert_eq!(IssuerKey::of(&data).unwrap().issuer(), issuer.issuer());
        let again = ServiceKeys::of(&data).unwrap();
        assert_eq!(again.digest, service.digest);
        let (ann, bob) = ("ann".to_owned(), "bob".to_owned());
        let mut approvers: Vec<String> =
            [None, Some(&ann), Some(&bob)].map(|name| approver(&data, name).unwrap()).into();
        assert_eq!(approver(&data, Some(&ann)).unwrap(), approvers[1]);
        approvers.sort();
        approvers.dedup();
        assert_eq!(approvers.len(), 3, "one key per person");
        assert_eq!(again.grant.public_bytes(), service.grant.public_bytes());

        let mut keys = vec![
            issuer.pair.public_key().to_bytes(),
            service.grant.public_bytes(),
            service.receipt.public_bytes(),
            service.checkpoint.public_bytes(),
            service.digest,
        ];
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 5, "one key per purpose");
    }

    #[test]
    fn a_damaged_key_is_not_replaced_in_silence() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::create(folder.path()).unwrap();
        IssuerKey::of(&data).unwrap();
        std::fs::write(data.keys().join("issuer.pem"), "nonsense").unwrap();
        let error = IssuerKey::of(&data).err().unwrap().to_string();
        assert!(error.contains("issuer.pem"), "{error}");
    }
}
