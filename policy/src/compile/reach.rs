/*!
Rules that do nothing: those that no call can match, and those that another rule of the same bundle
always outweighs. Both are mistakes, since their author counts on them.
*/

use std::collections::BTreeMap;

use super::diagnostic::Diagnostics;
use super::document::Part;
use crate::call::Kind;
use crate::rule::{
    Effect, HttpMatch, Match, McpMatch, Mode, OpenaiMatch, Phase, PrincipalMatch, Rule, ShellMatch,
    SqlMatch,
};

/// Rules of one source, each with its part.
pub(super) fn check(rules: &[(&Rule, &Part)], diagnostics: &mut Diagnostics) {
    for (rule, part) in rules {
        let never = match rule.on {
            Phase::Proposal => never_matches(&without_refused(&rule.matches)),
            Phase::Request | Phase::Response => never_matches(&rule.matches),
        };
        if let Some((why, help)) = never {
            let message = format!("no call can match `{}`: {why}", rule.name);
            diagnostics.add_with_help("GH114", part.node.place_of("match"), message, help);
        } else if let Some((above, _)) = rules.iter().find(|(above, _)| outweighs(above, rule)) {
            diagnostics.add_with_help(
                "GH115",
                part.node.place_of("name"),
                format!(
                    "`{}` never decides: whatever it matches, `{}` does too",
                    rule.name, above.name
                ),
                "narrow the other rule, or remove this one",
            );
        }
    }
}

/// What a rule on proposals may not ask is told once, where it is refused: another hint would speak against that.
fn without_refused(matches: &Match) -> Match {
    let mut matches = Match { kind: Vec::new(), openai: None, ..matches.clone() };
    if let Some(mcp) = &mut matches.mcp {
        (mcp.prompt, mcp.resource) = (Vec::new(), Vec::new());
    }
    matches
}

fn never_matches(matches: &Match) -> Option<(&'static str, &'static str)> {
    let speaks_mcp = matches.kind.is_empty() || matches.kind.contains(&Kind::Mcp);
    if matches.mcp.is_some() && !speaks_mcp {
        return Some(("only routes of kind mcp have MCP messages", "add `mcp` to `kind`"));
    }
    if matches.openai.is_some()
        && (matches.mcp.is_some()
            || !(matches.kind.is_empty() || matches.kind.contains(&Kind::Openai)))
    {
        return Some((
            "only routes of kind openai have requests to models",
            "add `openai` to `kind`, and leave `mcp` out",
        ));
    }
    if let Some(mcp) = &matches.mcp
        && !(mcp.tool.is_empty() && mcp.tool_words.is_empty())
        && !mcp.method.is_empty()
        && !mcp.method.iter().any(|glob| crate::glob::matches(glob, "tools/call"))
    {
        return Some(("only `tools/call` names a tool", "add `tools/call` to `mcp.method`"));
    }
    if let Some(mcp) = &matches.mcp
        && !mcp.arguments.is_empty()
        && !mcp.method.is_empty()
        && !["tools/call", "prompts/get"]
            .iter()
            .any(|method| crate::glob::matches_any(&mcp.method, method))
    {
        return Some((
            "only `tools/call` and `prompts/get` have arguments",
            "add `tools/call` to `mcp.method`",
        ));
    }
    if let Some(mcp) = &matches.mcp
        && let Some(never) = never_matches_mcp(mcp)
    {
        return Some(never);
    }
    if let Some(http) = &matches.http {
        if !http.path.is_empty() && http.path.iter().all(|path| !path.starts_with(['/', '*', '?']))
        {
            return Some(("a path begins with `/`", "write the path from its first `/` on"));
        }
        if http.method.iter().any(|method| method.contains('*')) && http.method.len() == 1 {
            return Some(("methods are no globs", "name the methods, or leave `method` out"));
        }
        let json_only = |kind: &Kind| matches!(kind, Kind::Mcp | Kind::Openai);
        if !http.form.is_empty() && !matches.kind.is_empty() && matches.kind.iter().all(json_only) {
            return Some(("bodies of these kinds are never forms", "add `http` to `kind`"));
        }
        if !http.form.is_empty() && !matches.body.is_empty() {
            return Some(("a body is JSON or a form", "write a rule for each"));
        }
    }
    None
}

/// What a rule names is in different messages.
fn never_matches_mcp(mcp: &McpMatch) -> Option<(&'static str, &'static str)> {
    let of_tool = !(mcp.tool.is_empty() && mcp.tool_words.is_empty() && mcp.definition.is_empty());
    let (of_prompt, of_resource) = (!mcp.prompt.is_empty(), !mcp.resource.is_empty());
    if [of_tool, of_prompt, of_resource].into_iter().filter(|named| *named).count() > 1 {
        return Some((
            "a message is about a tool, a prompt or a resource",
            "write a rule for each",
        ));
    }
    let methods: &[&str] = match (of_tool, of_prompt, of_resource) {
        (true, ..) => &["tools/call"],
        (_, true, _) => &["prompts/get", "completion/complete"],
        (.., true) => &[
            "resources/read",
            "resources/subscribe",
            "resources/unsubscribe",
            "subscriptions/listen",
            "completion/complete",
        ],
        _ => return None,
    };
    let asked = |method: &&&str| crate::glob::matches_any(&mcp.method, method);
    if mcp.method.is_empty() || methods.iter().any(|method| asked(&method)) {
        return None;
    }
    Some(match methods {
        ["tools/call"] => ("only `tools/call` has it", "add `tools/call` to `mcp.method`"),
        ["prompts/get", ..] => {
            ("only `prompts/get` and the like name a prompt", "add `prompts/get` to `mcp.method`")
        }
        _ => (
            "only `resources/read` and the like name a resource",
            "add `resources/read` to `mcp.method`",
        ),
    })
}

