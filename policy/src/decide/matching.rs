/*! Whether one rule matches one call: every part that is present must hold. */

use super::facts::Facts;
use super::model;
use super::named;
use super::narrow;
use super::resource;
use super::values;
use crate::condition;
use crate::glob;
use crate::principal::Principal;
use crate::rule::{
    Effect, HttpMatch, McpMatch, PrincipalMatch, Rule, ShellMatch, SqlMatch, Unparsed,
};
use crate::sections;
use crate::sql::SqlEffect;
use crate::words;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matched {
    No,
    Yes,
    /// All else matches, and the SQL or command the rule asks about cannot be read.
    Unparsed(Unparsed),
    /// All else matches, and a fact the rule asks about cannot be had.
    Unavailable,
}

pub fn matches<'a>(rule: &'a Rule, facts: &Facts<'a>) -> Matched {
    let wanted = &rule.matches;
    let plain = concerns(rule, facts)
        && (wanted.findings.is_empty()
            || wanted.findings.iter().any(|kind| facts.finds(&rule.name, kind)));
    let matched = if plain { languages(rule, facts) } else { Matched::No };
    let opens = rule.effect == Effect::Allow && matched == Matched::Yes;
    if matched == Matched::No || (opens && !narrow::holds(wanted, facts)) {
        return Matched::No;
    }
    match asked(rule, facts) {
        Matched::Yes => matched,
        other => other,
    }
}

/// The parts of a rule that ask for what a call may lack, or have in a form that cannot be read. One that does not
/// match spares the work of the next.
pub fn asked(rule: &Rule, facts: &Facts<'_>) -> Matched {
    let wanted = &rule.matches;
    let of = values::Of::rule(rule);
    let mut parts: Vec<&dyn Fn() -> Matched> = Vec::new();
    let body = || values::in_body(&wanted.body, of, facts);
    let form =
        || wanted.http.as_ref().map_or(Matched::Yes, |m| values::in_form(&m.form, of, facts));
    let arguments = || {
        wanted.mcp.as_ref().map_or(Matched::Yes, |m| values::in_arguments(&m.arguments, of, facts))
    };
    let circumstances = || wanted.mcp.as_ref().map_or(Matched::Yes, |m| circumstances(m, facts));
    let openai = || wanted.openai.as_ref().map_or(Matched::Yes, |m| model::asks(m, of, facts));
    let when = || when(rule, facts);
    parts.extend([&body as &dyn Fn() -> Matched, &form, &arguments, &circumstances]);
    parts.extend([&openai as &dyn Fn() -> Matched, &when]);
    values::all(parts.into_iter().map(|part| part()))
}

/// What the rule's condition makes of the call: all that can be asked of an answer to another message.
pub fn when(rule: &Rule, facts: &Facts<'_>) -> Matched {
    match rule.when.as_ref().map(|when| condition::holds(when, facts)) {
        None | Some(Ok(true)) => Matched::Yes,
        Some(Ok(false)) => Matched::No,
        Some(Err(_)) => Matched::Unavailable,
    }
}

/// The parts of a rule that say who and where, without what was found: enough to plan a response.
pub fn concerns(rule: &Rule, facts: &Facts<'_>) -> bool {
    concerns_place(rule, facts) && rule.matches.mcp.as_ref().is_none_or(|m| mcp(m, facts))
}

/// The same but for the message.
pub fn concerns_place(rule: &Rule, facts: &Facts<'_>) -> bool {
    let wanted = &rule.matches;
    sections::concern(rule, &facts.sections)
        && (wanted.kind.is_empty() || wanted.kind.iter().any(|kind| facts.protocol.is(*kind)))
        && (rule.requires_scope.is_empty() || lacks(&rule.requires_scope, &facts.call.principal))
        && wanted.principal.as_ref().is_none_or(|m| is_by(m, &facts.call.principal))
        && wanted.http.as_ref().is_none_or(|m| http(m, facts))
}

fn lacks(scopes: &[String], who: &Principal) -> bool {
    !scopes.iter().all(|scope| who.scopes.contains(scope))
}

pub(crate) fn is_by(wanted: &PrincipalMatch, who: &Principal) -> bool {
    any(&wanted.issuer, &who.issuer)
        && any(&wanted.subject, &who.subject)
        && (wanted.group.is_empty()
            || who.groups.iter().any(|group| glob::matches_any(&wanted.group, group)))
}

fn http(wanted: &HttpMatch, facts: &Facts<'_>) -> bool {
    let call = facts.call;
    let place = (call.method.as_str(), facts.path, facts.host);
    is_at((&wanted.method, &wanted.path, &wanted.host), place)
        && wanted.header.iter().all(|(name, globs)| {
            let name = name.to_ascii_lowercase();
            call.headers.iter().any(|(n, value)| *n == name && any(globs, value))
        })
        && wanted
            .query
            .iter()
            .all(|(name, globs)| facts.query_values(name).iter().any(|value| any(globs, value)))
}

/// Lists of methods, globs for paths and for hosts against those of a call.
pub(crate) fn is_at(
    (methods, paths, hosts): (&[String], &[String], &[String]),
    (method, at, host): (&str, &str, &str),
) -> bool {
    (methods.is_empty() || methods.iter().any(|m| m.eq_ignore_ascii_case(method)))
        && path(paths, at)
        && is_host(hosts, host)
}

