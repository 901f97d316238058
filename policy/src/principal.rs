/*! The verified caller. Issuer and subject together: a subject alone names nobody. */

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Principal {
    pub issuer: String,
    pub subject: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The software that acts for the subject: `azp`, `client_id` or `act.sub`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The people it belongs to, as its token says: in lower case, each once, in one order. None of them approves
    /// what it asks for. Empty: nobody can tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
    /// What the token lets it ask for (RFC 8693, `scope`). Of the token and not of the caller, so it is in no
    /// record, no hold and no key: the next token may have others.
    #[serde(skip)]
    pub scopes: Vec<String>,
}

impl Principal {
    /// The pair that identifies the principal everywhere: holds, joins, records, budgets.
    pub fn key(&self) -> (&str, &str) {
        (&self.issuer, &self.subject)
    }
}
