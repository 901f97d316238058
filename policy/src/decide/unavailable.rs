/*! Which fact a rule asks for and cannot have, as its author named it. Its value is never told. */

use std::collections::BTreeMap;

use super::facts::Facts;
use super::matching::{Matched, circumstances, shell, sql};
use super::model;
use super::values::{self, Of};
use crate::condition;
use crate::rule::{McpMatch, OpenaiMatch, Rule, ShellMatch, SqlMatch};

/// For people, with the name between backticks. `None`: it cannot be told, since reading the call took
/// too much work.
pub(super) fn name<'a>(rule: &'a Rule, facts: &Facts<'a>) -> Option<String> {
    let (wanted, of) = (&rule.matches, Of::rule(rule));
    let in_sql = || sql_of(wanted.sql.as_ref()?, rule, facts);
    let in_shell = || shell_of(wanted.shell.as_ref()?, rule, facts);
    let in_body = || {
        let name = first(&wanted.body, |one| values::in_body(one, of, facts))?;
        Some(format!("`{name}` in the body"))
    };
    let in_form = || {
        let name = first(&wanted.http.as_ref()?.form, |one| values::in_form(one, of, facts))?;
        Some(format!("`{name}` in the form"))
    };
    let in_arguments = || {
        let wanted = &wanted.mcp.as_ref()?.arguments;
        let name = first(wanted, |one| values::in_arguments(one, of, facts))?;
        Some(format!("`{name}` among the arguments"))
    };
    let of_mcp = || circumstance(wanted.mcp.as_ref()?, facts);
    let in_model = || model_of(wanted.openai.as_ref()?, of, facts);
    let in_when = || {
        let name = condition::unavailable(rule.when.as_ref()?, facts)?;
        Some(format!("`{name}`"))
    };
    in_sql()
        .or_else(in_shell)
        .or_else(in_body)
        .or_else(in_form)
        .or_else(in_arguments)
        .or_else(of_mcp)
        .or_else(in_model)
        .or_else(in_when)
}

type Wanted = BTreeMap<String, Vec<String>>;

/// The first of the names that is not to be had by itself.
fn first(wanted: &Wanted, asked: impl Fn(&Wanted) -> Matched) -> Option<&str> {
    let found = wanted.iter().find(|(name, globs)| {
        let one = Wanted::from([((*name).clone(), (*globs).clone())]);
        asked(&one) == Matched::Unavailable
    });
    found.map(|(name, _)| name.as_str())
}

fn circumstance(wanted: &McpMatch, facts: &Facts<'_>) -> Option<String> {
    let none = McpMatch::default;
    let parts = [
        ("client", McpMatch { client: wanted.client.clone(), ..none() }),
        ("client_version", McpMatch { client_version: wanted.client_version.clone(), ..none() }),
        (
            "protocol_version",
            McpMatch { protocol_version: wanted.protocol_version.clone(), ..none() },
        ),
        ("definition", McpMatch { definition: wanted.definition.clone(), ..none() }),
    ];
    let lacks = |(_, one): &&(&str, McpMatch)| circumstances(one, facts) == Matched::Unavailable;
    parts.iter().find(lacks).map(|(name, _)| format!("`{name}` of the message"))
}

fn sql_of<'a>(wanted: &'a SqlMatch, rule: &Rule, facts: &Facts<'a>) -> Option<String> {
    if sql(wanted, rule.unparsed, facts) != Matched::Unavailable {
        return None;
    }
    Some(match wanted.at.first() {
        Some(pointer) => format!("the SQL at `{pointer}`"),
        None => "the SQL of the call".to_owned(),
    })
}

fn shell_of<'a>(wanted: &'a ShellMatch, rule: &Rule, facts: &Facts<'a>) -> Option<String> {
    let lacks = shell(wanted, rule.unparsed, facts) == Matched::Unavailable;
    let pointer = wanted.at.first().filter(|_| lacks)?;
    Some(format!("the command at `{pointer}`"))
}

fn model_of(wanted: &OpenaiMatch, of: Of, facts: &Facts<'_>) -> Option<String> {
    let none = OpenaiMatch::default;
    let parts = [
        ("model", OpenaiMatch { model: wanted.model.clone(), ..none() }),
        ("tool_type", OpenaiMatch { tool_type: wanted.tool_type.clone(), ..none() }),
        ("tool", OpenaiMatch { tool: wanted.tool.clone(), ..none() }),
        ("server", OpenaiMatch { server: wanted.server.clone(), ..none() }),
        ("server_label", OpenaiMatch { server_label: wanted.server_label.clone(), ..none() }),
    ];
    let lacks =
        |(_, one): &&(&str, OpenaiMatch)| model::asks(one, of, facts) == Matched::Unavailable;
    parts.iter().find(lacks).map(|(name, _)| format!("`{name}` of the request to the model"))
}
