/*! One case, judged like a call. */

use serde_json::{Value as Json, json};

use super::{Body, Case, Request};
use crate::bundle::Bundle;
use crate::call::Kind;
use crate::exchange::{RequestHead, RouteFacts, admit, judge};
use crate::principal::Principal;
use crate::redact::{apply, redact};
use crate::rule::{Effect, Mode};
use crate::scan::{Budget, Findings, scan_body};
use crate::verdict::Contribution;

/// What the bundle made of it.
struct Outcome {
    effect: Effect,
    /// Every rule that matched, also those that another outweighs.
    matched: Vec<Contribution>,
    redacted: Vec<String>,
    body: Vec<u8>,
}

/// What differs from what the case expects, one line each, and the rules that matched.
pub(super) fn run(bundle: &Bundle, case: &Case) -> (Vec<String>, Vec<String>) {
    match outcome(bundle, case) {
        Ok(outcome) => {
            let matched = outcome.matched.iter().map(|rule| rule.rule.clone()).collect();
            (compare(case, outcome), matched)
        }
        Err(message) => (vec![message], Vec::new()),
    }
}

/// Through the admission and the judgement of real calls.
fn outcome(bundle: &Bundle, case: &Case) -> Result<Outcome, String> {
    let body = request_body(&case.request);
    let head = head(&case.request, &body);
    let refused = |detail: &str| format!("the request is refused: {detail}");
    let admitted = admit(&head).map_err(|(_, detail)| refused(detail))?;
    let principal = principal(&case.principal);
    let judged = judge(bundle, &principal, &head.route, &head.method, &admitted, body.as_bytes())
        .map_err(|unreadable| refused(&unreadable.detail))?;
    if let Some(response) = &case.response {
        let body = text(response).into_bytes();
        let found = scan(bundle, &body)?;
        let kinds: Vec<String> = found.kinds().into_iter().map(str::to_owned).collect();
        let plan = judged.plan;
        return Ok(Outcome {
            effect: kinds.iter().map(|kind| plan.effect(kind)).max().unwrap_or(Effect::Allow),
            matched: plan.contributions(&kinds),
            body: masked(bundle, &body, &found, |kind| plan.redacts(kind)),
            redacted: kinds.into_iter().filter(|kind| plan.redacts(kind)).collect(),
        });
    }
    let redacted = judged.findings.kinds().into_iter();
    let verdict = judged.verdict;
    Ok(Outcome {
        effect: verdict.effect,
        redacted: redacted
            .filter(|k| verdict.redact.iter().any(|one| one == k))
            .map(str::to_owned)
            .collect(),
        matched: verdict.contributions,
        body: judged.rewritten.unwrap_or(body.into_bytes()),
    })
}

fn scan(bundle: &Bundle, body: &[u8]) -> Result<Findings, String> {
    scan_body(&bundle.scanner, body, &mut Budget::for_body(body.len())).map_err(|e| e.to_string())
}

fn masked(
    bundle: &Bundle,
    body: &[u8],
    findings: &Findings,
    kinds: impl Fn(&str) -> bool,
) -> Vec<u8> {
    apply(body, &redact(&bundle.scanner, body, findings, kinds))
}

fn head(request: &Request, body: &str) -> RequestHead {
    let is_json = request.mcp.is_some() || request.body.json.is_some();
    let method = request.method.as_deref().unwrap_or(if body.is_empty() { "GET" } else { "POST" });
    let headers = request.headers.iter();
    let mut headers: Vec<(String, Vec<u8>)> =
        headers.map(|(name, value)| (name.to_lowercase(), value.clone().into_bytes())).collect();
    if is_json && !headers.iter().any(|(name, _)| name == "content-type") {
        headers.push(("content-type".to_owned(), b"application/json".to_vec()));
    }
    RequestHead {
        method: method.to_owned(),
        authority: request.host.as_deref().unwrap_or("upstream.test").into(),
        path: request.path.as_deref().unwrap_or("/").into(),
        headers,
        end_of_stream: body.is_empty(),
        route: RouteFacts {
            kind: if request.mcp.is_some() { Kind::Mcp } else { request.kind },
            replay_off: true,
            ..RouteFacts::default()
        },
        ..RequestHead::default()
    }
}

fn principal(written: &super::Principal) -> Principal {
    Principal {
        issuer: written.issuer.clone().unwrap_or_else(|| "https://issuer.test".into()),
        subject: written.subject.clone().unwrap_or_else(|| "agent".into()),
        groups: written.groups.clone(),
        agent: None,
    }
}

fn request_body(request: &Request) -> String {
    match &request.mcp {
        Some(_) => rpc(request).to_string(),
        None => text(&request.body),
    }
}

fn rpc(request: &Request) -> Json {
    let Some(mcp) = &request.mcp else { return Json::Null };
    let method = mcp.method.as_deref().unwrap_or("tools/call");
    let mut params = serde_json::Map::new();
    if let Some(tool) = &mcp.tool {
        params.insert("name".to_owned(), json!(tool));
        params.insert("arguments".to_owned(), json!(mcp.arguments));
    }
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

fn text(body: &Body) -> String {
    match (&body.body, &body.json) {
        (Some(text), _) => text.clone(),
        (None, Some(json)) => json.to_string(),
        (None, None) => String::new(),
    }
}

fn compare(case: &Case, outcome: Outcome) -> Vec<String> {
    let expect = &case.expect;
    let mut failures = Vec::new();
    let decides =
        |rule: &&Contribution| rule.effect == outcome.effect && rule.mode == Mode::Enforce;
    let deciding = outcome.matched.iter().filter(decides).map(|rule| rule.rule.clone());
    let deciding: Vec<String> = deciding.collect();
    if outcome.effect != expect.effect {
        let (wanted, got) = (word(expect.effect), word(outcome.effect));
        let rules = deciding.join(", ");
        failures.push(format!("expected `{wanted}`, got `{got}` by [{rules}]"));
    }
    let mut differ = |what: &str, wanted: &Option<Vec<String>>, got: Vec<String>| {
        let sorted = |list: &[String]| {
            let mut list = list.to_vec();
            list.sort();
            list
        };
        if let Some(wanted) = wanted.as_deref().map(sorted)
            && wanted != sorted(&got)
        {
            let (wanted, got) = (wanted.join(", "), sorted(&got).join(", "));
            failures.push(format!("expected {what} [{wanted}], got [{got}]"));
        }
    };
    differ("rules", &expect.rules, deciding);
    differ("redacted", &expect.redacted, outcome.redacted);
    let body = String::from_utf8_lossy(&outcome.body);
    let as_json = || serde_json::from_slice::<Json>(&outcome.body).ok();
    let body_fits = match (&expect.body.body, &expect.body.json) {
        (Some(wanted), _) => *wanted == body,
        (None, Some(wanted)) => as_json().as_ref() == Some(wanted),
        (None, None) => true,
    };
    if !body_fits {
        failures.push(format!("the body became {body}"));
    }
    failures
}

/// As in YAML.
fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::Allow => "allow",
        Effect::Redact => "redact",
        Effect::Hold => "hold",
        Effect::Deny => "deny",
    }
}
