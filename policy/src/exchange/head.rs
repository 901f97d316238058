/*!
The request's head: what is refused at sight, what is taken off, and what the upstream will see.

In the body phase Envoy gives no access to request headers any more, so all that is needed later is
copied here and all that must not travel on is taken off here.
*/

use super::dry_run;
use super::event::RequestHead;
use super::step::Step;
use crate::charset;
use crate::content_type;
use crate::path::{self, PathError};
use crate::principal::Principal;
use crate::reason::Reason;
use crate::session::{self, Session, Signs};

/// Headers that never reach the upstream: the caller's credentials, what makes a server see
/// another method, path, host or caller than the one judged, what slices a response, and hop-by-hop
/// leftovers.
const STRIPPED: &[&str] = &[
    "authorization",
    "cookie",
    "expect",
    "forwarded",
    "if-range",
    "proxy-authorization",
    "range",
    "true-client-ip",
    "x-client-ip",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-server",
    "x-forwarded-user",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-host",
    "x-original-method",
    "x-original-uri",
    "x-original-url",
    "x-real-ip",
    "x-rewrite-url",
    "x-tunneled-method",
];

/// With these some servers do another method than the request's. Taken off in silence they would leave
/// a request that nobody asked for.
const METHOD_OVERRIDES: &[&str] =
    &["x-http-method", "x-http-method-override", "x-method-override", "x-tunneled-method"];

/// Headers that speak for Envoy or for Gatehouse; from a caller they are lies.
const STRIPPED_PREFIXES: &[&str] = &["x-envoy-", "x-gatehouse-"];

/// What is not `true` may have been meant as either.
const NO_DRY_RUN: &str =
    "x-gatehouse-dry-run takes only `true`; leave the header out to make the call";

/// A head that may be judged further.
#[derive(Debug)]
pub struct Admitted {
    pub authority: String,
    pub host: String,
    /// With query, as the upstream sees it.
    pub path: String,
    /// As rules see it.
    pub normal_path: String,
    /// What goes on, in order.
    pub headers: Vec<(String, String)>,
    pub authorization: Vec<Vec<u8>>,
    pub said: Said,
    /// What it belongs to, once it is known who calls.
    pub session: Option<Session>,
}

/// What the caller says to Gatehouse itself.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Seconds it can wait in silence.
    pub wait_seconds: Option<u32>,
    /// It asks what would become of the call, and does not make it.
    pub dry_run: bool,
    pub run: Option<String>,
    pub session: Option<String>,
    pub request_id: Option<String>,
}

