/*! What rules can ask about one call, computed once. */

mod commands;
mod known;
mod pointed;
mod texts;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;

use crate::call::{Call, Kind};
use crate::condition::{Fault, Steps};
use crate::content_type;
use crate::json::{self, Node};
use crate::pin::Definition;
use crate::protocol::{self, ModelRequest, Protocol};
use crate::query;
use crate::record::SqlRecord;
use crate::sql::{self, Dialect, Identifiers, Sql, SqlEffect, Work};

pub use pointed::Pointed;

/// How often a string may be JSON that holds a string.
const MAX_PACKED: u8 = 3;

pub struct Facts<'a> {
    pub call: &'a Call,
    /// `path::normal_form` of the path the upstream sees.
    pub path: &'a str,
    /// `path::host_form` of the authority.
    pub host: &'a str,
    pub protocol: &'a Protocol<'a>,
    /// Kinds found in the request.
    pub findings: &'a [&'a str],
    /// Of the route.
    pub sections: Vec<&'a str>,
    /// By name of a rule, the kinds of which it leaves all findings alone.
    pub alone: &'a [(&'a str, Vec<&'a str>)],
    everywhere: OnceCell<SqlFacts>,
    /// By the pointers that were asked for: rules of one author tend to point at the same places.
    pointed: RefCell<Vec<Asked<'a>>>,
    commands: commands::Known<'a>,
    model: OnceCell<ModelRequest>,
    /// Of the tool that is called, where it has one.
    pub(super) definition: Result<Option<Definition>, Fault>,
    /// It reads some resource, and nobody knows yet which.
    pub(super) any_resource: bool,
    /// When the call is judged, in Unix seconds. `None`: nobody said.
    time: Option<u64>,
    steps: Steps,
}

/// Pointers, the dialect of what stands there, and what was found.
type Asked<'a> = (&'a [String], Dialect, Option<SqlFacts>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlFacts {
    pub effects: BTreeSet<SqlEffect>,
    pub identifiers: Identifiers,
    /// Whether `identifiers` are all that is named.
    pub names_all: bool,
    /// Some text is SQL, or a rule says so, and could not be read.
    pub unparsed: bool,
    /// Reading all of it would take longer than a request may: it may do anything.
    pub over_budget: bool,
    /// The texts by themselves, for the record.
    pub texts: Vec<SqlRecord>,
}

/// Texts, and names in one of them, that are recorded.
const RECORDED_MAX: usize = 16;

