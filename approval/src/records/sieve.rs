/*! Which exchanges are looked for. */

use policy::reason::Reason;
use serde::Deserialize;

use super::{Exchange, describe, session};

/// All that are said have to fit; what is empty lets everything through. Text of records is masked, so
/// nothing is found that was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Sieve {
    /// The subject of the caller's token.
    pub principal: String,
    /// Begun at this time or later, in Unix milliseconds.
    pub since_ms: u64,
    /// `allow`, `redact`, `hold` or `deny`.
    pub effect: String,
    /// Only those that the gateway answered in the upstream's place, for whatever reason; not those that wait.
    pub refused: bool,
    /// Code of the reason for which it ended.
    pub reason: String,
    /// A rule that had a part in it, also in shadow.
    pub rule: String,
    /// Tool of MCP.
    pub tool: String,
    /// Part of its path or bodies, in any case.
    pub text: String,
}

impl Sieve {
    pub fn lets_through(&self, exchange: &Exchange) -> bool {
        let record = &exchange.record;
        let verdict = &record.verdict;
        let subject = record.principal.as_ref().map(|principal| principal.subject.as_str());
        let tool = record.request.mcp.as_ref().and_then(|mcp| mcp.tool.as_deref());
        is(&self.principal, subject)
            && is(&self.tool, tool)
            && is(&self.effect, verdict.effect.as_ref().map(describe::word).as_deref())
            && is(&self.reason, verdict.reason.map(Reason::code))
            && (!self.refused || session::is_refused(record))
            && record.started_ms >= self.since_ms
            && (self.rule.is_empty() || verdict.rules.iter().any(|of| of.rule == self.rule))
            && (self.text.is_empty() || has(exchange, &self.text.to_lowercase()))
    }

    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }
}

fn is(wanted: &str, found: Option<&str>) -> bool {
    wanted.is_empty() || found == Some(wanted)
}

fn has(exchange: &Exchange, text: &str) -> bool {
    let record = &exchange.record;
    let (request, response) = (&record.request, &record.response);
    [&request.path, &request.body.text, &response.body.text]
        .into_iter()
        .any(|part| part.to_lowercase().contains(text))
}
