/*!
`when` of a rule: an expression of CEL, the Common Expression Language, as it lies in a compiled
bundle. Text is parsed and checked by `compile` alone; here it is only evaluated.

What differs from CEL, so that no caller talks a rule around:

* A member that some reader takes for the one that is asked for (`Amount` for `amount`) makes the
  fact unavailable, in place of one of the two.
* The work is counted. Over the budget the fact is unavailable.
* Values of different types, null aside, do not differ: they cannot be compared. Servers may take `1`
  for `true`.
* Where JSON has a map that nothing declares to be one it has no entries and no size, and text there has
  no size: a list may be meant, and a caller could send the other.
* A number that would lose digits is none, and arithmetic has no infinity.
*/

mod budget;
mod evaluate;
mod map;
mod moment;
mod number;
mod regex;
mod spelling;
mod text;
mod value;

use serde::{Deserialize, Serialize};

pub use budget::Steps;
pub use evaluate::{Known, holds, unavailable};
pub use map::Map;
pub use moment::{Clock, Rfc3339, SPAN_MAX};
pub use regex::{AUTOMATON_MAX, Regex};
pub use value::{List, Origin, Value};

/// Parts of one condition.
pub const NODES_MAX: usize = 512;
/// Levels of one condition. Its JSON has two for each and has to stay below the reader's 128.
pub const DEPTH_MAX: usize = 40;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expression {
    Null,
    Flag(bool),
    Int(i64),
    Double(f64),
    Text(String),
    /// Unix seconds.
    Moment(i64),
    /// Seconds.
    Span(i64),
    List(Vec<Expression>),
    Fact(Fact),
    /// What `exists` and `all` run through, by the name it was given.
    Local(String),
    Select(Box<Expression>, String),
    HasFact(Fact),
    Has(Box<Expression>, String),
    Index(Box<[Expression; 2]>),
    Not(Box<Expression>),
    Negate(Box<Expression>),
    And(Box<[Expression; 2]>),
    Or(Box<[Expression; 2]>),
    /// The condition, then, else.
    If(Box<[Expression; 3]>),
    Compare(Comparison, Box<[Expression; 2]>),
    In(Box<[Expression; 2]>),
    Calculate(Arithmetic, Box<[Expression; 2]>),
    Call(Function, Vec<Expression>),
    /// Whether the expression is found in the text.
    Matches(Box<Expression>, Regex),
    /// Of a moment, so many minutes ahead of UTC.
    Clock(Clock, i32, Box<Expression>),
    /// Whether one entry of the first, called so, makes the second true; or all of them.
    Exists(String, Box<[Expression; 2]>),
    All(String, Box<[Expression; 2]>),
}

/// No literal and no JSON is a number that differs from itself.
impl Eq for Expression {}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
}

/// Functions; the receiver is the first argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    Size,
    StartsWith,
    EndsWith,
    Contains,
    LowerAscii,
}

macro_rules! facts {
    ($($(#[$about:meta])* $variant:ident = $name:literal,)*) => {
        /// What a condition may ask about a call.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Fact {
            $($(#[$about])* #[serde(rename = $name)] $variant,)*
        }

        impl Fact {
            pub const ALL: &[Fact] = &[$(Fact::$variant,)*];

            /// As conditions write it.
            pub fn name(self) -> &'static str {
                match self { $(Fact::$variant => $name,)* }
            }
        }
    };
}

facts! {
    Issuer = "principal.issuer",
    Subject = "principal.subject",
    Groups = "principal.groups",
    Agent = "principal.agent",
    Scopes = "principal.scopes",
    Kinds = "action.kinds",
    Method = "action.method",
    McpMethod = "action.mcp_method",
    Tool = "action.tool",
    Arguments = "action.arguments",
    Definition = "action.definition",
    Prompt = "action.prompt",
    Resource = "action.resource_uri",
    Client = "action.client",
    ClientVersion = "action.client_version",
    ProtocolVersion = "action.protocol_version",
    Model = "action.model",
    ModelToolTypes = "action.tool_types",
    ModelTools = "action.tools",
    ModelServers = "action.tool_servers",
    Host = "resource.host",
    Path = "resource.path",
    Route = "resource.route",
    Query = "resource.query",
    Headers = "resource.headers",
    Findings = "context.findings",
    SqlEffects = "context.sql_effects",
    SqlTables = "context.sql_tables",
    SqlSchemas = "context.sql_schemas",
    SqlColumns = "context.sql_columns",
    Time = "context.time",
    Body = "context.body",
}

/// Why a condition has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is no such member, entry or fact.
    Missing,
    /// Readers differ on which member is meant.
    Ambiguous,
    /// The call has it in a form that cannot be read.
    Unreadable,
    /// No such operation on values of these types.
    Mismatch,
    /// CEL has a value, which a caller could choose by types or numbers that no author thinks of.
    Stricter,
    /// The number has no exact value here.
    Overflow,
    OverBudget,
}

impl Fault {
    /// Of two the one that CEL does not have, so that what differs from CEL is told as such.
    fn or_stricter(self, other: Self) -> Self {
        if matches!(other, Self::Stricter | Self::OverBudget) { other } else { self }
    }

    fn or_stricter_of(self, before: Result<bool, Self>) -> Self {
        before.map_or_else(|before| before.or_stricter(self), |_| self)
    }
}

impl Expression {
    /// Whether it is small enough to be evaluated.
    pub fn is_bounded(&self) -> bool {
        self.depth(DEPTH_MAX).is_some() && self.nodes() <= NODES_MAX
    }

    fn is_literal(&self) -> bool {
        matches!(
            self,
            Self::Null
                | Self::Flag(_)
                | Self::Int(_)
                | Self::Double(_)
                | Self::Text(_)
                | Self::Moment(_)
                | Self::Span(_)
        )
    }

    pub fn nodes(&self) -> usize {
        self.children().iter().map(|child| child.nodes()).sum::<usize>().saturating_add(1)
    }

    /// Levels, if they are no more than so many.
    pub fn depth(&self, most: usize) -> Option<usize> {
        let below = most.checked_sub(1)?;
        let mut deepest = 0;
        for child in self.children() {
            deepest = deepest.max(child.depth(below)?);
        }
        Some(deepest + 1)
    }

    pub(crate) fn children(&self) -> &[Expression] {
        match self {
            Self::Null
            | Self::Flag(_)
            | Self::Int(_)
            | Self::Double(_)
            | Self::Text(_)
            | Self::Moment(_)
            | Self::Span(_)
            | Self::Fact(_)
            | Self::HasFact(_)
            | Self::Local(_) => &[],
            Self::List(entries) | Self::Call(_, entries) => entries,
            Self::Select(of, _)
            | Self::Has(of, _)
            | Self::Not(of)
            | Self::Negate(of)
            | Self::Matches(of, _)
            | Self::Clock(_, _, of) => std::slice::from_ref(of),
            Self::Index(two)
            | Self::And(two)
            | Self::Or(two)
            | Self::In(two)
            | Self::Compare(_, two)
            | Self::Calculate(_, two)
            | Self::Exists(_, two)
            | Self::All(_, two) => two.as_slice(),
            Self::If(three) => three.as_slice(),
        }
    }
}

#[cfg(test)]
mod tests;
