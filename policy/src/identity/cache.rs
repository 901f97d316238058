/*!
Tokens that were verified before. One ES256 check costs nine times the rest of a request in the
VM, so it is made once per token; what can change since is checked again by the caller on each hit.
*/

use std::collections::BTreeMap;

use super::claims::Lifetime;
use crate::principal::Principal;

/// Keyed digest of a token.
pub(super) type Key = [u8; blake2b_simd::OUTBYTES];

/// Entries per generation; two generations are kept.
const GENERATION: usize = 512;

#[derive(Clone)]
pub(super) struct Verified {
    pub principal: Principal,
    pub lifetime: Lifetime,
    /// Position of the issuer, and the key that had signed.
    pub issuer: usize,
    pub key: [u8; 32],
}

/// Bounded by two generations: when the young one is full it becomes the old one, and what was
/// not asked for meanwhile is dropped.
pub(super) struct Cache {
    /// Has taken the identity configuration: what it accepted is nothing to another one.
    digest: blake2b_simd::State,
    young: BTreeMap<Key, Verified>,
    old: BTreeMap<Key, Verified>,
}

impl Cache {
    pub(super) fn new(configuration: &[u8]) -> Self {
        let key = hmac_sha256::Hash::hash(configuration);
        let digest = blake2b_simd::Params::new().key(&key).to_state();
        Self { digest, young: BTreeMap::new(), old: BTreeMap::new() }
    }

    pub(super) fn key(&self, token: &str) -> Key {
        *self.digest.clone().update(token.as_bytes()).finalize().as_array()
    }

    pub(super) fn get(&mut self, key: &Key) -> Option<&Verified> {
        if let Some(verified) = self.old.remove(key) {
            self.insert(*key, verified);
        }
        self.young.get(key)
    }

    pub(super) fn insert(&mut self, key: Key, verified: Verified) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, verified);
    }

    pub(super) fn remove(&mut self, key: &Key) {
        self.young.remove(key);
        self.old.remove(key);
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&Verified) -> bool) {
        self.young.retain(|_, verified| keep(verified));
        self.old.retain(|_, verified| keep(verified));
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}
