/*! Where approvers log in: an OpenID provider, by the authorization code flow with PKCE. */

use axum::http::Uri;
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
    /// Groups of which one makes an account an approver's; `*` is everybody whom the provider lets in.
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

    pub fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            secure(&self.issuer),
            "the issuer of `oidc` is a https url without query and fragment, such as \
             `https://login.example.com/realms/people`; `http` works on loopback alone"
        );
        let named = [&self.client_id, &self.groups_claim, &self.human_claim];
        anyhow::ensure!(
            named.iter().all(|name| !name.trim().is_empty()),
            "`client_id`, `groups_claim` and `human_claim` of `oidc` must not be empty"
        );
        let word = |text: &String| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        anyhow::ensure!(self.scopes.iter().all(word), "a scope of `oidc` is one word");
        anyhow::ensure!(
            !self.allowed_groups.is_empty(),
            "`allowed_groups` of `oidc` lets nobody in: name groups, or `*` for everybody whom the provider knows"
        );
        Ok(())
    }

    /// What people are made by: a login under another mapping is none any more.
    pub fn mapping(&self) -> String {
        let Self { issuer, client_id, groups_claim, human_claim, .. } = self;
        format!("oidc {issuer} {client_id} {groups_claim} {human_claim}")
    }

    /// Whether these groups make an account an approver's.
    pub fn lets_in(&self, groups: &[String]) -> bool {
        let allowed = &self.allowed_groups;
        allowed.iter().any(|one| one == "*") || groups.iter().any(|group| allowed.contains(group))
    }
}

/// Nobody on the way reads or changes what goes to such a url and comes from it.
pub fn secure(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default();
    let loopback = matches!(host, "127.0.0.1" | "localhost" | "[::1]");
    let plain = !url.contains(['#', '?', '@']) && !host.is_empty();
    plain && (uri.scheme_str() == Some("https") || uri.scheme_str() == Some("http") && loopback)
}

#[cfg(test)]
mod tests {
    use super::secure;

    #[test]
    fn a_provider_is_asked_over_tls() {
        for right in
            ["https://login.example.com", "https://a/b/", "http://127.0.0.1:9/x", "http://[::1]:9"]
        {
            assert!(secure(right), "{right}");
        }
        for wrong in [
            "http://login.example.com",
            "login.example.com",
            "",
            "https://",
            "ftp://a",
            "https://a?b",
            "https://a#b",
            "https://u:p@a",
            "http://127.0.0.1.evil.example",
            "http://127.0.0.1@evil.example",
        ] {
            assert!(!secure(wrong), "{wrong}");
        }
    }
}
