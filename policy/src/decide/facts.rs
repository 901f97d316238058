/*! What rules can ask about one call, computed once. */

use std::cell::OnceCell;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::call::{Call, Kind};
use crate::json;
use crate::protocol::Protocol;
use crate::query;
use crate::sql::{self, SqlEffect};

pub struct Facts<'a> {
    pub call: &'a Call,
    /// `path::normal_form` of the path the upstream sees.
    pub path: &'a str,
    /// `path::host_form` of the authority.
    pub host: &'a str,
    pub protocol: &'a Protocol,
    /// Kinds found in the request.
    pub findings: &'a [&'a str],
    everywhere: OnceCell<SqlFacts>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SqlFacts {
    pub effects: BTreeSet<SqlEffect>,
    /// Some text is SQL, or a rule says so, and could not be read.
    pub unparsed: bool,
}

impl<'a> Facts<'a> {
    pub fn new(
        call: &'a Call,
        path: &'a str,
        host: &'a str,
        protocol: &'a Protocol,
        findings: &'a [&'a str],
    ) -> Self {
        Self { call, path, host, protocol, findings, everywhere: OnceCell::new() }
    }

    /// SQL in any string the caller sent: JSON strings, a plain body, form fields, the query, the
    /// segments of the path.
    pub fn sql_everywhere(&self) -> &SqlFacts {
        self.everywhere.get_or_init(|| {
            let mut facts = SqlFacts::default();
            match &self.protocol.json {
                Some(value) => json::strings(self.below(value), |_, text| facts.guess(text)),
                None => {
                    facts.guess(&self.call.body);
                    query::words(&self.call.body, |text| facts.guess(text));
                }
            }
            query::words(self.call.query().unwrap_or_default(), |text| facts.guess(text));
            self.path.split('/').for_each(|segment| facts.guess(segment));
            facts
        })
    }

    /// SQL where a rule points. `None`: there is a body, and nothing can be pointed at in it.
    pub fn sql_at(&self, pointers: &[String]) -> Option<SqlFacts> {
        let mut facts = SqlFacts::default();
        let Some(value) = &self.protocol.json else {
            return self.call.body.is_empty().then_some(facts);
        };
        for target in pointers.iter().filter_map(|pointer| value.pointer(pointer)) {
            match target {
                Value::String(text) => facts.read(text),
                Value::Null => {}
                Value::Array(_) | Value::Object(_) => json::strings(target, |_, t| facts.read(t)),
                Value::Bool(_) | Value::Number(_) => facts.unparsed = true,
            }
        }
        Some(facts)
    }

    /// A tool's arguments; JSON-RPC's own members are not the caller's text. What is said to a
    /// model runs nowhere: the tool call it leads to is judged when it is made.
    fn below<'v>(&self, value: &'v Value) -> &'v Value {
        if self.protocol.kind == Kind::Openai {
            return &Value::Null;
        }
        match &self.protocol.mcp {
            Some(call) if self.protocol.said && call.method == "tools/call" => {
                value.pointer("/params/arguments").unwrap_or(&Value::Null)
            }
            _ => value,
        }
    }

    /// Decoded values of a query parameter.
    pub fn query_values(&self, name: &str) -> Vec<String> {
        query::values(self.call.query().unwrap_or_default(), name)
    }
}

impl SqlFacts {
    /// Text that a rule calls SQL.
    fn read(&mut self, text: &str) {
        let sql = sql::classify(text);
        self.effects.extend(sql.effects);
        self.unparsed |= sql.unparsed;
    }

    /// Text that may be anything.
    fn guess(&mut self, text: &str) {
        if sql::looks_like_sql(text) {
            self.read(text);
        }
    }
}
