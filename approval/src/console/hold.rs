/*! One hold: who wants what, why it waits, how long is left, and the form to decide. */

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use policy::hold::{Approval, HoldStatus, Scope};

use super::outcome::{decided_by, outcome, progress, state, taken_by};
use super::page::{Frame, Visitor, problem, render};
use super::queue::{kind_words, severity_words};
use super::sessions::timeline;
use super::{Console, when};
use crate::api::shown_owners;
use crate::approver::Approver;
use crate::error::Problem;
use crate::progress::Progress;
use crate::records::store::of_tenant;
use crate::separation::{Bar, Separation};
use crate::store::{Audit, Hold};
use crate::trail::words;
use crate::view::{Before, visible_line};

/// Other holds of the session that are shown.
const OTHERS: u32 = 10;

#[derive(Template)]
#[template(path = "hold.html")]
pub struct HoldPage {
    frame: Frame,
    hold: Hold,
    /// Text that goes on the page escaped but otherwise as it is.
    subject: String,
    issuer: String,
    groups: Vec<String>,
    agent: String,
    rules: Vec<String>,
    requirements: Vec<Progress>,
    /// Who approved and does not count any more, while that matters.
    lapsed: Vec<String>,
    /// `false`: it is approved, and not by enough people any more.
    bears: bool,
    /// Who let it pass or did not; empty where nobody decided.
    decided_by: String,
    /// This approver's word counts already.
    approved: bool,
    /// Theirs would be the last that is needed.
    suffices: bool,
    /// What a page that is open compares itself by, and what it tells whoever is in the middle of writing.
    state: String,
    progress: String,
    /// Why this approver has nothing to decide here; empty where they have.
    not_yours: &'static str,
    /// Why they may deny it and never approve it; empty where they may.
    barred: &'static str,
    /// They may end the approval there is.
    takes_back: bool,
    /// They may let it pass at once.
    breaks: bool,
    /// Whether it is known whose the agent is, and whose.
    separated: bool,
    owners: Vec<String>,
    /// How far an approval may reach, where it may.
    scope: Option<Scope>,
    scope_lasts: String,
    revision: String,
    kind: &'static str,
    severity: &'static str,
    status: &'static str,
    outcome: &'static str,
    /// The exchange that took the approval; empty where none did.
    exchange: String,
    left: u64,
    left_words: String,
    held_at: String,
    held_machine: String,
    expires_at: String,
    expires_machine: String,
    trail: Vec<Step>,
    /// What its session did before, the latest last.
    earlier: Vec<Earlier>,
    /// Other holds of its session, the latest first.
    others: Vec<Other>,
    /// The page of its session, and whether the exchange that waited is kept: for those who may look.
    session: String,
    recorded: bool,
    /// What went wrong with the decision that was just tried.
    notice: String,
    reason_text: String,
}

struct Earlier {
    at: String,
    at_machine: String,
    words: &'static str,
    action: String,
}

struct Other {
    id: String,
    action: String,
    status: &'static str,
    held_at: String,
    held_machine: String,
}

struct Step {
    at: String,
    at_machine: String,
    words: &'static str,
    actor: String,
    reason_text: String,
}

pub async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Response {
    show(&console, &visitor, &id, StatusCode::OK, String::new(), String::new()).await
}

pub async fn show(
    console: &Console,
    visitor: &Visitor,
    id: &str,
    status: StatusCode,
    notice: String,
    reason_text: String,
) -> Response {
    match read(console, visitor, id).await {
        Ok(page) => render(status, &HoldPage { notice, reason_text, ..page }),
        Err(error) => problem(visitor, &error, "/"),
    }
}

