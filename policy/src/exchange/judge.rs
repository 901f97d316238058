/*! The whole request against the bundle: read, scan, decide. */

use std::collections::BTreeMap;

use crate::allowance::{self, Allowance};
use crate::bundle::Bundle;
use crate::call::{Call, Kind};
use crate::condition::Fault;
use crate::content_type;
use crate::decide::{self, Facts, ResponsePlan};
use crate::digest::Pseudonyms;
use crate::json::{JsonError, Node};
use crate::pin::{self, Definition, Observed, PinSet, Place};
use crate::principal::Principal;
use crate::protocol::{self, McpCall, ModelRequest, Protocol};
use crate::reason::Reason;
use crate::record::SqlRecord;
use crate::redact::{self, Redaction, Redactions, Seen};
use crate::rule::{Effect, Mode, Phase, Rule};
use crate::scan::{self, Budget, Findings};
use crate::sections;
use crate::session::Session;
use crate::verdict::{Contribution, Verdict};

use super::event::{Now, RouteFacts};
use super::head::Admitted;
use super::method_override;
use super::target;

#[derive(Debug)]
pub struct Judged {
    pub call: Call,
    pub mcp: Option<McpCall>,
    pub verdict: Verdict,
    pub plan: ResponsePlan,
    /// What it belongs to.
    pub session: Option<Session>,
    /// The body that was judged, where it is not the one that came: without what it says to Gatehouse.
    pub body: Option<String>,
    /// The body that goes on, where it is not the one that came.
    pub rewritten: Option<Vec<u8>>,
    /// In the body that was judged.
    pub findings: Findings,
    /// What redact rules saw in the body.
    pub seen: Seen,
    /// The route does not say its kind.
    pub guessed: bool,
    /// In path and query, by kind.
    pub in_target: Vec<(String, u32)>,
    /// What it asks a model's API for.
    pub model: Option<Model>,
    /// What rules read as SQL, names unmasked.
    pub sql: Vec<SqlRecord>,
}

#[derive(Debug)]
pub struct Model {
    pub request: ModelRequest,
    pub stream: bool,
}

#[derive(Debug)]
pub struct Unreadable {
    pub reason: Reason,
    pub detail: String,
    pub kind: Kind,
}

/// `None`: nothing that is read as text.
pub fn text(body: &[u8]) -> Option<&str> {
    // Half the bytes of ASCII in UTF-16 are NUL, and some servers guess the encoding.
    std::str::from_utf8(body).ok().filter(|text| !text.contains('\0'))
}

/// What a call is judged by.
#[derive(Clone, Copy)]
pub struct By<'b> {
    pub bundle: &'b Bundle,
    /// The deployment's digest key.
    pub key: &'b [u8],
    /// What lists showed of a tool of a pin set.
    pub observed: &'b dyn Fn(&PinSet, &str) -> Observed,
    pub known: Known<'b>,
}

/// Kinds that were found when the call was made, where what is left of it does not show them any more.
#[derive(Clone, Copy, Default)]
pub struct Known<'b> {
    pub body: &'b [&'b str],
    /// In path and query.
    pub target: &'b [&'b str],
}

