/*! What is in force, what was, and the way to lift one. */

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use policy::kill::Whom;
use serde::Deserialize;

use crate::api::{KillState, KillSummary};
use crate::console::killers::Killer;
use crate::console::page::{Frame, Visitor, problem, render};
use crate::console::{Console, when};
use crate::error::Problem;
use crate::kills::{TenantReach, words};
use crate::separation::Separation;
use crate::store::{Audit, Kill};
use crate::trail;
use crate::view::visible_line;

/// Rows of the trail that are read for one page.
const TRAIL: u32 = 5000;
/// Tenants that are told of one kill.
const BEHIND: usize = 5;

#[derive(Template)]
#[template(path = "kills.html")]
struct KillsPage {
    frame: Frame,
    in_force: Vec<Row>,
    over: Vec<Row>,
    /// Of the kill that was just set by a name that no record has.
    unrecorded: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Just {
    /// Id of a kill.
    unrecorded: String,
}

struct Row {
    id: String,
    who: String,
    agent: String,
    issuer: String,
    /// The key, and what has it.
    key: String,
    of: &'static str,
    gateways: String,
    /// Nobody knows whose it is, so its owner may lift it.
    unowned: bool,
    reason_text: String,
    killed_by: String,
    until: Time,
    left: u64,
    left_words: String,
    state: &'static str,
    class: &'static str,
    lifted_by: String,
    ended: Time,
    workers: usize,
    heard: usize,
    /// Tenants in which some have not, and how many of them are not told.
    behind: Vec<TenantReach>,
    more_behind: usize,
    /// Why whoever looks may not lift it.
    barred: &'static str,
    trail: Vec<Step>,
}

struct Step {
    at: Time,
    words: &'static str,
    actor: String,
    reason_text: String,
}

struct Time {
    words: String,
    machine: String,
}

impl Time {
    fn of(at: u64) -> Self {
        Self { words: when::date(at), machine: when::machine(at) }
    }
}

pub async fn page(
    State(console): State<Arc<Console>>,
    Killer { visitor, .. }: Killer,
    Query(just): Query<Just>,
) -> Response {
    match read(&console, &visitor, &just).await {
        Ok(page) => render(StatusCode::OK, &page),
        Err(error) => problem(&visitor, &error, "/"),
    }
}

async fn read(console: &Console, visitor: &Visitor, just: &Just) -> Result<KillsPage, Problem> {
    let kills = console.holds.kill_list().await?;
    let mut trails = console.holds.store.kill_trails(TRAIL).await?;
    let (mut in_force, mut over) = (Vec::new(), Vec::new());
    let reached = console.holds.reached();
    for kill in &kills {
        let summary = console.kill_summary(kill, &reached);
        let row = row(console, visitor, (kill, summary), &mut trails);
        if row.state == KillState::InForce.words() { in_force.push(row) } else { over.push(row) }
    }
    // Looked up, so that no link makes the page say what somebody else thought of.
    let unrecorded = in_force.iter().find(|row| row.id == just.unrecorded);
    let unrecorded = unrecorded.map(|row| row.who.clone()).unwrap_or_default();
    Ok(KillsPage { frame: visitor.frame("kills"), in_force, over, unrecorded })
}

fn row(
    console: &Console,
    visitor: &Visitor,
    (kill, summary): (&Kill, KillSummary),
    trails: &mut BTreeMap<String, Vec<Audit>>,
) -> Row {
    let left = summary.until.saturating_sub(console.now());
    let reach = summary.reach.unwrap_or_default();
    let mut behind = reach.tenants;
    behind.retain(|one| one.workers < one.heard);
    let more_behind = behind.len().saturating_sub(BEHIND);
    behind.truncate(BEHIND);
    Row {
        who: summary.subject.unwrap_or_default(),
        agent: summary.agent.unwrap_or_default(),
        issuer: summary.issuer.unwrap_or_default(),
        key: summary.whom.key().to_owned(),
        of: match summary.whom {
            Whom::Caller(_) => "all it does",
            Whom::Token(_) => "one token",
        },
        gateways: gateways(summary.tenant.as_deref()),
        unowned: summary.state == KillState::InForce && summary.separation == Separation::NotProven,
        reason_text: summary.reason_text,
        killed_by: summary.killed_by,
        until: Time::of(summary.until),
        left,
        left_words: when::span(left),
        state: summary.state.words(),
        class: match summary.state {
            KillState::InForce => "no-bundle",
            KillState::Expired | KillState::Lifted => "over",
        },
        lifted_by: summary.lifted_by.unwrap_or_default(),
        ended: Time::of(summary.lifted_at.unwrap_or(summary.until)),
        workers: reach.workers,
        heard: reach.heard,
        behind,
        more_behind,
        barred: console.holds.bar_of_kill(kill, &visitor.approver).map_or("", words),
        trail: trails.remove(&summary.id).unwrap_or_default().into_iter().map(step).collect(),
        id: summary.id,
    }
}

fn step(audit: Audit) -> Step {
    Step {
        at: Time::of(audit.at),
        words: trail::words(&audit.action),
        actor: visible_line(&audit.actor),
        reason_text: audit.reason_text,
    }
}

fn gateways(tenant: Option<&str>) -> String {
    match tenant {
        None => "all gateways".to_owned(),
        Some("") => "gateways without a tenant".to_owned(),
        Some(tenant) => format!("gateways of {tenant}"),
    }
}

#[derive(Deserialize)]
pub struct Lifted {
    csrf: String,
    #[serde(default)]
    reason: String,
}

pub async fn lift(
    State(console): State<Arc<Console>>,
    Killer { visitor, peer }: Killer,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Lifted>, FormRejection>,
) -> Response {
    let back = "/kills";
    let Ok(Form(Lifted { csrf, reason })) = form else {
        return problem(&visitor, &Problem::bad_request("this is no form of the page"), back);
    };
    if let Err(refused) = visitor.decides(&console, &headers, &csrf) {
        return problem(&visitor, &refused, back);
    }
    match console.holds.lift(&id, &reason, &visitor.approver, &peer).await {
        Ok(_) => Redirect::to(back).into_response(),
        Err(error) => problem(&visitor, &error, back),
    }
}
