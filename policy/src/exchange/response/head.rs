/*! Heads and trailers of responses: what is refused, what is taken off, what is masked. */

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

const STRIPPED_PREFIXES: &[&str] = &["x-envoy-", "x-gatehouse-"];

pub fn status(headers: &[(String, Vec<u8>)]) -> u32 {
    value(headers, ":status").and_then(|value| value.parse().ok()).unwrap_or(0)
}

pub fn admit(
    status: u32,
    headers: &[(String, Vec<u8>)],
    bodyless: bool,
) -> Result<(), (Reason, &'static str)> {
    let encoding = value(headers, "content-encoding");
    if !bodyless && encoding.is_some_and(|e| !e.trim().eq_ignore_ascii_case("identity")) {
        return Err((Reason::ResponseEncoded, "the upstream answered with a content encoding"));
    }
    let media = value(headers, "content-type").unwrap_or_default();
    if !bodyless && !charset::is_read(media) {
        return Err((Reason::ResponseEncoded, "the upstream answered in another character set"));
    }
    match status {
        101 => Err((Reason::UpgradeRefused, "the upstream wants to change the protocol")),
        206 => Err((Reason::ResponseUnreadable, "the upstream answered with a part of a body")),
        401 | 407 => {
            Err((Reason::CredentialRefused, "the upstream refused the gateway's credential"))
        }
        300..=399 if status != 304 => match value(headers, "location") {
            Some(to) if leads_away(to) => {
                Err((Reason::ResponseRedirect, "the upstream redirects to another place"))
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Only a path of the same origin stays behind the gateway.
fn leads_away(location: &str) -> bool {
    let to = location.trim();
    !to.starts_with('/') || to.starts_with("//") || to.contains('\\')
}

pub fn edits(
    engine: &Engine,
    plan: &ResponsePlan,
    headers: &[(String, Vec<u8>)],
    bodyless: bool,
) -> Vec<Step> {
    let mut steps = Vec::new();
    for (name, value) in headers {
        let stripped = STRIPPED.contains(&name.as_str())
            || STRIPPED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
            || (name == "content-length" && !bodyless);
        if stripped {
            steps.push(Step::RemoveResponseHeader(name.clone()));
        } else if let Some(masked) = mask(engine, plan, name, value) {
            steps.push(Step::SetResponseHeader(name.clone(), masked));
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
        if STRIPPED.contains(&name.as_str()) {
            steps.push(Step::RemoveResponseTrailer(name.clone()));
        } else if let Some(masked) = mask(engine, plan, name, value) {
            steps.push(Step::SetResponseTrailer(name.clone(), masked));
        }
    }
    steps
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
        Ok(findings) => {
            let edits = redact::redact(scanner, &text, &findings, |kind| plan.redacts(kind));
            let changed = !own.is_empty() || !edits.is_empty();
            changed.then(|| redact::apply(&text, &edits))
        }
    }
}

pub fn value<'h>(headers: &'h [(String, Vec<u8>)], name: &str) -> Option<&'h str> {
    let (_, value) = headers.iter().find(|(n, _)| n == name)?;
    std::str::from_utf8(value).ok()
}