pub fn judge(
    By { bundle, key, observed, known }: By<'_>,
    principal: &Principal,
    route: &RouteFacts,
    method: &str,
    admitted: &Admitted,
    body: &[u8],
    now: Now,
) -> Result<Judged, Unreadable> {
    let unreadable =
        |reason, detail: &str| Unreadable { reason, detail: detail.to_owned(), kind: route.kind };
    let text = text(body)
        .ok_or_else(|| unreadable(Reason::BodyUnreadable, "the body is not utf-8 text"))?;
    let read = |text| {
        protocol::read(route.kind, method, &admitted.headers, text)
            .map_err(|error| unreadable(error.reason, &error.detail))
    };
    let protocol = read(text)?;
    let run = protocol.mcp.as_ref().and_then(|mcp| mcp.run.clone());
    let session = match &run {
        Some(run) => Some(Session::of_run(key, principal, run)),
        None => admitted.session.clone(),
    };
    // What goes on is what has to be judged.
    let rest = without_own_meta(&protocol, text)
        .map_err(|_| unreadable(Reason::BodyUnreadable, "the body is not strict JSON"))?;
    let (text, protocol) = match &rest {
        Some(rest) => (rest.as_str(), read(rest)?),
        None => (text, protocol),
    };
    let body = text.as_bytes();
    if method_override::is_there(method, &admitted.path, &admitted.headers, &protocol, text) {
        let detail =
            "a field such as `_method` names another method than the request's; send that method";
        return Err(unreadable(Reason::RequestAmbiguous, detail));
    }
    if let Some(name) = route.name.sections.unknown_to(bundle) {
        return Err(unreadable(Reason::UnknownSection, &sections::unknown(name)));
    }
    let now = now.seconds();
    let mut budget = Budget::for_body(body.len());
    let over = |_| unreadable(Reason::OverBudget, "reading the request took too much work");
    let content_type = content_type::of(&admitted.headers);
    let findings = scan::scan_called(&bundle.scanner, content_type, body, &mut budget);
    let findings = findings.map_err(over)?;
    let mut in_target = target::kinds(&bundle.scanner, &admitted.path).map_err(over)?;
    for kind in bundle.scanner.looked_for(known.target) {
        in_target.entry(kind).or_insert(1);
    }
    let mut call = Call {
        principal: principal.clone(),
        route: route.name.route.clone(),
        cluster: route.name.cluster.clone(),
        kind: protocol.kind,
        proven: protocol.said,
        proposed: false,
        method: method.to_owned(),
        authority: admitted.authority.clone(),
        path: admitted.path.clone(),
        headers: admitted.headers.clone(),
        body: text.to_owned(),
    };
    let mut kinds = findings.kinds();
    for kind in bundle.scanner.looked_for(known.body).iter().chain(in_target.keys()) {
        if !kinds.contains(kind) {
            kinds.push(kind);
        }
    }
    let rules = &bundle.rules;
    let body_is = Body { bytes: body, json: is_json(&protocol, &call), findings: &findings };
    let (path, host) = (&admitted.normal_path, &admitted.host);
    let of_route = route.name.sections.names();
    let definition = definition(bundle, (path, host, &of_route), &protocol, observed);
    let facts = Facts::new(&call, path, host, &protocol, &kinds, of_route.clone())
        .judged_at(now)
        .defined(definition);
    let alone = alone(bundle, &facts, &body_is, &in_target, now);
    let facts = facts.but(&alone);
    let verdict = decide::decide_request(rules, bundle.default, &facts);
    let mut verdict = target::unless_redacted(verdict, &in_target);
    let model = facts.model_request().map(|request| Model::of(request, &protocol));
    let sql = facts.sql_texts();
    let hashes = rules.iter().any(|rule| rule.redact == Some(Redaction::Hash));
    let pseudonyms = hashes.then(|| {
        Pseudonyms::new(key, principal, session.as_ref().map(|session| session.id.as_str()))
    });
    let plan = decide::plan_response(rules, &facts, now).with(pseudonyms.clone());
    let (mut rewritten, seen) = rewrite(bundle, pseudonyms, &body_is, (&verdict, &alone), now);
    if let Some(bytes) = &rewritten {
        call.body = String::from_utf8(bytes.clone())
            .map_err(|_| unreadable(Reason::BodyUnreadable, "the body cannot be redacted"))?;
        // What goes on is what has to be judged: a finding that holds a quote takes it along, and
        // what stood in a literal is then SQL.
        let again = protocol::read(route.kind, method, &call.headers, &call.body)
            .map_err(|error| unreadable(error.reason, "the body cannot be read once redacted"))?;
        let facts = Facts::new(&call, path, host, &again, &kinds, of_route)
            .judged_at(now)
            .defined(definition)
            .but(&alone);
        verdict = unless_changed(verdict, decide::decide_request(rules, bundle.default, &facts));
    }
    rewritten = rewritten.or_else(|| rest.as_ref().map(|rest| rest.clone().into_bytes()));
    if verdict.effect == Effect::Deny {
        rewritten = None;
    }
    let guessed = !protocol.said;
    let mcp = protocol.mcp.map(|mcp| McpCall { run, ..mcp });
    let in_target = in_target.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect();
    Ok(Judged {
        call,
        mcp,
        verdict,
        plan,
        session,
        body: rest,
        rewritten,
        findings,
        seen,
        in_target,
        model,
        sql,
        guessed,
    })
}

impl Model {
    fn of(request: &ModelRequest, protocol: &Protocol<'_>) -> Self {
        let stream = protocol.json.as_ref().and_then(|body| body.get("stream"));
        Self { request: request.clone(), stream: stream == Some(&Node::Bool(true)) }
    }
}

