/*!
The Merkle tree of RFC 6962 over a log's entries. Hashes of whole subtrees are kept, in one row
(`tlog_tiles::stored_hash_index`), so that a root or a proof reads as many as the size has digits in base 2.
*/

use std::cell::RefCell;
use std::collections::BTreeMap;

use tlog_tiles::tlog::{
    Error, HashReader, prove_tree, stored_hash_index, stored_hashes_for_record_hash,
    sub_tree_index, tree_hash,
};

use super::Hash;

/// Where the hash of the last entry stands, of a log with some.
pub fn last_place(size: u64) -> u64 {
    stored_hash_index(0, size.saturating_sub(1))
}

/// Hashes by their places in the row.
#[derive(Debug, Default)]
pub struct Hashes {
    known: BTreeMap<u64, Hash>,
    /// What was asked for and is not known.
    wanted: RefCell<Vec<u64>>,
}

impl HashReader for Hashes {
    fn read_hashes(&self, places: &[u64]) -> Result<Vec<Hash>, Error> {
        let found: Option<Vec<Hash>> =
            places.iter().map(|place| self.known.get(place).copied()).collect();
        found.ok_or_else(|| {
            self.wanted.borrow_mut().extend(places);
            Error::IndexesNotInTree
        })
    }
}

/// What is asked of the tree. Not answered: these places have to be known.
pub type Asked<T> = Result<T, Vec<u64>>;

impl Hashes {
    pub fn know(&mut self, hashes: impl IntoIterator<Item = (u64, Hash)>) {
        self.known.extend(hashes);
    }

    /// Of the first `size` entries.
    ///
    /// # Errors
    ///
    /// Hashes at these places are not known.
    pub fn root(&self, size: u64) -> Asked<Hash> {
        self.asked(tree_hash(size, self))
    }

    /// That the first `size` entries begin with the first `old` ones, which are at least one.
    ///
    /// # Errors
    ///
    /// Hashes at these places are not known.
    pub fn consistency(&self, size: u64, old: u64) -> Asked<Vec<Hash>> {
        self.asked(prove_tree(size, old, self))
    }

    /// Behind `size` entries one more: the hashes that it makes, with their places.
    ///
    /// # Errors
    ///
    /// Hashes at these places are not known.
    pub fn grow(&mut self, size: u64, leaf: Hash) -> Asked<Vec<(u64, Hash)>> {
        let made = self.asked(stored_hashes_for_record_hash(size, leaf, self))?;
        let made: Vec<(u64, Hash)> = (stored_hash_index(0, size)..).zip(made).collect();
        self.know(made.iter().copied());
        Ok(made)
    }

    fn asked<T>(&self, asked: Result<T, Error>) -> Asked<T> {
        asked.map_err(|_| self.wanted.take())
    }
}

/// Where the hashes stand that have to be known to grow behind `size` entries.
pub fn edge(size: u64) -> Vec<u64> {
    sub_tree_index(0, size, Vec::new())
}

/// Of entries that are all at hand.
#[derive(Debug, Default)]
pub struct Tree {
    hashes: Hashes,
    size: u64,
}

impl Tree {
    pub fn push(&mut self, leaf: Hash) {
        // All that is before it is known.
        if self.hashes.grow(self.size, leaf).is_ok() {
            self.size += 1;
        }
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    /// Of the first so many; `None`: there are not as many.
    pub fn root(&self, size: u64) -> Option<Hash> {
        if size > self.size {
            return None;
        }
        self.hashes.root(size).ok()
    }
}
