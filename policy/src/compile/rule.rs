/*! Rules: their shape, and what shape alone cannot say. */

use std::collections::{BTreeMap, BTreeSet};

use super::diagnostic::Diagnostics;
use super::document::{Part, Parts};
use super::extend::Flat;
use super::pattern::Compiled;
use super::shape::{Field, Shape, optional, required};
use super::{
    Source, allowance, condition, hold, places, reach, redaction, sections, suggest, variants,
};
use crate::bundle::bounds;
use crate::call::Kind;
use crate::identity::is_scope;
use crate::pin::Definition;
use crate::rule::{
    Effect, HoldTerms, McpMatch, Mode, Phase, Recording, Rule, Severity, SqlMatch, Unparsed,
};
use crate::shell::ShellEffect;
use crate::sql::{Dialect, SqlEffect};
use crate::words;

pub(super) const RULE: &[Field] = &[
    required(
        "name",
        Shape::Name,
        "Names the rule in refusals, records and approvals. Unique among all bundles that run together.",
    ),
    optional(
        "description",
        Shape::Text,
        "What the rule is about, for the people who approve and audit.",
    ),
    optional(
        "severity",
        Shape::OneOf(variants::of::<Severity>),
        "How much is at stake; `medium` if it is not said.",
    ),
    required(
        "on",
        Shape::OneOf(variants::of::<Phase>),
        "Whether it looks at what the caller sends, at what the upstream answers, or at calls of tools that a model proposes in its answer (`proposal`): their tool and arguments are matched as `mcp`, `sql`, `shell` and `body` match those of `tools/call`, a call that is denied ends the answer with an error, and one that is held keeps the answer until it is approved.",
    ),
    optional(
        "sections",
        Shape::List(&Shape::Name),
        "The rule is meant for routes that name one of these sections of the bundle. Absent: for every route.",
    ),
    optional(
        "match",
        Shape::Record(MATCH),
        "What the rule is about. Every part that is present must hold; a list holds if one of its entries does. Absent: everything.",
    ),
    optional(
        "when",
        Shape::Condition,
        "What has to be true as well: a condition in CEL, such as `action.arguments.amount > 500`. A call that lacks what it asks about is denied.",
    ),
    required(
        "effect",
        Shape::OneOf(variants::of::<Effect>),
        "What happens. Of all rules that match the greatest wins: deny, hold, redact, allow.",
    ),
    optional(
        "requires_scope",
        Shape::List(&Shape::Text),
        "Scopes that the token has to have: the rule is for callers that lack one of them. They get a 403 that names the scopes, so that OAuth clients ask for a token with more. Only with `effect: deny`.",
    ),
    optional(
        "allow_findings",
        Shape::List(&ALLOWANCES),
        "Findings that the rule leaves alone, each until a moment and for a reason. They are still recorded.",
    ),
    optional(
        "redact",
        Shape::Record(redaction::REDACT),
        "What stands in the place of findings; only with `effect: redact`. A JSON number becomes `0` and the name of a member `[REDACTED:kind]`, whatever is said.",
    ),
    optional("hold", Shape::Record(hold::HOLD), "Terms of the hold; only with `effect: hold`."),
    optional(
        "unparsed",
        Shape::OneOf(variants::of::<Unparsed>),
        "What a call gets whose SQL or command cannot be read, or does what only the machine knows: beside `sql.effect` also SQL that is made while it runs (`dynamic_sql`).",
    ),
    optional(
        "message",
        Shape::Text,
        "What the caller is told, with a remedy. It must not quote what was found.",
    ),
    optional(
        "mode",
        Shape::OneOf(variants::of::<Mode>),
        "`shadow`: computed and recorded, never acted on.",
    ),
    optional(
        "record",
        Shape::OneOf(variants::of::<Recording>),
        "`none`: of what the rule matches, records keep no body, no argument and no answer, only their sizes, digests and kinds of finding. One matching rule is enough, whatever the others say.",
    ),
    optional("tags", Shape::List(&Shape::Name), "Words to find the rule by."),
];