/// It comes in lower case, however a rule has it.
fn is_host(globs: &[String], host: &str) -> bool {
    globs.is_empty() || globs.iter().any(|glob| glob::matches(&glob.to_lowercase(), host))
}

/// Whatever the case: many servers do not tell `/ADMIN` from `/admin`, and no rule lets a call pass
/// that another stops. The normal form of `/admin/` has no slash at its end, so a glob that ends in
/// `/` or `/**` is compared without that as well.
fn path(globs: &[String], path: &str) -> bool {
    let path = path.to_lowercase();
    let matches = |glob: &String| {
        let glob = glob.to_lowercase();
        let folder = glob.strip_suffix("/**").or(glob.strip_suffix('/'));
        glob::matches_path(&glob, &path)
            || folder.is_some_and(|folder| glob::matches_path(folder, &path))
    };
    globs.is_empty() || globs.iter().any(matches)
}

fn mcp(wanted: &McpMatch, facts: &Facts<'_>) -> bool {
    let Some(call) = &facts.protocol.mcp else { return false };
    any(&wanted.method, &call.method)
        && (wanted.tool.is_empty()
            || call.tool.as_ref().is_some_and(|tool| glob::matches_any(&wanted.tool, tool)))
        && (wanted.tool_words.is_empty()
            || call.tool.as_ref().is_some_and(|tool| words::hold_any(tool, &wanted.tool_words)))
        && (wanted.prompt.is_empty()
            || call.prompt.as_ref().is_some_and(|name| glob::matches_any(&wanted.prompt, name)))
        && (wanted.resource.is_empty()
            || facts.any_resource
            || call.resources.iter().any(|uri| {
                resource::matches(&wanted.resource, uri)
                    || (call.completes() && resource::may_be(&wanted.resource, uri))
            }))
}

/// What a message says of who sends it, and what is known of the tool it calls.
pub(super) fn circumstances(wanted: &McpMatch, facts: &Facts<'_>) -> Matched {
    let Some(call) = &facts.protocol.mcp else { return Matched::No };
    let of_sender = [
        (&wanted.client, &call.client),
        (&wanted.client_version, &call.client_version),
        (&wanted.protocol_version, &call.protocol_version),
    ];
    let of_sender = of_sender.into_iter().filter(|(globs, _)| !globs.is_empty());
    let of_sender = of_sender.map(|(globs, said)| match said {
        Some(said) => values::name_fits(said, globs, facts),
        // It is one of them, whichever.
        None => Matched::Unavailable,
    });
    let definition = match facts.definition {
        _ if wanted.definition.is_empty() => Matched::Yes,
        Ok(Some(known)) if wanted.definition.contains(&known) => Matched::Yes,
        Ok(_) => Matched::No,
        Err(_) => Matched::Unavailable,
    };
    values::all(of_sender.chain([definition]))
}

/// What SQL and commands in the call would do.
fn languages<'a>(rule: &'a Rule, facts: &Facts<'a>) -> Matched {
    let wanted = &rule.matches;
    let of_sql = wanted.sql.as_ref().map(|wanted| sql(wanted, rule.unparsed, facts));
    let of_shell = wanted.shell.as_ref().map(|wanted| shell(wanted, rule.unparsed, facts));
    values::all([of_sql, of_shell].into_iter().flatten())
}

pub(super) fn shell<'a>(
    wanted: &'a ShellMatch,
    unparsed: Option<Unparsed>,
    facts: &Facts<'a>,
) -> Matched {
    let Some(found) = facts.shell_at(&wanted.at) else { return Matched::Unavailable };
    if found.over_budget {
        return Matched::Unavailable;
    }
    if wanted.effect.iter().any(|effect| found.effects.contains(effect)) {
        return Matched::Yes;
    }
    match (found.unread, unparsed) {
        (true, Some(unparsed)) => Matched::Unparsed(unparsed),
        _ => Matched::No,
    }
}

pub(super) fn sql<'a>(
    wanted: &'a SqlMatch,
    unparsed: Option<Unparsed>,
    facts: &Facts<'a>,
) -> Matched {
    let pointed;
    let found = if wanted.at.is_empty() {
        facts.sql_everywhere()
    } else {
        match facts.sql_at(&wanted.at, wanted.dialect) {
            None => return Matched::Unavailable,
            Some(found) => {
                pointed = found;
                &pointed
            }
        }
    };
    // What was not read could do what a stricter rule asks about.
    if found.over_budget {
        return Matched::Unavailable;
    }
    let effect = wanted.effect.iter().any(|effect| found.effects.contains(effect));
    let names = named::asks(wanted);
    if (effect || (names && wanted.effect.is_empty())) && named::touches(wanted, &found.identifiers)
    {
        return Matched::Yes;
    }
    // Names that nobody can read may be those of the rule.
    let hidden = names && !found.names_all && (effect || wanted.effect.is_empty());
    // A statement that is made while it runs may have any effect.
    let made = !wanted.effect.is_empty() && found.effects.contains(&SqlEffect::DynamicSql);
    match unparsed {
        Some(unparsed) if found.unparsed || hidden || made => Matched::Unparsed(unparsed),
        None if hidden => Matched::Unavailable,
        _ => Matched::No,
    }
}

fn any(globs: &[String], text: &str) -> bool {
    globs.is_empty() || glob::matches_any(globs, text)
}