impl<'a> Facts<'a> {
    pub fn new(
        call: &'a Call,
        path: &'a str,
        host: &'a str,
        protocol: &'a Protocol<'a>,
        findings: &'a [&'a str],
        sections: Vec<&'a str>,
    ) -> Self {
        Self {
            call,
            path,
            host,
            protocol,
            findings,
            sections,
            alone: &[],
            everywhere: OnceCell::new(),
            pointed: RefCell::default(),
            commands: RefCell::default(),
            model: OnceCell::new(),
            definition: Ok(None),
            any_resource: false,
            time: None,
            steps: Steps::for_bytes(known::bytes(call)),
        }
    }

    /// With what is known of the definition of its tool.
    pub fn defined(self, definition: Result<Option<Definition>, Fault>) -> Self {
        Self { definition, ..self }
    }

    /// As what a template stands for.
    pub fn of_any_resource(self, any_resource: bool) -> Self {
        Self { any_resource, ..self }
    }

    /// With findings that rules leave alone.
    pub fn but(self, alone: &'a [(&'a str, Vec<&'a str>)]) -> Self {
        Self { alone, ..self }
    }

    /// Whether a finding of this kind is one for the rule.
    pub fn finds(&self, rule: &str, kind: &str) -> bool {
        let alone = |(name, kinds): &(&str, Vec<&str>)| *name == rule && kinds.contains(&kind);
        self.findings.contains(&kind) && !self.alone.iter().any(alone)
    }

    /// In Unix seconds.
    pub fn judged_at(mut self, seconds: u64) -> Self {
        self.time = Some(seconds);
        self
    }

    /// SQL in any string the caller sent: JSON strings and what is packed in them, a plain body, the
    /// parts and fields of a form, the query, the segments of the path. One budget for all of them, so
    /// that many strings cost no more than one.
    pub fn sql_everywhere(&self) -> &SqlFacts {
        self.everywhere.get_or_init(|| {
            let mut facts = SqlFacts::default();
            let query = self.call.query().unwrap_or_default();
            let work = Work::for_bytes(self.call.body.len() + query.len() + self.path.len());
            let content_type = content_type::of(&self.call.headers);
            let mut guess = |text: &str| facts.guess(text, &work, MAX_PACKED);
            match &self.protocol.json {
                Some(node) => {
                    self.below(node).texts(&mut guess);
                    // What is JSON may be called a form, and is one then to who goes by that.
                    if self.protocol.is(Kind::Http) && content_type::is_form(content_type) {
                        query::words_of_json(&self.call.body, &mut guess);
                    }
                }
                None => {
                    guess(&self.call.body);
                    query::words_of_body(content_type, &self.call.body, &mut guess);
                    texts::in_parts(&self.protocol.parts, &mut guess);
                }
            }
            query::words(query, &mut guess);
            self.path.split('/').for_each(guess);
            facts
        })
    }

    /// SQL where a rule points, in every spelling of the names. `None`: there is a body, and nothing
    /// can be pointed at in it.
    pub fn sql_at(&self, pointers: &'a [String], dialect: Dialect) -> Option<SqlFacts> {
        let known = |known: &Vec<Asked<'_>>| {
            let found = known.iter().find(|(at, of, _)| *at == pointers && *of == dialect);
            found.map(|(_, _, facts)| facts.clone())
        };
        if let Some(facts) = known(&self.pointed.borrow()) {
            return facts;
        }
        let facts = self.read_at(pointers, dialect);
        self.pointed.borrow_mut().push((pointers, dialect, facts.clone()));
        facts
    }

    /// One budget for each list of pointers: how often a text is read is up to the author of the rules,
    /// never to the caller.
    fn read_at(&self, pointers: &[String], dialect: Dialect) -> Option<SqlFacts> {
        let mut facts = SqlFacts::default();
        // Who goes by the content type may read something else than JSON.
        let Some(node) = self.json().ok()? else { return Some(facts) };
        let work = Work::for_bytes(self.call.body.len());
        for target in pointers.iter().flat_map(|pointer| pointed::nodes(node, pointer)) {
            match target {
                Node::Text(_) | Node::Array(_) | Node::Object(_) => {
                    // Without a text the statement is somewhere else.
                    if matches!(target, Node::Array(items) if items.is_empty()) {
                        facts.unparsed = true;
                        facts.names_all = false;
                    }
                    target.texts(&mut |text| facts.read(text, dialect, &work));
                }
                Node::Null => {}
                Node::Bool(_) | Node::Number(_) => {
                    facts.unparsed = true;
                    facts.names_all = false;
                }
            }
        }
        Some(facts)
    }

    /// A tool's arguments; JSON-RPC's own members are not the caller's text. What is said to a
    /// model runs nowhere: the tool call it leads to is judged when it is made.
    fn below<'n>(&self, node: &'n Node<'n>) -> &'n Node<'n> {
        if self.protocol.kind == Kind::Openai {
            return &Node::Null;
        }
        match &self.protocol.mcp {
            Some(call) if self.protocol.said && call.method == "tools/call" => {
                let params = node.get("params");
                params.and_then(|params| params.get("arguments")).unwrap_or(&Node::Null)
            }
            _ => node,
        }
    }

    /// The body where it is JSON, and `None` where there is none.
    ///
    /// # Errors
    ///
    /// It is something else, or who goes by the content type reads something else.
    pub fn json(&self) -> Result<Option<&Node<'a>>, Fault> {
        let says_form = || content_type::is_form(content_type::of(&self.call.headers));
        match &self.protocol.json {
            Some(_) if self.protocol.is(Kind::Http) && says_form() => Err(Fault::Unreadable),
            Some(body) => Ok(Some(body)),
            None if self.call.body.is_empty() => Ok(None),
            None => Err(Fault::Unreadable),
        }
    }

    /// Of the tool or prompt, as the map they are.
    pub fn arguments(&self) -> Option<&Node<'a>> {
        self.takes_arguments().then_some(())?;
        self.protocol.json.as_ref()?.get("params")?.get("arguments")
    }

    /// Whether it calls what may have some.
    pub fn takes_arguments(&self) -> bool {
        let call = self.protocol.mcp.as_ref();
        call.is_some_and(|call| call.tool.is_some() || call.prompt.is_some())
    }

    /// # Errors
    ///
    /// `OverBudget`.
    pub fn pointed<'n>(&self, root: &'n Node<'a>, pointer: &str) -> Result<Pointed<'n, 'a>, Fault> {
        pointed::counted(root, json::steps(pointer), &self.steps)
    }

    /// By a name that is no pointer.
    ///
    /// # Errors
    ///
    /// `OverBudget`.
    pub fn member<'n>(&self, map: &'n Node<'a>, name: &str) -> Result<Pointed<'n, 'a>, Fault> {
        pointed::counted(map, [name.to_owned()], &self.steps)
    }

    /// What a request to a model's API asks for. What is said to one with an empty body is nothing.
    pub fn model_request(&self) -> Option<&ModelRequest> {
        if self.protocol.kind != Kind::Openai {
            return None;
        }
        let read = || {
            let body = self.protocol.json.as_ref();
            let mut request = body.map(protocol::model_request).unwrap_or_default();
            // Some servers go by these, whatever the body says.
            request.other_models |= self.path.to_lowercase().contains("/deployments/")
                || !self.query_values("model").is_empty();
            request
        };
        Some(self.model.get_or_init(read))
    }

    /// Texts that were read as SQL so far, each once.
    pub fn sql_texts(&self) -> Vec<SqlRecord> {
        let pointed = self.pointed.borrow();
        let pointed = pointed.iter().filter_map(|(_, _, facts)| facts.as_ref());
        let mut texts: Vec<SqlRecord> = Vec::new();
        for text in pointed.chain(self.everywhere.get()).flat_map(|facts| &facts.texts) {
            if texts.len() < RECORDED_MAX && !texts.contains(text) {
                texts.push(text.clone());
            }
        }
        texts
    }

    pub fn steps(&self) -> &Steps {
        &self.steps
    }

    /// Decoded values of a query parameter.
    pub fn query_values(&self, name: &str) -> Vec<String> {
        query::values(self.call.query().unwrap_or_default(), name)
    }
}

