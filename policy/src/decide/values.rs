/*!
Values a rule names by their place: in a JSON body, among the arguments of MCP, in a form. What is not
there is known not to be; what is there in a shape that has no such place is not known.

A rule that stops calls asks for any of the values there, one that allows them for every one of them.
*/

use std::collections::BTreeMap;

use super::facts::{Facts, Pointed};
use super::matching::Matched;
use crate::condition::Fault;
use crate::content_type;
use crate::decimal;
use crate::glob;
use crate::json::Node;
use crate::query;
use crate::rule::{Effect, Rule};

/// How many of the values at a place a rule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Any,
    Every,
}

impl Of {
    pub(super) fn rule(rule: &Rule) -> Self {
        if rule.effect == Effect::Allow { Self::Every } else { Self::Any }
    }

    /// No values are none, whichever is asked for.
    pub(super) fn these(self, values: impl Iterator<Item = Matched>) -> Matched {
        let mut values = values.peekable();
        match (self, values.peek()) {
            (_, None) => Matched::No,
            (Self::Any, _) => any(values),
            (Self::Every, _) => all(values),
        }
    }
}

type Wanted = BTreeMap<String, Vec<String>>;

/// By pointers into the body.
pub(super) fn in_body(wanted: &Wanted, of: Of, facts: &Facts<'_>) -> Matched {
    if wanted.is_empty() {
        return Matched::Yes;
    }
    match facts.json() {
        Err(_) => Matched::Unavailable,
        Ok(None) => Matched::No,
        Ok(Some(body)) => all(wanted.iter().map(|(pointer, globs)| {
            let at = facts.pointed(body, pointer);
            at.map_or(Matched::Unavailable, |at| found(&at, globs, of, facts))
        })),
    }
}

/// By the names of the arguments of a tool or prompt. Left out they are none.
pub(super) fn in_arguments(wanted: &Wanted, of: Of, facts: &Facts<'_>) -> Matched {
    if wanted.is_empty() {
        return Matched::Yes;
    }
    let Some(arguments) = facts.arguments() else { return Matched::No };
    all(wanted.iter().map(|(name, globs)| {
        let at = facts.member(arguments, name);
        at.map_or(Matched::Unavailable, |at| found(&at, globs, of, facts))
    }))
}

/// By the names of fields, in every reading of them. Many servers take a parameter of the query for a
/// field of the form, so a rule that stops calls looks there too.
pub(super) fn in_form(wanted: &Wanted, of: Of, facts: &Facts<'_>) -> Matched {
    let call = facts.call;
    if wanted.is_empty() {
        return Matched::Yes;
    }
    let in_query = |field: &str, globs: &[String]| {
        any(facts.query_values(field).iter().map(|value| text_fits(value, globs, facts)))
    };
    if of == Of::Any && wanted.iter().all(|(field, globs)| in_query(field, globs) == Matched::Yes) {
        return Matched::Yes;
    }
    if call.body.is_empty() {
        return Matched::No;
    }
    let is_form = content_type::is_form(content_type::of(&call.headers));
    let parts = &facts.protocol.parts;
    // Who goes by the first byte reads JSON where others read a form.
    if facts.protocol.json.is_some() || (!is_form && parts.is_empty()) {
        return Matched::Unavailable;
    }
    all(wanted.iter().map(|(field, globs)| {
        if facts.steps().text(call.body.len()).is_err() {
            return Matched::Unavailable;
        }
        let called = |name: String| {
            query::is_called(&name, field) || query::is_called(&query::in_php(&name), field)
        };
        let of_parts = parts.iter().filter(|part| part.names().any(called));
        let mut values: Vec<String> = of_parts.map(|part| part.content.to_owned()).collect();
        if parts.is_empty() {
            values = query::values(&call.body, field);
        }
        // Of what allows a call every value counts, also one in the query.
        let others = facts.query_values(field);
        if !values.is_empty() || of == Of::Any {
            values.extend(others);
        }
        of.these(values.iter().map(|value| text_fits(value, globs, facts)))
    }))
}

