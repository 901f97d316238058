/*! What checkpoints say of chains, once each of them is proven and tied to the one before. */

use std::collections::BTreeMap;

use approval::tlog::leaf;
use approval::tlog::tree::Tree;
use jwt_simple::prelude::{Ed25519PublicKey, EdDSAPublicKeyLike, VerificationOptions};
use policy::record::checkpoint::{
    CHECKPOINT_TYPE, ChainState, Checkpoint, Note, checkpoint_digest,
};

use super::witnessed::Witnessed;
use super::{Kept, Place, Problem};

/// What was proven, and what is wrong with it.
#[derive(Default)]
pub struct Read {
    pub kept: Vec<Kept>,
    pub problems: Vec<Problem>,
    /// Of chains whose head a checkpoint told, each with the number of the one that has it.
    pub notes: Vec<(u64, Note)>,
    /// How many there are.
    pub count: u64,
    /// Whether there are any to go by.
    pub given: bool,
    /// Those that follow each other from the first on, as the entries of a log.
    pub tree: Tree,
    /// Whether there was an anchor.
    pub anchored: bool,
    /// What witnesses have seen of them.
    pub witnessed: Option<Witnessed>,
}

/// `file`: the checkpoints, one signed one in a line. `anchors`: those of them that others kept from before.
/// `keys`: any of them signs.
pub fn read(file: (&str, &str), anchors: &[(&str, &str)], keys: &[Ed25519PublicKey]) -> Read {
    let anchored = !anchors.is_empty();
    let mut read = Read { given: true, anchored, ..Read::default() };
    let all = proven(file, keys, &mut read.problems);
    let mut anchored = Vec::new();
    for anchor in anchors {
        anchored.extend(proven(*anchor, keys, &mut read.problems));
    }
    for (number, (at, jws, _)) in &anchored {
        match all.get(number) {
            Some((_, here, _)) if here == jws => {}
            Some((here, ..)) => read.problems.push(Problem::OtherCheckpoint {
                at: here.clone(),
                anchor: at.clone(),
                number: *number,
            }),
            None => read.problems.push(Problem::CheckpointGone { number: *number }),
        }
    }
    let mut before: Option<(u64, String)> = None;
    let mut states: BTreeMap<(String, String), ChainState> = BTreeMap::new();
    for (number, (at, jws, checkpoint)) in all {
        let (last, digest) = before.unwrap_or_default();
        if number > last + 1 {
            read.problems.push(Problem::CheckpointsMissing { from: last + 1, to: number - 1 });
        } else if checkpoint.previous != digest {
            read.problems.push(Problem::CheckpointAltered { at: at.clone(), number });
        }
        before = Some((number, checkpoint_digest(&jws)));
        if number == read.tree.size() + 1 {
            read.tree.push(leaf(jws.as_bytes()));
        }
        read.count = number;
        read.notes.extend(checkpoint.notes.into_iter().map(|note| (number, note)));
        for state in checkpoint.chains {
            let key = (state.tenant.clone(), state.chain.clone());
            if states.get(&key).is_some_and(|known| takes_back(known, &state)) {
                let (at, chain) = (at.clone(), state.chain);
                read.problems.push(Problem::HeadTakenBack { at, number, chain });
                continue;
            }
            states.insert(key, state);
        }
    }
    // Whoever sends records names their chain, and only its own worker says how far that is.
    read.notes.retain(|(_, note)| states.contains_key(&(note.tenant.clone(), note.chain.clone())));
    read.kept = states.into_values().map(Kept::from).collect();
    read
}

/// What was signed of a chain stands: it only ever gets longer, until its end.
fn takes_back(known: &ChainState, told: &ChainState) -> bool {
    let same = known.head.count == told.head.count;
    told.head.count < known.head.count
        || (same && known.head.digest != told.head.digest)
        || (known.ended && !(same && told.ended))
}

type Proven = BTreeMap<u64, (Place, String, Checkpoint)>;

fn proven(
    (name, text): (&str, &str),
    keys: &[Ed25519PublicKey],
    problems: &mut Vec<Problem>,
) -> Proven {
    let mut all = Proven::new();
    let mut lines = (1..).zip(text.lines()).peekable();
    while let Some((line, jws)) = lines.next() {
        // What a crash cut off stands whole in the next line.
        if lines.peek().is_some_and(|(_, next)| next.len() > jws.len() && next.starts_with(jws)) {
            continue;
        }
        let at = Place { file: name.to_owned(), line };
        match keys.iter().find_map(|key| verified(jws, key)) {
            Some(checkpoint) => {
                let number = checkpoint.number;
                let known = all.insert(number, (at.clone(), jws.to_owned(), checkpoint));
                if known.is_some_and(|(_, known, _)| known != jws) {
                    problems.push(Problem::CheckpointAltered { at, number });
                }
            }
            None => problems.push(Problem::NotSigned { at }),
        }
    }
    all
}

fn verified(jws: &str, key: &Ed25519PublicKey) -> Option<Checkpoint> {
    let options = VerificationOptions {
        required_signature_type: Some(CHECKPOINT_TYPE.to_owned()),
        // Another host's clock; nothing hangs on the time.
        accept_future: true,
        max_token_length: None,
        ..VerificationOptions::default()
    };
    key.verify_token::<Checkpoint>(jws, Some(options)).ok().map(|claims| claims.custom)
}

#[cfg(test)]
mod tests {
    use approval::SigningKey;
    use policy::record::chain::Head;

    use super::*;

    fn signed(key: &SigningKey, chains: &[&[(&str, u64)]]) -> Vec<String> {
        after(&[], key, chains)
    }

