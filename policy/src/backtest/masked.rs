/*!
What is masked in a recorded call. A caller can write a mark as well as the redactor: what it sent is judged as it
stands, and only what the redactor may have written counts as a mark.
*/

use super::CannotTell;
use crate::bundle::Bundle;
use crate::condition::{Expression, Fact};
use crate::principal::Principal;
use crate::record::{FindingCount, Record};
use crate::redact::{Mark, marks, without_marks};
use crate::rule::Rule;

/// Facts that are read from the body.
const OF_BODY: &[Fact] = &[Fact::Arguments, Fact::Body];
const OF_NAMES: &[Fact] = &[Fact::Subject, Fact::Agent];

/// Whether something is masked in it.
///
/// # Errors
///
/// Where more marks stand in it than findings were masked: some are the caller's, and nobody knows which.
pub fn is_masked(record: &Record, headers: &[(String, String)]) -> Result<bool, CannotTell> {
    let request = &record.request;
    let (authority, path) = target(record);
    let body = [request.body.text.as_str()];
    let headers: Vec<&str> = headers.iter().map(|(_, value)| value.as_str()).collect();
    let made = [
        (&body[..], &request.findings),
        (&[path], &request.path_findings),
        (&headers, &request.header_findings),
    ];
    if made.iter().any(|(texts, findings)| are_more(texts, findings)) {
        return Err(CannotTell::MaskedDecides);
    }
    let mut all = body.iter().chain(&headers).chain([&authority, &path]);
    Ok(all.any(|text| marks(text).any(|mark| is_made(text, &mark))))
}

/// As rules saw it.
pub fn target(record: &Record) -> (&str, &str) {
    match &record.request.judged_as {
        Some(target) => (&target.authority, &target.path),
        None => (&record.request.authority, &record.request.path),
    }
}

/// With this where something is masked.
pub fn written(text: &str, value: &str) -> String {
    without_marks(text, value, |mark| is_made(text, mark))
}

/// One without a kind stands for a whole value, or for all behind a path.
fn is_made(text: &str, mark: &Mark) -> bool {
    let before = text.get(..mark.span.start).unwrap_or_default();
    let whole = before.is_empty() || before.ends_with(['?', '#']);
    mark.kind.is_some() || (whole && mark.span.end == text.len())
}

fn are_more(texts: &[&str], findings: &[FindingCount]) -> bool {
    let kinds = texts.iter().flat_map(|text| marks(text)).filter_map(|mark| mark.kind);
    kinds.into_iter().any(|kind| of_kind(texts, kind) > found(findings, kind))
}

fn of_kind(texts: &[&str], kind: &str) -> u32 {
    let all = texts.iter().flat_map(|text| marks(text));
    u32::try_from(all.filter(|mark| mark.kind == Some(kind)).count()).unwrap_or(u32::MAX)
}

fn found(findings: &[FindingCount], kind: &str) -> u32 {
    findings.iter().filter(|one| one.kind == kind).map(|one| one.count).sum()
}

/// A rule would read what has no mark: a number of JSON that is masked is `0`, and in text that is encoded the mark
/// is, too.
pub fn reads_unmarked(bundle: &Bundle, record: &Record) -> bool {
    let request = &record.request;
    let unmarked = |one: &FindingCount| of_kind(&[&request.body.text], &one.kind) < one.count;
    request.findings.iter().any(unmarked) && bundle.rules.iter().any(reads_body)
}

fn reads_body(rule: &Rule) -> bool {
    let matches = &rule.matches;
    !matches.body.is_empty()
        || matches.http.as_ref().is_some_and(|http| !http.form.is_empty())
        || matches.mcp.as_ref().is_some_and(|mcp| !mcp.arguments.is_empty())
        || rule.when.as_ref().is_some_and(|when| reads(when, OF_BODY))
}

/// A rule would read the name of a caller of whom the record has a key, or a scope that is masked.
pub fn reads_names(bundle: &Bundle, record: &Record, principal: &Principal) -> bool {
    let keyed = principal.subject == record.caller;
    let scopes = principal.scopes.iter().any(|scope| marks(scope).next().is_some());
    bundle.rules.iter().any(|rule| {
        let when = |facts| rule.when.as_ref().is_some_and(|when| reads(when, facts));
        let subject = rule.matches.principal.as_ref().is_some_and(|who| !who.subject.is_empty());
        (keyed && (subject || when(OF_NAMES)))
            || (scopes && (!rule.requires_scope.is_empty() || when(&[Fact::Scopes])))
    })
}

fn reads(condition: &Expression, facts: &[Fact]) -> bool {
    match condition {
        Expression::Fact(fact) | Expression::HasFact(fact) => facts.contains(fact),
        other => other.children().iter().any(|child| reads(child, facts)),
    }
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn what_the_redactor_writes_is_written_anew() {
        let text = "[REDACTED:email], [REDACTED] and [REDACTED:card#2].";
        assert_eq!(written(text, "0"), "0, [REDACTED] and 0.");
        assert_eq!(written("[REDACTED]", "0"), "0");
        assert_eq!(written("/a?[REDACTED]", "0"), "/a?0");
        for text in
            ["[REDACTED", "", "rm -rf [REDACTED /data]", "'[REDACTED'; drop table users; -- ]'"]
        {
            assert_eq!(written(text, "0"), text);
        }
    }
}
