/*! What was decided, or ended without a decision. */

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use policy::hold::HoldStatus;
use serde::Deserialize;

use super::leaf::{Leaf, Turn};
use super::outcome::decided_by;
use super::page::{Frame, Visitor, problem, render};
use super::sieve::{KINDS, SEVERITIES, Sieve};
use super::{Console, when};
use crate::store::{Hold, Place, Shelf};
use crate::view::visible_line;

const PAGE: usize = 50;

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
    sieve: Sieve,
    entries: Vec<Entry>,
    /// Queries of the pages beside it.
    newer: Option<String>,
    older: Option<String>,
    first: bool,
}

struct Entry {
    id: String,
    action: String,
    subject: String,
    rules: String,
    status: &'static str,
    /// Those who decided.
    approver: String,
    /// Where nobody did.
    nobody: &'static str,
    break_glass: bool,
    took_back: bool,
    reason_text: String,
    held_at: String,
    held_machine: String,
}

#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    status: String,
}

pub async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
    Query(turn): Query<Turn>,
    Query(sieve): Query<Sieve>,
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
    let cut = match turn.cut() {
        Ok(cut) => cut,
        Err(error) => return problem(&visitor, &error, "/history"),
    };
    let leaf = match Leaf::read(&console, &visitor.approver, &sieve, shelf, cut, PAGE).await {
        Ok(leaf) => leaf,
        Err(error) => return problem(&visitor, &error.into(), "/"),
    };
    let chosen =
        FILTERS.iter().find(|(name, _)| *name == wanted.status).map_or("", |(name, _)| name);
    let beside =
        |place: Place, side: &str| sieve.query(&[("status", chosen), (side, &place.to_string())]);
    let newer = leaf.previous.map(|place| beside(place, "before"));
    let older = leaf.next.map(|place| beside(place, "after"));
    let page = HistoryPage {
        frame: visitor.frame("history"),
        filters: FILTERS,
        chosen: chosen.to_owned(),
        sieve,
        first: newer.is_none(),
        newer,
        older,
        entries: leaf.holds.iter().map(|hold| entry(hold, now)).collect(),
    };
    render(StatusCode::OK, &page)
}

/// Why there is no decision.
fn nobody(status: HoldStatus) -> &'static str {
    match status {
        HoldStatus::Cancelled => "the caller left before a decision",
        HoldStatus::Expired => "nobody decided in time",
        _ => "nobody decided",
    }
}

fn entry(hold: &Hold, now: u64) -> Entry {
    let decision = hold.decision.as_ref();
    Entry {
        id: hold.id.clone(),
        action: hold.view.action.clone(),
        subject: visible_line(&hold.principal.subject),
        rules: visible_line(&hold.rules.join(", ")),
        status: hold.status_at(now).name(),
        approver: decided_by(hold).join(", "),
        nobody: nobody(hold.status_at(now)),
        break_glass: decision.is_some_and(|d| d.break_glass),
        took_back: decision.is_some_and(|d| d.took_back),
        reason_text: decision.map(|d| d.reason_text.clone()).unwrap_or_default(),
        held_at: when::date(hold.created_at),
        held_machine: when::machine(hold.created_at),
    }
}
