/*! What conditions may ask about: one table for the checker, the schema and the reference. */

use super::super::variants;
use super::types::{Element, Type, Words};
use crate::condition::Fact;
use crate::pin::Definition;
use crate::sql::SqlEffect;

pub(in super::super) struct Declared {
    pub(in super::super) fact: Fact,
    pub(super) kind: Type,
    /// A call may lack it: ask with `has()` first.
    pub(in super::super) optional: bool,
    pub(in super::super) about: &'static str,
}

const fn always(fact: Fact, kind: Type, about: &'static str) -> Declared {
    Declared { fact, kind, optional: false, about }
}

const fn maybe(fact: Fact, kind: Type, about: &'static str) -> Declared {
    Declared { fact, kind, optional: true, about }
}

const TEXT: Type = Type::Text(Words::Any);
const LOWER: Type = Type::Text(Words::Lower);

const LOWER_LIST: Type = Type::List(Element::Text(Words::Lower));

pub(in super::super) const VARIABLES: &[Declared] = &[
    always(Fact::Issuer, TEXT, "Issuer of the token."),
    always(Fact::Subject, TEXT, "Subject of the token."),
    always(Fact::Groups, Type::List(Element::Text(Words::Any)), "Groups of the principal."),
    always(
        Fact::Scopes,
        Type::List(Element::Text(Words::Any)),
        "Scopes of the token, from its claims `scope` and `scp`.",
    ),
    maybe(Fact::Agent, TEXT, "The software that acts for the subject, where the token names it."),
    always(
        Fact::Kinds,
        Type::List(Element::Text(Words::Kinds)),
        "The protocols the call may be read as: `http`, `mcp`, `openai`; one, unless the route does not say.",
    ),
    always(Fact::Method, Type::Text(Words::Methods), "HTTP method, in upper case."),
    maybe(Fact::McpMethod, TEXT, "JSON-RPC method of a message of MCP, such as `tools/call`."),
    maybe(Fact::Tool, TEXT, "Name of the tool that is called."),
    maybe(
        Fact::Arguments,
        Type::Map,
        "Arguments of the tool or prompt by name, as JSON; empty if the call leaves them out.",
    ),
    maybe(
        Fact::Definition,
        Type::Text(Words::Definitions),
        "What is known of the definition of the tool, as in `match.mcp.definition`.",
    ),
    maybe(Fact::Prompt, TEXT, "Name of the prompt that the message is about."),
    maybe(
        Fact::Resource,
        TEXT,
        "URI of the resource that the message is about, as it was sent. `match.mcp.resource` compares more readings of it, and each of several.",
    ),
    maybe(Fact::Client, TEXT, "What the client of MCP calls itself, as in `match.mcp.client`."),
    maybe(Fact::ClientVersion, TEXT, "The client's version."),
    maybe(Fact::ProtocolVersion, TEXT, "Version of MCP, as in `match.mcp.protocol_version`."),
    maybe(
        Fact::Model,
        TEXT,
        "The model that a request to a model's API asks for; only on routes of kind `openai`, as the three below.",
    ),
    maybe(
        Fact::ModelToolTypes,
        Type::List(Element::Text(Words::Any)),
        "Types of the tools that the model may use, such as `mcp`. A call that may bring others is denied.",
    ),
    maybe(
        Fact::ModelTools,
        Type::List(Element::Text(Words::Any)),
        "Names of the tools that the model may use and that have one.",
    ),
    maybe(
        Fact::ModelServers,
        Type::List(Element::Text(Words::Any)),
        "URLs of the MCP servers, or ids of the connectors, that the model may use by itself.",
    ),
    always(Fact::Host, LOWER, "Host as the upstream sees it, in lower case."),
    always(
        Fact::Path,
        LOWER,
        "Path as the upstream sees it, decoded, without the query, in lower case.",
    ),
    always(Fact::Route, TEXT, "Name of the route in Envoy."),
    always(
        Fact::Query,
        Type::Lists { lower: false },
        "Query parameters: the decoded values of each name, as a list.",
    ),
    always(
        Fact::Headers,
        Type::Lists { lower: true },
        "Headers: the values of each name in lower case, as a list.",
    ),
    always(
        Fact::Findings,
        Type::List(Element::Text(Words::Findings)),
        "Kinds of finding in the request; not in rules on responses.",
    ),
    always(
        Fact::SqlEffects,
        Type::List(Element::Text(Words::SqlEffects)),
        "What SQL anywhere in the call would do, as in `match.sql.effect`. A call whose SQL cannot be read is denied.",
    ),
    always(
        Fact::SqlTables,
        LOWER_LIST,
        "Tables that SQL anywhere in the call names, as in `match.sql.table`, in lower case. A call whose SQL does not show all of them is denied.",
    ),
    always(
        Fact::SqlSchemas,
        LOWER_LIST,
        "Schemas that it names, in lower case: what tables are qualified with.",
    ),
    always(
        Fact::SqlColumns,
        LOWER_LIST,
        "Columns that it names, in lower case, without their tables; `*` where it takes all of them.",
    ),
    always(
        Fact::Time,
        Type::Moment,
        "When the call was judged, to the second: `context.time.getHours('+02:00') < 18`.",
    ),
    maybe(Fact::Body, Type::Any, "The body, where it is JSON. A call with another body is denied."),
];

impl Words {
    /// All there are, where they are few and fixed.
    pub(super) fn names(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Any | Self::Lower | Self::Findings => None,
            Self::Kinds => Some(&["http", "mcp", "openai"]),
            // Those that the gateway passes on.
            Self::Methods => Some(&["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
            Self::SqlEffects => Some(variants::of::<SqlEffect>()),
            Self::Definitions => Some(variants::of::<Definition>()),
        }
    }
}

impl Declared {
    /// `principal` of `principal.issuer`.
    pub(super) fn variable(&self) -> &'static str {
        self.fact.name().split('.').next().unwrap_or_default()
    }

    pub(super) fn field(&self) -> &'static str {
        self.fact.name().split('.').next_back().unwrap_or_default()
    }

    /// For the schema and the reference.
    pub(in super::super) fn type_name(&self) -> &'static str {
        match self.kind {
            Type::List(_) => "a list of texts",
            Type::Lists { .. } => "a map of lists of texts",
            other => other.name(),
        }
    }
}

/// A sentence with all names, for editors.
pub(in super::super) fn about() -> String {
    let names: Vec<_> = VARIABLES.iter().map(|one| one.fact.name()).collect();
    format!("There are {}.", names.join(", "))
}