pub type Refused = (Reason, &'static str);

pub fn admit(head: &RequestHead) -> Result<Admitted, Refused> {
    method(&head.method)?;
    let authority = text(&head.authority)?;
    let host = host(&authority, head.route.host.as_deref())
        .map_err(|_| (Reason::RequestAmbiguous, "the host is not in its canonical form"))?;
    let path = head.route.upstream_path(&text(&head.path)?);
    let path_only = path.split('?').next().unwrap_or_default();
    let normal_path = path::normal_form(path_only)
        .map_err(|_| (Reason::RequestAmbiguous, "the path reads differently once decoded"))?;
    let mut admitted = Admitted {
        host,
        authority: head.route.host.clone().unwrap_or(authority),
        path,
        normal_path,
        headers: Vec::with_capacity(head.headers.len()),
        authorization: Vec::new(),
        said: Said::default(),
        session: None,
    };
    for (name, value) in &head.headers {
        if name == "authorization" {
            admitted.authorization.push(value.clone());
        }
        let value = text(value)?;
        judge_header(name, &value, head.end_of_stream)?;
        if METHOD_OVERRIDES.contains(&name.as_str())
            && !value.trim().eq_ignore_ascii_case(&head.method)
        {
            return Err((Reason::RequestAmbiguous, "a header names another method; send that one"));
        }
        if name == "content-type" && admitted.headers.iter().any(|(known, _)| known == name) {
            return Err((Reason::RequestAmbiguous, "the body has two content types"));
        }
        if name == dry_run::HEADER && value.trim() != "true" {
            return Err((Reason::RequestAmbiguous, NO_DRY_RUN));
        }
        admitted.said.hear(name, &value);
        if !is_stripped(name) && name != "accept-encoding" {
            admitted.headers.push((name.clone(), value));
        }
    }
    admitted.headers.push(("accept-encoding".into(), "identity".into()));
    Ok(admitted)
}

/// The edits that make the real head what `admit` said it is.
pub fn edits(head: &RequestHead) -> Vec<Step> {
    let mut steps: Vec<Step> = head
        .headers
        .iter()
        .filter(|(name, _)| is_stripped(name) || (name == "content-length" && !head.end_of_stream))
        .map(|(name, _)| Step::RemoveRequestHeader(name.clone()))
        .collect();
    steps.dedup();
    // A response that comes encoded cannot be read, so it is asked for plain.
    steps.push(Step::SetRequestHeader("accept-encoding", "identity".into()));
    if head.route.replay_off {
        // Whatever policy a route or its host has: what it promises not to repeat is not repeated. Envoy's router
        // obeys these and takes them off.
        steps.push(Step::SetRequestHeader("x-envoy-max-retries", "0".into()));
        steps.push(Step::SetRequestHeader("x-envoy-hedge-on-per-try-timeout", "false".into()));
    }
    steps
}

/// As the upstream sees it. A caller that names two hosts gets both from Envoy, joined by a comma: which
/// of them counts matters only where the route does not name the upstream's own.
fn host(authority: &str, of_route: Option<&str>) -> Result<String, PathError> {
    let Some(upstream) = of_route else { return path::host_form(authority) };
    authority.split(',').try_for_each(|named| path::host_form(named).map(drop))?;
    path::host_form(upstream)
}

pub fn passes_on(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS")
}

fn method(method: &str) -> Result<(), Refused> {
    match passes_on(method) {
        true => Ok(()),
        false => Err((Reason::MethodNotAllowed, "the method is not one the gateway passes on")),
    }
}

fn judge_header(name: &str, value: &str, bodyless: bool) -> Result<(), Refused> {
    match name {
        "upgrade" | "http2-settings" => {
            Err((Reason::UpgradeRefused, "the gateway cannot look into an upgraded connection"))
        }
        "content-encoding" if !value.eq_ignore_ascii_case("identity") => {
            Err((Reason::BodyEncoded, "the body has a content encoding; send it plain"))
        }
        "content-type" if !bodyless && !charset::is_utf8(value) => {
            Err((Reason::BodyEncoded, "the body has a character set other than utf-8"))
        }
        "content-type" if content_type::names_two(value) => {
            Err((Reason::RequestAmbiguous, "the body has two content types"))
        }
        "host" => Err((Reason::RequestAmbiguous, "a second host is named")),
        _ if name.starts_with("sec-websocket-") => {
            Err((Reason::UpgradeRefused, "the headers are those of a WebSocket"))
        }
        _ if name.contains('_') => {
            Err((Reason::RequestAmbiguous, "a header name has an underscore"))
        }
        _ => Ok(()),
    }
}

fn is_stripped(name: &str) -> bool {
    STRIPPED.contains(&name) || STRIPPED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn text(bytes: &[u8]) -> Result<String, Refused> {
    String::from_utf8(bytes.to_vec())
        .map_err(|_| (Reason::RequestAmbiguous, "a header is not utf-8 text"))
}

impl Admitted {
    /// What the head says belongs together; the body may know better.
    pub fn session(&self, key: &[u8], principal: &Principal) -> Session {
        let signs = Signs {
            run: self.said.run.as_deref(),
            trace: session::trace_id(&self.headers),
            token: self.authorization.first().map_or(b"", Vec::as_slice),
            mcp_session: self.said.session.as_deref(),
        };
        Session::of(key, principal, &signs)
    }
}

/// Decimals are taken, too, and rounded up: `30.0` is what many languages make of 30. Anything else says nothing.
fn seconds(text: &str) -> Option<u32> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) {
        return None;
    }
    let begun = part.bytes().any(|byte| byte != b'0');
    Some(whole.parse::<u32>().unwrap_or(u32::MAX).saturating_add(begun.into()))
}

impl Said {
    fn hear(&mut self, name: &str, value: &str) {
        let short = || Some(value.chars().take(200).collect());
        match name {
            "x-gatehouse-wait" => self.wait_seconds = seconds(value.trim()),
            dry_run::HEADER => self.dry_run = true,
            "x-gatehouse-run" => self.run = session::named(value),
            "mcp-session-id" => self.session = short(),
            "x-request-id" => self.request_id = short(),
            _ => {}
        }
    }
}
