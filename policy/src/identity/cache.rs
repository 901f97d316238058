/*!
Tokens that were verified before. One ES256 check costs nine times the rest of a request in the
VM, so it is made once per token; what can change since is checked again by the caller on each hit.
*/

use std::collections::BTreeMap;

use super::claims::Lifetime;
use crate::principal::Principal;

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
    /// Digest of the identity configuration: what it accepted is nothing to another one.
    configuration: [u8; 32],
    young: BTreeMap<[u8; 32], Verified>,
    old: BTreeMap<[u8; 32], Verified>,
}

impl Cache {
    pub(super) fn new(configuration: [u8; 32]) -> Self {
        Self { configuration, young: BTreeMap::new(), old: BTreeMap::new() }
    }

    pub(super) fn key(&self, token: &str) -> [u8; 32] {
        let mut digest = hmac_sha256::Hash::new();
        digest.update(self.configuration);
        digest.update(hmac_sha256::Hash::hash(token.as_bytes()));
        digest.finalize()
    }

    pub(super) fn get(&mut self, key: &[u8; 32]) -> Option<&Verified> {
        if let Some(verified) = self.old.remove(key) {
            self.insert(*key, verified);
        }
        self.young.get(key)
    }

    pub(super) fn insert(&mut self, key: [u8; 32], verified: Verified) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, verified);
    }

    pub(super) fn remove(&mut self, key: &[u8; 32]) {
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
