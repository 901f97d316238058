/*!
Whether a call could pass that nobody made yet: what a list may offer. All is known of it but what it will
carry, so a rule settles it only if it asks for nothing of that. Where in doubt it could pass: the judgement
of the call itself is the control.
*/

use super::facts::Facts;
use super::matching::{self, Matched};
use super::{model, narrow, values};
use crate::condition::{self, Expression, Fact, Fault};
use crate::rule::{DefaultEffect, Effect, Match, Mode, Phase, Rule, Unparsed};

/// What a rule will make of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Foreseen {
    No,
    Yes,
    /// It asks for a fact that the call will lack, too: a deny, whatever the rule's effect is.
    Denied,
    /// What the call carries decides.
    Open,
}

/// `facts` are those of the call without body and findings. False: the rules refuse it, whatever it carries.
pub fn may_pass<'a>(rules: &'a [Rule], default: DefaultEffect, facts: &Facts<'a>) -> bool {
    let mut spoken_for = default.is_allow();
    let acted_on = |rule: &&Rule| rule.on == Phase::Request && rule.mode == Mode::Enforce;
    for rule in rules.iter().filter(acted_on) {
        match foresee(rule, facts) {
            Foreseen::No => {}
            Foreseen::Denied => return false,
            Foreseen::Yes if denies_for_good(rule) => return false,
            Foreseen::Yes | Foreseen::Open => spoken_for |= opens(rule),
        }
    }
    spoken_for
}

/// A deny that a token with more scopes lifts shows what it denies: nobody asks for the means to call what they
/// never see.
fn denies_for_good(rule: &Rule) -> bool {
    rule.effect == Effect::Deny && rule.requires_scope.is_empty()
}

/// Whether it may speak for a call where the default is deny.
fn opens(rule: &Rule) -> bool {
    let unread = rule.effect == Effect::Redact && rule.unparsed == Some(Unparsed::Hold);
    unread || matches!(rule.effect, Effect::Allow | Effect::Hold)
}

fn foresee(rule: &Rule, facts: &Facts<'_>) -> Foreseen {
    let wanted = &rule.matches;
    if !matching::concerns(rule, facts) {
        return Foreseen::No;
    }
    let languages = wanted.sql.is_some() || wanted.shell.is_some();
    // Of SQL and commands that cannot be read a rule that allows says something else.
    if rule.effect == Effect::Allow && !languages && !narrow::is_read_alike(wanted, facts) {
        return Foreseen::No;
    }
    let of = values::Of::rule(rule);
    let mut seen = vec![(!carried(wanted)).then_some(Matched::Yes)];
    if wanted.mcp.as_ref().is_some_and(|mcp| !mcp.arguments.is_empty()) {
        seen.push(if facts.takes_arguments() { None } else { Some(Matched::No) });
    }
    if wanted.mcp.as_ref().is_some_and(|mcp| !mcp.resource.is_empty()) && facts.any_resource {
        seen.push(None);
    }
    seen.extend(wanted.mcp.as_ref().map(|wanted| Some(matching::circumstances(wanted, facts))));
    seen.extend(wanted.openai.as_ref().map(|wanted| Some(model::asks(wanted, of, facts))));
    seen.extend(rule.when.as_ref().map(|when| match value(when, facts) {
        None | Some(Err(Fault::OverBudget)) => None,
        Some(Ok(true)) => Some(Matched::Yes),
        Some(Ok(false)) => Some(Matched::No),
        Some(Err(_)) => Some(Matched::Unavailable),
    }));
    match all(&seen) {
        // Of a call, which is larger, more may be read.
        Foreseen::Denied if facts.steps().left() == 0 => Foreseen::Open,
        foreseen => foreseen,
    }
}

/// As `values::all`, with parts that nobody knows yet.
fn all(parts: &[Option<Matched>]) -> Foreseen {
    if parts.contains(&Some(Matched::No)) {
        return Foreseen::No;
    }
    if parts.contains(&None) {
        return Foreseen::Open;
    }
    let plain = parts.iter().all(|part| *part == Some(Matched::Yes));
    if plain { Foreseen::Yes } else { Foreseen::Denied }
}

/// Whether the rule asks for what is in a call.
fn carried(wanted: &Match) -> bool {
    let Match { kind: _, principal: _, http, mcp: _, openai: _, sql, shell, body, findings } =
        wanted;
    let form = http.as_ref().is_some_and(|http| !http.form.is_empty());
    form || sql.is_some() || shell.is_some() || !body.is_empty() || !findings.is_empty()
}

/// Of a condition. `None`: what the call carries decides.
fn value(when: &Expression, facts: &Facts<'_>) -> Option<Result<bool, Fault>> {
    match when {
        Expression::And(two) => either(two, false, facts),
        Expression::Or(two) => either(two, true, facts),
        Expression::Not(of) => value(of, facts).map(|value| value.map(|flag| !flag)),
        _ if asks_for_carried(when, facts) => None,
        _ => Some(condition::holds(when, facts)),
    }
}

/// One side that is `decisive` decides, whatever the other will be.
fn either(two: &[Expression; 2], decisive: bool, facts: &Facts<'_>) -> Option<Result<bool, Fault>> {
    let [one, other] = two;
    let (one, other) = (value(one, facts), value(other, facts));
    if one == Some(Ok(decisive)) || other == Some(Ok(decisive)) {
        return Some(Ok(decisive));
    }
    Some(one?.and(other?))
}

/// Goes as deep as a condition may.
fn asks_for_carried(of: &Expression, facts: &Facts<'_>) -> bool {
    let own = match of {
        Expression::Fact(fact) | Expression::HasFact(fact) => is_carried(*fact, facts),
        _ => false,
    };
    own || of.children().iter().any(|child| asks_for_carried(child, facts))
}

fn is_carried(fact: Fact, facts: &Facts<'_>) -> bool {
    match fact {
        Fact::Resource => facts.any_resource,
        Fact::Issuer
        | Fact::Subject
        | Fact::Groups
        | Fact::Agent
        | Fact::Scopes
        | Fact::Kinds
        | Fact::Method
        | Fact::McpMethod
        | Fact::Tool
        | Fact::Definition
        | Fact::Prompt
        | Fact::Client
        | Fact::ClientVersion
        | Fact::ProtocolVersion
        | Fact::Model
        | Fact::ModelToolTypes
        | Fact::ModelTools
        | Fact::ModelServers
        | Fact::Host
        | Fact::Path
        | Fact::Route
        | Fact::Query
        | Fact::Headers => false,
        // Another moment may be another answer.
        Fact::Time => true,
        Fact::Arguments
        | Fact::Findings
        | Fact::SqlEffects
        | Fact::SqlTables
        | Fact::SqlSchemas
        | Fact::SqlColumns
        | Fact::Body => true,
    }
}
