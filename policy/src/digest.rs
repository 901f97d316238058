/*!
The digests of a call, both keyed: a plain digest beside masked text gives a short value back to
whoever tries all candidates.

The **join key** says which repeats are the same call: it leaves out what every client changes
between tries (JSON-RPC id, `_meta`, session, connection, headers). The **grant digest** is what an
approval is bound to: everything the upstream will see, less a short list named here.

BLAKE2b with its own key (RFC 7693), 256 bits: in V8 it hashes more than twice as fast as SHA-256, which took
a seventh of the time of a request of 16 KiB.
*/

mod pseudonym;

use crate::call::{Call, Kind};
use crate::content_type;
use crate::hold::Scope;
use crate::json::{self, MAX_DEPTH, Node};

pub use pseudonym::Pseudonyms;

/// What stands for a value in a bundle, keyed by the bundle's salt.
pub fn allowed_value(salt: &str, kind: &str, value: &[u8]) -> String {
    let mut digest = Keyed::new("gatehouse-allowed-value-1", salt.as_bytes());
    digest.field("kind", kind);
    digest.bytes(value);
    digest.finish()
}
#[cfg(feature = "compile")]
pub(crate) use pseudonym::{ALPHABET, LENGTH};

/// Headers that differ between two tries of one call and change nothing upstream.
const IGNORED_HEADERS: &[&str] = &[
    "accept-encoding",
    "baggage",
    "b3",
    "connection",
    "content-length",
    "traceparent",
    "tracestate",
    "x-request-id",
    "x-stainless-read-timeout",
    "x-stainless-retry-count",
];

/// Members of `params._meta` that belong to one try.
const IGNORED_META: &[&str] = &["progressToken", "traceparent", "tracestate", "baggage"];

pub fn join_key(call: &Call, key: &[u8]) -> String {
    let mut digest = Keyed::new("gatehouse-join-1", key);
    digest.principal(call);
    digest.phase(call);
    digest.field("route", &call.route);
    digest.field("kind", call.kind.name());
    digest.field("method", &call.method);
    digest.field("authority", &call.authority);
    digest.field("path", &call.path);
    match canonical_mcp(call, true) {
        Some(body) => digest.field("mcp", &body),
        None => {
            digest.field("content-type", call.header("content-type").unwrap_or_default());
            digest.field("body", &call.body);
        }
    }
    digest.finish()
}

pub fn grant_digest(call: &Call, key: &[u8]) -> String {
    let mut digest = Keyed::new("gatehouse-grant-1", key);
    digest.principal(call);
    digest.acting(call);
    digest.phase(call);
    digest.target(call);
    for (name, value) in &call.headers {
        if !IGNORED_HEADERS.contains(&name.as_str()) {
            digest.field(name, value);
        }
    }
    match canonical_mcp(call, false) {
        Some(body) => digest.field("mcp", &body),
        None => digest.field("body", &call.body),
    }
    digest.finish()
}

/// What calls have in common that one approval may let pass: everything of [`grant_digest`] but the
/// session of MCP and the values that the scope frees. `None` if the call is not within the scope.
pub fn standing_key(call: &Call, scope: &Scope, key: &[u8]) -> Option<String> {
    let mut digest = Keyed::new("gatehouse-standing-1", key);
    digest.principal(call);
    digest.acting(call);
    digest.phase(call);
    digest.target(call);
    let mcp = speaks_mcp(call);
    for (name, value) in &call.headers {
        let of_session = mcp && name == "mcp-session-id";
        if !of_session && !IGNORED_HEADERS.contains(&name.as_str()) {
            digest.field(name, value);
        }
    }
    if scope.free.is_empty() && !mcp {
        digest.field("body", &call.body);
        return Some(digest.finish());
    }
    // A value that is free in JSON may be anything to who reads the body as something else.
    if !content_type::is_json(content_type::of(&call.headers)) {
        return None;
    }
    let body = Node::parse(&call.body, MAX_DEPTH).ok()?;
    for (pointer, kind) in scope.kinds(&body)? {
        digest.field(pointer, kind);
    }
    let left_out = |path: &[&str]| scope.frees(path) || (mcp && of_one_try(path, false));
    digest.field("body", &json::canonical(&call.body, |path| !left_out(path))?);
    Some(digest.finish())
}

