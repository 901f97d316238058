/*!
Which exchanges belong together. The caller says so, by the best of what it sends: the id of its run, else
its trace, else nothing more than its token and its session of MCP. What comes out is a MAC over the
principal, the way and what was said: nobody joins another's session, whatever ids it sends.
*/

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::digest::Keyed;
use crate::principal::Principal;

/// Characters of an id that count.
pub const ID_LIMIT: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JoinedBy {
    /// `gatehouse/run` in `params._meta` of a message, else the header `x-gatehouse-run`.
    Run,
    /// The trace id of `traceparent`.
    Trace,
    /// The very token, or the certificate where there is none, and the session of MCP if there is one.
    Token,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// `s_` and 128 bits in base64url.
    pub id: String,
    pub joined_by: JoinedBy,
}

/// What of a request's head joins it to others.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signs<'a> {
    pub run: Option<&'a str>,
    pub trace: Option<&'a str>,
    /// As it came in `authorization`.
    pub token: &'a [u8],
    pub mcp_session: Option<&'a str>,
}

impl Session {
    /// `key` is the deployment's digest key.
    pub fn of(key: &[u8], principal: &Principal, signs: &Signs<'_>) -> Self {
        if let Some(run) = signs.run {
            return Self::of_run(key, principal, run);
        }
        let mut digest = begun(key, principal);
        if let Some(trace) = signs.trace {
            digest.field("trace", trace);
            return Self::finish(digest, JoinedBy::Trace);
        }
        digest.bytes(b"token");
        digest.bytes(signs.token);
        match signs.mcp_session {
            Some(session) => digest.field("mcp session", session),
            None => digest.field("no mcp session", ""),
        }
        Self::finish(digest, JoinedBy::Token)
    }

    pub fn of_run(key: &[u8], principal: &Principal, run: &str) -> Self {
        let mut digest = begun(key, principal);
        digest.field("run", run);
        Self::finish(digest, JoinedBy::Run)
    }

    fn finish(digest: Keyed, joined_by: JoinedBy) -> Self {
        let tag = digest.tag();
        let id = URL_SAFE_NO_PAD.encode(tag.get(..16).unwrap_or(&tag));
        Self { id: format!("s_{id}"), joined_by }
    }
}

fn begun(key: &[u8], principal: &Principal) -> Keyed {
    let (issuer, subject) = principal.key();
    let mut digest = Keyed::new("gatehouse-session-1", key);
    digest.field("issuer", issuer);
    digest.field("subject", subject);
    digest
}

/// An id as it counts; an empty one is none.
pub fn named(id: &str) -> Option<String> {
    let id: String = id.trim().chars().take(ID_LIMIT).collect();
    (!id.is_empty()).then_some(id)
}

/// What stands in records for the session of MCP that a caller names: its id is as good as a token to some servers.
pub fn mcp_session_key(id: &str, key: &[u8]) -> String {
    let mut digest = Keyed::new("gatehouse-mcp-session-1", key);
    digest.field("mcp session", id);
    let tag = digest.tag();
    format!("m_{}", URL_SAFE_NO_PAD.encode(tag.get(..9).unwrap_or(&tag)))
}

/// Of the one `traceparent` there is (W3C Trace Context). Of two, or of one that is not sound, nobody can
/// say which trace it is.
pub fn trace_id(headers: &[(String, String)]) -> Option<&str> {
    let mut parents = headers.iter().filter(|(name, _)| name == "traceparent");
    let (_, parent) = parents.next()?;
    if parents.next().is_some() {
        return None;
    }
    let mut fields = parent.trim().split('-');
    let mut hex = |length: usize| {
        let field = fields.next()?;
        let digits = field.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        (digits && field.len() == length).then_some(field)
    };
    let (version, trace, span, _flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
    let zero = |field: &str| field.bytes().all(|b| b == b'0');
    // Later versions may say more behind the flags.
    let sound = version != "ff" && (version != "00" || fields.next().is_none());
    (sound && !zero(trace) && !zero(span)).then_some(trace)
}

#[cfg(test)]
mod tests;
