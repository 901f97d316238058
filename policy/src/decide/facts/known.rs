/*! The facts of a call as conditions ask for them. */

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::Facts;
use crate::call::{Call, Kind};
use crate::condition::{Fact, Fault, Known, Map, Steps, Value};
use crate::json::Node;
use crate::protocol::{Member, ModelTool};
use crate::query;
use crate::sql::{Identifiers, SqlEffect};

impl Known for Facts<'_> {
    fn fact(&self, fact: Fact) -> Result<Option<Value<'_>>, Fault> {
        let who = &self.call.principal;
        let mcp = self.protocol.mcp.as_ref();
        Ok(match fact {
            Fact::Issuer => Some(Value::text(who.issuer.as_str())),
            Fact::Subject => Some(Value::text(who.subject.as_str())),
            Fact::Groups => {
                self.steps.spend(who.groups.len())?;
                Some(Value::texts(who.groups.iter().map(String::as_str)))
            }
            Fact::Scopes => {
                self.steps.spend(who.scopes.len())?;
                Some(Value::texts(who.scopes.iter().map(String::as_str)))
            }
            Fact::Agent => who.agent.as_deref().map(Value::text),
            Fact::Kinds => {
                let kinds = [Kind::Http, Kind::Mcp, Kind::Openai].into_iter();
                let kinds = kinds.filter(|kind| self.protocol.is(*kind)).map(Kind::name);
                Some(Value::texts(kinds))
            }
            Fact::Method => Some(Value::text(self.call.method.as_str())),
            // An answer to the server has none.
            Fact::McpMethod => mcp
                .filter(|call| !call.method.is_empty())
                .map(|call| Value::text(call.method.as_str())),
            Fact::Tool => mcp.and_then(|call| call.tool.as_deref()).map(Value::text),
            Fact::Arguments => {
                let call = mcp.filter(|call| call.tool.is_some() || call.prompt.is_some());
                // Left out they are none.
                let members = self.arguments().and_then(Node::members).unwrap_or_default();
                call.map(|_| Value::Map(Map::Declared(members)))
            }
            Fact::Definition => self.definition?.map(|known| Value::text(known.name())),
            Fact::Prompt => mcp.and_then(|call| call.prompt.as_deref()).map(Value::text),
            Fact::Resource => match mcp.map(|call| call.resources.as_slice()).unwrap_or_default() {
                [] => None,
                [uri] => Some(Value::text(uri.as_str())),
                _ => return Err(Fault::Ambiguous),
            },
            Fact::Client => mcp.and_then(|call| call.client.as_deref()).map(Value::text),
            Fact::ClientVersion => {
                mcp.and_then(|call| call.client_version.as_deref()).map(Value::text)
            }
            Fact::ProtocolVersion => {
                mcp.and_then(|call| call.protocol_version.as_deref()).map(Value::text)
            }
            Fact::Model => match self.model_request() {
                None => None,
                Some(request) => match request.models.as_slice() {
                    _ if request.others || request.other_models => return Err(Fault::Unreadable),
                    [] => None,
                    [model] => Some(Value::text(model.as_str())),
                    _ => return Err(Fault::Ambiguous),
                },
            },
            Fact::ModelToolTypes => self.of_tools(|tool| &tool.kind)?,
            Fact::ModelTools => self.of_tools(|tool| &tool.name)?,
            Fact::ModelServers => self.of_tools(|tool| &tool.server)?,
            Fact::Host => Some(Value::text(self.host)),
            Fact::Path => {
                self.steps.text(self.path.len())?;
                // As `match` compares it.
                Some(Value::text(self.path.to_lowercase()))
            }
            Fact::Route => Some(Value::text(self.call.route.as_str())),
            Fact::Query => {
                let query = self.call.query().unwrap_or_default();
                self.steps.spend(query.len())?;
                let pairs = query::pairs(query);
                let pairs = pairs.map(|(name, value)| (Cow::Owned(name), Cow::Owned(value)));
                Some(Value::Map(Map::Named(pairs.collect())))
            }
            Fact::Headers => {
                self.steps.spend(self.call.headers.len())?;
                let headers = self.call.headers.iter();
                let pairs = headers.map(|(name, value)| (name.as_str().into(), value.into()));
                Some(Value::Map(Map::Named(pairs.collect())))
            }
            Fact::Findings => {
                self.steps.spend(self.findings.len())?;
                Some(Value::texts(self.findings.iter().copied()))
            }
            Fact::SqlEffects => {
                let found = self.sql_everywhere();
                // What was not read could do anything.
                if found.unparsed || found.over_budget {
                    return Err(Fault::Unreadable);
                }
                Some(Value::list(found.effects.iter().map(word)))
            }
            Fact::SqlTables => Some(self.sql_names(|names| &names.tables)?),
            Fact::SqlSchemas => Some(self.sql_names(|names| &names.schemas)?),
            Fact::SqlColumns => Some(self.sql_names(|names| &names.columns)?),
            Fact::Time => {
                let time = self.time.and_then(|time| i64::try_from(time).ok());
                Some(Value::Moment(time.ok_or(Fault::Unreadable)?))
            }
            Fact::Body => self.json()?.map(|body| Value::of_json(body, &self.steps)).transpose()?,
        })
    }

    fn steps(&self) -> &Steps {
        &self.steps
    }
}

impl Facts<'_> {
    /// In lower case, so that no spelling gets by a condition.
    fn sql_names(
        &self,
        names: impl Fn(&Identifiers) -> &BTreeSet<String>,
    ) -> Result<Value<'_>, Fault> {
        let found = self.sql_everywhere();
        if !found.names_all || found.over_budget {
            return Err(Fault::Unreadable);
        }
        let names = names(&found.identifiers);
        self.steps.spend(names.len())?;
        Ok(Value::list(names.iter().map(|name| Value::text(name.to_lowercase()))))
    }

    /// What the tools of a model have that have it.
    fn of_tools(&self, member: impl Fn(&ModelTool) -> &Member) -> Result<Option<Value<'_>>, Fault> {
        let Some(request) = self.model_request() else { return Ok(None) };
        self.steps.spend(request.tools.len())?;
        if request.others {
            return Err(Fault::Unreadable);
        }
        let mut texts = Vec::new();
        for tool in &request.tools {
            match member(tool) {
                Member::Missing => {}
                Member::Text(text) => texts.push(text.as_str()),
                Member::Unknown => return Err(Fault::Unreadable),
            }
        }
        Ok(Some(Value::texts(texts)))
    }
}

/// As in YAML.
fn word(effect: &SqlEffect) -> Value<'static> {
    let name = serde_json::to_value(effect).ok().and_then(|name| Some(name.as_str()?.to_owned()));
    Value::text(name.unwrap_or_default())
}

/// What a condition may have to look through.
pub(super) fn bytes(call: &Call) -> usize {
    let headers: usize = call.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    let who = &call.principal;
    let lists: usize = who.groups.iter().chain(&who.scopes).map(String::len).sum();
    call.body.len() + call.path.len() + headers + lists
}
