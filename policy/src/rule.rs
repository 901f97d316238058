/*!
Rules as they lie in a compiled bundle. The YAML a platform team writes has the same keys;
`compile` checks it and lowers it to this.
*/

mod approvers;
mod openai;
mod scope;
mod shell;

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::allowance::Allowance;
use crate::call::Kind;
use crate::condition::Expression;
use crate::pin::Definition;
use crate::redact::Redaction;
use crate::sql::Dialect;

pub use approvers::Approvers;
pub use openai::OpenaiMatch;
pub use scope::ScopeTerms;
pub use shell::ShellMatch;

/// In order of precedence: the greatest effect among the matching rules wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    Allow,
    Redact,
    Hold,
    Deny,
}

/// What a request gets that no rule speaks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DefaultEffect {
    #[default]
    Allow,
    Deny,
}

impl DefaultEffect {
    pub fn is_allow(&self) -> bool {
        *self == Self::Allow
    }

    /// Of bundles that are put together.
    pub fn stricter(self, other: Self) -> Self {
        if self.is_allow() { other } else { self }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    Request,
    Response,
    /// Calls of tools that a model proposes in its answer.
    Proposal,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    #[default]
    Enforce,
    /// Computed and recorded, never acted on.
    Shadow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recording {
    /// No body, argument or answer: sizes, digests and what was found.
    None,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Low,
    #[default]
    Medium,
    High,
    Critical,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub name: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub severity: Severity,
    pub on: Phase,
    /// Only on routes that name one of them; empty: on every route.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<String>,
    #[serde(default, rename = "match")]
    pub matches: Match,
    /// What has to be true as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Expression>,
    pub effect: Effect,
    /// Only callers whose token lacks one of these scopes, and they are told so; only with `effect: deny`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires_scope: Vec<String>,
    /// Findings that this rule leaves alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow_findings: Vec<Allowance>,
    /// What stands in the place of findings; only with `effect: redact`. Absent: `[REDACTED:kind]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redact: Option<Redaction>,
    /// Terms of the hold; only with `effect: hold`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldTerms>,
    /// What a call with text that should be SQL or a command but cannot be read gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unparsed: Option<Unparsed>,
    /// What the caller is told, with a remedy. Never quotes what was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(default)]
    pub mode: Mode,
    /// What records keep of a call that it matches. Of several rules the strictest counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Recording>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The bundle it is taken over from, where its own one extends others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

impl Rule {
    /// Of several rules with the same effect the first speaks: callers and approvers read its texts. That is
    /// nobody's to choose by the order of a file, nor by a rule of a section before one for all routes.
    pub fn speaking_order(&self, other: &Self) -> Ordering {
        let rank = |rule: &Self| (!rule.sections.is_empty(), Reverse(rule.severity));
        rank(self).cmp(&rank(other)).then_with(|| self.name.cmp(&other.name))
    }
}

/// Every part that is present must hold; a list holds if one of its entries does.
/// Text is compared with globs: `*` is any text; in paths it stays within a segment, `**` does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// The protocol the call speaks, by its route or its body.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kind: Vec<Kind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<PrincipalMatch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpMatch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcp: Option<McpMatch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openai: Option<OpenaiMatch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql: Option<SqlMatch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shell: Option<ShellMatch>,
    /// Values of the JSON body by pointer. Each has to be there with one of these.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub body: BTreeMap<String, Vec<String>>,
    /// Kinds of finding, such as `payment-card`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrincipalMatch {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issuer: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subject: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpMatch {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub method: Vec<String>,
    /// Compared with the path as the upstream sees it, without the query, in its normal form.
    /// `/a/**` is `/a` and all below it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub host: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub header: BTreeMap<String, Vec<String>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, Vec<String>>,
    /// Fields of the body where it is a form.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub form: BTreeMap<String, Vec<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct McpMatch {
    /// JSON-RPC methods, such as `tools/call`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub method: Vec<String>,
    /// Names of tools; only `tools/call` has one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool: Vec<String>,
    /// Words in the name of the tool; see `words`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_words: Vec<String>,
    /// Arguments of the tool or prompt by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: BTreeMap<String, Vec<String>>,
    /// Names of prompts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prompt: Vec<String>,
    /// URIs of resources, in every reading of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource: Vec<String>,
    /// What the client calls itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client_version: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protocol_version: Vec<String>,
    /// What is known of the definition of the tool.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub definition: Vec<Definition>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqlMatch {
    /// Effects of statements, such as `drop_database`; see `sql::Effect`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effect: Vec<crate::sql::SqlEffect>,
    /// Tables that it names, as `sql::Identifiers` has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub table: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schema: Vec<String>,
    /// `*` of the SQL is every column.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub column: Vec<String>,
    /// JSON pointers to the text that is SQL; absent: every string of the body.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub at: Vec<String>,
    /// Whose rules for literals and comments the text at the pointers follows.
    #[serde(default, skip_serializing_if = "Dialect::is_any")]
    pub dialect: Dialect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unparsed {
    Hold,
    Deny,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldTerms {
    /// Whose approval is needed.
    #[serde(default, skip_serializing_if = "Approvers::is_everyone")]
    pub approvers: Approvers,
    /// How many different people have to approve.
    #[serde(default = "HoldTerms::default_quorum", skip_serializing_if = "HoldTerms::is_one")]
    pub quorum: u32,
    /// How long a hold may be decided and an approval be used.
    #[serde(default = "HoldTerms::default_expiry")]
    pub expiry_seconds: u32,
    /// The longest a caller is kept waiting in silence, whatever it asks for.
    #[serde(default = "HoldTerms::default_wait")]
    pub wait_seconds: u32,
    #[serde(default)]
    pub reason_required: bool,
    /// Absent: an approval is for the one call, once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeTerms>,
    /// Groups of which one person may let the call pass at once, with a reason. Empty: nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub break_glass: Vec<String>,
}

impl HoldTerms {
    /// The most people a rule may ask for.
    pub const QUORUM_MAX: u32 = 16;

    fn default_quorum() -> u32 {
        1
    }

    fn is_one(quorum: &u32) -> bool {
        *quorum == 1
    }

    fn default_expiry() -> u32 {
        600
    }

    fn default_wait() -> u32 {
        120
    }
}

impl Default for HoldTerms {
    fn default() -> Self {
        Self {
            approvers: Approvers::default(),
            quorum: Self::default_quorum(),
            expiry_seconds: Self::default_expiry(),
            wait_seconds: Self::default_wait(),
            reason_required: false,
            scope: None,
            break_glass: Vec::new(),
        }
    }
}