const MATCH: &[Field] = &[
    optional(
        "kind",
        Shape::List(&Shape::OneOf(variants::of::<Kind>)),
        "The protocol the route speaks. On a route that does not say, a call is of kind `http` besides what its body looks like.",
    ),
    optional("principal", Shape::Record(PRINCIPAL), "Who calls."),
    optional("http", Shape::Record(HTTP), "The HTTP request."),
    optional(
        "mcp",
        Shape::Record(MCP),
        "The message of the Model Context Protocol. With `effect: allow` only on routes that say they are of kind `mcp`.",
    ),
    optional(
        "openai",
        Shape::Record(OPENAI),
        "The request to a model's API, on routes of kind `openai`.",
    ),
    optional("sql", Shape::Record(SQL), "What SQL in the call would do."),
    optional("shell", Shape::Record(SHELL), "What a shell command in the call would do."),
    optional(
        "body",
        Shape::Map(&TEXTS),
        "Globs for values of a JSON body, by their JSON pointer: `/order/amount`; `*` is each entry of a list, as in `/items/*/sku`. A value that is missing does not match; one with a NUL in it and a body that cannot be read are denied.",
    ),
    optional("findings", Shape::List(&Shape::Name), "Kinds of finding, as patterns name them."),
];

const ALLOWANCES: Shape = Shape::Record(allowance::ALLOWANCE);
const TEXTS: Shape = Shape::List(&Shape::Text);

pub(super) const PRINCIPAL: &[Field] = &[
    optional("issuer", TEXTS, "Globs for the issuer of the token."),
    optional("subject", TEXTS, "Globs for the subject of the token."),
    optional("group", TEXTS, "Globs for the groups of the principal; one of them has to match."),
];

const HTTP: &[Field] = &[
    optional("method", TEXTS, "Methods, in any case."),
    optional(
        "path",
        TEXTS,
        "Globs for the path as the upstream sees it, decoded, without the query. `*` stays within a segment, `**` does not; `/a/**` is `/a` too. Case does not matter, but with `effect: allow` it does.",
    ),
    optional("host", TEXTS, "Globs for the host as the upstream sees it."),
    optional(
        "header",
        Shape::Map(&TEXTS),
        "Globs for the values of headers; with `effect: allow` all values of the header have to match.",
    ),
    optional(
        "query",
        Shape::Map(&TEXTS),
        "Globs for the decoded values of query parameters; with `effect: allow` all values of the parameter have to match.",
    ),
    optional(
        "form",
        Shape::Map(&TEXTS),
        "Globs for the decoded values of the fields of a form, by their names in any case. Parameters of the query count as fields, as many servers take them. A field that is missing does not match; another body is denied.",
    ),
];

const MCP: &[Field] = &[
    optional("method", TEXTS, "JSON-RPC methods, such as `tools/call`."),
    optional("tool", TEXTS, "Globs for the name of the tool."),
    optional(
        "tool_words",
        TEXTS,
        "Words in the name of the tool: `delete` is in `delete_customer`, `deleteCustomer` and `customers.delete`, not in `undeleted`. Several in one entry have to stand in that order: `send payment`.",
    ),
    optional(
        "arguments",
        Shape::Map(&TEXTS),
        "Globs for the arguments of the tool, by name. An argument that is missing does not match.",
    ),
    optional(
        "prompt",
        TEXTS,
        "Globs for the name of the prompt, of `prompts/get` and of `completion/complete`.",
    ),
    optional(
        "resource",
        TEXTS,
        "Globs for the URI of the resource, in any case, also once it is decoded and `..` is followed. With `effect: allow` as it is written, and only a URI without these. Of the resources of `subscriptions/listen` one is enough, with `effect: allow` all have to match. A template of `completion/complete` also matches what it may become, unless the rule allows.",
    ),
    optional(
        "client",
        TEXTS,
        "Globs for what the client calls itself. Since 2026-07-28 each message says it, before that only `initialize`: a message that does not is denied. It is the caller's own word, and proves nothing.",
    ),
    optional("client_version", TEXTS, "Globs for the client's version, said as the above."),
    optional(
        "protocol_version",
        TEXTS,
        "Globs for the version of the protocol, by the message or its header `mcp-protocol-version`; of `initialize` the one that the client asks for. A message that says none is denied.",
    ),
    optional(
        "definition",
        Shape::List(&Shape::OneOf(variants::of::<Definition>)),
        "What is known of the definition of the tool: `changed`, the last list showed another one than is pinned; `unpinned`, `pins` are meant for the place and the tool is not in one of them; `pinned`, neither. Where no pins are meant for it none matches.",
    ),
];

