/*! What a rule says about requests to a model's API. */

use serde::{Deserialize, Serialize};

/// All that is said about tools has to hold of one tool. Empty: any request on a route of kind `openai`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenaiMatch {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub model: Vec<String>,
    /// As the API calls them, such as `mcp` or `web_search`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_type: Vec<String>,
    /// Names of functions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool: Vec<String>,
    /// URLs of hosted MCP servers, ids of connectors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub server: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub server_label: Vec<String>,
}

impl OpenaiMatch {
    pub fn asks_for_tools(&self) -> bool {
        let lists = [&self.tool_type, &self.tool, &self.server, &self.server_label];
        lists.into_iter().any(|list| !list.is_empty())
    }
}
