/*!
The record of one exchange, schema v2: one line of ASCII JSON that leaves through Envoy's access log.

All text in it is masked with all packs, whatever the rules say; digests are keyed. Fields are only
ever added. What a reader may rely on is written at each field.
*/

pub mod chain;
pub mod checkpoint;
mod envoy;
mod line;
pub mod part;
mod protocol;
mod room;

use serde::{Deserialize, Serialize};

use crate::budget::Used;
use crate::hold::Approval;
use crate::principal::Principal;
use crate::reason::Reason;
use crate::rule::{Effect, Mode, Recording};
use crate::session::Session;
use crate::verdict::Contribution;
pub use envoy::{Ended, EnvoyRecord};
use line::Line;
use part::PartRecord;
pub use protocol::{McpRecord, ModelRecord, ProposedRecord, SqlRecord};
pub use room::{Room, Taken};

/// 1 had `chain` and `sequence` in the record, and no salt.
pub const RECORD_VERSION: u32 = 2;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub version: u32,
    /// Random: without it the digest in the record's link tells nothing of the record.
    #[serde(default)]
    pub salt: String,
    /// The gateway's own id of the exchange; the reference in refusals.
    pub exchange: String,
    /// Unix milliseconds at request headers.
    pub started_ms: u64,
    /// Numbered from 0; `last` on the part that ends the exchange.
    pub part: u32,
    pub last: bool,
    /// What the caller says of itself: never trusted, only recorded.
    pub claims: ClientClaims,
    pub principal: Option<Principal>,
    /// The principal's own key: a keyed digest of issuer and subject, the same in all its records.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub caller: String,
    /// Its token's key: a keyed digest of it. Absent where a certificate says who calls.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub token: String,
    /// Whom it belongs to, as its token says: a keyed digest of each name, also where masks take the names for an address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owner_keys: Vec<String>,
    /// Of its token.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// What it belongs to. Absent where nobody was proven to call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    pub route: String,
    /// Those the route names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<String>,
    pub kind: String,
    /// The route does not say what it speaks: the call looked like that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kind_guessed: bool,
    /// The caller only asked what would become of the call: nothing was sent, whatever the verdict.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    pub request: RequestRecord,
    pub response: ResponseRecord,
    /// What was said in the upstream's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<AnswerRecord>,
    pub verdict: VerdictRecord,
    pub hold: Option<HoldRecord>,
    /// Revision of the bundle that judged it.
    pub revision: String,
    /// A rule asks that no text of bodies is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<Recording>,
    /// Why something was not read, one entry each.
    pub not_inspected: Vec<String>,
    pub timings: Timings,
    /// Absent until it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envoy: Option<EnvoyRecord>,
    /// How it ended.
    pub end: End,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientClaims {
    pub request_id: Option<String>,
    pub run: Option<String>,
    /// Of MCP: `m_` and 72 bits of a keyed digest of its id. In older records it is the id itself.
    pub session: Option<String>,
    /// Of `traceparent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRecord {
    pub method: String,
    pub authority: String,
    /// Masked, with query.
    pub path: String,
    /// Where the upstream sees another host or path, which is what rules see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged_as: Option<TargetRecord>,
    /// As they came to the gateway.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HeaderRecord>,
    /// Some headers are not there, since they are too many or too long.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub headers_cut: bool,
    pub mcp: Option<McpRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelRecord>,
    /// At most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sql: Vec<SqlRecord>,
    pub body: BodyRecord,
    /// Kinds of finding in the body and how many of each.
    pub findings: Vec<FindingCount>,
    /// Of path and query.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path_findings: Vec<FindingCount>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub header_findings: Vec<FindingCount>,
}

