/*! What the filter sends has to be within, before anything is made of it. */

use policy::call::Kind;
use policy::hold::{HoldRequest, Requirement, Scope};
use policy::principal::Principal;
use policy::rule::{HoldTerms, ScopeTerms};

use crate::config::{Limits, Owner};
use crate::error::Problem;

/// A week: longer than that nobody waits, and a forgotten approval is a danger.
const LONGEST_EXPIRY: u32 = 7 * 24 * 3600;

/// All of a question but the call's body: heads that Envoy lets through, a token's groups, and the rules' words.
const LONGEST_BESIDE: u64 = 256 * 1024;

pub fn request(request: &HoldRequest, limits: &Limits) -> Result<(), Problem> {
    exchange(&request.exchange)?;
    request.cancel_key.as_deref().map_or(Ok(()), cancel_key)?;
    if u64::from(limits.call_bytes) < request.call.body.len() as u64 {
        return Err(Problem::too_large());
    }
    if beside(request) > LONGEST_BESIDE {
        return Err(Problem::too_large());
    }
    let principal = &request.call.principal;
    let problem = match request {
        _ if request.rules.is_empty() => "name the rules that hold the call",
        _ if request.call.kind == Kind::Auto => "settle the kind of the call before it is held",
        _ if [&principal.issuer, &principal.subject, &request.revision]
            .into_iter()
            .any(|text| text.contains('\0')) =>
        {
            "a NUL is no part of a name"
        }
        _ if principal.subject.is_empty() => "a call without a principal is not held",
        _ if beyond_owners(principal) => "a call belongs to at most 16 people",
        _ if !(1..=LONGEST_EXPIRY).contains(&request.terms.expiry_seconds) => {
            "the expiry of a hold is 1 second to 7 days"
        }
        _ if request.terms.requirements.is_empty() => "say whose approval the rules ask for",
        _ if request.terms.requirements.iter().any(beyond_quorum) => "a quorum is 1 to 16 people",
        _ if request.terms.scope.as_ref().is_some_and(beyond_scope) => {
            "a standing grant is for 2 to 1000 calls within 7 days"
        }
        _ => return Ok(()),
    };
    Err(Problem::unprocessable(problem))
}

/// Of the question, as the filter has it.
pub fn bytes(request: &HoldRequest) -> u64 {
    beside(request).saturating_add(request.call.body.len() as u64)
}

fn beside(request: &HoldRequest) -> u64 {
    let HoldRequest { call, rules, description, terms, session, before, .. } = request;
    let principal = &call.principal;
    let terms = serde_json::to_string(terms).map_or(usize::MAX, |text| text.len());
    let alone = [&call.path, &call.method, &call.authority, &call.route, &call.cluster];
    let alone = alone.into_iter().chain([description, session, &request.revision]);
    let lists = rules.iter().chain(&principal.groups).chain(&principal.owners);
    let headers = call.headers.iter().flat_map(|(name, value)| [name, value]);
    let texts = alone.chain(lists).chain(headers).chain([&principal.issuer, &principal.subject]);
    let texts = texts.chain(&principal.agent).chain(before.iter().map(|one| &one.action));
    // Each is a little more than its characters where it is kept.
    texts.fold(terms as u64, |all, text| all.saturating_add(text.len() as u64 + 8))
}

fn beyond_owners(principal: &Principal) -> bool {
    let owners = &principal.owners;
    owners.len() > Owner::MOST || owners.iter().any(|name| name.len() > Owner::LONGEST)
}

fn beyond_quorum(requirement: &Requirement) -> bool {
    !(1..=HoldTerms::QUORUM_MAX).contains(&requirement.quorum)
}

fn beyond_scope(scope: &Scope) -> bool {
    !(2..=ScopeTerms::USES_MAX).contains(&scope.uses)
        || !(1..=ScopeTerms::LASTS_MAX).contains(&scope.lasts_seconds)
        || scope.free.len() > ScopeTerms::FREE_MAX
}

pub fn exchange(exchange: &str) -> Result<(), Problem> {
    word("an exchange id", exchange)
}

pub fn cancel_key(key: &str) -> Result<(), Problem> {
    word("a cancel key", key)
}

fn word(what: &str, text: &str) -> Result<(), Problem> {
    if (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Problem::bad_request(format!("{what} is 1 to 128 printable ASCII characters")))
}

pub fn nonce(nonce: &str) -> Result<(), Problem> {
    if (16..=256).contains(&nonce.len()) {
        return Ok(());
    }
    Err(Problem::bad_request("the nonce needs 16 to 256 characters"))
}
