/*!
What lists showed of pinned tools, so that a call knows whether its tool is still the one that was looked at.

Workers tell each other by Envoy's shared data, where each note is sealed and numbered: any plugin with the
same `vm_id` can write there. Nothing is ever deleted there, and there is one note for each pinned tool of a
route; its name is long enough that no two share one.
*/

use std::collections::HashMap;

use hmac_sha256::HMAC;

use crate::bundle::wire::put_block;
use crate::delivery::Board;
use crate::digest::{hex, same};
use crate::pin::{Observed, ToolDigest};

/// How often a note is written anew where another worker was faster.
const TRIES: usize = 8;

/// A number that rises with each change, and a digest.
type Note = (u64, ToolDigest);

/// Of one pin set on one route.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub route: &'a str,
    pub cluster: &'a str,
    pub set: &'a str,
    pub tool: &'a str,
}

pub struct Definitions {
    key: [u8; 32],
    /// The newest that this worker knows of.
    own: HashMap<String, Note>,
    board: Option<Box<dyn Board>>,
}

impl Definitions {
    pub fn new(secret: &[u8]) -> Self {
        Self { key: HMAC::mac(b"gatehouse definitions", secret), own: HashMap::new(), board: None }
    }

    /// Until then this worker knows only what itself has seen.
    pub fn share(&mut self, board: Box<dyn Board>) {
        self.board = Some(board);
    }

    /// What the last list showed.
    pub fn observed(&self, shown: Shown<'_>) -> Observed {
        let name = self.name(shown);
        let Ok(told) = self.told(&name).0 else { return Observed::Garbled };
        // An older one put back is no news.
        let newest = told.into_iter().chain(self.own.get(&name).copied()).max_by_key(|note| note.0);
        newest.map_or(Observed::Nothing, |(_, digest)| Observed::Digest(digest))
    }

    /// A list showed this. What is as it is pinned needs no note until it was once otherwise.
    pub fn learn(&mut self, shown: Shown<'_>, digest: ToolDigest, pinned: bool) {
        let name = self.name(shown);
        for _ in 0..TRIES {
            let (told, cas) = self.told(&name);
            let own = self.own.get(&name).copied();
            match told {
                Ok(None) if pinned && own.is_none() => return,
                Ok(Some(told)) if told.1 == digest && own.is_none_or(|own| own.0 <= told.0) => {
                    return;
                }
                _ => {}
            }
            // Of what is damaged or put back the own memory knows at least how far it was.
            let before = told.ok().flatten().map_or(0, |(number, _)| number);
            let before = before.max(own.map_or(0, |(number, _)| number));
            let note = (before.saturating_add(1), digest);
            let value = self.sealed(&name, note);
            let written = match &mut self.board {
                Some(board) => board.set(&name, &value, cas),
                None => true,
            };
            if written {
                self.own.insert(name, note);
                return;
            }
        }
        // It is known here at least, and newer than what the others wrote.
        let number = self.own.get(&name).map_or(1, |(number, _)| number.saturating_add(1));
        self.own.insert(name, (number, digest));
    }

    /// The note in the shared data, and what to give back to `set`. An error: it is damaged. Without shared
    /// data it is what this worker knows.
    fn told(&self, name: &str) -> (Result<Option<Note>, ()>, Option<u32>) {
        match self.board.as_ref().map(|board| board.get(name)) {
            None => (Ok(self.own.get(name).copied()), None),
            Some((None, cas)) => (Ok(None), cas),
            Some((Some(value), cas)) => (self.opened(name, &value).map(Some).ok_or(()), cas),
        }
    }

    fn sealed(&self, name: &str, (number, ToolDigest(digest)): Note) -> Vec<u8> {
        let mut value = number.to_le_bytes().to_vec();
        value.extend_from_slice(&digest);
        let seal = self.seal(name, &value);
        value.extend_from_slice(&seal);
        value
    }

    fn opened(&self, name: &str, value: &[u8]) -> Option<Note> {
        let (said, seal) = value.split_at_checked(40)?;
        let (number, digest) = said.split_first_chunk()?;
        let digest = ToolDigest(digest.try_into().ok()?);
        same(seal, &self.seal(name, said)).then_some((u64::from_le_bytes(*number), digest))
    }

    fn seal(&self, name: &str, said: &[u8]) -> [u8; 32] {
        let mut framed = Vec::new();
        for piece in [b"seal", name.as_bytes(), said] {
            put_block(&mut framed, piece);
        }
        HMAC::mac(framed, self.key)
    }

    /// What the note is called in the shared data.
    fn name(&self, shown: Shown<'_>) -> String {
        let mut framed = Vec::new();
        for piece in ["name", shown.route, shown.cluster, shown.set, shown.tool] {
            put_block(&mut framed, piece.as_bytes());
        }
        let mac = HMAC::mac(framed, self.key);
        format!("gatehouse-definition-{}", hex(mac.get(..16).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests;
