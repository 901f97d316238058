/*! One case, judged like a call. */

use serde_json::{Value as Json, json};

use super::{Body, Case, Request};
use crate::bundle::Bundle;
use crate::call::{Call, Kind};
use crate::decide::{Facts, decide_request, plan_response};
use crate::principal::Principal;
use crate::redact::{apply, redact};
use crate::rule::{Effect, Mode};
use crate::scan::{Budget, Findings, scan_body};
use crate::{path, protocol};

/// What the bundle made of it.
struct Outcome {
    effect: Effect,
    rules: Vec<String>,
    redacted: Vec<String>,
    body: Vec<u8>,
}

/// What differs from what the case expects, one line each.
pub(super) fn run(bundle: &Bundle, case: &Case) -> Vec<String> {
    match judge(bundle, case) {
        Ok(outcome) => compare(case, outcome),
        Err(message) => vec![message],
    }
}

fn judge(bundle: &Bundle, case: &Case) -> Result<Outcome, String> {
    let call = call(case);
    let unread = |what: &str, why: &dyn std::fmt::Display| format!("the {what} is refused: {why}");
    let own_path = path::normal_form(call.path_only()).map_err(|e| unread("path", &e))?;
    let host = path::host_form(&call.authority).map_err(|e| unread("host", &e))?;
    let protocol = protocol::read(call.kind, &call.method, &call.headers, &call.body)
        .map_err(|e| unread("request", &e))?;
    let body = call.body.as_bytes();
    let found = scan(bundle, body)?;
    let kinds = found.kinds();
    let facts = Facts::new(&call, &own_path, &host, &protocol, &kinds);
    if let Some(response) = &case.response {
        let body = text(response).into_bytes();
        let found = scan(bundle, &body)?;
        let plan = plan_response(&bundle.rules, &facts);
        let kinds: Vec<String> = found.kinds().into_iter().map(str::to_owned).collect();
        let effect = kinds.iter().map(|kind| plan.effect(kind)).max().unwrap_or(Effect::Allow);
        return Ok(Outcome {
            effect,
            rules: plan
                .contributions(&kinds)
                .into_iter()
                .filter(|rule| rule.effect == effect && rule.mode == Mode::Enforce)
                .map(|rule| rule.rule)
                .collect(),
            body: masked(bundle, &body, &found, |kind| plan.redacts(kind)),
            redacted: kinds.into_iter().filter(|kind| plan.redacts(kind)).collect(),
        });
    }
    let verdict = decide_request(&bundle.rules, &facts);
    let redacts = |kind: &str| verdict.redact.iter().any(|one| one == kind);
    Ok(Outcome {
        effect: verdict.effect,
        rules: verdict.deciding().map(|rule| rule.rule.clone()).collect(),
        body: masked(bundle, body, &found, redacts),
        redacted: kinds.iter().filter(|kind| redacts(kind)).map(|kind| kind.to_string()).collect(),
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

fn call(case: &Case) -> Call {
    let request = &case.request;
    let is_json = request.mcp.is_some() || request.body.json.is_some();
    let body = match &request.mcp {
        Some(_) => rpc(request).to_string(),
        None => text(&request.body),
    };
    let method = request
        .method
        .clone()
        .unwrap_or_else(|| if body.is_empty() { "GET".to_owned() } else { "POST".to_owned() });
    let mut headers: Vec<(String, String)> =
        request.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect();
    if is_json && !headers.iter().any(|(name, _)| name == "content-type") {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    Call {
        principal: Principal {
            issuer: case.principal.issuer.clone().unwrap_or_else(|| "https://issuer.test".into()),
            subject: case.principal.subject.clone().unwrap_or_else(|| "agent".into()),
            groups: case.principal.groups.clone(),
            agent: None,
        },
        route: "test".to_owned(),
        cluster: "test".to_owned(),
        kind: if request.mcp.is_some() { Kind::Mcp } else { request.kind },
        method,
        authority: request.host.clone().unwrap_or_else(|| "upstream.test".to_owned()),
        path: request.path.clone().unwrap_or_else(|| "/".to_owned()),
        headers,
        body,
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
    if outcome.effect != expect.effect {
        let (wanted, got) = (word(expect.effect), word(outcome.effect));
        let rules = outcome.rules.join(", ");
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
    differ("rules", &expect.rules, outcome.rules);
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
