/*! What witnesses say of the checkpoints: how many there were, which they were, and as of when. */

use approval::tlog::tree::Tree;
use approval::tlog::{Signed, TreeHead, Vkey};
use serde::Serialize;

use super::Problem;

/// How far a witness' clock may be ahead, in seconds.
const AHEAD: u64 = 300;

/// Whom to believe, and for how long.
pub struct Wanted<'w> {
    /// The log's, under its name: one for each key that signs checkpoints.
    pub log: &'w [Vkey],
    pub witnesses: &'w [Vkey],
    /// So many of them have to cosign; at least one.
    pub quorum: usize,
    /// How old the newest tree head may be, in seconds; `None`: however old.
    pub oldest: Option<u64>,
    /// In Unix seconds.
    pub now: u64,
}

/// The newest tree head that enough witnesses cosigned, and that is one of the checkpoints at hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Witnessed {
    pub origin: String,
    /// How many checkpoints it has.
    pub size: u64,
    /// As of when enough of them said so, in Unix seconds, each by its own clock.
    pub at: u64,
    pub by: Vec<Cosigner>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cosigner {
    pub name: String,
    /// In Unix seconds.
    pub at: u64,
}

/// `heads`: each with its place. What is wrong with any of them is told.
pub fn witnessed(
    heads: &[(String, String)],
    tree: &Tree,
    wanted: &Wanted<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Witnessed> {
    let mut newest: Option<(&String, Witnessed)> = None;
    for (file, text) in heads {
        match one(file, text, tree, wanted) {
            Ok(head) if newest.as_ref().is_none_or(|(_, newest)| is_newer(&head, newest)) => {
                newest = Some((file, head));
            }
            Ok(_) => {}
            Err(problem) => problems.push(problem),
        }
    }
    let (file, newest) = newest?;
    let age = wanted.now.saturating_sub(newest.at);
    if wanted.oldest.is_some_and(|oldest| age > oldest) {
        problems.push(Problem::TreeHeadOld { file: file.clone(), at: newest.at, age });
    }
    Some(newest)
}

fn is_newer(head: &Witnessed, than: &Witnessed) -> bool {
    (head.size, head.at) > (than.size, than.at)
}

fn one(file: &str, text: &str, tree: &Tree, wanted: &Wanted<'_>) -> Result<Witnessed, Problem> {
    let file = file.to_owned();
    let Ok(note) = Signed::read(text) else { return Err(Problem::NoTreeHead { file }) };
    let Some(TreeHead { origin, size, root }) = TreeHead::read(&note.text) else {
        return Err(Problem::NoTreeHead { file });
    };
    if !wanted.log.iter().any(|key| key.name == origin && note.is_signed_by(key)) {
        return Err(Problem::TreeHeadNotSigned { file, origin });
    }
    let cosigned =
        |key: &Vkey| Some(Cosigner { at: note.cosigned_by(key)?, name: key.name.clone() });
    let all: Vec<Cosigner> = wanted.witnesses.iter().filter_map(cosigned).collect();
    // One whose clock is wrong has no say; where it is needed, that is told.
    let (ahead, mut by): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|one| one.at > wanted.now + AHEAD);
    by.sort_by_key(|one| std::cmp::Reverse(one.at));
    // The last one that is needed: from then on there were enough.
    let Some(at) = by.get(wanted.quorum.saturating_sub(1)).map(|one| one.at) else {
        if by.len() + ahead.len() >= wanted.quorum
            && let Some(one) = ahead.first()
        {
            return Err(Problem::TreeHeadAhead { file, at: one.at });
        }
        let lacks = |key: &&Vkey| note.cosigned_by(key).is_none();
        let missing = wanted.witnesses.iter().filter(lacks).map(|key| key.name.clone()).collect();
        return Err(Problem::NotCosigned { file, missing });
    };
    match tree.root(size) {
        Some(here) if here == root => Ok(Witnessed { origin, size, at, by }),
        Some(_) => Err(Problem::OtherTree { file, size }),
        None => Err(Problem::CheckpointsRolledBack { file, size, count: tree.size() }),
    }
}

