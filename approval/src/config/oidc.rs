/*! Where approvers log in: an OpenID provider, by the authorization code flow with PKCE. */

use serde::Deserialize;

use super::Secret;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// Exactly as in `iss`; its discovery document is below it.
    pub issuer: String,
    pub client_id: String,
    /// Absent for a public client.
    pub client_secret: Option<Secret>,
    /// Asked for besides `openid`.
    #[serde(default = "Oidc::default_scopes")]
    pub scopes: Vec<String>,
    #[serde(default = "Oidc::default_groups_claim")]
    pub groups_claim: String,
    /// Names the human behind the account, the same for all accounts of one human and the same as in
    /// `owner_claims` of the filter. `email` counts only if `email_verified` is true.
    #[serde(default = "Oidc::default_human_claim")]
    pub human_claim: String,
    /// Groups of which one makes an account an approver's. Empty: everybody whom the provider lets in.
    #[serde(default)]
    pub allowed_groups: Vec<String>,
}

impl Oidc {
    fn default_scopes() -> Vec<String> {
        ["profile", "email", "groups"].map(str::to_owned).to_vec()
    }

    fn default_groups_claim() -> String {
        "groups".to_owned()
    }

    fn default_human_claim() -> String {
        "email".to_owned()
    }
}
