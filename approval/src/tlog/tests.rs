//! Against vectors of others: of RFC 6962's reference implementation, of signed notes and of keys in Go.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tlog_tiles::tlog::check_tree;

use super::tree::Tree;
use super::*;
use crate::config::SigningKey;

/// Of the reference implementation of RFC 6962.
const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
/// From the first entry to eight, and from six to eight.
const FROM_1: [&str; 3] = [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
];
const FROM_6: [&str; 3] = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
];

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn hash(hex: &str) -> Hash {
    Hash(bytes(hex).try_into().unwrap())
}

#[test]
fn roots_and_proofs_are_those_of_the_reference() {
    let mut tree = Tree::default();
    let mut hashes = tree::Hashes::default();
    assert_eq!(tree.root(0).unwrap().0, hmac_sha256::Hash::hash(b""));
    for (size, entry) in (0..).zip(LEAVES) {
        tree.push(leaf(&bytes(entry)));
        hashes.grow(size, leaf(&bytes(entry))).unwrap();
    }
    for (size, root) in (1..).zip(ROOTS) {
        assert_eq!(tree.root(size).unwrap(), hash(root));
    }
    assert_eq!((tree.size(), tree.root(9)), (8, None));
    assert_eq!(hashes.consistency(8, 1).unwrap(), FROM_1.map(hash));
    assert_eq!(hashes.consistency(8, 6).unwrap(), FROM_6.map(hash));
    assert_eq!(hashes.consistency(8, 8).unwrap(), []);
}

/// What a database keeps is read again in little more than its digits.
#[test]
fn a_long_log_is_read_in_few_places() {
    let mut all = tree::Hashes::default();
    let mut row = Vec::new();
    for at in 0..5_000_u64 {
        row.extend(all.grow(at, leaf(&at.to_be_bytes())).unwrap());
    }
    // Each has its own place, and there are no gaps.
    assert!((0..).zip(&row).all(|(place, (at, _))| place == *at));
    let mut few = tree::Hashes::default();
    let places = few.root(5_000).unwrap_err();
    assert!(places == tree::edge(5_000) && places.len() <= 13, "{places:?}");
    let read = |places: &[u64]| places.iter().map(|at| row[*at as usize]).collect::<Vec<_>>();
    few.know(read(&places));
    let root = few.root(5_000).unwrap();
    assert_eq!(root, all.root(5_000).unwrap());
    // It grows on as if all were known.
    let more = leaf(b"more");
    assert_eq!(few.grow(5_000, more).unwrap(), all.grow(5_000, more).unwrap());
    for old in [1, 2, 1_023, 1_024, 3_333, 4_999] {
        let mut few = tree::Hashes::default();
        let places = few.consistency(5_000, old).unwrap_err();
        assert!(places.len() <= 26, "{old}: {places:?}");
        few.know(read(&places));
        let proof = few.consistency(5_000, old).unwrap();
        check_tree(&proof, 5_000, root, old, all.root(old).unwrap()).unwrap();
    }
}

/// From the documentation of golang.org/x/mod/sumdb/note.
const NEUMANN: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const SAID: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\
    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

#[test]
fn a_note_of_another_make_is_read_and_written() {
    let key: Vkey = NEUMANN.parse().unwrap();
    assert_eq!((key.name.as_str(), key.purpose), ("PeterNeumann", Purpose::Log));
    assert_eq!(key.to_string(), NEUMANN);
    let note = Signed::read(SAID).unwrap();
    assert_eq!(note.to_string(), SAID);
    assert!(note.is_signed_by(&key));
    let other = Signed::read(&SAID.replace("your problem is", "my problem is")).unwrap();
    assert!(!other.is_signed_by(&key));
    // A log's signature is no witness' one.
    let mut witness = key;
    witness.purpose = Purpose::Witness;
    assert_eq!(note.cosigned_by(&witness), None);
}

