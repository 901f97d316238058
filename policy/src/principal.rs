/*! The verified caller. Issuer and subject together: a subject alone names nobody. */

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::digest::Keyed;

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
    /// hold and no key, and beside the principal in records: the next token may have others.
    #[serde(skip)]
    pub scopes: Vec<String>,
}

impl Principal {
    /// The pair that identifies the principal everywhere: holds, joins, records, budgets.
    pub fn key(&self) -> (&str, &str) {
        (&self.issuer, &self.subject)
    }

    /// What stands for it in records, which nobody can try names at without the deployment's digest key.
    pub fn caller(&self, key: &[u8]) -> String {
        caller(&self.issuer, &self.subject, key)
    }

    /// What stands for its owners there.
    pub fn owner_keys(&self, key: &[u8]) -> Vec<String> {
        self.owners.iter().map(|name| owner(name, key)).collect()
    }
}

/// Of anybody whom the issuer names so.
pub fn caller(issuer: &str, subject: &str, key: &[u8]) -> String {
    let mut digest = Keyed::new("gatehouse-caller-1", key);
    digest.field("issuer", issuer);
    digest.field("subject", subject);
    named('p', &digest.tag())
}

/// Of a person by a name of theirs, whoever says it: names are compared without regard to case and white space around them.
pub fn owner(name: &str, key: &[u8]) -> String {
    let mut digest = Keyed::new("gatehouse-owner-1", key);
    digest.field("name", &name.trim().to_lowercase());
    named('o', &digest.tag())
}

fn named(kind: char, tag: &[u8]) -> String {
    format!("{kind}_{}", URL_SAFE_NO_PAD.encode(tag.get(..16).unwrap_or(tag)))
}