#[cfg(test)]
mod tests {
    use approval::SigningKey;
    use approval::tlog::{Purpose, leaf, origin};
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use jwt_simple::prelude::{Ed25519KeyPair, EdDSAKeyPairLike};

    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn tree(entries: &[&str]) -> Tree {
        let mut tree = Tree::default();
        entries.iter().for_each(|entry| tree.push(leaf(entry.as_bytes())));
        tree
    }

    struct Witness {
        key: Ed25519KeyPair,
        vkey: Vkey,
    }

    impl Witness {
        fn new(name: &str) -> Self {
            let key = Ed25519KeyPair::generate();
            let public = key.public_key().to_bytes().try_into().unwrap();
            Self { key, vkey: Vkey::new(name, Purpose::Witness, public).unwrap() }
        }

        fn cosignature(&self, text: &str, at: u64) -> String {
            let message = format!("cosignature/v1\ntime {at}\n{text}");
            let signature = self.key.key_pair().as_ref().sk.sign(message, None);
            let bytes = [&self.vkey.id()[..], &at.to_be_bytes(), &signature[..]].concat();
            format!("\u{2014} {} {}\n", self.vkey.name, STANDARD.encode(bytes))
        }
    }

    struct Bench {
        key: SigningKey,
        log: Vec<Vkey>,
        witnesses: Vec<Witness>,
    }

    impl Bench {
        fn new() -> Self {
            let key = SigningKey::generate();
            let log = vec![key.vkey(&origin(&key.public_bytes())).unwrap()];
            Self { key, log, witnesses: vec![Witness::new("w0"), Witness::new("w1")] }
        }

        /// Cosigned at these times.
        fn head(&self, of: &Tree, size: u64, times: &[(usize, u64)]) -> String {
            let origin = self.log[0].name.clone();
            let head = TreeHead { origin, size, root: of.root(size).unwrap() };
            let mut note = head.signed(&self.key).unwrap();
            for (at, time) in times {
                let witness = &self.witnesses[*at];
                note.cosign(&witness.vkey, &witness.cosignature(&head.text(), *time)).unwrap();
            }
            note.to_string()
        }

        fn check(
            &self,
            heads: &[String],
            tree: &Tree,
            quorum: usize,
        ) -> (Option<Witnessed>, Vec<Problem>) {
            let witnesses: Vec<Vkey> = self.witnesses.iter().map(|one| one.vkey.clone()).collect();
            let heads: Vec<_> = heads.iter().map(|head| ("h".to_owned(), head.clone())).collect();
            let wanted = Wanted {
                log: &self.log,
                witnesses: &witnesses,
                quorum,
                oldest: Some(3600),
                now: NOW,
            };
            let mut problems = Vec::new();
            (witnessed(&heads, tree, &wanted, &mut problems), problems)
        }
    }

    #[test]
    fn the_newest_that_enough_cosigned_counts() {
        let bench = Bench::new();
        let tree = tree(&["a", "b", "c"]);
        let heads = [
            bench.head(&tree, 2, &[(0, NOW - 90), (1, NOW - 80)]),
            bench.head(&tree, 3, &[(0, NOW - 9), (1, NOW - 20)]),
            bench.head(&tree, 1, &[(0, NOW - 200), (1, NOW - 200)]),
        ];
        let (found, problems) = bench.check(&heads, &tree, 2);
        let found = found.unwrap();
        assert_eq!((found.size, found.at, found.by.len()), (3, NOW - 20, 2));
        assert_eq!(problems, []);
        // One of two: as of the newer one.
        let (found, _) = bench.check(&heads, &tree, 1);
        assert_eq!(found.unwrap().at, NOW - 9);
        let one = bench.head(&tree, 3, &[(1, NOW)]);
        let lacks = Problem::NotCosigned { file: "h".into(), missing: vec!["w0".into()] };
        assert_eq!(bench.check(&[one], &tree, 2), (None, vec![lacks]));
    }

