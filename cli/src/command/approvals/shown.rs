/*! Holds in a terminal: the queue, and one of them. */

use approval::api::{HoldDetail, HoldList, HoldSummary};
use approval::progress::Progress;
use approval::records::describe;
use approval::separation::Separation;
use approval::store::Audit;
use approval::trail::words;
use policy::hold::HoldStatus;

use super::{now, standing};
use crate::lifetime;
use crate::print::{clean, table};

pub fn queue(HoldList { holds, next, .. }: &HoldList) -> String {
    if holds.is_empty() && next.is_none() {
        return "no call is on hold".to_owned();
    }
    let now = now();
    let rows: Vec<Vec<String>> = holds
        .iter()
        .map(|hold| {
            vec![
                hold.id.clone(),
                hold.status.name().to_owned(),
                severity(hold),
                hold.principal.subject.clone(),
                lifetime::since(now, hold.created_at),
                if is_open(hold) { lifetime::until(now, hold.expires_at) } else { "-".to_owned() },
                hold.rules.join(","),
                action(hold),
            ]
        })
        .collect();
    let head = ["ID", "STATUS", "SEVERITY", "WHO", "HELD", "EXPIRES", "RULES", "CALL"];
    let more = if next.is_some() { "\nthere are more: add --all" } else { "" };
    format!("{}{more}", table(&head, &rows).trim_end())
}

pub fn severity(hold: &HoldSummary) -> String {
    describe::word(&hold.severity)
}

/// There is something to decide, or to use.
fn is_open(hold: &HoldSummary) -> bool {
    matches!(hold.status, HoldStatus::Pending | HoldStatus::Approved)
}

/// Marked where a model proposes it: nobody made that call yet.
pub fn action(hold: &HoldSummary) -> String {
    if hold.proposed { format!("proposed: {}", hold.action) } else { hold.action.clone() }
}

/// `1 of 2 people of finance (ada), missing: 1 more of finance`.
pub fn approvals(progress: &Progress, pending: bool) -> String {
    let mut text = progress.words();
    if !progress.approved_by.is_empty() {
        text.push_str(&format!(" ({})", progress.approved_by.join(", ")));
    }
    if pending && !progress.missing.is_empty() {
        text.push_str(&format!(", missing: {}", progress.missing));
    }
    text
}

pub fn detail(hold: &HoldDetail) -> String {
    let HoldDetail { summary, view, .. } = hold;
    let (now, who) = (now(), &summary.principal);
    let mut lines = vec![
        field("hold", &summary.id),
        field("status", summary.status.name()),
        field("held", &lifetime::since(now, summary.created_at)),
        field("who", &format!("{} ({})", who.subject, who.issuer)),
        field("owners", &owners(summary)),
        field("waiting", &hold.waiting.to_string()),
    ];
    if is_open(summary) {
        lines.push(field("expires", &lifetime::until(now, summary.expires_at)));
    }
    if !summary.tenant.is_empty() {
        lines.push(field("tenant", &summary.tenant));
    }
    if !summary.lapsed.is_empty() {
        let gone = summary.lapsed.join(", ");
        lines.push(field("uncounted", &format!("{gone}: approved, and could not any more")));
    }
    let pending = summary.status == HoldStatus::Pending;
    let requirements = summary.requirements.iter();
    lines.extend(requirements.map(|one| field("approvals", &approvals(one, pending))));
    lines.extend(hold.barred.iter().filter(|_| pending).map(|why| field("not by you", why)));
    if summary.reason_required && pending {
        lines.push(field("reason", "has to be given: --reason TEXT"));
    }
    if let Some(scope) = summary.scope.as_ref().filter(|_| pending) {
        lines.push(field("scope", &standing::reach(scope)));
    }
    lines.extend(
        summary.standing.iter().map(|id| field("approved by", &format!("standing grant {id}"))),
    );
    let broken = summary.decision.iter().filter(|decision| decision.break_glass);
    lines.extend(
        broken.map(|one| field("approved by", &format!("break glass of {}", one.approver))),
    );
    lines.extend([
        field("call", &action(summary)),
        field(
            if view.proposed { "answer to" } else { "to" },
            &format!("{} {}{}", view.method, view.authority, view.path),
        ),
        field("rules", &summary.rules.join(", ")),
        field("why", &summary.description),
        field(if is_open(summary) { "decide" } else { "page" }, &summary.url),
    ]);
    for statement in &view.sql {
        lines.extend(block("sql", &statement.text));
    }
    lines.extend(view.arguments.iter().flat_map(|arguments| block("arguments", arguments)));
    if view.arguments.is_none() && !view.body.is_empty() {
        lines.extend(block("body", &view.body));
    }
    for step in &hold.trail {
        lines.push(field("trail", &told(step, now)));
    }
    lines.join("\n")
}

/// `3m 2s ago: denied by ann: the account is closed`.
pub fn told(step: &Audit, now: u64) -> String {
    let (since, words) = (lifetime::since(now, step.at), words(&step.action));
    let mut text = format!("{since}: {words} {}", step.actor).trim_end().to_owned();
    if !step.reason_text.is_empty() {
        text.push_str(&format!(": {}", step.reason_text));
    }
    text
}

/// Whose the agent is; none of them may approve.
fn owners(hold: &HoldSummary) -> String {
    match hold.separation {
        Separation::Proven => hold.principal.owners.join(", "),
        Separation::NotProven => "not known: separation is not proven".to_owned(),
    }
}

fn field(name: &str, text: &str) -> String {
    format!("{name:12} {}", clean(text))
}

/// Text of several lines, each cleaned.
fn block(name: &str, text: &str) -> Vec<String> {
    let mut lines = vec![name.to_owned()];
    lines.extend(text.lines().map(|line| format!("    {}", clean(line))));
    lines
}
