/*! What somebody wants to see of a list of holds. */

use openidconnect::url::form_urlencoded::Serializer;
use policy::rule::Severity;
use serde::Deserialize;

use super::queue::severity_words;
use crate::approver::Approver;
use crate::separation::Bar;
use crate::store::Hold;

pub const SEVERITIES: &[&str] = &["medium", "high", "critical"];

pub const KINDS: &[(&str, &str)] = &[
    ("mcp", "MCP tools"),
    ("http", "HTTP APIs"),
    ("openai", "Model APIs"),
    ("proposed", "Proposed by a model"),
];

/// Part of the query of a page or of the JSON. What is empty lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Sieve {
    /// `mine`: what this approver may approve. Else a group that the rules ask for.
    pub group: String,
    /// This one and those above.
    pub severity: String,
    /// Part of the principal's or the agent's name.
    pub principal: String,
    pub kind: String,
    /// Part of what a list shows.
    pub text: String,
}

impl Sieve {
    pub fn lets_through(&self, hold: &Hold, approver: &Approver) -> bool {
        self.by_group(hold, approver)
            && self.by_severity(hold.severity)
            && (self.kind.is_empty() || self.kind == kind(hold))
            && within(&self.principal, &who(hold))
            && within(&self.text, &shown(hold))
    }

    fn by_group(&self, hold: &Hold, approver: &Approver) -> bool {
        let asked = || hold.terms.requirements.iter().flat_map(|one| one.approvers.groups());
        match self.group.as_str() {
            "" => true,
            "mine" => {
                approver.groups(&hold.terms).is_some()
                    && Bar::of(&hold.principal, approver).is_none()
            }
            group => asked().any(|one| one == group),
        }
    }

    fn by_severity(&self, severity: Severity) -> bool {
        let rank = |words: &str| SEVERITIES.iter().position(|one| *one == words);
        rank(&self.severity).is_none_or(|least| rank(severity_words(severity)) >= Some(least))
    }

    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// As the query of a link, with what else is in it.
    pub fn query(&self, others: &[(&str, &str)]) -> String {
        let own = [
            ("group", self.group.as_str()),
            ("severity", &self.severity),
            ("principal", &self.principal),
            ("kind", &self.kind),
            ("text", &self.text),
        ];
        let mut query = Serializer::new(String::new());
        for (name, value) in others.iter().copied().chain(own).filter(|one| !one.1.is_empty()) {
            query.append_pair(name, value);
        }
        query.finish()
    }
}

fn kind(hold: &Hold) -> &str {
    if hold.view.proposed { "proposed" } else { &hold.view.kind }
}

fn within(wanted: &str, parts: &[&str]) -> bool {
    let wanted = wanted.trim().to_lowercase();
    wanted.is_empty() || parts.iter().any(|part| part.to_lowercase().contains(&wanted))
}

fn who(hold: &Hold) -> [&str; 2] {
    [&hold.principal.subject, hold.principal.agent.as_deref().unwrap_or_default()]
}

fn shown(hold: &Hold) -> Vec<&str> {
    let view = &hold.view;
    let mut parts =
        vec![hold.id.as_str(), &view.action, &view.authority, &view.path, &hold.description];
    parts.extend(who(hold));
    parts.extend(hold.rules.iter().map(String::as_str));
    parts
}