#[test]
fn what_is_no_key_and_no_note_is_refused() {
    let damaged = NEUMANN.replace("c74f20a3", "c74f20a4");
    let post_quantum = format!("w+00000000+{}", STANDARD.encode([6; 1313]));
    for (text, why) in [
        ("", "NAME+ID+KEY"),
        ("a+b", "NAME+ID+KEY"),
        ("a+00000000+AAAA", "kind 0"),
        ("a+00000000+AQAA", "NAME+ID+KEY"),
        (&damaged, "damaged"),
        (&post_quantum, "kind 6"),
        (&NEUMANN.replace("PeterNeumann", "Peter Neumann"), "no name"),
    ] {
        let said = text.parse::<Vkey>().unwrap_err().to_string();
        assert!(said.contains(why), "{text}: {said}");
    }
    let line = SAID.lines().last().unwrap();
    for text in [
        "",
        "text\n",
        "text\n\n",
        "text\n\nno signature\n",
        &SAID[..SAID.len() - 1],
        &SAID.replace("\n\n", "\n"),
        &format!("te\rxt\n\n{line}\n"),
        &format!("text\n\n{}", format!("{line}\n").repeat(101)),
        "text\n\n\u{2014} a+b AAAAAAAA\n",
        "text\n\n\u{2014} a AAAA\n",
    ] {
        assert_eq!(Signed::read(text), Err(Unsound), "{text:?}");
    }
}

#[test]
fn a_tree_head_is_written_in_one_way_only() {
    let head = TreeHead { origin: "a/b".into(), size: 12, root: leaf(b"x") };
    let text = head.text();
    assert_eq!(TreeHead::read(&text), Some(head));
    let root = text.lines().last().unwrap();
    for wrong in [
        text.replace("12", "012"),
        text.replace("12", "+12"),
        text.replace("12", "-1"),
        text.replace('=', ""),
        format!("{text}more\n"),
        format!("a/b\n12\n{}\n", &root[..root.len() - 4]),
        text.trim_end().to_owned(),
    ] {
        assert_eq!(TreeHead::read(&wrong), None, "{wrong}");
    }
}

/// A witness of its own for tests.
pub struct Cosigner {
    key: SigningKey,
    pub vkey: Vkey,
}

impl Cosigner {
    pub fn new(name: &str) -> Self {
        let key = SigningKey::generate();
        let public = key.public_bytes().try_into().unwrap();
        Self { vkey: Vkey::new(name, Purpose::Witness, public).unwrap(), key }
    }

    /// The line of its answer.
    pub fn cosignature(&self, text: &str, at: u64) -> String {
        use jwt_simple::algorithms::EdDSAKeyPairLike;
        let message = format!("cosignature/v1\ntime {at}\n{text}");
        let signature = self.key.pair().key_pair().as_ref().sk.sign(message, None);
        let bytes = [&self.vkey.id()[..], &at.to_be_bytes(), &signature[..]].concat();
        format!("\u{2014} {} {}\n", self.vkey.name, STANDARD.encode(bytes))
    }
}

#[test]
fn cosignatures_count_for_the_text_and_the_key_they_are_of() {
    let (log, witness, stranger) = (SigningKey::generate(), Cosigner::new("w"), Cosigner::new("w"));
    let head = TreeHead { origin: origin(&log.public_bytes()), size: 3, root: leaf(b"x") };
    let mut note = head.signed(&log).unwrap();
    let text = note.text.clone();
    assert!(note.is_signed_by(&log.vkey(&head.origin).unwrap()));
    assert!(!note.is_signed_by(&log.vkey("other").unwrap()));
    assert!(!note.is_signed_by(&SigningKey::generate().vkey(&head.origin).unwrap()));
    for answer in [
        stranger.cosignature(&text, 7),
        witness.cosignature("another text\n", 7),
        String::new(),
        "no line".into(),
    ] {
        assert_eq!(note.cosign(&witness.vkey, &answer), None, "{answer}");
        assert_eq!(note.cosigned_by(&witness.vkey), None);
    }
    // What others say in the same answer is left out.
    let answer = stranger.cosignature(&text, 99) + &witness.cosignature(&text, 7);
    assert_eq!(note.cosign(&witness.vkey, &answer), Some(7));
    assert_eq!(note.cosign(&witness.vkey, &witness.cosignature(&text, 9)), Some(9));
    let written = note.to_string();
    let again = Signed::read(&written).unwrap();
    assert_eq!(again, note);
    assert_eq!(written.lines().filter(|line| line.starts_with('\u{2014}')).count(), 2);
    assert_eq!(again.cosigned_by(&witness.vkey), Some(9));
    assert_eq!(again.cosigned_by(&stranger.vkey), None);
    // Of another time it is another one.
    let line = witness.cosignature(&text, 9);
    let bytes = STANDARD.decode(line.trim().rsplit_once(' ').unwrap().1).unwrap();
    let late = [&bytes[..4], &10_u64.to_be_bytes()[..], &bytes[12..]].concat();
    let late = format!("\u{2014} w {}\n", STANDARD.encode(late));
    assert_eq!(head.signed(&log).unwrap().cosign(&witness.vkey, &late), None);
}
