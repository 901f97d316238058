/*! Whose tokens are taken: the identity part of the plugin's configuration. */

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::algorithm::Algorithm;
use super::resource;
use super::token::{OWN_TYPES, media_type};
use crate::bundle::LoadError;

/// The most clock skew that may be configured, in seconds.
pub const MAX_LEEWAY: u64 = 120;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityConfig {
    #[serde(default)]
    pub issuers: Vec<IssuerConfig>,
    /// Clock skew allowed on `exp`, `nbf` and `iat`, in seconds.
    #[serde(default = "IdentityConfig::default_leeway")]
    pub leeway_seconds: u64,
    /// Where a request has no token, the SPIFFE ID of the client certificate is the principal.
    #[serde(default)]
    pub mtls: bool,
    /// Scheme and authority under which agents reach the gateway, such as `https://gw.example`. Absent: as
    /// each request has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// What clients that know no better ask for with their first token.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// Exactly as in `iss`.
    pub issuer: String,
    /// A token must be meant for one of them.
    pub audiences: Vec<String>,
    #[serde(default = "IssuerConfig::default_algorithms")]
    pub algorithms: Vec<Algorithm>,
    pub keys: KeySource,
    /// Accepted `typ` headers, which then must be there. Absent: none, `JWT` or `at+jwt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typ: Option<Vec<String>>,
    /// Claims that must be there with this value, or with a list that holds it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub required_claims: BTreeMap<String, Value>,
    #[serde(default = "IssuerConfig::default_groups_claim")]
    pub groups_claim: String,
    /// Claims that name the people a token belongs to, such as `email` or `act.email` (a member of `act`); each a text
    /// or a list of texts. None of these people approves what the token asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owner_claims: Vec<String>,
    /// Where its name is a URL, clients are told to get their tokens there.
    #[serde(default = "IssuerConfig::default_authorization_server")]
    pub authorization_server: bool,
}

/// `{"inline": {"jwks": {..}}}` or `{"cluster": {"cluster": .., "authority": .., "path": ..}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum KeySource {
    Inline {
        jwks: Value,
    },
    Cluster {
        cluster: String,
        authority: String,
        path: String,
        #[serde(default = "KeySource::default_refresh")]
        refresh_seconds: u64,
    },
}

impl IdentityConfig {
    fn default_leeway() -> u64 {
        30
    }

    pub(super) fn check(&self) -> Result<(), LoadError> {
        if self.leeway_seconds > MAX_LEEWAY {
            return refuse(format!(
                "`leeway_seconds` is over {MAX_LEEWAY}; synchronise the clocks"
            ));
        }
        if self.issuers.is_empty() && !self.mtls {
            return refuse("nobody could call: name an issuer or turn `mtls` on".to_owned());
        }
        if self.resource.as_deref().is_some_and(|url| !resource::is_origin(url)) {
            return refuse(
                "`resource` is no scheme and host, such as `https://gw.example`; leave out the path"
                    .to_owned(),
            );
        }
        if !self.scopes_supported.iter().all(|scope| resource::is_scope(scope)) {
            return refuse(
                "an entry of `scopes_supported` is no scope; list them one by one".into(),
            );
        }
        let mut seen = BTreeSet::new();
        for issuer in &self.issuers {
            issuer.check().map_err(|why| issuer.error(why))?;
            if !seen.insert(&issuer.issuer) {
                return Err(issuer.error("it is listed twice; merge the two"));
            }
        }
        Ok(())
    }
}

impl IssuerConfig {
    fn default_algorithms() -> Vec<Algorithm> {
        vec![Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA]
    }

    fn default_groups_claim() -> String {
        "groups".to_owned()
    }

    fn default_authorization_server() -> bool {
        true
    }

    /// Says which issuer a complaint is about.
    pub(super) fn error(&self, why: impl std::fmt::Display) -> LoadError {
        LoadError(format!("issuer `{}`: {why}", self.issuer))
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.issuer.is_empty() {
            return Err("`issuer` is empty; give it exactly as in the tokens' `iss`");
        }
        if self.audiences.is_empty() || self.audiences.iter().any(String::is_empty) {
            return Err("`audiences` needs at least one name and no empty one");
        }
        if self.algorithms.is_empty() {
            return Err("`algorithms` is empty; leave it out for the default");
        }
        if self.groups_claim.is_empty() {
            return Err("`groups_claim` is empty; leave it out for the default");
        }
        if self.owner_claims.iter().any(|claim| claim.split('.').any(str::is_empty)) {
            return Err(
                "`owner_claims` has an empty name; write `email`, or `act.email` for a member of `act`",
            );
        }
        match &self.typ {
            Some(types) if types.is_empty() => {
                return Err("`typ` is empty; leave it out for the default");
            }
            Some(types) if types.iter().any(|typ| media_type(typ).starts_with(OWN_TYPES)) => {
                return Err("`typ` names a type of the gateway's own, which is no access token");
            }
            _ => {}
        }
        self.keys.check()
    }
}

impl KeySource {
    fn default_refresh() -> u64 {
        300
    }

    fn check(&self) -> Result<(), &'static str> {
        let Self::Cluster { cluster, authority, path, refresh_seconds } = self else {
            return Ok(());
        };
        if cluster.is_empty() || authority.is_empty() {
            return Err("`keys` needs a cluster and an authority");
        }
        if !path.starts_with('/') {
            return Err("`path` of `keys` must begin with `/`");
        }
        if *refresh_seconds == 0 {
            return Err("`refresh_seconds` is 0; use a second or more");
        }
        Ok(())
    }
}

fn refuse(why: String) -> Result<(), LoadError> {
    Err(LoadError(format!("identity: {why}")))
}
