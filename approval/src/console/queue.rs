/*! The queue: what waits for a decision, the first to expire first. */

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use policy::rule::Severity;
use serde::Deserialize;

use super::page::{Frame, Visitor, problem, render};
use super::sieve::{KINDS, SEVERITIES, Sieve};
use super::{Console, when};
use crate::store::{Hold, Shelf, StoreError};
use crate::view::{View, visible_line};

/// More than this nobody looks through; the oldest come first.
const SHOWN: usize = 200;
/// Open holds that are looked through for it.
const READ: u32 = 5000;

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    frame: Frame,
    sieve: Sieve,
    entries: Vec<Entry>,
    /// Open holds in all.
    open: usize,
}

/// Only what changes, for the page's script.
#[derive(Template)]
#[template(path = "queue_part.html")]
struct QueuePart {
    sieve: Sieve,
    entries: Vec<Entry>,
    open: usize,
}

struct Entry {
    id: String,
    action: String,
    kind: &'static str,
    target: String,
    subject: String,
    agent: String,
    tenant: String,
    description: String,
    rules: String,
    severity: &'static str,
    sql: String,
    left: u64,
    left_words: String,
    whole: u64,
    held_at: String,
    held_machine: String,
}

#[derive(Deserialize)]
pub struct Part {
    #[serde(default)]
    part: String,
}

pub async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Query(query): Query<Part>,
    Query(sieve): Query<Sieve>,
) -> Response {
    let (entries, open) = match entries(&console, &visitor, &sieve).await {
        Ok(entries) => entries,
        Err(error) => return problem(&visitor, &error.into(), "/"),
    };
    if query.part == "queue" {
        return render(StatusCode::OK, &QueuePart { sieve, entries, open });
    }
    let page = QueuePage { frame: visitor.frame("queue"), sieve, entries, open };
    render(StatusCode::OK, &page)
}

/// With the number of open holds in all.
async fn entries(
    console: &Console,
    visitor: &Visitor,
    sieve: &Sieve,
) -> Result<(Vec<Entry>, usize), StoreError> {
    let now = console.now();
    let holds = console.holds.store.list(Shelf::Open, None, READ, now).await?;
    let wanted = holds.iter().filter(|hold| sieve.lets_through(hold, &visitor.approver));
    Ok((wanted.take(SHOWN).map(|hold| entry(hold, now)).collect(), holds.len()))
}

fn entry(hold: &Hold, now: u64) -> Entry {
    let left = hold.expires_at.saturating_sub(now);
    let view = &hold.view;
    Entry {
        id: hold.id.clone(),
        action: view.action.clone(),
        kind: kind_words(view),
        target: format!("{}{}", view.authority, view.path.split('?').next().unwrap_or_default()),
        subject: visible_line(&hold.principal.subject),
        tenant: hold.tenant.clone(),
        agent: hold.principal.agent.as_deref().map(visible_line).unwrap_or_default(),
        description: hold.description.clone(),
        rules: visible_line(&hold.rules.join(", ")),
        severity: severity_words(hold.severity),
        sql: view.sql.first().map(|sql| sql.text.clone()).unwrap_or_default(),
        left,
        left_words: when::span(left),
        whole: u64::from(hold.terms.expiry_seconds),
        held_at: when::date(hold.created_at),
        held_machine: when::machine(hold.created_at),
    }
}

pub fn kind_words(view: &View) -> &'static str {
    match view.kind.as_str() {
        _ if view.proposed => "Proposed by a model",
        "mcp" => "MCP tool",
        "openai" => "Model API",
        _ => "HTTP API",
    }
}

pub fn severity_words(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// The same words as in the filters of the history.
pub fn status_words(status: &str) -> &str {
    match status {
        "redeemed" => "used",
        other => other,
    }
}
