/*! The whole request against the bundle: read, scan, decide. */

use crate::bundle::Bundle;
use crate::call::{Call, Kind};
use crate::decide::{self, Facts, ResponsePlan};
use crate::digest::Pseudonyms;
use crate::principal::Principal;
use crate::protocol::{self, McpCall};
use crate::reason::Reason;
use crate::redact::{self, Redactions};
use crate::rule::Effect;
use crate::scan::{self, Budget, Findings};
use crate::sections;
use crate::verdict::Verdict;

use super::event::RouteFacts;
use super::head::Admitted;
use super::method_override;
use super::target;

#[derive(Debug)]
pub struct Judged {
    pub call: Call,
    pub mcp: Option<McpCall>,
    pub verdict: Verdict,
    pub plan: ResponsePlan,
    /// The body that goes on, where it is not the one that came.
    pub rewritten: Option<Vec<u8>>,
    pub findings: Findings,
}

#[derive(Debug)]
pub struct Unreadable {
    pub reason: Reason,
    pub detail: String,
    pub kind: Kind,
}

/// `key` is the deployment's digest key.
pub fn judge(
    bundle: &Bundle,
    key: &[u8],
    principal: &Principal,
    route: &RouteFacts,
    method: &str,
    admitted: &Admitted,
    body: &[u8],
) -> Result<Judged, Unreadable> {
    let unreadable =
        |reason, detail: &str| Unreadable { reason, detail: detail.to_owned(), kind: route.kind };
    let text = std::str::from_utf8(body)
        .ok()
        // Half the bytes of ASCII in UTF-16 are NUL, and some servers guess the encoding.
        .filter(|text| !text.contains('\0'))
        .ok_or_else(|| unreadable(Reason::BodyUnreadable, "the body is not utf-8 text"))?;
    let protocol = protocol::read(route.kind, method, &admitted.headers, text)
        .map_err(|error| unreadable(error.reason, &error.detail))?;
    if method_override::is_there(method, &admitted.path, &admitted.headers, &protocol, text) {
        let detail =
            "a field such as `_method` names another method than the request's; send that method";
        return Err(unreadable(Reason::RequestAmbiguous, detail));
    }
    if let Some(name) = route.name.sections.unknown_to(bundle) {
        return Err(unreadable(Reason::UnknownSection, &sections::unknown(name)));
    }
    let mut budget = Budget::for_body(body.len());
    let over = |_| unreadable(Reason::OverBudget, "reading the request took too much work");
    let findings = scan::scan_body(&bundle.scanner, body, &mut budget).map_err(over)?;
    let in_target = target::kinds(&bundle.scanner, &admitted.path).map_err(over)?;
    let mut call = Call {
        principal: principal.clone(),
        route: route.name.route.clone(),
        cluster: route.name.cluster.clone(),
        kind: protocol.kind,
        method: method.to_owned(),
        authority: admitted.authority.clone(),
        path: admitted.path.clone(),
        headers: admitted.headers.clone(),
        body: text.to_owned(),
    };
    let mut kinds = findings.kinds();
    for kind in &in_target {
        if !kinds.contains(kind) {
            kinds.push(kind);
        }
    }
    let rules = &bundle.rules;
    let (path, host) = (&admitted.normal_path, &admitted.host);
    let of_route = route.name.sections.names();
    let facts = Facts::new(&call, path, host, &protocol, &kinds, of_route.clone());
    let verdict = decide::decide_request(rules, bundle.default, &facts);
    let mut verdict = target::unless_redacted(verdict, &in_target);
    let pseudonyms = Pseudonyms::new(key, principal, admitted.said.session());
    let plan = decide::plan_response(rules, &facts).with(pseudonyms.clone());
    let mut rewritten = rewrite(bundle, pseudonyms, body, &findings, &verdict);
    if let Some(bytes) = &rewritten {
        call.body = String::from_utf8(bytes.clone())
            .map_err(|_| unreadable(Reason::BodyUnreadable, "the body cannot be redacted"))?;
        // What goes on is what has to be judged: a finding that holds a quote takes it along, and
        // what stood in a literal is then SQL.
        let again = protocol::read(route.kind, method, &call.headers, &call.body)
            .map_err(|error| unreadable(error.reason, "the body cannot be read once redacted"))?;
        let facts = Facts::new(&call, path, host, &again, &kinds, of_route);
        verdict = unless_changed(verdict, decide::decide_request(rules, bundle.default, &facts));
    }
    if verdict.effect == Effect::Deny {
        rewritten = None;
    }
    Ok(Judged { call, mcp: protocol.mcp, verdict, plan, rewritten, findings })
}

/// A call that other rules decide once it is redacted is no longer the call that was asked for.
fn unless_changed(before: Verdict, after: Verdict) -> Verdict {
    if before.deciding().eq(after.deciding()) && before.redact == after.redact {
        return before;
    }
    Verdict {
        effect: Effect::Deny,
        reason: Some(Reason::RequestAmbiguous),
        message: Some("Without what has to be redacted this call would do something else.".into()),
        contributions: after.contributions,
        ..before
    }
}

fn rewrite(
    bundle: &Bundle,
    pseudonyms: Pseudonyms,
    body: &[u8],
    findings: &Findings,
    verdict: &Verdict,
) -> Option<Vec<u8>> {
    if verdict.effect == Effect::Deny || verdict.redact.is_empty() {
        return None;
    }
    let scanner = &bundle.scanner;
    let of = |kind: &str| verdict.redact.get(kind).cloned();
    let redactions = Redactions::new(scanner, of, Some(pseudonyms));
    let edits = redact::redact_by(&redactions, scanner, body, findings);
    (!edits.is_empty()).then(|| redact::apply(body, &edits))
}