const OPENAI: &[Field] = &[
    optional("model", TEXTS, "Globs for the name of the model."),
    optional(
        "tool_type",
        TEXTS,
        "Globs for the type of a tool that the model may use, as the API calls it: `function`, `web_search*`, `code_interpreter`, `mcp`, `computer*`. All that is said about tools has to hold of one of them.",
    ),
    optional("tool", TEXTS, "Globs for the name of a function that the model may call."),
    optional(
        "server",
        TEXTS,
        "Globs for the URL of an MCP server that the model may use by itself, or the id of a connector.",
    ),
    optional("server_label", TEXTS, "Globs for what the request calls that server."),
];

const SQL: &[Field] = &[
    optional(
        "effect",
        Shape::List(&Shape::OneOf(variants::of::<SqlEffect>)),
        "What a statement does. With `effect: allow` nothing else may be done, and all of it can be read. Absent: whatever it does.",
    ),
    optional(
        "table",
        TEXTS,
        "Globs for the tables that SQL names, in any case, views too: `users` is `hr.users` as well, and `hr.users` of the rule is `users` where no schema is said. `hr.*` is also what makes bare names those of `hr`, such as `SET search_path = hr` or `USE hr`. The name of a `WITH` query counts as a table. With `effect: allow` all tables have to match, part by part: `orders` is not `hr.orders`. A call whose SQL does not show its tables is denied, or gets what `unparsed` says.",
    ),
    optional(
        "schema",
        TEXTS,
        "Globs for the schemas that SQL names, and for databases: what tables are qualified with.",
    ),
    optional(
        "column",
        TEXTS,
        "Globs for the columns that SQL names anywhere, without their tables. `SELECT *`, and whatever else takes all columns, matches every one of them where `table` and `schema` match.",
    ),
    optional(
        "at",
        TEXTS,
        "JSON pointers to the text that is SQL. Absent: every string that looks like SQL.",
    ),
    optional(
        "dialect",
        Shape::OneOf(variants::of::<Dialect>),
        "The database that runs the text at the pointers: what is a literal or a comment differs. Absent, or `any`: what any of them would do counts. Only with `at`.",
    ),
];

const SHELL: &[Field] = &[
    required(
        "effect",
        Shape::List(&Shape::OneOf(variants::of::<ShellEffect>)),
        "What a command does. With `effect: allow` nothing else may be done, and all of it can be read.",
    ),
    required(
        "at",
        TEXTS,
        "JSON pointers to the command: a text as a shell reads it, or the list of a program and its arguments. In tools of MCP `/params/arguments/command`.",
    ),
];

pub(super) fn check_all(
    parts: &Parts,
    patterns: &[Compiled],
    (flat, sources): (&[Flat], &[Source]),
    diagnostics: &mut Diagnostics,
) -> Vec<Rule> {
    let kinds: Vec<&str> =
        parts.patterns.iter().filter_map(|p| p.json.get("kind")?.as_str()).collect();
    let mut names: BTreeMap<&str, &Part> = BTreeMap::new();
    let mut rules = Vec::new();
    if let Some(first) = parts.rules.get(bounds::RULES) {
        let message = format!("a bundle has at most {} rules", bounds::RULES);
        let help = "let one rule name several paths, tools or groups";
        diagnostics.add_with_help("GH107", &first.node.place, message, help);
        return Vec::new();
    }
    for part in &parts.rules {
        lengths(part, diagnostics);
        let Some(mut rule) = lower(part, diagnostics) else { continue };
        rule.from = inherited_from(part, parts, flat);
        rule.allow_findings = allowance::lower(part, &rule, parts, patterns, diagnostics);
        rule.redact = redaction::lower(part, &rule, diagnostics);
        redaction::check_kinds(&rule, part, patterns, diagnostics);
        rule.when = condition::lower(part, rule.on, &kinds, sources, diagnostics);
        if let Some(name) = part.json.get("name").and_then(|name| name.as_str())
            && let Some(first) = names.insert(name, part)
        {
            let place = &first.node.place;
            let mut help = format!("the other is at {}:{}", place.file, place.line);
            if inherited_from(part, parts, flat).is_some() {
                help += &format!("; `disable: [{name}]` leaves the inherited one out");
            }
            let message = format!("there are two rules named `{name}`");
            diagnostics.add_with_help("GH111", part.node.place_of("name"), message, help);
        }
        check(&rule, part, &kinds, diagnostics);
        sections::check(part, parts, flat, diagnostics);
        places::check(&rule, part, diagnostics);
        hold::check(&rule, part, diagnostics);
        rules.push((rule, part));
    }
    // Where bundles are put together, one may well outweigh another.
    let sources: BTreeSet<usize> = rules.iter().map(|(_, part)| part.source).collect();
    for source in sources {
        let own = rules.iter().filter(|(_, part)| part.source == source);
        let own: Vec<(&Rule, &Part)> = own.map(|(rule, part)| (rule, *part)).collect();
        reach::check(&own, diagnostics);
        redaction::check_parts(&own, diagnostics);
    }
    let mut rules: Vec<Rule> = rules
        .into_iter()
        .map(|(rule, part)| match in_shadow(part.source, parts, flat) {
            true => Rule { mode: Mode::Shadow, ..rule },
            false => rule,
        })
        .collect();
    redaction::settle(&mut rules);
    rules
}

