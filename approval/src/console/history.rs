/*! What was decided, or ended without a decision. */

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use policy::hold::HoldStatus;
use serde::Deserialize;

use super::page::{Frame, Visitor, problem, render};
use super::{Console, when};
use crate::store::{Hold, Shelf};
use crate::view::visible_line;

const PAGE: u32 = 50;

const FILTERS: &[(&str, &str)] = &[
    ("", "All"),
    ("approved", "Approved"),
    ("redeemed", "Used"),
    ("denied", "Denied"),
    ("expired", "Expired"),
    ("cancelled", "Cancelled"),
];

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    frame: Frame,
    filters: &'static [(&'static str, &'static str)],
    chosen: String,
    entries: Vec<Entry>,
    /// Where the next page starts.
    next: Option<i64>,
}

struct Entry {
    id: String,
    action: String,
    subject: String,
    rules: String,
    status: &'static str,
    approver: String,
    break_glass: bool,
    reason_text: String,
    held_at: String,
    held_machine: String,
}

#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    status: String,
    before: Option<i64>,
}

pub async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Response {
    let now = console.now();
    let shelf = match wanted.status.as_str() {
        "approved" => Shelf::Only(HoldStatus::Approved),
        "redeemed" => Shelf::Only(HoldStatus::Redeemed),
        "denied" => Shelf::Only(HoldStatus::Denied),
        "expired" => Shelf::Only(HoldStatus::Expired),
        "cancelled" => Shelf::Only(HoldStatus::Cancelled),
        _ => Shelf::Settled,
    };
    let holds = match console.holds.store.list(shelf, wanted.before, PAGE + 1, now).await {
        Ok(holds) => holds,
        Err(error) => return problem(&visitor, &error.into(), "/"),
    };
    let page = holds.get(..PAGE as usize);
    let next = page.and_then(|page| page.last()).filter(|_| holds.len() > PAGE as usize);
    let chosen =
        FILTERS.iter().find(|(name, _)| *name == wanted.status).map_or("", |(name, _)| name);
    let page = HistoryPage {
        frame: visitor.frame("history"),
        filters: FILTERS,
        chosen: chosen.to_owned(),
        next: next.map(|hold| hold.seq),
        entries: page.unwrap_or(&holds).iter().map(|hold| entry(hold, now)).collect(),
    };
    render(StatusCode::OK, &page)
}

fn entry(hold: &Hold, now: u64) -> Entry {
    let decision = hold.decision.as_ref();
    Entry {
        id: hold.id.clone(),
        action: hold.view.action.clone(),
        subject: visible_line(&hold.principal.subject),
        rules: visible_line(&hold.rules.join(", ")),
        status: hold.status_at(now).name(),
        approver: decision.map(|d| visible_line(&d.approver)).unwrap_or_default(),
        break_glass: decision.is_some_and(|d| d.break_glass),
        reason_text: decision.map(|d| d.reason_text.clone()).unwrap_or_default(),
        held_at: when::date(hold.created_at),
        held_machine: when::machine(hold.created_at),
    }
}