async fn read(console: &Console, visitor: &Visitor, id: &str) -> Result<HoldPage, Problem> {
    let now = console.now();
    let hold = console.holds.found(id).await?;
    let trail = console.holds.store.trail(id).await?;
    let others = match hold.view.session.is_empty() {
        true => Vec::new(),
        false => console.holds.store.of_session(&hold, OTHERS).await?,
    };
    let (session, recorded) = match visitor.looks {
        true => recorded(console, &hold).await?,
        false => (String::new(), false),
    };
    let left = hold.expires_at.saturating_sub(now);
    let principal = &hold.principal;
    let status = hold.status_at(now);
    let scope = hold.scope().cloned();
    let requirements = Progress::of(&hold);
    let suffices = approver_suffices(&hold, &visitor.approver);
    Ok(HoldPage {
        frame: visitor.frame(if status == HoldStatus::Pending { "queue" } else { "history" }),
        subject: visible_line(&principal.subject),
        issuer: visible_line(&principal.issuer),
        groups: principal.groups.iter().map(|group| visible_line(group)).collect(),
        agent: principal.agent.as_deref().map(visible_line).unwrap_or_default(),
        rules: hold.rules.iter().map(|rule| visible_line(rule)).collect(),
        decided_by: decided_by(&hold).join(", "),
        approved: hold.has_approval_of(&visitor.approver.name()),
        suffices,
        state: state(&hold, status),
        progress: requirements.iter().map(progress).collect::<Vec<_>>().join(" "),
        requirements,
        lapsed: match status {
            HoldStatus::Pending | HoldStatus::Approved => {
                hold.lapsed.iter().map(|name| visible_line(name)).collect()
            }
            _ => Vec::new(),
        },
        bears: status != HoldStatus::Approved || hold.bears(),
        not_yours: not_yours(&hold, &visitor.approver),
        barred: console.holds.bar(&hold, &visitor.approver).map_or("", Bar::words),
        takes_back: console.holds.takes_back(&hold, &visitor.approver),
        breaks: console.holds.barred_from_breaking(&hold, &visitor.approver).is_none(),
        separated: Separation::of(principal) == Separation::Proven,
        owners: shown_owners(principal),
        scope_lasts: when::span(scope.as_ref().map_or(0, |one| one.lasts_seconds.into())),
        scope,
        revision: visible_line(&hold.revision),
        kind: kind_words(&hold.view),
        severity: severity_words(hold.severity),
        status: status.name(),
        outcome: outcome(status),
        exchange: taken_by(&trail),
        left,
        left_words: when::span(left),
        held_at: when::date(hold.created_at),
        held_machine: when::machine(hold.created_at),
        expires_at: when::date(hold.expires_at),
        expires_machine: when::machine(hold.expires_at),
        trail: trail.into_iter().map(step).collect(),
        earlier: hold.view.before.iter().map(earlier).collect(),
        others: others.iter().map(|hold| other(hold, now)).collect(),
        session,
        recorded,
        notice: String::new(),
        reason_text: String::new(),
        hold,
    })
}

async fn recorded(console: &Console, hold: &Hold) -> Result<(String, bool), Problem> {
    let records = &console.holds.records;
    let id = of_tenant(&hold.tenant, hold.view.session.clone());
    let session = records.session(&id).await?;
    let path = session.map(|session| timeline::path(&session.id)).unwrap_or_default();
    Ok((path, !records.found(&hold.id, Some(hold.tenant.as_str())).await?.is_empty()))
}

/// Whoever approved may still deny: the form stays for them.
fn not_yours(hold: &Hold, approver: &Approver) -> &'static str {
    if approver.groups(&hold.terms).is_some() {
        return "";
    }
    "This hold is for approvers of other groups than yours."
}

fn approver_suffices(hold: &Hold, approver: &Approver) -> bool {
    let Some(groups) = approver.groups(&hold.terms) else { return false };
    let theirs = Approval { approver: approver.name(), groups };
    let with: Vec<_> = hold.counted.iter().cloned().chain([theirs]).collect();
    hold.terms.satisfied_by(&with)
}

fn earlier(before: &Before) -> Earlier {
    Earlier {
        at: when::date(before.at),
        at_machine: when::machine(before.at),
        words: before.words(),
        action: before.action.clone(),
    }
}

fn other(hold: &Hold, now: u64) -> Other {
    Other {
        id: hold.id.clone(),
        action: hold.view.action.clone(),
        status: hold.status_at(now).name(),
        held_at: when::date(hold.created_at),
        held_machine: when::machine(hold.created_at),
    }
}

fn step(audit: Audit) -> Step {
    Step {
        at: when::date(audit.at),
        at_machine: when::machine(audit.at),
        words: words(&audit.action),
        actor: visible_line(&audit.actor),
        reason_text: audit.reason_text,
    }
}
