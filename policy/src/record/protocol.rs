/*! What a call asks for in its protocol's words, as judging read it: names, masked and cut short. */

use serde::{Deserialize, Serialize};

use crate::rule::Effect;
use crate::sql::{Dialect, SqlEffect};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct McpRecord {
    pub method: String,
    pub tool: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// What the client calls itself, in the messages that say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol_version: Option<String>,
}

/// What a request to a model's API asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRecord {
    /// More than one where the body has the member in several spellings.
    pub models: Vec<String>,
    /// The answer is asked for as events.
    pub stream: bool,
    /// Names of the tools it may use; of hosted ones their type.
    pub tools: Vec<String>,
}

/// One text of SQL, where a rule asked what it does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlRecord {
    /// It was read as; `any`: as every one.
    pub dialect: Dialect,
    pub effects: Vec<SqlEffect>,
    /// Views and functions in the place of a table, too.
    pub tables: Vec<String>,
    /// No dialect would run all of it, so that it may do more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unparsed: bool,
}

/// A call that a model proposes in its answer, where rules judge those.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedRecord {
    pub tool: String,
    pub effect: Effect,
    /// Names of those that had a part in it, also in shadow.
    pub rules: Vec<String>,
}