impl Default for SqlFacts {
    fn default() -> Self {
        Self {
            effects: BTreeSet::new(),
            identifiers: Identifiers::default(),
            names_all: true,
            unparsed: false,
            over_budget: false,
            texts: Vec::new(),
        }
    }
}

impl SqlFacts {
    /// Text that a rule calls SQL.
    fn read(&mut self, text: &str, dialect: Dialect, work: &Work) {
        self.add(dialect, sql::classify_as_within(text, dialect, work));
    }

    /// Text that may be anything, also JSON that holds more of it, so many times deep.
    fn guess(&mut self, text: &str, work: &Work, packed: u8) {
        if let Some(sql) = sql::guess(text, work) {
            self.add(Dialect::Any, sql);
        }
        if packed > 0 && !self.over_budget {
            texts::in_json(text, |inner| self.guess(inner, work, packed - 1));
        }
    }

    fn add(&mut self, dialect: Dialect, sql: Sql) {
        let says = sql.unparsed || !sql.effects.is_empty();
        if says && self.texts.len() < RECORDED_MAX {
            self.texts.push(SqlRecord {
                dialect,
                effects: sql.effects.iter().copied().collect(),
                tables: sql.identifiers.tables.iter().take(RECORDED_MAX).cloned().collect(),
                unparsed: sql.unparsed,
            });
        }
        self.names_all &= sql.names_all();
        self.identifiers.extend(sql.identifiers);
        // One text of a call may set the path for the next.
        if !self.identifiers.path.is_empty() {
            self.identifiers.settle();
        }
        self.effects.extend(sql.effects);
        self.unparsed |= sql.unparsed;
        self.over_budget |= sql.over_budget;
    }
}
