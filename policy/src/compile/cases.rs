/*!
The cases that lie beside a bundle's rules: calls and responses, and what the bundle must make of
them. They run through the very functions that judge real calls.

```yaml
tests:
  - name: dropping a database is denied
    request:
      mcp: {tool: query_db, arguments: {sql: DROP DATABASE shop}}
    expect: {effect: deny, rules: [deny-destroying-sql]}
  - name: a number of a person is masked
    response: {json: {ssn: {join: ['536', '-22-', '1873']}}}
    expect: {effect: redact, json: {ssn: '[REDACTED:us-ssn]'}}
```
*/

use std::collections::BTreeSet;

use super::diagnostic::{Diagnostic, Diagnostics, Place};
use super::document::path_of;
use super::shape::{Field, Shape, optional, required};
use super::yaml::{self, Value};
use super::{Source, compile, variants};
use crate::bundle::Bundle;
use crate::call::Kind;
use crate::case::{self, Case, ListedAs};
use crate::rule::Effect;

/// How one case went; no failures: it passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseResult {
    pub name: String,
    pub file: String,
    pub line: u32,
    pub failures: Vec<String>,
}

/// How all cases of a bundle went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseReport {
    pub cases: Vec<CaseResult>,
    /// Names of the rules that no case makes match, and how many there are in all.
    pub uncovered: Vec<String>,
    pub rules: usize,
}

/// Compiles the sources and runs all their cases, those under `tests/` too.
pub fn test(sources: &[Source]) -> Result<CaseReport, Vec<Diagnostic>> {
    let file = compile(sources)?;
    let mut diagnostics = Diagnostics::default();
    let cases = read(sources, &mut diagnostics);
    let bundle = Bundle::decode(&file).map_err(|error| {
        diagnostics.add("GH300", &Default::default(), error.to_string());
        std::mem::take(&mut diagnostics).sorted()
    })?;
    if !diagnostics.is_empty() {
        return Err(diagnostics.sorted());
    }
    let mut matched = BTreeSet::new();
    let mut results = Vec::with_capacity(cases.len());
    for (place, case) in cases {
        let ran = case::run(&bundle, &case);
        matched.extend(ran.matched);
        let Place { file, line, .. } = place;
        results.push(CaseResult { name: case.name, file, line, failures: ran.failures });
    }
    // What is inherited has its cases where it comes from.
    let own = bundle.rules.iter().filter(|rule| rule.from.is_none());
    let names: Vec<String> = own.map(|rule| rule.name.clone()).collect();
    Ok(CaseReport {
        cases: results,
        rules: names.len(),
        uncovered: names.into_iter().filter(|name| !matched.contains(name)).collect(),
    })
}

pub(super) const CASE: &[Field] = &[
    required("name", Shape::Text, "What the case shows."),
    optional("principal", Shape::Record(PRINCIPAL), "Who calls."),
    optional(
        "request",
        Shape::Record(REQUEST),
        "What the caller sends; `GET /` if it is not said.",
    ),
    optional(
        "response",
        Shape::Record(RESPONSE),
        "What the upstream answers. With it the rules on responses are tested, and on routes of kind `openai` those on proposals by the calls that stand in it; without it those on requests.",
    ),
    required("expect", Shape::Record(EXPECT), "What the bundle has to make of it."),
];

const PRINCIPAL: &[Field] = &[
    optional(
        "issuer",
        Shape::Text,
        "Issuer of the token; `https://issuer.test` if it is not said.",
    ),
    optional("subject", Shape::Text, "Subject of the token; `agent` if it is not said."),
    optional("groups", Shape::List(&Shape::Text), "Groups of the principal."),
    optional("scopes", Shape::List(&Shape::Text), "Scopes of its token."),
    optional(
        "agent",
        Shape::Text,
        "The software that acts for the subject; none if it is not said.",
    ),
];

