/*!
A call or a response, and what a bundle must make of it. Cases go with the bundle they belong to: the
author runs them, and a gateway runs them before it takes the bundle. They run through the very
functions that judge real calls.
*/

mod call;
mod compare;
mod response;
mod run;
mod trial;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::call::Kind;
use crate::reason::Reason;
use crate::rule::Effect;

pub(crate) use response::{Asked, proposed};
pub use run::{Ran, run};
#[cfg(feature = "compile")]
pub(crate) use trial::is_bounded;
pub use trial::{Step, Trial};

/// Cases in one bundle, and bytes of all of them as they lie in it: what a gateway runs before it takes
/// a bundle has a bound.
pub const MOST: usize = 5000;
pub const MAX_BYTES: usize = 1024 * 1024;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Case {
    pub name: String,
    #[serde(default)]
    pub principal: Principal,
    #[serde(default)]
    pub request: Request,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Body>,
    pub expect: Expect,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Principal {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Request {
    #[serde(default)]
    pub kind: Kind,
    /// Those that the route names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    #[serde(flatten)]
    pub body: Body,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcp: Option<Mcp>,
    /// In Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<u64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mcp {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub arguments: Map<String, Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol_version: Option<String>,
    /// What the last list showed of a pinned tool; as it is pinned if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<ListedAs>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ListedAs {
    Changed,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Body {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Json>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Expect {
    /// This or a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Reason>,
    /// The rules that decide, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<String>>,
    /// The kinds that are redacted, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted: Option<Vec<String>>,
    #[serde(flatten)]
    pub body: Body,
}

impl Expect {
    /// An effect, or a refusal and nothing of what comes after it.
    pub fn is_one(&self) -> bool {
        let Body { body, json } = &self.body;
        let no_more =
            self.rules.is_none() && self.redacted.is_none() && body.is_none() && json.is_none();
        match self.refusal {
            None => self.effect.is_some(),
            Some(_) => self.effect.is_none() && no_more,
        }
    }
}
