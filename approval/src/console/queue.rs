/*! The queue: what waits for a decision, the first to expire first. */

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use policy::rule::Severity;
use serde::Deserialize;

use super::leaf::{Leaf, Turn};
use super::page::{Frame, Visitor, problem, render};
use super::sieve::{KINDS, SEVERITIES, Sieve};
use super::{Console, when};
use crate::error::Problem;
use crate::store::{Hold, Place, Shelf};
use crate::view::{View, visible_line};

const PAGE: usize = 100;

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    frame: Frame,
    list: List,
}

/// Only what changes, for the page's script.
#[derive(Template)]
#[template(path = "queue_part.html")]
struct QueuePart {
    list: List,
}

struct List {
    sieve: Sieve,
    entries: Vec<Entry>,
    /// Open holds in all.
    open: u64,
    /// Queries of the pages beside it.
    previous: Option<String>,
    next: Option<String>,
}

impl List {
    /// Whether there are others than those.
    fn is_part(&self) -> bool {
        self.previous.is_some() || self.next.is_some()
    }

    /// What waits, as the page's title says.
    fn count(&self) -> u64 {
        if self.sieve.is_open() { self.open } else { self.entries.len() as u64 }
    }
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
    Query(turn): Query<Turn>,
    Query(sieve): Query<Sieve>,
) -> Response {
    let list = match read(&console, &visitor, sieve, &turn).await {
        Ok(list) => list,
        Err(error) => return problem(&visitor, &error, "/"),
    };
    if query.part == "queue" {
        return render(StatusCode::OK, &QueuePart { list });
    }
    render(StatusCode::OK, &QueuePage { frame: visitor.frame("queue"), list })
}

async fn read(
    console: &Console,
    visitor: &Visitor,
    sieve: Sieve,
    turn: &Turn,
) -> Result<List, Problem> {
    let (now, cut) = (console.now(), turn.cut()?);
    let leaf = Leaf::read(console, &visitor.approver, &sieve, Shelf::Open, cut, PAGE).await?;
    let beside = |place: Place, side: &str| sieve.query(&[(side, &place.to_string())]);
    Ok(List {
        entries: leaf.holds.iter().map(|hold| entry(hold, now)).collect(),
        open: console.holds.store.open_holds(now).await?,
        previous: leaf.previous.map(|place| beside(place, "before")),
        next: leaf.next.map(|place| beside(place, "after")),
        sieve,
    })
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