const REQUEST: &[Field] = &[
    optional("kind", Shape::OneOf(variants::of::<Kind>), "The protocol the route speaks."),
    optional("sections", Shape::List(&Shape::Name), "The sections that the route names."),
    optional("method", Shape::Text, "`GET` without a body, `POST` with one, if it is not said."),
    optional("host", Shape::Text, "Host as the upstream sees it."),
    optional(
        "path",
        Shape::Text,
        "Path and query as the upstream sees them; absent: `/`, and on routes of kind `openai` `/v1/responses`.",
    ),
    optional("headers", Shape::Map(&Shape::Text), "Headers by name."),
    optional("body", Shape::Parts, "The body as text."),
    optional(
        "json",
        Shape::Any,
        "The body as JSON. A mapping with the only key `join` is the text that its list makes.",
    ),
    optional("mcp", Shape::Record(MCP), "A message of MCP, made from its parts."),
    optional(
        "time",
        Shape::Instant,
        "When the call comes, for `context.time`; `1970-01-01T00:00:00Z` if it is not said.",
    ),
];

const MCP: &[Field] = &[
    optional("method", Shape::Text, "`tools/call` if it is not said."),
    optional("tool", Shape::Text, "Name of the tool."),
    optional("arguments", Shape::Any, "Arguments of the tool or prompt."),
    optional(
        "prompt",
        Shape::Text,
        "Name of the prompt; the method is `prompts/get` if it is not said.",
    ),
    optional(
        "resource",
        Shape::Text,
        "URI of the resource; the method is `resources/read` if it is not said.",
    ),
    optional("client", Shape::Text, "What the client calls itself."),
    optional("client_version", Shape::Text, "The client's version."),
    optional("protocol_version", Shape::Text, "The version of the protocol."),
    optional(
        "definition",
        Shape::OneOf(variants::of::<ListedAs>),
        "`changed`: the last list showed another definition of the tool than its pin. As it is pinned if it is not said.",
    ),
];

const RESPONSE: &[Field] = &[
    optional(
        "body",
        Shape::Parts,
        "The body as text. A model's answer that begins with `data:` or `event:` is read as a stream of events.",
    ),
    optional("json", Shape::Any, "The body as JSON."),
];

const EXPECT: &[Field] = &[
    optional(
        "effect",
        Shape::OneOf(variants::of::<Effect>),
        "The effect that wins; needed unless the call is refused before any rule.",
    ),
    optional(
        "refusal",
        Shape::OneOf(refusals),
        "Why the call is refused before any rule is asked, in the place of `effect`.",
    ),
    optional("rules", Shape::List(&Shape::Name), "The rules that decide, in any order."),
    optional("redacted", Shape::List(&Shape::Name), "The kinds that are redacted, in any order."),
    optional("body", Shape::Parts, "What goes on, as text."),
    optional("json", Shape::Any, "What goes on, as JSON."),
];

/// What reading a call may end in, whatever the rules are.
fn refusals() -> &'static [&'static str] {
    &[
        "body_encoded",
        "body_unreadable",
        "method_not_allowed",
        "over_budget",
        "request_ambiguous",
        "upgrade_refused",
    ]
}

pub(super) fn read(sources: &[Source], diagnostics: &mut Diagnostics) -> Vec<(Place, Case)> {
    let mut cases = Vec::new();
    for (source, file) in sources.iter().flat_map(|s| s.files.iter().map(move |file| (s, file))) {
        if !super::document::is_yaml(&file.path) {
            continue;
        }
        let Some(node) = yaml::read(&path_of(source, file), &file.text, diagnostics) else {
            continue;
        };
        let Value::Map(members) = &node.value else { continue };
        let lists = members.iter().filter(|(key, _)| key.text() == Some("tests"));
        for entry in lists.flat_map(|(_, list)| list.entries()) {
            let shape = Shape::Record(CASE);
            let Some(json) = shape.check(entry, diagnostics) else { continue };
            match serde_json::from_value::<Case>(json) {
                Ok(case) if !case.expect.is_one() => {
                    let expect = entry.get("expect").unwrap_or(entry);
                    let message = "a case expects an effect or a refusal";
                    let help =
                        "a refused call comes before any rule: it has no effect, rules or body";
                    diagnostics.add_with_help("GH113", &expect.place, message, help);
                }
                Ok(case) => cases.push((entry.place.clone(), case)),
                Err(error) => {
                    let message = format!("the case cannot be read: {error}");
                    diagnostics.add("GH104", &entry.place, message);
                }
            }
        }
    }
    cases
}

#[cfg(test)]
mod tests;
