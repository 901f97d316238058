/*! On a route to a model's API nothing passes but the endpoints that rules can judge, and what a rule opens. */

use super::facts::Facts;
use crate::call::Kind;
use crate::path::percent_decoded;
use crate::protocol;
use crate::rule::{Effect, Mode, Rule};

/// No rule has to name it: it is no model's API, or an endpoint that every server reads as we do.
pub fn is_open(facts: &Facts<'_>) -> bool {
    let call = facts.call;
    facts.protocol.kind != Kind::Openai
        || (percent_decoded(call.path_only()) == facts.path
            && protocol::is_known_endpoint(&call.method, facts.path))
}

/// Whether such a rule, where it matches, means the endpoint: it names the path.
pub fn opens(rule: &Rule) -> bool {
    let names_path = rule.matches.http.as_ref().is_some_and(|http| !http.path.is_empty());
    rule.effect == Effect::Allow && rule.mode == Mode::Enforce && names_path
}
