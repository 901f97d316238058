/*! Public keys of a log and of its witnesses, as c2sp.org/signed-note writes them: `NAME+ID+KEY`. */

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_compact::{PublicKey, Signature};

/// Longer names are nobody's.
const LONGEST_NAME: usize = 256;

/// What a key signs; of no two the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The text of a note.
    Log,
    /// The text and the time at which it was seen: `cosignature/v1`.
    Witness,
}

impl Purpose {
    fn byte(self) -> u8 {
        match self {
            Self::Log => 1,
            Self::Witness => 4,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vkey {
    pub name: String,
    pub purpose: Purpose,
    key: [u8; 32],
}

impl Vkey {
    /// # Errors
    ///
    /// No key can have the name.
    pub fn new(name: &str, purpose: Purpose, key: [u8; 32]) -> anyhow::Result<Self> {
        ensure!(
            is_name(name),
            "`{}` is no name of a log or a witness: no blanks, no `+`, at most {LONGEST_NAME} bytes",
            shown(name)
        );
        Ok(Self { name: name.to_owned(), purpose, key })
    }

    /// The first bytes of a digest of name and key, by which its signatures are found.
    pub fn id(&self) -> [u8; 4] {
        let mut hashed = hmac_sha256::Hash::new();
        hashed.update(self.name.as_bytes());
        hashed.update([b'\n', self.purpose.byte()]);
        hashed.update(self.key);
        let [a, b, c, d, ..] = hashed.finalize();
        [a, b, c, d]
    }

    /// The first of which there was one before it. A cosignature says nothing of its witness' name, so one key is one
    /// witness, whatever it is called.
    pub fn twice<'k>(keys: impl IntoIterator<Item = &'k Self>) -> Option<&'k Self> {
        let mut known: Vec<&Self> = Vec::new();
        keys.into_iter().find(|key| {
            let twice = known.iter().any(|known| known.key == key.key);
            known.push(key);
            twice
        })
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let signature = Signature::from_slice(signature);
        let key = PublicKey::from_slice(&self.key);
        key.and_then(|key| key.verify(message, &signature?)).is_ok()
    }
}

/// What a name may be, in notes and in keys.
pub fn is_name(name: &str) -> bool {
    let sound = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
    (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(sound)
}

fn shown(text: &str) -> String {
    text.chars().take(100).flat_map(char::escape_debug).collect()
}

impl FromStr for Vkey {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let form = || format!("`{}` is no key as NAME+ID+KEY", shown(text));
        let (name, rest) = text.split_once('+').with_context(form)?;
        let (id, key) = rest.split_once('+').with_context(form)?;
        let key = STANDARD.decode(key).ok().with_context(form)?;
        let (kind, key) = key.split_first().with_context(form)?;
        let purpose = match kind {
            1 => Purpose::Log,
            4 => Purpose::Witness,
            other => bail!(
                "`{}` is a key of kind {other}: 1 (logs) and 4 (cosignature/v1) are known, both Ed25519",
                shown(text)
            ),
        };
        let key = Self::new(name, purpose, key.try_into().ok().with_context(form)?)?;
        ensure!(
            hex(key.id()) == id,
            "`{}` is damaged: its parts do not belong together",
            shown(text)
        );
        Ok(key)
    }
}

impl fmt::Display for Vkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[self.purpose.byte()], &self.key[..]].concat();
        write!(f, "{}+{}+{}", self.name, hex(self.id()), STANDARD.encode(key))
    }
}

fn hex(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}
