/*! What rules can ask about one call, computed once. */

use std::cell::OnceCell;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::call::Call;
use crate::json;
use crate::protocol::Protocol;
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

    /// SQL in any string the caller sent: JSON strings, a plain body, form fields, query values.
    pub fn sql_everywhere(&self) -> &SqlFacts {
        self.everywhere.get_or_init(|| {
            let mut facts = SqlFacts::default();
            match &self.protocol.json {
                Some(value) => json::strings(self.below(value), |_, text| facts.guess(text)),
                None => {
                    facts.guess(&self.call.body);
                    for (_, value) in pairs(&self.call.body) {
                        facts.guess(&value);
                    }
                }
            }
            for (_, value) in pairs(self.call.query().unwrap_or_default()) {
                facts.guess(&value);
            }
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

    /// A tool's arguments; JSON-RPC's own members are not the caller's text.
    fn below<'v>(&self, value: &'v Value) -> &'v Value {
        match &self.protocol.mcp {
            Some(call) if call.method == "tools/call" => {
                value.pointer("/params/arguments").unwrap_or(&Value::Null)
            }
            _ => value,
        }
    }

    /// Decoded values of a query parameter.
    pub fn query_values(&self, name: &str) -> Vec<String> {
        pairs(self.call.query().unwrap_or_default())
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value)
            .collect()
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

/// `name=value` pairs as in a query or a form, decoded.
fn pairs(text: &str) -> impl Iterator<Item = (String, String)> + '_ {
    text.split(['&', ';']).filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        Some((decode(name), decode(value)))
    })
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => break,
            [b'+', tail @ ..] => {
                bytes.push(b' ');
                tail
            }
            [b'%', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(nibble(*high) << 4 | nibble(*low));
                tail
            }
            [byte, tail @ ..] => {
                bytes.push(*byte);
                tail
            }
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn nibble(digit: u8) -> u8 {
    char::from(digit).to_digit(16).and_then(|n| u8::try_from(n).ok()).unwrap_or(0)
}
