/*!
What a rule that allows must hold as well. Where the default is deny it opens a door, so whatever a
server could read in another way counts against it: rules that stop calls are compared broadly for
the same reason.
*/

use super::facts::Facts;
use super::named;
use super::resource;
use crate::call::Kind;
use crate::content_type;
use crate::glob;
use crate::path::percent_decoded;
use crate::rule::{HttpMatch, Match, McpMatch, ShellMatch, SqlMatch};

/// Of a rule that matches already.
pub fn holds<'a>(wanted: &'a Match, facts: &Facts<'a>) -> bool {
    is_read_alike(wanted, facts)
        && wanted.sql.as_ref().is_none_or(|wanted| sql(wanted, facts))
        && wanted.shell.as_ref().is_none_or(|wanted| shell(wanted, facts))
}

/// By the head of the call.
pub fn is_read_alike(wanted: &Match, facts: &Facts<'_>) -> bool {
    protocol(wanted, facts)
        && wanted.mcp.as_ref().is_none_or(|wanted| resource(wanted, facts))
        && wanted.http.as_ref().is_none_or(|wanted| http(wanted, facts))
}

/// On a route that does not say its kind any body can be made to look like a message of MCP. So can the
/// body of a call whose meaning is in its method, or in what another content type makes of it.
fn protocol(wanted: &Match, facts: &Facts<'_>) -> bool {
    let call = facts.call;
    let is_message = call.method == "POST"
        && content_type::essence(content_type::of(&call.headers)).ends_with("json");
    if wanted.mcp.is_some() && !is_message {
        return false;
    }
    let by_protocol =
        wanted.mcp.is_some() || !(wanted.kind.is_empty() || wanted.kind.contains(&Kind::Http));
    facts.protocol.said || !by_protocol
}

/// Each of its URIs is allowed, and no server takes one for another.
fn resource(wanted: &McpMatch, facts: &Facts<'_>) -> bool {
    let call = facts.protocol.mcp.as_ref();
    let uris = call.map(|call| call.resources.as_slice()).unwrap_or_default();
    let fits = |uri: &String| resource::matches_alone(&wanted.resource, uri);
    wanted.resource.is_empty() || facts.any_resource || (!uris.is_empty() && uris.iter().all(fits))
}

/// The case of a path counts, no server reads it in another way, and no second value of a header or
/// parameter says something else.
fn http(wanted: &HttpMatch, facts: &Facts<'_>) -> bool {
    let written = facts.call.path.split('?').next().unwrap_or_default();
    let read = percent_decoded(written);
    let one_reading = read == facts.path || read.strip_suffix('/') == Some(facts.path);
    let path = |glob: &String| {
        let folder = glob.strip_suffix("/**").or(glob.strip_suffix('/'));
        glob::matches_path(glob, facts.path)
            || folder.is_some_and(|folder| glob::matches_path(folder, facts.path))
    };
    let fits = |globs: &[String], value: &str| globs.is_empty() || glob::matches_any(globs, value);
    (wanted.path.is_empty() || (one_reading && wanted.path.iter().any(path)))
        && wanted.header.iter().all(|(name, globs)| {
            let mut headers = facts.call.headers.iter();
            headers.all(|(n, value)| !n.eq_ignore_ascii_case(name) || fits(globs, value))
        })
        && wanted
            .query
            .iter()
            .all(|(name, globs)| facts.query_values(name).iter().all(|value| fits(globs, value)))
}

/// All that the commands do is allowed, and all of it can be read.
fn shell<'a>(wanted: &'a ShellMatch, facts: &Facts<'a>) -> bool {
    facts.shell_at(&wanted.at).is_some_and(|found| {
        !found.unread && found.effects.iter().all(|effect| wanted.effect.contains(effect))
    })
}

/// All that the SQL does is allowed, and all of it can be read.
fn sql<'a>(wanted: &'a SqlMatch, facts: &Facts<'a>) -> bool {
    let pointed;
    let found = if wanted.at.is_empty() {
        facts.sql_everywhere()
    } else {
        let Some(found) = facts.sql_at(&wanted.at, wanted.dialect) else { return false };
        pointed = found;
        &pointed
    };
    let effects = || found.effects.iter().all(|effect| wanted.effect.contains(effect));
    !found.unparsed
        && (wanted.effect.is_empty() || effects())
        && (!named::asks(wanted)
            || (found.names_all && named::is_within(wanted, &found.identifiers)))
}
