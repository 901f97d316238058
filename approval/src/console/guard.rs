/*!
In front of every page: the host the browser thinks it talks to, the page a form comes from, and
the headers that keep a browser from helping an attacker.

The Host check defeats DNS rebinding, where a foreign name resolves to our address.
*/

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{BODY_LIMIT, Console};
use crate::config::secure;
use crate::error::Problem;

/// A form or a decision is a few packets.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// `same-origin` and not `no-referrer`: that one makes browsers send `Origin: null` with our forms.
const HEADERS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Names by which the console may be reached.
pub struct Places {
    hosts: Vec<String>,
    origins: Vec<String>,
    /// The cookie may only travel over TLS.
    pub secure: bool,
}

impl Places {
    pub fn new(address: SocketAddr, url: &str) -> anyhow::Result<Self> {
        let uri: Uri = url.parse().context("the public url is not a url")?;
        let scheme = uri.scheme_str().unwrap_or_default();
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        let right = matches!(scheme, "http" | "https") && !authority.contains('@');
        anyhow::ensure!(right && !authority.is_empty(), "the public url has to be http or https");
        anyhow::ensure!(uri.path() == "/", "the public url must not have a path");
        anyhow::ensure!(
            secure(url),
            "the public url has to be https: logins would travel in the clear; http works on loopback alone"
        );
        let port = address.port();
        let mut hosts = vec![authority.to_ascii_lowercase()];
        if address.ip().is_loopback() {
            let names = ["127.0.0.1", "localhost", "[::1]"];
            hosts.extend(names.iter().map(|name| format!("{name}:{port}")));
            // Browsers leave the default port out.
            hosts.extend(names.iter().filter(|_| port == 80).map(ToString::to_string));
        }
        let mut origins: Vec<_> = hosts.iter().map(|host| format!("http://{host}")).collect();
        if let Some(first) = origins.first_mut() {
            *first = format!("{scheme}://{}", authority.to_ascii_lowercase());
        }
        Ok(Self { hosts, origins, secure: scheme == "https" })
    }

    fn host(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = match (hosts.next(), hosts.next(), uri.authority()) {
            (Some(host), None, _) => host.to_str().unwrap_or_default(),
            // HTTP/2 has it as a pseudo header.
            (None, None, Some(authority)) => authority.as_str(),
            _ => return false,
        };
        self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
    }

    /// `None` if the client does not say, as no browser does that sends a form.
    pub fn origin(&self, headers: &HeaderMap) -> Option<bool> {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let origin = origins.next()?.to_str().unwrap_or_default();
        Some(origins.next().is_none() && self.origins.iter().any(|known| known == origin))
    }
}

pub async fn check(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = if !console.places.host(request.uri(), request.headers()) {
        Problem::wrong_host().into_response()
    } else if console.places.origin(request.headers()) == Some(false) {
        Problem::forbidden("the request comes from a page of another site").into_response()
    } else if !reads && cross_site(request.headers()) {
        Problem::forbidden("the request comes from another site").into_response()
    } else {
        match whole(request).await {
            Ok(request) => next.run(request).await,
            Err(refused) => refused.into_response(),
        }
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// With its body, which has to come in time: whoever sends it slowly keeps a connection from others.
async fn whole(request: Request) -> Result<Request, Problem> {
    let (parts, body) = request.into_parts();
    let body = tokio::time::timeout(BODY_WITHIN, to_bytes(body, BODY_LIMIT)).await;
    // One that broke off has nobody to tell it to.
    let body = body.map_err(|_| Problem::too_slow())?.map_err(|_| Problem::too_large())?;
    Ok(Request::from_parts(parts, Body::from(body)))
}

fn cross_site(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_some_and(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"))
}
