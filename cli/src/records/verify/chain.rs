/*! The links of one chain, put in order and looked at. */

use super::line::{Digest, Link, decode, encode};
use super::{Kept, Place, Problem, Verified};

/// File, by its place among those that were read, and line. Of a million records each byte counts.
pub type At = (u32, u64);

#[derive(Clone, Copy)]
struct Tied {
    sequence: u64,
    previous: Option<Digest>,
    digest: Digest,
    at: At,
}

#[derive(Default)]
pub struct Chain {
    links: Vec<Tied>,
    /// The first that stands behind one that came later in its file, with its number.
    moved: Option<(At, u64)>,
    proven: Option<Kept>,
}

impl Chain {
    pub fn add(&mut self, link: &Link, at: At) {
        if self.moved.is_none()
            && self
                .links
                .last()
                .is_some_and(|last| last.at.0 == at.0 && last.sequence > link.sequence)
        {
            self.moved = Some((at, link.sequence));
        }
        let Link { sequence, previous, digest, .. } = *link;
        self.links.push(Tied { sequence, previous, digest, at });
    }

    /// In the order of its numbers from here on. Its begin up to `pruned_to` may be gone, and no more of it than that:
    /// what is removed on purpose leaves nothing standing before it.
    pub fn problems(
        &mut self,
        name: &str,
        (partial, pruned_to): (bool, u64),
        place: impl Fn(At) -> Place,
    ) -> Vec<Problem> {
        self.links.sort_by_key(|link| (link.sequence, link.at));
        let chain = || name.to_owned();
        let mut found = Vec::new();
        found.extend(self.moved.map(|(at, sequence)| Problem::Moved {
            at: place(at),
            chain: chain(),
            sequence,
        }));
        if let Some(first) = self.links.first() {
            if (first.sequence == 1) == first.previous.is_some() {
                found.push(Problem::FalseBegin { at: place(first.at), chain: chain() });
            }
            let from = pruned_to.saturating_add(1);
            if first.sequence > from && !partial {
                found.push(Problem::Missing { chain: chain(), from, to: first.sequence - 1 });
            }
        }
        for pair in self.links.windows(2) {
            let [one, next] = pair else { continue };
            let sequence = one.sequence;
            if next.sequence == sequence {
                let (at, other) = (place(next.at), place(one.at));
                found.push(Problem::Twice { at, other, chain: chain(), sequence });
            } else if next.sequence > sequence + 1 {
                let (from, to) = (sequence + 1, next.sequence - 1);
                found.push(Problem::Missing { chain: chain(), from, to });
            } else if next.previous != Some(one.digest) {
                let (at, next) = (place(one.at), place(next.at));
                found.push(Problem::LinkAltered { at, next, chain: chain(), sequence });
            }
        }
        found
    }

    /// After `problems`.
    pub fn against(
        &mut self,
        name: &str,
        kept: &Kept,
        place: impl Fn(At) -> Place,
    ) -> Option<Problem> {
        let head = &kept.head;
        let chain = name.to_owned();
        let last = self.links.last()?.sequence;
        if last < head.count {
            return Some(Problem::CutOff { chain, from: last + 1, to: head.count });
        }
        let at = self.links.binary_search_by_key(&head.count, |link| link.sequence).ok();
        // What is not here is told as missing, or stands in files that were not given.
        let link = self.links.get(at?)?;
        if decode(&head.digest) != Some(link.digest) {
            let at = place(link.at);
            return Some(Problem::OtherChain { at, chain, sequence: head.count });
        }
        self.proven = Some(kept.clone());
        let (from, to) = (head.count + 1, last);
        (kept.ended && to >= from).then_some(Problem::BehindEnd { chain, from, to })
    }

    pub fn verified(&self, name: &str) -> Option<Verified> {
        let (first, last) = (self.links.first()?, self.links.last()?);
        Some(Verified {
            chain: name.to_owned(),
            from: first.sequence,
            to: last.sequence,
            head: encode(&last.digest),
            proven: self.proven.as_ref().map_or(0, |kept| kept.head.count),
            heard_at: self.proven.as_ref().map_or(0, |kept| kept.heard_at),
            ended: self
                .proven
                .as_ref()
                .is_some_and(|kept| kept.ended && kept.head.count == last.sequence),
        })
    }
}
