/*!
The gateway's own credentials, should an upstream echo them.

The filter must not know a credential, and has to recognise it. So it knows **marks**: for the
credential, its hexadecimal digits and its base64, a rolling hash of its last 16 bytes (Rabin-Karp) and a
keyed digest of the whole. A mark proves a guess and gives nothing else away; a credential that can
be guessed is none. One that is shorter than 16 bytes has no mark.
*/

mod forms;
mod plain;
mod stream;

pub use forms::marks;
pub use stream::CustodyStream;

use plain::{LAYERS, Plain};

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::bundle::LoadError;
use crate::redact::{Edit, mark};

/// What stands in records for a credential that was taken out.
pub const KIND: &str = "credential";

/// Bytes of the rolling window.
const WINDOW: usize = 16;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustodyConfig {
    /// Factor of the rolling hash: random and odd.
    pub base: u64,
    #[serde(default)]
    pub marks: Vec<Mark>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Bytes of the form, 16 to 4096.
    pub length: u16,
    /// Rolling hash of its last 16 bytes.
    pub tail: u64,
    /// Keyed digest of all of it, standard base64.
    pub digest: String,
}

pub struct Custody {
    base: u64,
    /// `base` to the power of the window's length: what the byte that leaves weighs.
    leaving: u64,
    marks: Vec<(u64, usize, [u8; 32])>,
    /// One bit for the low bits of each mark's hash: most bytes end here.
    sieve: Box<[u64; SIEVE]>,
    key: Vec<u8>,
}

/// Words of the sieve.
const SIEVE: usize = 64;

impl Custody {
    pub fn new(config: &CustodyConfig, key: &[u8]) -> Result<Self, LoadError> {
        let refuse = |what: &str| LoadError(format!("`custody.marks`: {what}"));
        let mut marks = Vec::with_capacity(config.marks.len());
        let mut sieve = Box::new([0; SIEVE]);
        for mark in &config.marks {
            let length = usize::from(mark.length);
            if !(WINDOW..=4096).contains(&length) {
                return Err(refuse("`length` has to be 16 to 4096"));
            }
            let digest = STANDARD.decode(&mark.digest).ok();
            let digest = digest.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
            let digest = digest.ok_or_else(|| refuse("`digest` has to be 32 bytes of base64"))?;
            let (word, bit) = place(mark.tail);
            if let Some(word) = sieve.get_mut(word) {
                *word |= bit;
            }
            marks.push((mark.tail, length, digest));
        }
        if !marks.is_empty() && config.base.is_multiple_of(2) {
            return Err(LoadError("`custody.base` has to be odd".into()));
        }
        let leaving = power(config.base);
        Ok(Self { base: config.base, leaving, marks, sieve, key: key.to_vec() })
    }

    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// Bytes that the longest form may take, escaped.
    pub fn longest(&self) -> usize {
        let longest = self.marks.iter().map(|(_, length, _)| *length).max().unwrap_or(0);
        longest * plain::WIDEST
    }

    /// Where forms of credentials stand, escaped or not; sorted and apart.
    pub fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        if self.marks.is_empty() {
            return Vec::new();
        }
        let mut found = self.find_plain(text);
        let mut layers: Vec<Plain> = Vec::new();
        while layers.len() < LAYERS
            && let Some(plain) = Plain::of(layers.last().map_or(text, |layer| &layer.text))
        {
            let spans = self.find_plain(&plain.text);
            layers.push(plain);
            for span in spans {
                found.push(layers.iter().rev().fold(span, |span, layer| layer.back(&span)));
            }
        }
        found.sort_by_key(|span| (span.start, span.end));
        found.dedup_by(|next, one| {
            let meet = next.start < one.end;
            one.end = if meet { one.end.max(next.end) } else { one.end };
            meet
        });
        found
    }

    fn find_plain(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut hash = 0u64;
        let leaves = std::iter::repeat_n(None, WINDOW).chain(text.iter().copied().map(Some));
        for (index, (&byte, leaves)) in text.iter().zip(leaves).enumerate() {
            hash = roll(hash, self.base, self.leaving, byte, leaves);
            let (word, bit) = place(hash);
            if index + 1 < WINDOW || self.sieve.get(word).is_none_or(|word| word & bit == 0) {
                continue;
            }
            let end = index + 1;
            for (_, length, digest) in self.marks.iter().filter(|(tail, ..)| *tail == hash) {
                let Some(start) = end.checked_sub(*length) else { continue };
                if text.get(start..end).is_some_and(|form| digest_of(form, &self.key) == *digest) {
                    while found.last().is_some_and(|last| last.start >= start) {
                        found.pop();
                    }
                    let start = found.last().map_or(start, |last| last.end.max(start));
                    found.push(start..end);
                }
            }
        }
        found
    }

    pub fn edits(&self, text: &[u8]) -> Vec<Edit> {
        let edit = |span| Edit { span, replacement: mark(KIND) };
        self.find(text).into_iter().map(edit).collect()
    }
}

/// The window's hash after `byte` came in and `leaves` went out.
fn roll(hash: u64, base: u64, leaving: u64, byte: u8, leaves: Option<u8>) -> u64 {
    // One more than the byte: runs of NUL must not all look the same.
    let weight = |byte: u8| u64::from(byte).wrapping_add(1);
    let gone = leaves.map_or(0, |leaves| weight(leaves).wrapping_mul(leaving));
    hash.wrapping_mul(base).wrapping_add(weight(byte)).wrapping_sub(gone)
}

/// Word and bit of the sieve: the low 12 bits of a hash.
fn place(hash: u64) -> (usize, u64) {
    ((hash as usize >> 6) % SIEVE, 1 << (hash % 64))
}

fn power(base: u64) -> u64 {
    (0..WINDOW).fold(1, |power: u64, _| power.wrapping_mul(base))
}

fn digest_of(form: &[u8], key: &[u8]) -> [u8; 32] {
    let mut digest = hmac_sha256::HMAC::new(key);
    digest.update(b"gatehouse-custody-1");
    digest.update(form);
    digest.finalize()
}

#[cfg(test)]
mod tests;
