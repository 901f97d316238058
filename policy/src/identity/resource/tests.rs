use serde_json::{Value, json};

use super::{Resource, Target, challenge, is_origin, is_scope};
use crate::identity::{Identity, IdentityConfig};

fn config(more: &Value) -> IdentityConfig {
    let issuer = |name: &str| json!({"issuer": name, "audiences": ["g"], "keys": {"inline": {"jwks": {"keys": []}}}});
    let mut silent = issuer("https://kubernetes.example");
    silent["authorization_server"] = json!(false);
    let issuers = json!([silent, issuer("https://login.example/t"), issuer("a name")]);
    let mut config = json!({ "issuers": issuers });
    let (Value::Object(config_members), Value::Object(more)) = (&mut config, more) else {
        panic!()
    };
    config_members.extend(more.clone());
    serde_json::from_value(config).unwrap()
}

fn resource(more: &Value) -> Resource {
    Resource::new(&config(more))
}

fn at(path: &str) -> Target<'_> {
    Target { https: true, authority: b"gw.example:8443", path: path.as_bytes() }
}

#[test]
fn the_document_names_who_gives_out_tokens() {
    let own = resource(&json!({}));
    assert_eq!(
        own.document(at("/.well-known/oauth-protected-resource/mcp?x=1")),
        Some(json!({
            "resource": "https://gw.example:8443/mcp",
            "authorization_servers": ["https://login.example/t"],
            "bearer_methods_supported": ["header"],
        }))
    );
    let told = json!({"resource": "https://agents.example", "scopes_supported": ["orders.read"]});
    let document = resource(&told).document(at("/.well-known/oauth-protected-resource")).unwrap();
    assert_eq!(document["resource"], "https://agents.example");
    assert_eq!(document["scopes_supported"], json!(["orders.read"]));
    let of = |path: &str| {
        let document = own.document(at(&format!("/.well-known/oauth-protected-resource{path}")));
        document.map(|document| document["resource"].as_str().unwrap().to_owned())
    };
    assert_eq!(of("/").as_deref(), Some("https://gw.example:8443"));
    assert_eq!(of("/mcp/").as_deref(), Some("https://gw.example:8443/mcp/"));
    for other in ["x", "/%6dcp", "/a;b", "/a//b", "/../a", "/a\"b", "/é"] {
        assert_eq!(of(other), None, "{other}");
    }
    assert_eq!(own.document(at("/mcp/.well-known/oauth-protected-resource")), None);
}

#[test]
fn only_what_is_plain_gets_into_a_header() {
    let own = resource(&json!({}));
    let base = "https://gw.example:8443/.well-known/oauth-protected-resource";
    let url = |path: &str| own.document_url(at(path)).unwrap();
    assert_eq!(url("/mcp?a=b"), format!("{base}/mcp"));
    for bare in ["/", "/a\"b", "/a%22b", "/a b", "/é", "", "*", "/a//b"] {
        assert_eq!(url(bare), base, "{bare}");
    }
    for authority in ["a\"b", "a b", "user@a", "", "a,b"] {
        let target = Target { authority: authority.as_bytes(), ..at("/mcp") };
        assert_eq!(own.document_url(target), None, "{authority}");
        let fixed = resource(&json!({"resource": "https://agents.example"}));
        assert!(fixed.document_url(target).is_some());
    }
    let target = Target { https: false, ..at("/mcp") };
    assert!(own.document_url(target).unwrap().starts_with("http://gw.example"));
}

#[test]
fn a_challenge_leads_to_the_document() {
    assert_eq!(challenge("Bearer", Some("u")), r#"Bearer resource_metadata="u""#);
    let invalid = r#"Bearer error="invalid_token""#;
    assert_eq!(challenge(invalid, Some("u")), format!(r#"{invalid}, resource_metadata="u""#));
    assert_eq!(challenge(invalid, None), invalid);
}

#[test]
fn what_is_configured_has_to_be_usable() {
    for good in ["https://gw.example", "http://127.0.0.1:10000", "https://[::1]:8443"] {
        assert!(is_origin(good), "{good}");
    }
    for bad in ["gw.example", "https://gw.example/", "https://gw.example/a", "ftp://a", "https://"]
    {
        assert!(!is_origin(bad), "{bad}");
        let refused = Identity::new(config(&json!({ "resource": bad }))).err().unwrap();
        assert!(refused.0.contains("`resource`"), "{refused}");
    }
    assert!(is_scope("orders:write/all") && !is_scope("a b") && !is_scope("") && !is_scope("a\"b"));
    let scopes = json!({"scopes_supported": ["a b"]});
    assert!(Identity::new(config(&scopes)).err().unwrap().0.contains("`scopes_supported`"));
}