/// What a caller's `notifications/cancelled` names: one try of a call, by the literal of its JSON-RPC
/// id. Ids are counted per session of MCP, and a session is its principal's. A server without sessions
/// leaves the run that the caller names: without one a caller with several connections may end a wait of its own
/// too many, which is better than to run what was called off.
pub fn cancel_key(call: &Call, request_id: &str, run: Option<&str>, key: &[u8]) -> String {
    let of_server = call.header("mcp-session-id").filter(|session| !session.is_empty());
    let mut digest = Keyed::new("gatehouse-cancel-1", key);
    digest.principal(call);
    digest.field("route", &call.route);
    match (of_server, run) {
        (Some(session), _) => digest.field("session", session),
        (None, Some(run)) => digest.field("run", run),
        (None, None) => digest.field("alone", ""),
    }
    digest.field("id", request_id);
    digest.finish()
}

/// Keyed digest of a body, for records; bodies may come in pieces.
#[derive(Clone)]
pub struct BodyDigest {
    digest: Keyed,
    empty: bool,
}

impl BodyDigest {
    pub fn new(key: &[u8]) -> Self {
        Self { digest: Keyed::new("gatehouse-body-1", key), empty: true }
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.empty &= bytes.is_empty();
        self.digest.0.update(bytes);
    }

    /// Empty for an empty body.
    pub fn finish(self) -> String {
        if self.empty { String::new() } else { self.digest.finish() }
    }
}

pub fn body_digest(bytes: &[u8], key: &[u8]) -> String {
    let mut digest = BodyDigest::new(key);
    digest.update(bytes);
    digest.finish()
}

/// JSON-RPC without its id, members sorted, number literals verbatim.
fn canonical_mcp(call: &Call, join: bool) -> Option<String> {
    if !speaks_mcp(call) {
        return None;
    }
    json::canonical(&call.body, |path| !of_one_try(path, join))
}

/// Whether a member of a message of MCP differs from try to try; to the join key all of `_meta` does.
fn of_one_try(path: &[&str], join: bool) -> bool {
    match path {
        ["id"] => true,
        ["params", "_meta"] => join,
        ["params", "_meta", member] => IGNORED_META.contains(member),
        _ => false,
    }
}

/// Only then does `id` belong to one try: to a plain API it may be the very thing that is asked for. And
/// only in what is called JSON are two spellings one.
fn speaks_mcp(call: &Call) -> bool {
    call.kind == Kind::Mcp && call.proven && content_type::is_json(content_type::of(&call.headers))
}

/// In lower case.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All of them are looked at, so that the time it takes tells nothing.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

#[derive(Clone)]
pub(crate) struct Keyed(blake2b_simd::State);

impl Keyed {
    pub(crate) fn new(purpose: &str, key: &[u8]) -> Self {
        let mut params = blake2b_simd::Params::new();
        params.hash_length(32);
        // The RFC's limit; a longer key counts as a whole, as in HMAC.
        if key.len() <= blake2b_simd::KEYBYTES {
            params.key(key);
        } else {
            params.key(blake2b_simd::blake2b(key).as_bytes());
        }
        let mut keyed = Self(params.to_state());
        keyed.bytes(purpose.as_bytes());
        keyed
    }

    fn principal(&mut self, call: &Call) {
        self.field("issuer", &call.principal.issuer);
        self.field("subject", &call.principal.subject);
    }

    /// The software that acts for the subject: who trusts the one does not know the next. And whose it is: what
    /// somebody approved for another's agent they may not have approved for their own.
    fn acting(&mut self, call: &Call) {
        self.field("agent", call.principal.agent.as_deref().unwrap_or_default());
        for owner in &call.principal.owners {
            self.field("owner", owner);
        }
    }

    /// What is proposed to an agent is not what an agent asks for, and no approval is for both.
    fn phase(&mut self, call: &Call) {
        if call.proposed {
            self.field("phase", "proposal");
        }
    }

    /// Where it goes, and what it asks for in its head.
    fn target(&mut self, call: &Call) {
        self.field("route", &call.route);
        self.field("cluster", &call.cluster);
        self.field("kind", call.kind.name());
        self.field("method", &call.method);
        self.field("authority", &call.authority);
        self.field("path", &call.path);
    }

    pub(crate) fn field(&mut self, name: &str, value: &str) {
        self.bytes(name.as_bytes());
        self.bytes(value.as_bytes());
    }

    /// With its length in front: no two different sequences of fields read the same.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    pub(crate) fn tag(self) -> [u8; 32] {
        let mut tag = [0; 32];
        let digest = self.0.finalize();
        tag.iter_mut().zip(digest.as_bytes()).for_each(|(byte, own)| *byte = *own);
        tag
    }

    pub(crate) fn finish(self) -> String {
        use base64::Engine;
        let tag = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(self.tag());
        format!("blake2b-256:{tag}")
    }
}

#[cfg(test)]
mod tests;