/// `[REDACTED]` stands for the value of one that is called like a credential.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetRecord {
    pub authority: String,
    /// Masked, with query.
    pub path: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderRecord {
    pub name: String,
    pub value: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseRecord {
    /// As the upstream answered; 0 if it did not.
    pub status: u32,
    /// As they came to the gateway.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HeaderRecord>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub headers_cut: bool,
    pub body: BodyRecord,
    pub findings: Vec<FindingCount>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub header_findings: Vec<FindingCount>,
    /// What is otherwise in the answer that the caller got.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<ResponseEdit>,
    /// Entries of lists of MCP that the caller did not get, since the rules refuse what they are for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hidden: u32,
    /// Tools that a list showed otherwise than they are pinned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<ChangedTool>,
    /// Calls that a model proposes in it, at most 64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<ProposedRecord>,
    /// Of these, those that people were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<HoldRecord>,
}

/// What the caller was told, and not by the upstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerRecord {
    pub by: Speaker,
    pub status: u32,
    /// Masked, up to the configured limit.
    pub body: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    Gateway,
    Envoy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseEdit {
    /// Findings, by rules.
    Redacted,
    /// Entries of lists.
    Hidden,
    /// Its end waited for people.
    Withheld,
    /// All of it, or all that had not gone out: see `answer`.
    Replaced,
    /// Ids that are for this caller alone.
    Sealed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedTool {
    /// Name of the set.
    pub pins: String,
    pub tool: String,
    /// In shadow it was not cut out.
    pub mode: Mode,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodyRecord {
    /// Masked text, up to the configured limit.
    pub text: String,
    pub truncated: bool,
    /// Bytes of the original.
    pub size: u64,
    /// `blake2b-256:` and the keyed digest of the original; empty for an empty body.
    pub digest: String,
    /// What is behind the text, which stands beside the record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartRecord>,
    /// Nor do these have all of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub parts_truncated: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingCount {
    pub kind: String,
    pub count: u32,
    /// Whether the caller (or the upstream) got it redacted.
    pub redacted: bool,
    /// Whether a rule left one of them alone that names their kind.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allowed: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictRecord {
    pub effect: Option<Effect>,
    pub reason: Option<Reason>,
    /// For the operator alone: more than the caller was told, such as which check a token failed.
    pub detail: Option<String>,
    /// Id of the kill that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kill: Option<String>,
    pub rules: Vec<Contribution>,
    /// Budgets that were used up, also in shadow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<BudgetRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetRecord {
    pub budget: String,
    pub mode: Mode,
    pub used: Used,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldRecord {
    pub hold: String,
    pub status: String,
    /// Who settled it.
    pub approver: Option<String>,
    /// All on whose yes it was released, as the grant proves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approval>,
    /// What the approval service signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<GrantRecord>,
    /// The standing grant it was released by, whose approvals those are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<String>,
    /// One person let it pass at once, whatever else the rules ask for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub break_glass: bool,
    pub waited_ms: u64,
}

/// Of one grant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantRecord {
    /// Its `jti`, which is the id of the hold.
    pub id: String,
    /// Unix seconds.
    pub expires_at: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timings {
    /// From request headers to the verdict, the time on hold included.
    pub verdict_ms: u64,
    pub total_ms: u64,
    /// To the whole body of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_ms: Option<u64>,
    /// To what the rules say of it, before anybody was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged_ms: Option<u64>,
    /// To when it went on to the upstream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_ms: Option<u64>,
    /// To the head of the upstream's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_ms: Option<u64>,
    /// To its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_end_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Written before the end was known: all there is if the VM crashed.
    #[default]
    Unfinished,
    Complete,
    /// The gateway answered itself.
    Refused,
    /// The gateway told something about itself.
    Answered,
    /// The caller left, or Envoy ended it while it was there.
    Aborted,
    /// The upstream could not be reached, broke off or took too long.
    UpstreamReset,
    /// It lay idle, or was under way, for longer than Envoy lets anything be.
    TimedOut,
    /// The gateway cut the response.
    Reset,
}

impl BodyRecord {
    /// Size and digest stay.
    pub fn without_text(&mut self) {
        let Self { size, digest, .. } = std::mem::take(self);
        *self = Self { size, digest, ..Self::default() };
    }
}

impl Record {
    /// Of the call, and of calls that the answer proposes.
    pub fn holds(&self) -> impl Iterator<Item = &HoldRecord> {
        self.hold.iter().chain(&self.response.holds)
    }

    /// One line of ASCII: Envoy's JSON logger garbles every other byte if one of them is not UTF-8.
    pub fn to_ascii_json(&self) -> String {
        // Most of it are the bodies, of which each byte may take an escape.
        let bodies = self.request.body.text.len() + self.response.body.text.len();
        Line::of(self, 4096 + bodies * 2).unwrap_or_default()
    }
}

/// As it stands between quotes in a line of ASCII JSON.
pub(crate) fn in_ascii_json(text: &str) -> Option<String> {
    let quoted = Line::of(&text, text.len() * 2)?;
    Some(quoted.strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests;