    #[test]
    fn what_was_rolled_back_or_changed_shows() {
        let bench = Bench::new();
        let before = tree(&["a", "b", "c"]);
        let times = [(0, NOW), (1, NOW)];
        let head = [bench.head(&before, 3, &times)];
        let file = || "h".to_owned();
        let changed = Problem::OtherTree { file: file(), size: 3 };
        for other in [&["a", "x", "c", "d"][..], &["b", "a", "c"], &["a", "c", "c"]] {
            assert_eq!(bench.check(&head, &tree(other), 2), (None, vec![changed.clone()]));
        }
        let gone = Problem::CheckpointsRolledBack { file: file(), size: 3, count: 2 };
        assert_eq!(bench.check(&head, &tree(&["a", "b"]), 2), (None, vec![gone]));
        // What came after is not its business.
        let (found, problems) = bench.check(&head, &tree(&["a", "b", "c", "d"]), 2);
        assert_eq!((found.unwrap().size, problems), (3, Vec::new()));
    }

    /// Who rolled back gets no fresh one, and shows the last of before.
    #[test]
    fn an_old_one_is_a_finding_and_one_of_tomorrow_too() {
        let bench = Bench::new();
        let tree = tree(&["a", "b", "c"]);
        let head = bench.head(&tree, 2, &[(0, NOW - 3601), (1, NOW)]);
        let (found, problems) = bench.check(&[head], &tree, 2);
        let old = Problem::TreeHeadOld { file: "h".into(), at: NOW - 3601, age: 3601 };
        assert_eq!((found.unwrap().size, problems), (2, vec![old]));
        let head = bench.head(&tree, 2, &[(0, NOW), (1, NOW + 301)]);
        let ahead = Problem::TreeHeadAhead { file: "h".into(), at: NOW + 301 };
        assert_eq!(bench.check(&[head], &tree, 2), (None, vec![ahead]));
    }

    #[test]
    fn strangers_say_nothing() {
        let (bench, other) = (Bench::new(), Bench::new());
        let tree = tree(&["a", "b", "c"]);
        let times = [(0, NOW), (1, NOW)];
        // Another log, which the witnesses know, too.
        let foreign = Bench { key: other.key, log: other.log, witnesses: bench.witnesses };
        let head = foreign.head(&tree, 3, &times);
        let bench = Bench { witnesses: foreign.witnesses, ..bench };
        let (found, problems) = bench.check(&[head], &tree, 2);
        let named = foreign.log[0].name.clone();
        let unsigned = Problem::TreeHeadNotSigned { file: "h".into(), origin: named };
        assert_eq!((found, problems), (None, vec![unsigned]));
        // The right key under another name: a second log of its own.
        let renamed = vec![bench.key.vkey("second").unwrap()];
        let second = Bench { log: renamed, ..bench };
        let head = second.head(&tree, 3, &times);
        let own = second.key.vkey(&origin(&second.key.public_bytes())).unwrap();
        let bench = Bench { log: vec![own], ..second };
        let unsigned = Problem::TreeHeadNotSigned { file: "h".into(), origin: "second".into() };
        assert_eq!(bench.check(&[head], &tree, 2), (None, vec![unsigned]));
        // Witnesses of the same names with other keys.
        let witnesses = vec![Witness::new("w0"), Witness::new("w1")];
        let head = bench.head(&tree, 3, &times);
        let bench = Bench { witnesses, ..bench };
        let missing = vec!["w0".into(), "w1".into()];
        let uncosigned = Problem::NotCosigned { file: "h".into(), missing };
        assert_eq!(bench.check(&[head], &tree, 2), (None, vec![uncosigned]));
        let none = Problem::NoTreeHead { file: "h".into() };
        assert_eq!(bench.check(&["text\n".into()], &tree, 2), (None, vec![none]));
    }
}