/// Whether the bundle of this source is only tried, or the one that takes it over.
pub(super) fn in_shadow(source: usize, parts: &Parts, flat: &[Flat]) -> bool {
    let one = source.checked_sub(1).and_then(|index| flat.get(index));
    parts.in_shadow(source) || one.is_some_and(|one| parts.in_shadow(one.root + 1))
}

/// The name of the bundle that the rule is taken over from.
pub(super) fn inherited_from(part: &Part, parts: &Parts, flat: &[Flat]) -> Option<String> {
    let index = part.source.checked_sub(1)?;
    flat.get(index)?.is_inherited(index).then_some(())?;
    let (_, bundles) = parts.bundles.get(index)?;
    let name = bundles.iter().flatten().find_map(|bundle| bundle.json.get("name")?.as_str());
    Some(name?.to_owned())
}

fn lower(part: &Part, diagnostics: &mut Diagnostics) -> Option<Rule> {
    let mut json = part.json.clone();
    // They are lowered by themselves.
    if let Some(members) = json.as_object_mut() {
        members.remove("when");
        members.remove("redact");
        members.remove("allow_findings");
    }
    match serde_json::from_value(json) {
        Ok(rule) => Some(rule),
        Err(error) => {
            diagnostics.add("GH104", &part.node.place, format!("the rule cannot be read: {error}"));
            None
        }
    }
}

/// What only a message has that is sent.
fn is_about_messages(mcp: &McpMatch) -> bool {
    let said =
        [&mcp.prompt, &mcp.resource, &mcp.client, &mcp.client_version, &mcp.protocol_version];
    !mcp.definition.is_empty() || said.iter().any(|globs| !globs.is_empty())
}

/// Of lists that cost a gateway something for each of their entries.
fn lengths(part: &Part, diagnostics: &mut Diagnostics) {
    let bounds = [
        ("sections", bounds::SECTIONS_OF_RULE, "leave `sections` out for every route"),
        ("allow_findings", bounds::ALLOWANCES, "let the rule match less, or make two rules of it"),
    ];
    for (field, most, help) in bounds {
        if part.node.get(field).is_some_and(|list| list.entries().len() > most) {
            let message = format!("`{field}` of a rule has at most {most} entries");
            diagnostics.add_with_help("GH107", part.node.place_of(field), message, help);
        }
    }
}

