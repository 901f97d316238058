/*! What somebody wants to see of records, as the query of a page. */

use openidconnect::url::form_urlencoded::Serializer;
use serde::Deserialize;

use crate::error::Problem;
use crate::records::sieve::Sieve;

pub const EFFECTS: &[(&str, &str)] =
    &[("allow", "allowed"), ("redact", "masked"), ("hold", "held"), ("deny", "denied")];

/// Name, words, milliseconds.
pub const AGES: &[(&str, &str, u64)] = &[
    ("15m", "the last 15 minutes", 900_000),
    ("1h", "the last hour", 3_600_000),
    ("1d", "the last day", 86_400_000),
    ("7d", "the last 7 days", 604_800_000),
];

/// What is empty lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub principal: String,
    pub since: String,
    pub effect: String,
    /// `1`: those alone.
    pub refused: String,
    pub reason: String,
    pub rule: String,
    pub tool: String,
    pub text: String,
}

impl Asked {
    /// `now` in Unix milliseconds. A time that is none of ours is refused: all would pass for what was asked for.
    pub fn at(&self, now: u64) -> Result<Sieve, Problem> {
        let since_ms = match AGES.iter().find(|(name, _, _)| *name == self.since) {
            Some((_, _, age)) => now.saturating_sub(*age),
            None if self.since.is_empty() => 0,
            None => {
                let names: Vec<String> =
                    AGES.iter().map(|(name, _, _)| format!("`{name}`")).collect();
                let names = names.join(", ");
                return Err(Problem::bad_request(format!(
                    "`since` is one of {names}, or not there"
                )));
            }
        };
        let said = |text: &str| text.trim().to_owned();
        Ok(Sieve {
            principal: said(&self.principal),
            since_ms,
            effect: said(&self.effect),
            refused: self.refused == "1",
            reason: said(&self.reason),
            rule: said(&self.rule),
            tool: said(&self.tool),
            text: said(&self.text),
        })
    }

    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// As the query of a link, with what else is in it.
    pub fn query(&self, others: &[(&str, &str)]) -> String {
        let own = [
            ("principal", self.principal.as_str()),
            ("since", &self.since),
            ("effect", &self.effect),
            ("refused", &self.refused),
            ("reason", &self.reason),
            ("rule", &self.rule),
            ("tool", &self.tool),
            ("text", &self.text),
        ];
        let mut query = Serializer::new(String::new());
        for (name, value) in others.iter().copied().chain(own).filter(|one| !one.1.is_empty()) {
            query.append_pair(name, value);
        }
        query.finish()
    }

    /// A link to `path` with this query.
    pub fn link(&self, path: &str, others: &[(&str, &str)]) -> String {
        let query = self.query(others);
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}
