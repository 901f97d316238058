/*! Notes of what was taken out of records that checkpoints have, so that nobody else can have made them. */

use std::collections::BTreeMap;

use policy::record::checkpoint::{Note, OutOf};

use super::Key;

#[derive(Default)]
pub struct Signed(BTreeMap<Key, OfChain>);

#[derive(Default)]
struct OfChain {
    pruned_to: u64,
    /// In order, and none of them meets another.
    erased: Vec<(u64, u64)>,
}

impl Signed {
    /// `out_of`: what is verified; without it those of both count. `tenants`: it says whose its lines are.
    pub fn new<'n>(
        notes: impl IntoIterator<Item = &'n Note>,
        out_of: Option<OutOf>,
        tenants: bool,
    ) -> Self {
        let mut all = BTreeMap::<Key, OfChain>::new();
        let own = |note: &&Note| out_of.is_none_or(|out_of| note.out_of == out_of);
        for note in notes.into_iter().filter(own) {
            let tenant = if tenants { note.tenant.clone() } else { String::new() };
            let chain = all.entry((tenant, note.chain.clone())).or_default();
            chain.pruned_to = chain.pruned_to.max(note.pruned_to);
            chain.erased.extend(&note.erased);
        }
        for chain in all.values_mut() {
            chain.erased = joined(std::mem::take(&mut chain.erased));
        }
        Self(all)
    }

    pub fn is_erased(&self, key: &Key, sequence: u64) -> bool {
        let Some(chain) = self.0.get(key) else { return false };
        let next = chain.erased.partition_point(|(_, to)| *to < sequence);
        chain.erased.get(next).is_some_and(|(from, _)| *from <= sequence)
    }

    pub fn pruned_to(&self, key: &Key) -> u64 {
        self.0.get(key).map_or(0, |chain| chain.pruned_to)
    }
}

fn joined(mut ranges: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    ranges.sort_unstable();
    let mut all: Vec<(u64, u64)> = Vec::new();
    for (from, to) in ranges {
        match all.last_mut() {
            Some((_, last)) if from <= last.saturating_add(1) => *last = to.max(*last),
            _ => all.push((from, to)),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_joined_whatever_their_order() {
        assert_eq!(joined(vec![(7, 9), (1, 2), (3, 5), (4, 4)]), [(1, 5), (7, 9)]);
        let erased = vec![(7, 9), (1, 2)];
        let note = Note { chain: "c".into(), erased, pruned_to: 4, ..Note::default() };
        let key = (String::new(), "c".to_owned());
        let signed = Signed::new([&note], Some(OutOf::Store), false);
        let found: Vec<u64> = (0..12).filter(|n| signed.is_erased(&key, *n)).collect();
        assert_eq!((found, signed.pruned_to(&key)), (vec![1, 2, 7, 8, 9], 4));
        let files = Signed::new([&note], Some(OutOf::Files), false);
        assert!(!files.is_erased(&key, 8) && files.pruned_to(&key) == 0);
    }
}
