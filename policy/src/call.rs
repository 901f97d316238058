/*! One call as the upstream would see it: what rules judge and what a grant is bound to. */

use serde::{Deserialize, Serialize};

use crate::principal::Principal;

/// Which reader understands the bodies of a route. Chosen by the route, never by a content type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Found from the parsed body: JSON-RPC 2.0 is MCP, anything else HTTP.
    #[default]
    Auto,
    Http,
    Mcp,
    Openai,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Auto => "auto",
            Kind::Http => "http",
            Kind::Mcp => "mcp",
            Kind::Openai => "openai",
        }
    }
}

/// After the filter's own edits: the agent's token and all stripped headers are already gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    pub principal: Principal,
    /// The route's name in Envoy, and the cluster it leads to.
    pub route: String,
    pub cluster: String,
    /// Never `Auto`: settled once the body was read.
    pub kind: Kind,
    /// That is what reads it: the route says so, or the upstream answered as its servers do. Else the
    /// caller's words alone made it that kind, and all of the body may count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub proven: bool,
    /// A model proposes it in its answer to a request to this place. Nothing goes there: it is about the
    /// answer, which shows the call to the agent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub proposed: bool,
    pub method: String,
    pub authority: String,
    /// Path and query as the upstream sees them, after the prefix was replaced.
    pub path: String,
    /// Lower-case names in the order received, without pseudo headers.
    pub headers: Vec<(String, String)>,
    /// UTF-8 by then: anything else was refused.
    pub body: String,
}

impl Call {
    pub fn path_only(&self) -> &str {
        self.path.split_once('?').map_or(self.path.as_str(), |(path, _)| path)
    }

    pub fn query(&self) -> Option<&str> {
        self.path.split_once('?').map(|(_, query)| query)
    }

    /// Bytes of its head and its body.
    pub fn size(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len());
        let head = self.method.len() + self.authority.len() + self.path.len();
        head + headers.sum::<usize>() + self.body.len()
    }

    /// What it says before it says anything in its body.
    pub fn without_body(&self) -> Self {
        Self {
            principal: self.principal.clone(),
            route: self.route.clone(),
            cluster: self.cluster.clone(),
            kind: self.kind,
            proven: self.proven,
            proposed: self.proposed,
            method: self.method.clone(),
            authority: self.authority.clone(),
            path: self.path.clone(),
            headers: self.headers.clone(),
            body: String::new(),
        }
    }

    /// The first value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}
