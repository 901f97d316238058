/*!
What ties the records of one worker's life together, so that a missing, altered or moved one shows.

A link stands beside its record in Envoy's access log, never in it: a record may be erased, and its link
stays what it is. It is made in the log callback alone, of the text of the record as it is written, so
that a record that a crash left has none.

`record` is a digest without a key, which whoever has the records can compute. A record begins with a
salt that is made of a secret of the VM's life and stored nowhere else: once both are erased, the digest
says nothing of what they were.
*/

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::line::Line;
use crate::digest::Keyed;

pub const LINK_VERSION: u32 = 1;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub version: u32,
    /// One life of one worker's VM.
    pub chain: String,
    /// From 1, without gaps.
    pub sequence: u64,
    /// Digest of the link before; empty in the first.
    pub previous: String,
    /// Digest of the record's text, as it stands in the log.
    pub record: String,
}

impl Link {
    pub fn to_ascii_json(&self) -> String {
        Line::of(self, 256).unwrap_or_default()
    }

    /// `blake2b-256:` and the digest of all its fields.
    pub fn digest(&self) -> String {
        let mut digest = Keyed::new("gatehouse-link-1", &[]);
        digest.bytes(&u64::from(self.version).to_be_bytes());
        digest.field("chain", &self.chain);
        digest.bytes(&self.sequence.to_be_bytes());
        digest.field("previous", &self.previous);
        digest.field("record", &self.record);
        digest.finish()
    }
}

/// Of a record's text: one line of ASCII JSON.
pub fn record_digest(text: &str) -> String {
    let mut digest = Keyed::new("gatehouse-record-1", &[]);
    digest.bytes(text.as_bytes());
    digest.finish()
}

/// The end of a chain, which the next link is tied to.
#[derive(Clone, Debug)]
pub struct Chain {
    name: String,
    secret: [u8; 16],
    /// Salts that were given away.
    salts: u64,
    head: Head,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Links of it.
    pub count: u64,
    /// Digest of the last of them; empty if there is none.
    pub digest: String,
}

/// Of the chain whose proof this is.
pub fn chain_name(proof: &str) -> String {
    let mut digest = Keyed::new("gatehouse-chain-1", &[]);
    digest.bytes(proof.as_bytes());
    format!("c_{}", short(digest))
}

/// 128 bits in base64url.
fn short(digest: Keyed) -> String {
    URL_SAFE_NO_PAD.encode(digest.tag().first_chunk::<16>().unwrap_or(&[0; 16]))
}

impl Chain {
    /// `secret` are random bytes of the host.
    pub fn of(secret: [u8; 16]) -> Self {
        let unnamed = Self::new(String::new(), secret);
        Self { name: chain_name(&unnamed.proof()), ..unnamed }
    }

    pub fn new(name: String, secret: [u8; 16]) -> Self {
        Self { name, secret, salts: 0, head: Head::default() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// What nobody knows but this VM and whom it tells: that it speaks of its own chain, whose name is a digest of it.
    pub fn proof(&self) -> String {
        short(Keyed::new("gatehouse-proof-1", &self.secret))
    }

    pub fn head(&self) -> &Head {
        &self.head
    }

    /// 128 bits that no other record has and nobody can tell before.
    pub fn salt(&mut self) -> String {
        self.salts += 1;
        let mut digest = Keyed::new("gatehouse-salt-1", &self.secret);
        digest.bytes(&self.salts.to_be_bytes());
        short(digest)
    }

    /// The text must be written as it is.
    pub fn link(&mut self, record: &str) -> Link {
        let link = Link {
            version: LINK_VERSION,
            chain: self.name.clone(),
            sequence: self.head.count + 1,
            previous: self.head.digest.clone(),
            record: record_digest(record),
        };
        self.head = Head { count: link.sequence, digest: link.digest() };
        link
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_link_names_the_one_before() {
        let mut chain = Chain::new("c_1".into(), [1; 16]);
        assert_eq!(chain.head(), &Head::default());
        let links = ["a", "b", "b"].map(|text| chain.link(text));
        let places: Vec<_> = links.iter().map(|link| (link.sequence, &link.chain[..])).collect();
        assert_eq!(places, [(1, "c_1"), (2, "c_1"), (3, "c_1")]);
        assert_eq!(links[0].previous, "");
        assert_eq!(links[1].previous, links[0].digest());
        assert_eq!(links[2].previous, links[1].digest());
        assert_eq!(links[1].record, links[2].record);
        assert_eq!(chain.head(), &Head { count: 3, digest: links[2].digest() });
    }

    #[test]
    fn no_field_of_a_link_can_change_without_its_digest() {
        let link = Chain::new("c_1".into(), [1; 16]).link("a");
        let changed = [
            Link { version: 2, ..link.clone() },
            Link { chain: "c_2".into(), ..link.clone() },
            Link { sequence: 2, ..link.clone() },
            Link { previous: link.record.clone(), ..link.clone() },
            Link { record: record_digest("b"), ..link.clone() },
            // A field's end is no other's begin.
            Link { chain: "c_".into(), previous: "1".into(), ..link.clone() },
        ];
        for other in changed {
            assert_ne!(other.digest(), link.digest(), "{other:?}");
        }
    }

    #[test]
    fn only_its_own_proof_names_it() {
        let chains = [[1; 16], [2; 16]].map(Chain::of);
        assert_eq!(chains[0].name(), chain_name(&chains[0].proof()));
        assert_ne!(chains[0].name(), chain_name(&chains[1].proof()));
        assert_eq!((chains[0].name().len(), chains[0].proof().len()), (24, 22));
    }

    #[test]
    fn salts_are_one_records_and_one_lifes() {
        let mut chains = [[1; 16], [2; 16]].map(|secret| Chain::new("c_1".into(), secret));
        let mut salts: Vec<String> =
            chains.iter_mut().flat_map(|chain| [chain.salt(), chain.salt()]).collect();
        assert!(salts.iter().all(|salt| salt.len() == 22));
        salts.sort();
        salts.dedup();
        assert_eq!(salts.len(), 4);
    }
}
