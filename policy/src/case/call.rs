/*! The call that a case makes. */

use serde_json::{Value as Json, json};

use super::{Body, Mcp, Principal, Request};
use crate::call::Kind;
use crate::exchange::{Now, RequestHead, RouteFacts, RouteName};
use crate::principal;
use crate::sections::RouteSections;

impl Principal {
    pub fn verified(&self) -> principal::Principal {
        principal::Principal {
            issuer: self.issuer.clone().unwrap_or_else(|| "https://issuer.test".into()),
            subject: self.subject.clone().unwrap_or_else(|| "agent".into()),
            groups: self.groups.clone(),
            agent: self.agent.clone(),
            owners: Vec::new(),
            scopes: self.scopes.clone(),
        }
    }
}

impl Request {
    pub fn head(&self, body: &str) -> RequestHead {
        let is_json = self.mcp.is_some() || self.body.json.is_some();
        let method = self.method.as_deref().unwrap_or(if body.is_empty() { "GET" } else { "POST" });
        let headers = self.headers.iter();
        let mut headers: Vec<(String, Vec<u8>)> = headers
            .map(|(name, value)| (name.to_lowercase(), value.clone().into_bytes()))
            .collect();
        if is_json && !headers.iter().any(|(name, _)| name == "content-type") {
            headers.push(("content-type".to_owned(), b"application/json".to_vec()));
        }
        RequestHead {
            method: method.to_owned(),
            authority: self.host.as_deref().unwrap_or("upstream.test").into(),
            path: self.path.as_deref().unwrap_or(self.usual_path()).into(),
            headers,
            end_of_stream: body.is_empty(),
            route: RouteFacts {
                name: RouteName { sections: self.of_route(), ..RouteName::default() },
                kind: if self.mcp.is_some() { Kind::Mcp } else { self.kind },
                replay_off: true,
                ..RouteFacts::default()
            },
            ..RequestHead::default()
        }
    }

    /// A model's API has nothing at its root.
    fn usual_path(&self) -> &'static str {
        if self.kind == Kind::Openai { "/v1/responses" } else { "/" }
    }

    fn of_route(&self) -> RouteSections {
        let named = (!self.sections.is_empty()).then(|| self.sections.join(","));
        RouteSections::new(named.as_deref().map(str::as_bytes))
    }

    /// Where the case says none, so early that no allowance of a rule has ended: what a case shows does
    /// not change by itself.
    pub fn moment(&self) -> Now {
        Now { unix_ms: self.time.unwrap_or_default().saturating_mul(1000) }
    }

    /// The body on the wire.
    pub fn text(&self) -> String {
        match &self.mcp {
            Some(_) => self.rpc().to_string(),
            None => self.body.text(),
        }
    }

    /// As clients do: in `initialize`, or in `_meta` of each message.
    fn say_sender(&self, mcp: &Mcp, method: &str, params: &mut serde_json::Map<String, Json>) {
        let mut client = serde_json::Map::new();
        client.extend(mcp.client.as_ref().map(|name| ("name".to_owned(), json!(name))));
        let version = mcp.client_version.as_ref();
        client.extend(version.map(|version| ("version".to_owned(), json!(version))));
        let client = (!client.is_empty()).then_some(("clientInfo", Json::Object(client)));
        let version = mcp.protocol_version.as_ref().map(|one| ("protocolVersion", json!(one)));
        let said: Vec<_> = client.into_iter().chain(version).collect();
        if method == "initialize" {
            params.extend(said.into_iter().map(|(name, value)| (name.to_owned(), value)));
        } else if !said.is_empty() {
            let own = |(name, value)| (format!("io.modelcontextprotocol/{name}"), value);
            let meta = said.into_iter().map(own).collect();
            params.insert("_meta".to_owned(), Json::Object(meta));
        }
    }

    fn rpc(&self) -> Json {
        let Some(mcp) = &self.mcp else { return Json::Null };
        let usual = match (&mcp.prompt, &mcp.resource) {
            (Some(_), _) => "prompts/get",
            (None, Some(_)) => "resources/read",
            (None, None) => "tools/call",
        };
        let method = mcp.method.as_deref().unwrap_or(usual);
        let mut params = serde_json::Map::new();
        let name = mcp.tool.as_ref().or(mcp.prompt.as_ref());
        match (method, name, &mcp.resource) {
            ("completion/complete", Some(name), _) => {
                params.insert("ref".to_owned(), json!({"type": "ref/prompt", "name": name}));
            }
            ("completion/complete", None, Some(uri)) => {
                params.insert("ref".to_owned(), json!({"type": "ref/resource", "uri": uri}));
            }
            ("subscriptions/listen", _, uri) => {
                let wanted = json!({"resourceSubscriptions": uri.iter().collect::<Vec<_>>()});
                params.insert("notifications".to_owned(), wanted);
            }
            _ => {
                if let Some(name) = name {
                    params.insert("name".to_owned(), json!(name));
                    params.insert("arguments".to_owned(), json!(mcp.arguments));
                }
                params.extend(mcp.resource.as_ref().map(|uri| ("uri".to_owned(), json!(uri))));
            }
        }
        self.say_sender(mcp, method, &mut params);
        json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    }
}

impl Body {
    pub fn text(&self) -> String {
        match (&self.body, &self.json) {
            (Some(text), _) => text.clone(),
            (None, Some(json)) => json.to_string(),
            (None, None) => String::new(),
        }
    }
}