fn check(rule: &Rule, part: &Part, kinds: &[&str], diagnostics: &mut Diagnostics) {
    let node = &part.node;
    let mut refuse = |field: &str, message: &str, help: &str| {
        diagnostics.add_with_help("GH113", node.place_of(field), message, help);
    };
    if rule.hold.is_some() && rule.effect != Effect::Hold {
        refuse("hold", "`hold` needs `effect: hold`", "remove `hold` or change the effect");
    }
    if rule.hold.as_ref().is_some_and(|hold| !(1..=HoldTerms::QUORUM_MAX).contains(&hold.quorum)) {
        refuse("hold", "a quorum is 1 to 16 people", "say how many have to approve");
    }
    if rule.effect == Effect::Hold && rule.on == Phase::Response {
        refuse("effect", "a response cannot be held", "use `deny` or `redact`, or `on: request`");
    }
    if rule.on == Phase::Proposal {
        if matches!(rule.effect, Effect::Allow | Effect::Redact) {
            let help = "use `hold` or `deny`; without a rule it passes";
            refuse("effect", "a call that a model proposes is held or denied", help);
        }
        if rule.matches.openai.is_some() || !rule.matches.kind.is_empty() {
            let help = "leave them out, and name the tool in `match.mcp.tool`";
            refuse("match", "`openai` and `kind` are about requests", help);
        }
        if rule.matches.mcp.as_ref().is_some_and(is_about_messages) {
            let help = "name the tool, its words or its arguments";
            refuse("match", "a call that a model proposes is no message of a client yet", help);
        }
    }
    if rule.record.is_some() && rule.mode == Mode::Shadow {
        let help = "leave `mode: shadow` out, or say it in a rule of its own that is enforced";
        refuse("record", "a rule in shadow keeps nothing out of records", help);
    }
    if rule.on == Phase::Response && rule.matches.findings.is_empty() {
        refuse("on", "a rule on responses needs findings", "name kinds in `match.findings`");
    } else if rule.effect == Effect::Redact && rule.matches.findings.is_empty() {
        refuse("effect", "`redact` needs findings to redact", "name kinds in `match.findings`");
    }
    if !rule.requires_scope.is_empty() && (rule.effect, rule.on) != (Effect::Deny, Phase::Request) {
        let help =
            "use `effect: deny` and `on: request`; elsewhere ask for `principal.scopes` in `when`";
        refuse("requires_scope", "only a rule that denies requests can ask for scopes", help);
    }
    if !rule.requires_scope.iter().all(|scope| is_scope(scope)) {
        let help = "write each scope as an entry of its own: printable ASCII, no space, quote or backslash";
        refuse("requires_scope", "an entry of `requires_scope` is no scope", help);
    }
    if rule.matches.kind.contains(&Kind::Auto) {
        refuse("match", "no call is of the kind `auto`", "name http, mcp or openai");
    }
    let reads = rule.matches.sql.is_some() || rule.matches.shell.is_some();
    if rule.unparsed.is_some() && !reads {
        let help = "it says what unreadable SQL or an unreadable command gets";
        refuse("unparsed", "`unparsed` needs `match.sql` or `match.shell`", help);
    }
    if rule.matches.shell.is_some() && rule.effect == Effect::Allow {
        let help =
            "hold or deny what is dangerous: a program that has no name here may do anything";
        refuse("match", "`shell` cannot tell that a command is harmless", help);
    }
    if let Some(sql) = &rule.matches.sql {
        let SqlMatch { effect, table, schema, column, at, dialect } = sql;
        if !dialect.is_any() && at.is_empty() {
            let help = "say in `at` where the SQL stands, or leave out `dialect`";
            refuse("match", "`dialect` is for SQL at a known place", help);
        }
        let names = [table, schema, column].iter().any(|globs| !globs.is_empty());
        if effect.is_empty() && !names {
            let help = "name effects, or `table`, `schema` or `column`";
            refuse("match", "`sql` does not say what it is about", help);
        } else if effect.is_empty() && rule.effect == Effect::Allow {
            let help = "name the effects that are allowed, such as `effect: [read]`";
            refuse("match", "what may be done with the tables is not said", help);
        }
        let quoted = |glob: &String| glob.starts_with(['"', '`', '[']);
        if [table, schema, column].into_iter().flatten().any(quoted) {
            let message = "names of tables and columns are written without quotes";
            refuse("match", message, "remove the quotes");
        }
        if column.iter().any(|glob| glob.contains('.')) {
            let help = "name the column alone, and its table in `table`";
            refuse("match", "columns are compared without their tables", help);
        }
    }
    let tool_words = rule.matches.mcp.iter().flat_map(|mcp| &mcp.tool_words);
    if tool_words.into_iter().any(|entry| words::words(entry).is_empty()) {
        refuse("match", "an entry of `tool_words` has no letter", "write words: `send payment`");
    }
    if rule.matches.sql.is_some() && rule.on == Phase::Response {
        refuse("match", "responses are not read as SQL", "use `on: request`");
    }
    if rule.matches.shell.is_some() && rule.on == Phase::Response {
        refuse("match", "responses are not read as commands", "use `on: request`");
    }
    let findings = node.get("match").and_then(|matches| matches.get("findings"));
    for entry in findings.map(|findings| findings.entries()).unwrap_or_default() {
        let kind = entry.text().unwrap_or_default();
        if !kinds.contains(&kind) {
            let mut known = kinds.to_vec();
            known.sort_unstable();
            known.dedup();
            let help = match known.as_slice() {
                [] => "no pattern is in this bundle".to_owned(),
                known => suggest::help(kind, known.iter().copied()),
            };
            let message = format!("no pattern finds `{kind}`");
            diagnostics.add_with_help("GH112", &entry.place, message, help);
        }
    }
}