/// `above` matches all that `rule` does, with a greater effect, and does so in force.
fn outweighs(above: &Rule, rule: &Rule) -> bool {
    above.name != rule.name
        && above.on == rule.on
        && above.effect > rule.effect
        && above.mode == Mode::Enforce
        // What it leaves alone is for the other one.
        && above.allow_findings.is_empty()
        && rule.mode == Mode::Enforce
        // What is redacted is redacted on hold, too, and SQL that cannot be read is another question.
        && !(rule.effect == Effect::Redact && above.effect == Effect::Hold)
        && rule.unparsed.is_none()
        // It has a say in what is recorded, whatever becomes of the call.
        && rule.record.is_none()
        // What a rule asks for and cannot get denies, in the place of whatever its rule does.
        && (!may_lack(rule) || above.effect == Effect::Deny)
        && (above.requires_scope.is_empty() || above.requires_scope == rule.requires_scope)
        // It opens an endpoint of a model's API, and what is open may well be held.
        && !(may_open(rule) && above.effect != Effect::Deny)
        && (above.when.is_none() || above.when == rule.when)
        && any_of(&above.sections, &rule.sections)
        && covers(&above.matches, &rule.matches)
}

fn may_open(rule: &Rule) -> bool {
    let Match { kind, http, mcp, .. } = &rule.matches;
    rule.effect == Effect::Allow
        && mcp.is_none()
        && (kind.is_empty() || kind.contains(&Kind::Openai))
        && http.as_ref().is_some_and(|http| !http.path.is_empty())
}

/// Whether it asks for what a call may have in a form that cannot be read.
fn may_lack(rule: &Rule) -> bool {
    let Match { http, mcp, openai, body, sql, .. } = &rule.matches;
    let names = |sql: &SqlMatch| {
        [&sql.table, &sql.schema, &sql.column].iter().any(|globs| !globs.is_empty())
    };
    rule.when.is_some()
        || sql.as_ref().is_some_and(names)
        || !body.is_empty()
        || http.as_ref().is_some_and(|http| !http.form.is_empty())
        || mcp.as_ref().is_some_and(mcp_may_lack)
        || openai.is_some()
}

fn mcp_may_lack(mcp: &McpMatch) -> bool {
    let said = [&mcp.client, &mcp.client_version, &mcp.protocol_version];
    !mcp.arguments.is_empty()
        || !mcp.definition.is_empty()
        || said.iter().any(|globs| !globs.is_empty())
}

/// Sound, not complete: by the written words alone.
fn covers(above: &Match, below: &Match) -> bool {
    any_of(&above.kind, &below.kind)
        && part(&above.principal, &below.principal, principal)
        && part(&above.http, &below.http, http)
        && part(&above.mcp, &below.mcp, mcp)
        && part(&above.openai, &below.openai, openai)
        && part(&above.sql, &below.sql, sql)
        && part(&above.shell, &below.shell, shell)
        && named(&above.body, &below.body)
        && any_of(&above.findings, &below.findings)
}

fn part<T>(above: &Option<T>, below: &Option<T>, covers: impl Fn(&T, &T) -> bool) -> bool {
    match (above, below) {
        (None, _) => true,
        (Some(above), Some(below)) => covers(above, below),
        (Some(_), None) => false,
    }
}

/// An empty list holds always; a list holds if one of its entries does.
fn any_of<T: PartialEq>(above: &[T], below: &[T]) -> bool {
    above.is_empty() || (!below.is_empty() && below.iter().all(|entry| above.contains(entry)))
}

fn principal(above: &PrincipalMatch, below: &PrincipalMatch) -> bool {
    any_of(&above.issuer, &below.issuer)
        && any_of(&above.subject, &below.subject)
        && any_of(&above.group, &below.group)
}

fn http(above: &HttpMatch, below: &HttpMatch) -> bool {
    any_of(&above.method, &below.method)
        && any_of(&above.path, &below.path)
        && any_of(&above.host, &below.host)
        && named(&above.header, &below.header)
        && named(&above.query, &below.query)
        && named(&above.form, &below.form)
}

fn named(above: &BTreeMap<String, Vec<String>>, below: &BTreeMap<String, Vec<String>>) -> bool {
    above.iter().all(|(name, list)| below.get(name).is_some_and(|other| any_of(list, other)))
}

fn mcp(above: &McpMatch, below: &McpMatch) -> bool {
    any_of(&above.method, &below.method)
        && any_of(&above.tool, &below.tool)
        && any_of(&above.tool_words, &below.tool_words)
        && named(&above.arguments, &below.arguments)
        && any_of(&above.prompt, &below.prompt)
        && any_of(&above.resource, &below.resource)
        && any_of(&above.client, &below.client)
        && any_of(&above.client_version, &below.client_version)
        && any_of(&above.protocol_version, &below.protocol_version)
        && any_of(&above.definition, &below.definition)
}

fn openai(above: &OpenaiMatch, below: &OpenaiMatch) -> bool {
    any_of(&above.model, &below.model)
        && any_of(&above.tool_type, &below.tool_type)
        && any_of(&above.tool, &below.tool)
        && any_of(&above.server, &below.server)
        && any_of(&above.server_label, &below.server_label)
}

fn shell(above: &ShellMatch, below: &ShellMatch) -> bool {
    any_of(&above.effect, &below.effect) && above.at == below.at
}

fn sql(above: &SqlMatch, below: &SqlMatch) -> bool {
    any_of(&above.effect, &below.effect)
        && any_of(&above.table, &below.table)
        && any_of(&above.schema, &below.schema)
        && any_of(&above.column, &below.column)
        && above.at == below.at
}
