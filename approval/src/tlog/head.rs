/*! How long a log is and what it has, as c2sp.org/tlog-checkpoint writes it. */

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Hash, Purpose, Signed, Vkey};
use crate::config::SigningKey;

#[derive(Clone, Debug, PartialEq)]
pub struct TreeHead {
    /// Names the log.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    pub root: Hash,
}

impl TreeHead {
    pub fn text(&self) -> String {
        let Self { origin, size, root } = self;
        format!("{origin}\n{size}\n{}\n", STANDARD.encode(root.0))
    }

    /// `None`: it is no text that a log of ours has; those have three lines.
    pub fn read(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let root = STANDARD.decode(root).ok()?.try_into().ok()?;
        let head = Self { origin: origin.to_owned(), size: size.parse().ok()?, root: Hash(root) };
        // A number or a digest that is written otherwise is another text.
        (lines.next().is_none() && head.text() == text).then_some(head)
    }

    /// By the log's own key. Nobody takes it for a token that the key signed: there is no line end in those.
    pub fn signed(&self, key: &SigningKey) -> anyhow::Result<Signed> {
        let text = self.text();
        let signature = key.signature(text.as_bytes());
        Ok(Signed::new(text, &key.vkey(&self.origin)?, signature))
    }
}

/// The name of a log that nobody named: of no other key the same.
pub fn origin(public: &[u8]) -> String {
    let hashed = hmac_sha256::Hash::hash(public);
    let digits: String = hashed.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("gatehouse/checkpoints/{digits}")
}

impl SigningKey {
    /// Its public half as that of a log.
    ///
    /// # Errors
    ///
    /// No log can have the name.
    pub fn vkey(&self, origin: &str) -> anyhow::Result<Vkey> {
        let key = self.public_bytes().try_into();
        let key = key.map_err(|_| anyhow::anyhow!("the key is none of Ed25519"))?;
        Vkey::new(origin, Purpose::Log, key)
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        use jwt_simple::algorithms::EdDSAKeyPairLike;
        self.pair().key_pair().as_ref().sk.sign(message, None).to_vec()
    }
}
