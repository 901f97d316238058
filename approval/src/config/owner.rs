/*! Whose an agent is, where its token does not say. */

use serde::Deserialize;

/// All that is named has to fit: issuer exactly, subject and agent as globs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    pub issuer: String,
    pub subject: Option<String>,
    /// The software that acts: `azp`, `client_id` or `act.sub` of the token.
    pub agent: Option<String>,
    /// People as the approvers' login names them.
    pub humans: Vec<String>,
}
