/*! The lists in which a server of MCP tells what it offers. */

use super::McpCall;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    Tools,
    Prompts,
    Resources,
    Templates,
}

impl List {
    pub const ALL: [Self; 4] = [Self::Tools, Self::Prompts, Self::Resources, Self::Templates];

    /// The method that asks for it.
    pub fn method(self) -> &'static str {
        match self {
            Self::Tools => "tools/list",
            Self::Prompts => "prompts/list",
            Self::Resources => "resources/list",
            Self::Templates => "resources/templates/list",
        }
    }

    pub fn asked_by(call: &McpCall) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.method() == call.method)
    }

    /// The member of a result that is the list.
    pub fn member(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources => "resources",
            Self::Templates => "resourceTemplates",
        }
    }

    /// The member of an entry by which it is called.
    pub fn key(self) -> &'static str {
        match self {
            Self::Tools | Self::Prompts => "name",
            Self::Resources => "uri",
            Self::Templates => "uriTemplate",
        }
    }

    /// What an entry is for. A template stands for any resource: which one is only known once it is read.
    pub fn call(self, key: &str) -> McpCall {
        let key = Some(key.to_owned());
        match self {
            Self::Tools => McpCall { method: "tools/call".into(), tool: key, ..McpCall::default() },
            Self::Prompts => {
                McpCall { method: "prompts/get".into(), prompt: key, ..McpCall::default() }
            }
            Self::Resources => {
                let resources = key.into_iter().collect();
                McpCall { method: "resources/read".into(), resources, ..McpCall::default() }
            }
            Self::Templates => McpCall { method: "resources/read".into(), ..McpCall::default() },
        }
    }
}
