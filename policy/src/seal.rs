/*!
Ids that an upstream gives out and takes back: of sessions, events, tasks and stored objects. All principals reach
it with the gateway's one credential, so it cannot tell whose an id is. Each therefore leaves with a seal
and comes back with it: a keyed digest of the principal, the cluster and the id.

An upstream that somebody else controls may name the ids of another: the cluster is in the seal.
*/

pub mod endpoint;
pub mod openai;
pub mod target;
pub mod tasks;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::digest::{Keyed, same};
use crate::principal::Principal;

/// Between an id and its seal: clients may put it into a URL as it is, and no known id has it.
const MARK: char = '~';
const BYTES: usize = 16;
/// Those in base64.
const LENGTH: usize = 22;

/// What an id is of; one is never taken for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Id {
    /// `mcp-session-id`.
    Session,
    /// `id` of a server-sent event, which comes back as `last-event-id`.
    Event,
    /// Of a model's API: responses, conversations, items, files, containers.
    Object,
    /// Of MCP.
    Task,
}

/// The seals of one principal at one cluster.
#[derive(Clone)]
pub struct Seal(Keyed);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened<'t> {
    /// Given to this principal by this cluster: the upstream's own id.
    Own(&'t str),
    /// The same with a seal that is not this principal's.
    Foreign(&'t str),
    /// No seal at all.
    Plain,
}

impl Seal {
    pub fn new(key: &[u8], principal: &Principal, cluster: &str) -> Self {
        let mut keyed = Keyed::new("gatehouse-seal-1", key);
        keyed.field("issuer", &principal.issuer);
        keyed.field("subject", &principal.subject);
        keyed.field("cluster", cluster);
        Self(keyed)
    }

    pub fn close(&self, of: Id, id: &str) -> String {
        format!("{id}{MARK}{}", self.seal(of, id))
    }

    pub fn open<'t>(&self, of: Id, text: &'t str) -> Opened<'t> {
        let Some((id, seal)) = text.rsplit_once(MARK).filter(|(id, seal)| {
            let base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            !id.is_empty() && seal.len() == LENGTH && seal.bytes().all(base64)
        }) else {
            return Opened::Plain;
        };
        match same(seal.as_bytes(), self.seal(of, id).as_bytes()) {
            true => Opened::Own(id),
            false => Opened::Foreign(id),
        }
    }

    fn seal(&self, of: Id, id: &str) -> String {
        let mut keyed = self.0.clone();
        keyed.field(of.name(), id);
        URL_SAFE_NO_PAD.encode(keyed.tag().get(..BYTES).unwrap_or_default())
    }
}

impl Id {
    fn name(self) -> &'static str {
        match self {
            Id::Session => "session",
            Id::Event => "event",
            Id::Object => "object",
            Id::Task => "task",
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
