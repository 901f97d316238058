/*!
The gateway as a resource of OAuth (RFC 9728): what clients are told about who gives out tokens for it,
and where they are told. A client that learns nothing here takes the gateway itself for its
authorization server, and sends it the secret it has for the real one.
*/

use serde_json::{Value, json};

use super::config::IdentityConfig;
use crate::path;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

#[derive(Debug)]
pub struct Resource {
    /// Scheme and authority under which agents reach the gateway; `None`: as each request has them.
    origin: Option<String>,
    authorization_servers: Vec<String>,
    scopes: Vec<String>,
}

/// Where a request says it was sent, before any route changed it.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub https: bool,
    pub authority: &'a [u8],
    /// With query.
    pub path: &'a [u8],
}

impl Resource {
    pub(super) fn new(config: &IdentityConfig) -> Self {
        let issuers = config.issuers.iter().filter(|issuer| issuer.authorization_server);
        let urls = issuers
            .map(|issuer| &issuer.issuer)
            .filter(|name| ["https://", "http://"].iter().any(|scheme| name.starts_with(scheme)));
        Self {
            origin: config.resource.clone(),
            authorization_servers: urls.cloned().collect(),
            scopes: config.scopes_supported.clone(),
        }
    }

    /// The document that the request asks for. `None`: it asks for none, or for that of a thing whose name
    /// could read differently.
    pub fn document(&self, target: Target<'_>) -> Option<Value> {
        let named = plain_path(target.path)?.strip_prefix(WELL_KNOWN)?;
        let named = match named {
            "/" => "",
            named if named.is_empty() || named.starts_with('/') => named,
            _ => return None,
        };
        let mut document = json!({
            "resource": format!("{}{named}", self.origin(target)?),
            "bearer_methods_supported": ["header"],
        });
        for (name, list) in [
            ("authorization_servers", &self.authorization_servers),
            ("scopes_supported", &self.scopes),
        ] {
            if let (false, Some(members)) = (list.is_empty(), document.as_object_mut()) {
                members.insert(name.to_owned(), json!(list));
            }
        }
        Some(document)
    }

    /// Where the document about the request's own target is. That of the whole gateway, where the target's
    /// path does not fit into a header as it is.
    pub fn document_url(&self, target: Target<'_>) -> Option<String> {
        let path = plain_path(target.path).filter(|path| *path != "/").unwrap_or_default();
        Some(format!("{}{WELL_KNOWN}{path}", self.origin(target)?))
    }

    fn origin(&self, target: Target<'_>) -> Option<String> {
        if let Some(origin) = &self.origin {
            return Some(origin.clone());
        }
        let scheme = if target.https { "https" } else { "http" };
        let authority = std::str::from_utf8(target.authority).ok()?;
        path::host_form(authority).ok()?;
        Some(format!("{scheme}://{authority}"))
    }
}

/// The challenge of RFC 6750, section 3.1: with these scopes the call would not be denied.
pub fn insufficient_scope(scopes: &[String]) -> String {
    let named: Vec<&str> = scopes.iter().map(String::as_str).filter(|one| is_scope(one)).collect();
    format!(r#"Bearer error="insufficient_scope", scope="{}""#, named.join(" "))
}

/// Adds to a challenge where to learn who gives out tokens (RFC 9728, section 5.1).
pub fn challenge(challenge: &str, document_url: Option<&str>) -> String {
    let Some(url) = document_url else { return challenge.to_owned() };
    let comma = if challenge.contains('=') { "," } else { "" };
    format!(r#"{challenge}{comma} resource_metadata="{url}""#)
}

/// Without the query; `None` unless all of it means itself, in a URL and in a header.
fn plain_path(path: &[u8]) -> Option<&str> {
    let path = std::str::from_utf8(path).ok()?;
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte));
    (plain && path::normal_form(path).is_ok()).then_some(path)
}

/// Whether that is a scheme and an authority, and nothing else.
pub(super) fn is_origin(url: &str) -> bool {
    let authority = url.strip_prefix("https://").or(url.strip_prefix("http://"));
    authority.is_some_and(|authority| path::host_form(authority).is_ok())
}

/// RFC 6749, section 3.3.
pub fn is_scope(scope: &str) -> bool {
    let allowed = |byte: u8| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~');
    !scope.is_empty() && scope.bytes().all(allowed)
}

#[cfg(test)]
mod tests;
