/*! Heads and trailers of responses: what is refused, what is taken off, what is masked. */

use crate::answer::Answer;
use crate::charset;
use crate::decide::ResponsePlan;
use crate::engine::Engine;
use crate::reason::Reason;
use crate::redact;
use crate::scan::{self, Budget};

use super::super::step::Step;

/// Headers that lead the caller past the gateway or tell what masked bytes were.
const STRIPPED: &[&str] = &[
    "accept-ranges",
    "alt-svc",
    "content-digest",
    "content-md5",
    "digest",
    "etag",
    "proxy-authenticate",
    "refresh",
    "repr-digest",
    "set-cookie",
    "www-authenticate",
];

/// Clients go there, with their token: to what was made, to what is still being made, to the next page.
const LEADS: &[&str] = &["content-location", "link", "location", "operation-location"];

const STRIPPED_PREFIXES: &[&str] = &["x-envoy-", "x-gatehouse-"];

pub fn status(headers: &[(String, Vec<u8>)]) -> u32 {
    value(headers, ":status").and_then(|value| value.parse().ok()).unwrap_or(0)
}

/// Of the body, as the upstream says it.
pub fn length(headers: &[(String, Vec<u8>)]) -> Option<usize> {
    value(headers, "content-length").and_then(|value| value.parse().ok())
}

pub fn admit(
    status: u32,
    headers: &[(String, Vec<u8>)],
    bodyless: bool,
) -> Result<(), (Reason, &'static str)> {
    let encoded = |value: &[u8]| !value.trim_ascii().eq_ignore_ascii_case(b"identity");
    if !bodyless && values(headers, "content-encoding").any(encoded) {
        return Err((Reason::ResponseEncoded, "the upstream answered with a content encoding"));
    }
    let hidden = |media: &[u8]| !std::str::from_utf8(media).is_ok_and(charset::is_read);
    if !bodyless && values(headers, "content-type").any(hidden) {
        return Err((Reason::ResponseEncoded, "the upstream answered in another character set"));
    }
    match status {
        101 => Err((Reason::UpgradeRefused, "the upstream wants to change the protocol")),
        206 => Err((Reason::ResponseUnreadable, "the upstream answered with a part of a body")),
        401 | 407 => {
            Err((Reason::CredentialRefused, "the upstream refused the gateway's credential"))
        }
        300..=399 if status != 304 && values(headers, "location").any(leads_away) => {
            Err((Reason::ResponseRedirect, "the upstream redirects to another place"))
        }
        _ => Ok(()),
    }
}

/// Only a path of the same origin stays behind the gateway. Clients drop tabs and line ends from a
/// URL before they read it, and take `\` for `/`.
fn leads_away(location: &[u8]) -> bool {
    let plain = location.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'\\');
    !plain || !location.starts_with(b"/") || location.starts_with(b"//")
}

/// A header that names places, of which one leads away.
fn is_lead(name: &str, value: &[u8]) -> bool {
    if !LEADS.contains(&name) {
        return false;
    }
    let mut targets = value.split(|byte| *byte == b'<').skip(1);
    match name {
        "link" => targets.any(|target| {
            leads_away(target.split(|byte| *byte == b'>').next().unwrap_or_default())
        }),
        _ => leads_away(value),
    }
}

pub fn edits(
    engine: &Engine,
    (plan, answer): (&ResponsePlan, &Answer),
    headers: &[(String, Vec<u8>)],
    bodyless: bool,
) -> Vec<Step> {
    let mut steps = Vec::new();
    for (name, value) in headers {
        let place = LEADS.contains(&name.as_str()).then(|| answer.place(name, value)).flatten();
        let stripped = is_stripped(name)
            || is_lead(name, value)
            || place.as_ref().is_some_and(Vec::is_empty)
            || (name == "content-length" && !bodyless);
        if stripped {
            steps.push(Step::RemoveResponseHeader(name.clone()));
        } else if let Some(masked) = mask(engine, plan, name, value) {
            steps.push(Step::SetResponseHeader(name.clone(), masked));
        } else if let Some(sealed) = place.or_else(|| answer.session(name, value)) {
            steps.push(Step::SetResponseHeader(name.clone(), sealed));
        }
    }
    steps
}

pub fn trailer_edits(
    engine: &Engine,
    plan: &ResponsePlan,
    trailers: &[(String, Vec<u8>)],
) -> Vec<Step> {
    let mut steps = Vec::new();
    for (name, value) in trailers {
        if is_stripped(name) {
            steps.push(Step::RemoveResponseTrailer(name.clone()));
        } else if let Some(masked) = mask(engine, plan, name, value) {
            steps.push(Step::SetResponseTrailer(name.clone(), masked));
        }
    }
    steps
}

fn is_stripped(name: &str) -> bool {
    STRIPPED.contains(&name) || STRIPPED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn mask(engine: &Engine, plan: &ResponsePlan, name: &str, value: &[u8]) -> Option<Vec<u8>> {
    if name.starts_with(':') {
        return None;
    }
    let scanner = &engine.bundle.scanner;
    let own = engine.custody.edits(value);
    let text = redact::apply(value, &own);
    match scan::scan_body(scanner, &text, &mut Budget::for_body(text.len())) {
        Err(_) => Some(b"[REDACTED]".to_vec()),
        Ok(findings) if findings.is_empty() => (!own.is_empty()).then_some(text),
        Ok(findings) => {
            let redactions = plan.redactions(scanner);
            let treated = redactions.treat(&text, false, &findings);
            let edits = redact::redact_by(&redactions, &treated, scanner, &text, &findings);
            let changed = !own.is_empty() || !edits.is_empty();
            changed.then(|| redact::apply(&text, &edits))
        }
    }
}

fn values<'h>(headers: &'h [(String, Vec<u8>)], name: &str) -> impl Iterator<Item = &'h [u8]> {
    headers.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_slice())
}

pub fn value<'h>(headers: &'h [(String, Vec<u8>)], name: &str) -> Option<&'h str> {
    let (_, value) = headers.iter().find(|(n, _)| n == name)?;
    std::str::from_utf8(value).ok()
}
