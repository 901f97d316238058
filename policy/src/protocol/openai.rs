/*!
What a request to a model's API asks for besides text: the model, and the tools it may use. Hosted tools
run where no gateway sees them, so this is the only place to stop them.

Of the Responses, Chat Completions, Assistants and Realtime APIs. Types that are new are told as they come.
*/

mod endpoint;

use crate::json::{Node, folded};

pub use endpoint::is_known as is_known_endpoint;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelRequest {
    /// More than one where the body has the member in several spellings.
    pub models: Vec<String>,
    pub tools: Vec<ModelTool>,
    /// There may be others: a stored prompt or assistant brings its own, or a part is of another shape.
    pub others: bool,
    /// There may be other models: a list to fall back on, or one that is named elsewhere.
    pub other_models: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelTool {
    /// `function`, `web_search`, `code_interpreter`, `mcp` and whatever else there is.
    pub kind: Member,
    pub name: Member,
    /// URL of a hosted MCP server, or the id of a connector in its place.
    pub server: Member,
    pub server_label: Member,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Member {
    #[default]
    Missing,
    Text(String),
    /// It is there, or has to be, and cannot be told.
    Unknown,
}

pub fn read(body: &Node<'_>) -> ModelRequest {
    let mut request = ModelRequest::default();
    request.add(body);
    // Of the Realtime API.
    for session in called(body, "session").chain(called(body, "response")) {
        request.add(session);
        request.below(session);
    }
    request.below(body);
    request
}

/// Read by `add`, or twice otherwise.
const READ: [&str; 4] = ["tools", "functions", "session", "response"];

impl ModelRequest {
    fn add(&mut self, node: &Node<'_>) {
        for model in called(node, "model") {
            match model {
                Node::Text(model) if !model.contains('\0') => self.models.push(model.to_string()),
                Node::Null => {}
                _ => self.others = true,
            }
        }
        for list in called(node, "tools") {
            self.tools(list, None);
        }
        // As they were called before tools.
        for list in called(node, "functions") {
            self.tools(list, Some("function"));
        }
        if called(node, "web_search_options").any(|options| *options != Node::Null) {
            let kind = Member::Text("web_search".into());
            self.tools.push(ModelTool { kind, ..ModelTool::default() });
        }
        // Older APIs call text a prompt.
        self.others |= called(node, "prompt").any(|prompt| matches!(prompt, Node::Object(_)));
        for name in ["assistant_id", "workflow"] {
            self.others |= called(node, name).any(|stored| *stored != Node::Null);
        }
        self.other_models |= called(node, "models").any(|list| *list != Node::Null);
    }

    /// Items of the input, parameters of a run and the like bring tools of their own. What is no list of
    /// tools there is somebody's data.
    fn below(&mut self, node: &Node<'_>) {
        for (name, inner) in node.members().unwrap_or_default() {
            if !READ.contains(&folded(name).as_str()) {
                self.inside(inner);
            }
        }
    }

    fn inside(&mut self, node: &Node<'_>) {
        match node {
            Node::Array(entries) => entries.iter().for_each(|entry| self.inside(entry)),
            Node::Object(members) => {
                for (name, inner) in members {
                    match inner {
                        Node::Array(tools) if folded(name) == "tools" => {
                            let tools = tools.iter().filter(|tool| tool.members().is_some());
                            tools.for_each(|tool| self.tool(tool, None));
                        }
                        inner => self.inside(inner),
                    }
                }
            }
            _ => {}
        }
    }

    fn tools(&mut self, list: &Node<'_>, kind: Option<&str>) {
        match list {
            Node::Array(tools) => tools.iter().for_each(|tool| self.tool(tool, kind)),
            Node::Null => {}
            _ => self.others = true,
        }
    }

    fn tool(&mut self, tool: &Node<'_>, kind: Option<&str>) {
        if tool.members().is_none() {
            self.others = true;
            return;
        }
        let detail = || called(tool, "function").chain(called(tool, "custom"));
        let kind = match (one(called(tool, "type")), kind) {
            (Member::Missing, Some(kind)) => Member::Text(kind.into()),
            // Someone may take it for what it looks like.
            (Member::Missing, None) => Member::Unknown,
            (told, _) => told,
        };
        let name = match one(called(tool, "name")) {
            Member::Missing => one(detail().flat_map(|detail| called(detail, "name"))),
            told => told,
        };
        let mut server = one(called(tool, "server_url").chain(called(tool, "connector_id")));
        if server == Member::Missing && kind == Member::Text("mcp".into()) {
            server = Member::Unknown;
        }
        let server_label = one(called(tool, "server_label"));
        self.tools.push(ModelTool { kind, name, server, server_label });
        // A tool may be a group of them.
        for list in called(tool, "tools") {
            self.tools(list, None);
        }
    }
}

/// Members of that name in whatever case.
fn called<'n, 'a>(
    node: &'n Node<'a>,
    name: &'static str,
) -> impl Iterator<Item = &'n Node<'a>> + use<'n, 'a> {
    let members = node.members().unwrap_or_default().iter();
    members.filter(move |(member, _)| folded(member) == name).map(|(_, node)| node)
}

fn one<'n, 'a: 'n>(mut found: impl Iterator<Item = &'n Node<'a>>) -> Member {
    match (found.next(), found.next()) {
        (None, _) => Member::Missing,
        (Some(Node::Null), None) => Member::Missing,
        // One that ends at a NUL for one reader and goes on for the next is not told.
        (Some(Node::Text(text)), None) if !text.contains('\0') => Member::Text(text.to_string()),
        _ => Member::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn told(body: &Json) -> ModelRequest {
        read(&Node::parse(&body.to_string(), 64).unwrap())
    }

    fn text(text: &str) -> Member {
        Member::Text(text.into())
    }

    #[test]
    fn each_api_is_read() {
        let responses = told(&json!({"model": "gpt-9", "input": "hi", "tools": [
            {"type": "function", "name": "refund"},
            {"type": "web_search_preview_2031_01_01"},
            {"type": "mcp", "server_label": "git", "server_url": "https://mcp.example"},
            {"type": "mcp", "server_label": "box", "connector_id": "connector_box"},
            {"type": "namespace", "name": "crm", "tools": [{"type": "custom", "name": "find"}]},
        ]}));
        assert_eq!((responses.models.as_slice(), responses.others), (&["gpt-9".into()][..], false));
        let told_so =
            |tool: &ModelTool| (tool.kind.clone(), tool.name.clone(), tool.server.clone());
        let tools: Vec<_> = responses.tools.iter().map(told_so).collect();
        let none = || Member::Missing;
        let expected = [
            (text("function"), text("refund"), none()),
            (text("web_search_preview_2031_01_01"), none(), none()),
            (text("mcp"), none(), text("https://mcp.example")),
            (text("mcp"), none(), text("connector_box")),
            (text("namespace"), text("crm"), none()),
            (text("custom"), text("find"), none()),
        ];
        assert_eq!(tools, expected);
        assert_eq!(responses.tools[2].server_label, text("git"));

        let chat = told(
            &json!({"model": "m", "web_search_options": {}, "functions": [{"name": "old"}],
            "tools": [{"type": "function", "function": {"name": "a"}}, {"type": "custom", "custom": {"name": "b"}}]}),
        );
        let tools: Vec<_> = chat.tools.iter().map(|t| (t.kind.clone(), t.name.clone())).collect();
        let expected = [
            (text("function"), text("a")),
            (text("custom"), text("b")),
            (text("function"), text("old")),
            (text("web_search"), none()),
        ];
        assert_eq!(tools, expected);

        let realtime = told(
            &json!({"session": {"model": "r", "tools": [{"type": "mcp", "server_url": "u"}]}}),
        );
        assert_eq!((realtime.models.len(), realtime.tools.len()), (1, 1));
        let plain = told(&json!({"model": "e", "input": "x", "tools": null, "prompt": "once"}));
        assert_eq!((plain.tools.len(), plain.others), (0, false));
    }

    #[test]
    fn tools_are_found_wherever_they_stand() {
        let mcp = json!({"type": "mcp", "server_url": "u"});
        for body in [
            json!({"input": [{"type": "additional_tools", "tools": [mcp]}]}),
            json!({"data_source": {"sampling_params": {"tools": [mcp]}}}),
            json!({"session": {"audio": {"Tools": [mcp]}}}),
        ] {
            assert_eq!(told(&body).tools.len(), 1, "{body}");
        }
        let schema = json!({"tools": [{"type": "function", "name": "a",
            "parameters": {"properties": {"tools": {"type": "array"}}, "required": ["tools"]}}]});
        assert_eq!((told(&schema).tools.len(), told(&schema).others), (1, false));
        assert!(told(&json!({"models": ["a", "b"]})).other_models);
        assert!(told(&json!({"workflow": {"id": "w"}})).others);
    }

    #[test]
    fn what_is_not_told_is_not_known() {
        for body in [
            json!({"prompt": {"id": "pmpt_1"}}),
            json!({"Assistant_ID": "asst_1"}),
            json!({"tools": {"type": "mcp"}}),
            json!({"tools": ["mcp"]}),
            json!({"model": ["a"]}),
            json!({"model": "a\0b"}),
        ] {
            assert!(told(&body).others, "{body}");
        }
        let one = |tool: Json| told(&json!({"tools": [tool]})).tools.remove(0);
        assert_eq!(one(json!({"name": "a"})).kind, Member::Unknown);
        assert_eq!(one(json!({"type": "function", "Type": "mcp"})).kind, Member::Unknown);
        assert_eq!(one(json!({"type": 7})).kind, Member::Unknown);
        assert_eq!(one(json!({"type": "mcp\0"})).kind, Member::Unknown);
        assert_eq!(one(json!({"type": "mcp", "server_label": "a"})).server, Member::Unknown);
        assert_eq!(told(&json!({"TOOLS": [{"type": "mcp"}]})).tools.len(), 1);
    }
}
