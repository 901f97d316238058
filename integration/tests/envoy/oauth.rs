/*! What OAuth clients ask of the gateway before they have a token, also where no route leads anywhere. */

use std::path::Path;

use integration::issuer::Issuer;
use integration::{Call, Gateway, Upstream, http2, place};
use serde_json::{Value, json};

const DOCUMENT: &str = "/.well-known/oauth-protected-resource";

struct Scene {
    upstream: Upstream,
    gateway: Gateway,
}

impl Scene {
    /// Upstreams below these prefixes, and an issuer whose name is a URL.
    fn new(prefixes: &[&str], identity: &str) -> Self {
        let upstream = Upstream::start();
        let folder = place::folder();
        let file = folder.path().join("identity.yaml");
        let jwks = Issuer::new("https://login.example/t", "one").jwks();
        let issuer = json!([{
            "issuer": "https://login.example/t", "audiences": ["g"],
            "keys": { "inline": { "jwks": jwks } },
        }]);
        std::fs::write(&file, format!("issuers: {issuer}\n{identity}")).unwrap();
        let url = upstream.url();
        let build =
            prefixes.iter().fold(Gateway::build(), |build, prefix| build.upstream(prefix, &url));
        let gateway = build.arg("--kind").arg("/mcp=mcp").arg("--identity").arg(&file).start();
        Self { upstream, gateway }
    }

    fn base(&self) -> String {
        format!("http://{}", self.gateway.address)
    }

    /// `host` as clients send it.
    fn call(&self, method: &str, path: &str) -> Call {
        let mut call = Call::new(method, path);
        call.headers[0].1.clone_from(&self.gateway.address);
        call
    }

    #[track_caller]
    fn document(&self, path: &str) -> Value {
        let answer = self.call("GET", &format!("{DOCUMENT}{path}")).send(&self.gateway).expect(200);
        assert_eq!(answer.header("content-type").as_deref(), Some("application/json"));
        assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"));
        answer.json()
    }

    #[track_caller]
    fn challenge(&self, call: &Call) -> String {
        call.send(&self.gateway).expect(401).header("www-authenticate").unwrap()
    }
}

#[test]
fn the_document_is_told_where_no_route_leads() {
    let scene = Scene::new(&["/mcp"], "");
    let base = scene.base();
    assert_eq!(
        scene.document("/mcp"),
        json!({
            "resource": format!("{base}/mcp"),
            "authorization_servers": ["https://login.example/t"],
            "bearer_methods_supported": ["header"],
        })
    );
    assert_eq!(scene.document("")["resource"], json!(base));
    let head = scene.call("HEAD", &format!("{DOCUMENT}/mcp")).send(&scene.gateway).expect(200);
    assert_eq!(head.text(), "");
    scene.call("POST", DOCUMENT).json(&json!({})).send(&scene.gateway).expect(405);
    let request = http::Request::get(format!("{base}{DOCUMENT}/mcp")).body(()).unwrap();
    let answer = http2::call(&scene.gateway.address, request, &[], None);
    let told: Value = serde_json::from_str(&answer.text()).unwrap();
    assert_eq!((answer.status, told["resource"].as_str()), (200, Some(&*format!("{base}/mcp"))));
    let entry = scene.gateway.record("the document", |entry| entry.path() == DOCUMENT);
    assert_eq!((&entry.record["end"], &entry.line["status"]), (&json!("answered"), &json!(200)));
    assert_eq!(scene.upstream.requests("").len(), 0);
}

#[test]
fn every_401_leads_to_the_document() {
    let scene = Scene::new(&["/", "/mcp"], "");
    let document = format!("{}{DOCUMENT}", scene.base());
    for path in ["/mcp", "/mcp/sub?x=1", "/orders", "/nowhere"] {
        let named = path.split('?').next().unwrap();
        let missing = scene.challenge(&scene.call("POST", path).json(&json!({})));
        assert_eq!(missing, format!(r#"Bearer resource_metadata="{document}{named}""#));
        let invalid = scene.challenge(&scene.call("GET", path).token("a.b.c"));
        let expected =
            format!(r#"Bearer error="invalid_token", resource_metadata="{document}{named}""#);
        assert_eq!(invalid, expected);
    }
    // Nobody writes a header of ours by a path.
    let written = scene.challenge(&scene.call("GET", "/a%22,realm=%22b"));
    assert_eq!(written, format!(r#"Bearer resource_metadata="{document}""#));
    // Nor is a caller believed what only a proxy in front could know.
    let forwarded = scene.call("GET", "/a").header("x-forwarded-proto", "https");
    let forwarded = forwarded.header("x-forwarded-host", "evil.test");
    assert!(scene.challenge(&forwarded).contains(&format!("{document}/a")));
    let fixed =
        Scene::new(&["/mcp"], "resource: https://agents.example\nscopes_supported: [a, b]\n");
    let challenge = fixed.challenge(&fixed.call("GET", "/mcp"));
    assert!(
        challenge.contains(&format!("\"https://agents.example{DOCUMENT}/mcp\"")),
        "{challenge}"
    );
    assert_eq!(fixed.document("/mcp")["resource"], "https://agents.example/mcp");
    assert_eq!(fixed.document("/mcp")["scopes_supported"], json!(["a", "b"]));
}

#[test]
fn what_is_meant_for_an_authorization_server_is_neither_forwarded_nor_written() {
    let scene = Scene::new(&["/", "/mcp"], "");
    // At run time: no file holds what looks like a secret.
    let secret = ["kept", "by", "the", "client"].join("-");
    let token = scene.gateway.token("robot");
    let form = format!("grant_type=client_credentials&client_id=a&client_secret={secret}");
    let post = |path: &str| {
        let call = scene.call("POST", path);
        call.header("content-type", "application/x-www-form-urlencoded").body(form.clone())
    };
    let mut paths = 0;
    for path in [
        "/token",
        "/TOKEN/",
        "/%74oken",
        "/authorize",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/mcp",
        "/.well-known/openid-configuration/mcp",
        "/mcp/.well-known/openid-configuration",
        "/mcp/.well-known/oauth-protected-resource",
    ] {
        for call in [
            post(path).header("authorization", format!("Basic {secret}")),
            post(path).token(&token),
            scene.call("GET", &format!("{path}?client_secret={secret}")).token(&token),
        ] {
            let answer = call.send(&scene.gateway).expect_refusal(404, "authorization_server");
            let entry = scene.gateway.record_of(&answer.reference().unwrap());
            let silent = !entry.path().contains('?') && !entry.line.to_string().contains(&secret);
            assert!(silent, "{}", entry.line);
            paths += 1;
        }
    }
    for path in ["/register", "/revoke", "/introspect"] {
        let call = post(path).header("authorization", format!("Basic {secret}"));
        call.send(&scene.gateway).expect_refusal(404, "authorization_server");
    }
    assert_eq!((paths, scene.upstream.requests("").len()), (27, 0));
    // To an API they may be names like others.
    scene.call("GET", "/register").token(&token).send(&scene.gateway).expect(200);
    assert_eq!(scene.upstream.requests("").len(), 1);
    assert_eq!(holding(&scene.gateway.data, &secret), Vec::<String>::new());
}

/// Files below that hold the text: records, logs, the database of the approval service.
fn holding(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else if let Ok(bytes) = std::fs::read(&path)
            && bytes.windows(text.len()).any(|window| window == text.as_bytes())
        {
            found.push(path.display().to_string());
        }
    }
    found
}