/// What is left of a message of MCP that says something to Gatehouse.
fn without_own_meta(protocol: &Protocol<'_>, text: &str) -> Result<Option<String>, JsonError> {
    match (&protocol.mcp, &protocol.json) {
        (Some(_), Some(message)) => protocol::without_own_meta(message, text).transpose(),
        _ => Ok(None),
    }
}

/// What is known of the tool that is called there.
fn definition(
    bundle: &Bundle,
    (path, host, sections): (&str, &str, &[&str]),
    protocol: &Protocol<'_>,
    observed: &dyn Fn(&PinSet, &str) -> Observed,
) -> Result<Option<Definition>, Fault> {
    match protocol.mcp.as_ref().and_then(|call| call.tool.as_deref()) {
        Some(tool) if !bundle.pins.is_empty() => {
            let sets = pin::concerned(&bundle.pins, Place { path, host, sections });
            pin::of_call(&sets, tool, observed)
        }
        _ => Ok(None),
    }
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

/// A request's body and what was found in it.
struct Body<'b> {
    bytes: &'b [u8],
    /// Everyone takes it for JSON.
    json: bool,
    findings: &'b Findings,
}

fn is_json(protocol: &Protocol<'_>, call: &Call) -> bool {
    protocol.json.is_some()
        && content_type::essence(content_type::of(&call.headers)).ends_with("json")
}

/// By rule, the kinds of which it leaves all findings alone. None of those that stand in the target, too.
fn alone<'b>(
    bundle: &'b Bundle,
    facts: &Facts<'_>,
    body: &Body<'_>,
    in_target: &BTreeMap<&str, u32>,
    now: u64,
) -> Vec<(&'b str, Vec<&'b str>)> {
    let scanner = &bundle.scanner;
    let with = bundle.rules.iter().filter(|rule| {
        let asked = rule.on == Phase::Request && !rule.allow_findings.is_empty();
        asked && decide::concerns(rule, facts)
    });
    with.map(|rule| {
        let live = Allowance::live(&rule.allow_findings, now);
        let allowed = allowance::allowed(&live, scanner, body.bytes, body.json, body.findings);
        let each = || body.findings.iter().zip(&allowed);
        let all = |kind: &&&str| {
            !in_target.contains_key(*kind)
                && each().all(|(found, allowed)| *allowed || scanner.kind(found.pattern) != **kind)
        };
        let kinds = body.findings.kinds();
        let kinds: Vec<&str> = kinds.iter().filter(all).copied().collect();
        let own = scanner.kinds().into_iter().filter(|kind| kinds.contains(kind));
        (rule.name.as_str(), own.collect())
    })
    .collect()
}

/// The body redacted by the rules that matched, and what they saw in it.
fn rewrite(
    bundle: &Bundle,
    pseudonyms: Option<Pseudonyms>,
    body: &Body<'_>,
    (verdict, alone): (&Verdict, &[(&str, Vec<&str>)]),
    now: u64,
) -> (Option<Vec<u8>>, Seen) {
    if body.findings.is_empty() {
        return (None, Seen::default());
    }
    let scanner = &bundle.scanner;
    let redacts = |rule: &&Rule| {
        let own = |one: &&Contribution| one.rule == rule.name && one.mode == Mode::Enforce;
        let own = verdict.contributions.iter().find(own);
        own.is_some_and(|own| own.effect == Effect::Redact)
    };
    let mut redactions = Redactions::new(scanner, pseudonyms);
    // Those with allowances that redact nothing here only tell what they left alone.
    let tells = |rule: &&Rule| alone.iter().any(|(name, _)| *name == rule.name);
    for rule in bundle.rules.iter().filter(|rule| redacts(rule) || tells(rule)) {
        let finds = |kind: &str| rule.matches.findings.iter().any(|one| one == kind);
        let way = rule.redact.clone().unwrap_or_default();
        redactions = redactions.rule(
            finds,
            redacts(&rule).then_some(way),
            Allowance::live(&rule.allow_findings, now),
        );
    }
    let treated = redactions.treat(body.bytes, body.json, body.findings);
    if verdict.effect == Effect::Deny {
        return (None, treated.seen);
    }
    let edits = redact::redact_by(&redactions, &treated, scanner, body.bytes, body.findings);
    ((!edits.is_empty()).then(|| redact::apply(body.bytes, &edits)), treated.seen)
}
