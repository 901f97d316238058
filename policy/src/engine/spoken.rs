/*!
Places that have answered as an MCP server does, on routes that do not say what they speak. There the
caller's own words make a call a message of MCP; only what the upstream said shows that it reads one.

Workers tell each other by Envoy's shared data, where each mark is sealed: it holds for its own place only,
and nobody without the deployment's key makes one.
*/

use std::collections::HashSet;

use hmac_sha256::HMAC;

use crate::bundle::wire::put_block;
use crate::call::Call;
use crate::delivery::Board;
use crate::digest;

/// A server has few; what comes after these is asked of the shared data each time.
const KEPT: usize = 256;

/// One path of one upstream, with its query: what is beside it may be another service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place([u8; 32]);

pub struct Spoken {
    key: [u8; 32],
    own: HashSet<Place>,
    board: Option<Box<dyn Board>>,
}

impl Spoken {
    pub fn new(secret: &[u8]) -> Self {
        Self { key: HMAC::mac(b"gatehouse spoken", secret), own: HashSet::new(), board: None }
    }

    /// Until then this worker learns alone.
    pub fn share(&mut self, board: Box<dyn Board>) {
        self.board = Some(board);
    }

    /// Where the call goes.
    pub fn place(&self, call: &Call) -> Place {
        let mut framed = Vec::new();
        for piece in ["place", &call.route, &call.cluster, &call.authority, &call.path] {
            put_block(&mut framed, piece.as_bytes());
        }
        Place(HMAC::mac(framed, self.key))
    }

    /// It has answered so before.
    pub fn knows(&mut self, place: Place) -> bool {
        if self.own.contains(&place) {
            return true;
        }
        let (value, _) = self.board.as_ref().map_or((None, None), |board| board.get(&place.name()));
        let marked = value.is_some_and(|value| digest::same(&value, &self.seal(place)));
        if marked {
            self.keep(place);
        }
        marked
    }

    pub fn learn(&mut self, place: Place) {
        if self.own.contains(&place) {
            return;
        }
        let seal = self.seal(place);
        if let Some(board) = &mut self.board {
            board.set(&place.name(), &seal, None);
        }
        self.keep(place);
    }

    fn keep(&mut self, place: Place) {
        if self.own.len() < KEPT {
            self.own.insert(place);
        }
    }

    fn seal(&self, Place(place): Place) -> [u8; 32] {
        HMAC::mac([b"seal".as_slice(), &place].concat(), self.key)
    }
}

impl Place {
    /// What its mark is called in the shared data.
    fn name(&self) -> String {
        // Nothing is ever deleted there. Two that share a name take turns, each under its own seal.
        format!("gatehouse-spoken-{}", digest::hex(self.0.get(..2).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests;