fn found(at: &Pointed<'_, '_>, globs: &[String], of: Of, facts: &Facts<'_>) -> Matched {
    let found = of.these(at.nodes.iter().map(|node| fits(node, globs, of, facts)));
    let settled = if of == Of::Any { Matched::Yes } else { Matched::No };
    if found != settled && at.blocked { Matched::Unavailable } else { found }
}

/// A list stands for its entries. A map is no value that a glob could be compared with.
fn fits(node: &Node<'_>, globs: &[String], of: Of, facts: &Facts<'_>) -> Matched {
    match node {
        Node::Null => Matched::No,
        Node::Text(text) => text_fits(text, globs, facts),
        Node::Number(literal) => text_fits(literal, globs, facts),
        Node::Bool(true) => text_fits("true", globs, facts),
        Node::Bool(false) => text_fits("false", globs, facts),
        Node::Array(entries) => of.these(entries.iter().map(|entry| fits(entry, globs, of, facts))),
        Node::Object(_) => Matched::Unavailable,
    }
}

/// Numbers as they are written and as they would be written without exponent and empty digits, so that
/// `5.0` and `50e-1` are no way around `5`.
fn text_fits(text: &str, globs: &[String], facts: &Facts<'_>) -> Matched {
    if ends_at_nul(text) {
        return Matched::Unavailable;
    }
    let plain = match decimal::plain(text) {
        decimal::Plain::NoNumber => None,
        decimal::Plain::Number(plain) => Some(plain),
        decimal::Plain::TooLong => return Matched::Unavailable,
    };
    for pattern in globs {
        if pay(pattern, text, facts).is_err() {
            return Matched::Unavailable;
        }
        let as_number = plain.as_deref().is_some_and(|plain| {
            glob::matches(pattern, plain)
                || matches!(decimal::plain(pattern), decimal::Plain::Number(other) if other == plain)
        });
        if as_number || glob::matches(pattern, text) {
            return Matched::Yes;
        }
    }
    Matched::No
}

/// Text that is never a number.
pub(super) fn name_fits(text: &str, globs: &[String], facts: &Facts<'_>) -> Matched {
    if ends_at_nul(text) {
        return Matched::Unavailable;
    }
    any(globs.iter().map(|pattern| match pay(pattern, text, facts) {
        Err(_) => Matched::Unavailable,
        Ok(()) if glob::matches(pattern, text) => Matched::Yes,
        Ok(()) => Matched::No,
    }))
}

/// For readers written in C, and goes on for all others.
fn ends_at_nul(text: &str) -> bool {
    text.contains('\0')
}

/// A glob is compared with the whole text once for each of its characters.
fn pay(pattern: &str, text: &str, facts: &Facts<'_>) -> Result<(), Fault> {
    let times = if pattern.contains(['*', '?']) { pattern.len() } else { 1 };
    facts.steps().spend((text.len() / 16 + 1).saturating_mul(times))
}

/// One that is not there settles it, whatever is wrong with the others.
pub(super) fn all(parts: impl IntoIterator<Item = Matched>) -> Matched {
    let mut so_far = Matched::Yes;
    for part in parts {
        match part {
            Matched::No => return Matched::No,
            Matched::Yes => {}
            other => so_far = worse(so_far, other),
        }
    }
    so_far
}

fn worse(one: Matched, other: Matched) -> Matched {
    if one == Matched::Unavailable { one } else { other }
}

/// One that matches settles it.
fn any(parts: impl IntoIterator<Item = Matched>) -> Matched {
    let mut so_far = Matched::No;
    for part in parts {
        match part {
            Matched::Yes => return Matched::Yes,
            Matched::No => {}
            other => so_far = other,
        }
    }
    so_far
}
