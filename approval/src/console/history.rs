/*! What was decided, or ended without a decision. */

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use policy::hold::HoldStatus;
use serde::Deserialize;

use super::page::{Frame, Visitor, problem, render};
use super::sieve::{KINDS, SEVERITIES, Sieve};
use super::{Console, when};
use crate::store::{Hold, Shelf, StoreError};
use crate::view::visible_line;

const PAGE: usize = 50;
/// Read at once, and at most for one page: what is sifted out is read, too.
const BATCH: u32 = 200;
const BATCHES: usize = 25;

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
    /// The query of the next page.
    next: Option<String>,
    first: bool,
}

struct Entry {
    id: String,
    action: String,
    subject: String,
    rules: String,
    status: &'static str,
    approver: String,
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
    before: Option<i64>,
}

pub async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
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
    let sifted = sift(&console, &visitor, shelf, wanted.before, &sieve).await;
    let (holds, next) = match sifted {
        Ok(sifted) => sifted,
        Err(error) => return problem(&visitor, &error.into(), "/"),
    };
    let chosen =
        FILTERS.iter().find(|(name, _)| *name == wanted.status).map_or("", |(name, _)| name);
    let next = next.map(|seq| sieve.query(&[("status", chosen), ("before", &seq.to_string())]));
    let page = HistoryPage {
        frame: visitor.frame("history"),
        filters: FILTERS,
        chosen: chosen.to_owned(),
        sieve,
        next,
        first: wanted.before.is_none(),
        entries: holds.iter().map(|hold| entry(hold, now)).collect(),
    };
    render(StatusCode::OK, &page)
}

/// One page, and the place where the next one starts.
async fn sift(
    console: &Console,
    visitor: &Visitor,
    shelf: Shelf,
    mut before: Option<i64>,
    sieve: &Sieve,
) -> Result<(Vec<Hold>, Option<i64>), StoreError> {
    let mut page = Vec::new();
    for _ in 0..BATCHES {
        let batch = console.holds.store.list(shelf, before, BATCH, console.now()).await?;
        let last = batch.len() < BATCH as usize;
        for hold in batch {
            if page.len() == PAGE {
                return Ok((page, before));
            }
            before = Some(hold.seq);
            if sieve.lets_through(&hold, &visitor.approver) {
                page.push(hold);
            }
        }
        if last {
            return Ok((page, None));
        }
    }
    Ok((page, before))
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
        took_back: decision.is_some_and(|d| d.took_back),
        reason_text: decision.map(|d| d.reason_text.clone()).unwrap_or_default(),
        held_at: when::date(hold.created_at),
        held_machine: when::machine(hold.created_at),
    }
}
