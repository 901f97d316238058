//! A small provider on loopback that signs what a test wants, right or wrong.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openidconnect::url::{Url, form_urlencoded};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

pub const CLIENT: &str = "gatehouse";
pub const SECRET: &str = "the secret/of+the client";

/// How it answers at the token endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    #[default]
    Right,
    Redirect,
    Huge,
    Garbage,
    NoIdToken,
}

/// What a token is signed with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signed {
    #[default]
    Right,
    OtherKey,
    /// `alg: none`.
    Not,
    /// HMAC under the client's secret.
    Shared,
}

pub struct Inner {
    pub issuer: String,
    pub key: Ed25519KeyPair,
    pub kid: String,
    /// By code: the nonce and the challenge it was given for.
    codes: HashMap<String, (String, String)>,
    /// Laid over the right claims; `null` takes one away.
    pub claims: Value,
    pub manner: Manner,
    pub signed: Signed,
    pub names_itself: bool,
    pub asked_for_keys: u32,
}

#[derive(Clone)]
pub struct TestProvider(pub Arc<Mutex<Inner>>);

pub fn key() -> Ed25519KeyPair {
    let document = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
    Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap()
}

impl TestProvider {
    /// Serves at once.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let this = Self::at(listener.local_addr().unwrap());
        this.serve(listener);
        this
    }

    /// One that does not answer yet.
    pub fn at(address: SocketAddr) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            issuer: format!("http://{address}"),
            key: key(),
            kid: "first".into(),
            codes: HashMap::new(),
            claims: json!({}),
            manner: Manner::Right,
            signed: Signed::Right,
            names_itself: false,
            asked_for_keys: 0,
        })))
    }

    pub fn serve(&self, listener: tokio::net::TcpListener) {
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/elsewhere", post(token))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    }

    pub fn issuer(&self) -> String {
        self.inner().issuer.clone()
    }

    pub fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// What its page would do with the url: the code, and the state to send back.
    pub fn authorize(&self, url: &str) -> (String, String) {
        let url = Url::parse(url).unwrap();
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!((url.path(), asked["response_type"].as_str()), ("/authorize", "code"));
        assert_eq!(
            (asked["client_id"].as_str(), asked["code_challenge_method"].as_str()),
            (CLIENT, "S256")
        );
        assert_eq!(asked["redirect_uri"], "http://127.0.0.1:10080/login/callback");
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"), "{asked:?}");
        let mut inner = self.inner();
        let code = format!("code {}", inner.codes.len());
        let given = (asked["nonce"].clone(), asked["code_challenge"].clone());
        inner.codes.insert(code.clone(), given);
        (code, asked["state"].clone())
    }
}

async fn discovery(State(this): State<TestProvider>) -> Json<Value> {
    let inner = this.inner();
    let issuer = &inner.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "EdDSA", "HS256", "none"],
        "authorization_response_iss_parameter_supported": inner.names_itself,
    }))
}

async fn keys(State(this): State<TestProvider>) -> Json<Value> {
    let mut inner = this.inner();
    inner.asked_for_keys += 1;
    let x = URL_SAFE_NO_PAD.encode(inner.key.public_key());
    Json(
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": inner.kid, "x": x}]}),
    )
}

async fn token(
    State(this): State<TestProvider>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let mut inner = this.inner();
    match inner.manner {
        Manner::Right | Manner::NoIdToken => {}
        Manner::Redirect => return Redirect::temporary("/elsewhere").into_response(),
        Manner::Huge => return Json(json!({"access_token": "a".repeat(2 << 20)})).into_response(),
        Manner::Garbage => return "<html>".into_response(),
    }
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let right = STANDARD.encode(format!("{}:{}", encoded(CLIENT), encoded(SECRET)));
    let refused = |error| (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response();
    if headers["authorization"] != format!("Basic {right}") {
        return refused("invalid_client");
    }
    let Some((nonce, challenge)) = inner.codes.remove(&form["code"]) else {
        return refused("invalid_grant");
    };
    let verifier = hmac_sha256::Hash::hash(form["code_verifier"].as_bytes());
    if URL_SAFE_NO_PAD.encode(verifier) != challenge {
        return refused("invalid_grant");
    }
    let mut answer = json!({"access_token": "opaque", "token_type": "Bearer", "expires_in": 60});
    if inner.manner == Manner::Right {
        answer["id_token"] = json!(id_token(&inner, &nonce));
    }
    Json(answer).into_response()
}

fn id_token(inner: &Inner, nonce: &str) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let mut claims = json!({
        "iss": inner.issuer, "aud": CLIENT, "sub": "u-1", "nonce": nonce, "iat": now, "exp": now + 300,
        "email": "ann@example.com", "email_verified": true, "groups": ["finance"],
    });
    for (name, value) in inner.claims.as_object().unwrap() {
        let all = claims.as_object_mut().unwrap();
        match value {
            Value::Null => all.remove(name),
            value => all.insert(name.clone(), value.clone()),
        };
    }
    let alg = match inner.signed {
        Signed::Not => "none",
        Signed::Shared => "HS256",
        Signed::Right | Signed::OtherKey => "EdDSA",
    };
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed =
        format!("{}.{}", part(json!({"alg": alg, "kid": inner.kid, "typ": "JWT"})), part(claims));
    let signature = match inner.signed {
        Signed::Right => inner.key.sign(signed.as_bytes()).as_ref().to_vec(),
        Signed::OtherKey => key().sign(signed.as_bytes()).as_ref().to_vec(),
        Signed::Not => Vec::new(),
        Signed::Shared => hmac_sha256::HMAC::mac(&signed, SECRET).to_vec(),
    };
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}
