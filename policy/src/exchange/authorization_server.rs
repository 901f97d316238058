/*!
Paths at which OAuth clients look for an authorization server. The gateway is none, and no upstream of it
is one for its clients: what comes to these paths holds secrets that are meant for somebody else. So it
goes no further, whoever sends it, and nothing of it but the path is recorded.
*/

use crate::call::Kind;
use crate::engine::Engine;
use crate::identity::Target;
use crate::path;
use crate::reason::Reason;
use crate::refusal::LocalResponse;

use super::Exchange;
use super::event::RequestHead;
use super::refuse::Refused;
use super::step::Steps;

/// Where clients go that found no metadata at all.
const FALLBACKS: &[&str] = &["/authorize", "/token"];

/// The same, by names that an API may use as well.
const COMMON: &[&str] = &["/introspect", "/register", "/revoke"];

/// Behind `.well-known`, wherever that stands (RFC 8414, OpenID Connect Discovery, RFC 9728).
const METADATA: &[&str] =
    &["oauth-authorization-server", "oauth-protected-resource", "openid-configuration"];

impl Exchange {
    /// What OAuth clients ask before they have a token. Nobody has to be known for that.
    pub(super) fn on_oauth(&mut self, engine: &Engine, head: &RequestHead) -> Option<Steps> {
        let target = Target { https: head.https, authority: &head.authority, path: &head.path };
        let resource = &engine.identity.resource;
        self.document_url = resource.document_url(target);
        match resource.document(target) {
            Some(_) if !matches!(head.method.as_str(), "GET" | "HEAD") => {
                let detail = "the document about the gateway can be read, with GET or HEAD";
                Some(self.refuse(Refused::new(Reason::MethodNotAllowed, detail)))
            }
            Some(document) => Some(self.answer(LocalResponse::document(&document, &self.id))),
            None if is_asked(head) => {
                self.journal.without_query();
                self.asked.kind = Kind::Http;
                Some(self.refuse(Refused::authorization_server()))
            }
            None => None,
        }
    }
}

fn is_asked(head: &RequestHead) -> bool {
    let target = String::from_utf8_lossy(&head.path);
    // The upstream's own place counts as well as the gateway's.
    [head.route.upstream_path(&target), target.into_owned()]
        .iter()
        .any(|target| is_place(head, target))
}

fn is_place(head: &RequestHead, target: &str) -> bool {
    // What has no single meaning is refused for that.
    let Ok(path) = path::normal_form(target) else { return false };
    let path = path.to_lowercase();
    let is_one_of = |list: &[&str]| list.contains(&path.as_str());
    is_one_of(FALLBACKS)
        || (is_one_of(COMMON) && (head.route.kind == Kind::Mcp || !has_bearer(head)))
        || is_metadata(&path)
}

fn is_metadata(path: &str) -> bool {
    let segments: Vec<&str> = path.split('/').collect();
    let is_one = |pair: &[&str]| matches!(pair, [".well-known", name] if METADATA.contains(name));
    segments.windows(2).any(is_one)
}

fn has_bearer(head: &RequestHead) -> bool {
    let bearer = |value: &[u8]| {
        value.trim_ascii().get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer "))
    };
    head.headers.iter().any(|(name, value)| name == "authorization" && bearer(value))
}

#[cfg(test)]
mod tests {
    use super::is_asked;
    use crate::call::Kind;
    use crate::exchange::{RequestHead, RouteFacts};

    fn asked(path: &str, kind: Kind, authorization: &str) -> bool {
        is_asked(&RequestHead {
            path: path.into(),
            headers: vec![("authorization".into(), authorization.into())],
            route: RouteFacts { kind, ..RouteFacts::default() },
            ..RequestHead::default()
        })
    }

    #[test]
    fn wherever_clients_look() {
        for path in [
            "/token",
            "/token/",
            "/TOKEN?client_secret=s",
            "/%74oken",
            "/token;a=b",
            "/authorize?client_id=a",
            "/.well-known/oauth-authorization-server",
            "/.well-known/oauth-authorization-server/mcp",
            "/mcp/.well-known/openid-configuration",
            "/.well-known/openid-configuration/a/b",
            "/.well-known/a/.well-known/openid-configuration",
            "/mcp/.well-known/oauth-protected-resource",
            "/.WELL-KNOWN/OAuth-Authorization-Server",
        ] {
            assert!(asked(path, Kind::Http, "Bearer a"), "{path}");
        }
        for path in
            ["/", "/tokens", "/api/token", "/.well-known/jwks.json", "/oauth-authorization-server"]
        {
            assert!(!asked(path, Kind::Mcp, ""), "{path}");
        }
    }

    #[test]
    fn what_the_upstream_would_see() {
        let asked = |path: &str| {
            is_asked(&RequestHead {
                path: path.into(),
                route: RouteFacts {
                    prefix: "/mcp".into(),
                    rewrite: String::new(),
                    ..RouteFacts::default()
                },
                ..RequestHead::default()
            })
        };
        assert!(asked("/mcp/token?code=c") && asked("/mcp/authorize") && asked("/token"));
        assert!(!asked("/mcp/tokens") && !asked("/api/token"));
    }

    #[test]
    fn names_that_apis_use_too() {
        for path in ["/register", "/revoke", "/introspect"] {
            assert!(asked(path, Kind::Mcp, "Bearer a"), "{path}");
            assert!(asked(path, Kind::Http, "Basic YTpi") && asked(path, Kind::Auto, ""), "{path}");
            assert!(!asked(path, Kind::Http, "bearer a"), "{path}");
        }
    }
}