    /// No two signatures are the same, so what is before has to be given.
    fn after(before: &[String], key: &SigningKey, chains: &[&[(&str, u64)]]) -> Vec<String> {
        let mut all = before.to_vec();
        for chains in chains {
            let number = all.len() as u64 + 1;
            let state = |(chain, count): &(&str, u64)| ChainState {
                chain: (*chain).into(),
                head: Head { count: *count, digest: format!("{chain}{count}") },
                ..ChainState::default()
            };
            let previous = all.last().map(|last| checkpoint_digest(last)).unwrap_or_default();
            let chains = chains.iter().map(state).collect();
            let checkpoint = Checkpoint { number, previous, chains, ..Checkpoint::default() };
            all.push(approval::chains::signed(key, &checkpoint, 1).unwrap());
        }
        all
    }

    fn checked(file: &[String], anchor: Option<&[String]>, key: &SigningKey) -> Read {
        let key = Ed25519PublicKey::from_bytes(&key.public_bytes()).unwrap();
        let anchor = anchor.map(|lines| lines.join("\n"));
        let anchors: Vec<_> = anchor.as_deref().map(|text| ("a", text)).into_iter().collect();
        read(("f", &file.join("\n")), &anchors, &[key])
    }

    fn at(line: u64) -> Place {
        Place { file: "f".into(), line }
    }

    const CHAINS: &[&[(&str, u64)]] = &[&[("c_a", 2), ("c_b", 1)], &[("c_a", 5)], &[("c_c", 1)]];

    #[test]
    fn the_last_word_on_each_chain_counts() {
        let key = SigningKey::generate();
        let all = signed(&key, CHAINS);
        let read = checked(&all, Some(&all[..2]), &key);
        assert_eq!((&read.problems[..], read.count), (&[][..], 3));
        let kept: Vec<_> = read.kept.iter().map(|one| (&one.chain[..], one.head.count)).collect();
        assert_eq!(kept, [("c_a", 5), ("c_b", 1), ("c_c", 1)]);
    }

    #[test]
    fn what_is_missing_altered_or_signed_by_another_is_named() {
        let key = SigningKey::generate();
        let all = signed(&key, CHAINS);
        let without = [all[0].clone(), all[2].clone()];
        let missing = Problem::CheckpointsMissing { from: 2, to: 2 };
        assert_eq!(checked(&without, None, &key).problems, [missing]);
        // Somebody who has the key makes another second one.
        let others = after(&all[..1], &key, &[&[("c_a", 3)]]);
        let mixed = [all[0].clone(), others[1].clone(), all[2].clone()];
        let altered = Problem::CheckpointAltered { at: at(3), number: 3 };
        assert_eq!(checked(&mixed, None, &key).problems, [altered]);
        let second = signed(&key, &CHAINS[..1]);
        let twice = Problem::CheckpointAltered { at: at(2), number: 1 };
        assert_eq!(checked(&[all[0].clone(), second[0].clone()], None, &key).problems, [twice]);
        let torn = [all[0].clone(), all[1][..20].to_owned(), all[1].clone()];
        assert_eq!(checked(&torn, None, &key).problems, []);
        // Two programs that wrote one file.
        assert_eq!(checked(&[all[0].clone(), all[0].clone()], None, &key).problems, []);
        let foreign = checked(&signed(&SigningKey::generate(), CHAINS), None, &key);
        assert_eq!(foreign.problems, [1, 2, 3].map(|line| Problem::NotSigned { at: at(line) }));
        assert!(foreign.kept.is_empty());
    }

    /// A tenant may send records that name another's chain, and have them removed.
    #[test]
    fn a_note_counts_for_a_chain_whose_own_worker_told_it() {
        let key = SigningKey::generate();
        let mut all = signed(&key, &[&[("c_a", 5)]]);
        let of = |tenant: &str, chain: &str| Note {
            tenant: tenant.into(),
            chain: chain.into(),
            pruned_to: 3,
            ..Note::default()
        };
        let own = of("", "c_a");
        let notes = vec![own.clone(), of("red", "c_a"), of("", "c_b")];
        let previous = checkpoint_digest(&all[0]);
        let checkpoint = Checkpoint { number: 2, previous, notes, ..Checkpoint::default() };
        all.push(approval::chains::signed(&key, &checkpoint, 1).unwrap());
        let read = checked(&all, None, &key);
        assert_eq!((read.problems, read.notes), (Vec::new(), vec![(2, own)]));
    }

    /// Whoever has the database has the service sign what they wrote there.
    #[test]
    fn a_head_that_was_signed_is_not_taken_back() {
        let key = SigningKey::generate();
        let all = signed(&key, &[&[("c_a", 5)], &[("c_a", 2)], &[("c_a", 6)], &[("c_a", 6)]]);
        let read = checked(&all, None, &key);
        let back = Problem::HeadTakenBack { at: at(2), number: 2, chain: "c_a".into() };
        assert_eq!(read.problems, [back]);
        assert_eq!(read.kept[0].head.count, 6);
    }

    /// Whoever has records and key alike writes all anew: only what lies elsewhere tells.
    #[test]
    fn the_anchor_tells_what_was_signed_anew_or_rolled_back() {
        let key = SigningKey::generate();
        let all = signed(&key, CHAINS);
        let anew = after(&all[..1], &key, &[&[("c_a", 4)], CHAINS[2]]);
        assert_eq!(checked(&anew, None, &key).problems, []);
        let anchor = Place { file: "a".into(), line: 2 };
        let other = Problem::OtherCheckpoint { at: at(2), anchor, number: 2 };
        assert_eq!(checked(&anew, Some(&all[..2]), &key).problems, [other]);
        let gone = Problem::CheckpointGone { number: 3 };
        assert_eq!(checked(&all[..2], Some(&all), &key).problems, [gone]);
    }
}
