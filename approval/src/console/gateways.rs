/*! Which policy is in force where. */

use std::sync::Arc;

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::json::Keyed;
use super::page::{Frame, Visitor, problem, render};
use super::{Console, when};
use crate::chains::{Anchored, Health, LogState, Witnessed};
use crate::error::Problem;
use crate::gateways::{self, Gateway};

#[derive(Template)]
#[template(path = "gateways.html")]
struct GatewaysPage {
    frame: Frame,
    gateways: Vec<Row>,
    anchor: Option<AnchorRow>,
    log: Option<LogRow>,
}

/// Of the checkpoints as a log.
struct LogRow {
    vkey: String,
    /// Cosigned by enough; 0: none yet.
    size: u64,
    at: String,
    at_machine: String,
    witnesses: Vec<WitnessRow>,
}

struct WitnessRow {
    name: String,
    url: String,
    size: u64,
    at: String,
    at_machine: String,
    fault: FaultRow,
}

/// Of an anchor or a witness; `why` is empty where nothing is wrong.
struct FaultRow {
    differs: bool,
    why: String,
    since: String,
    since_machine: String,
}

impl From<Health> for FaultRow {
    fn from(health: Health) -> Self {
        let (since, why) = health.failing.unwrap_or_default();
        let (since_machine, since) = (when::machine(since), when::date(since));
        Self { differs: health.differs, why, since, since_machine }
    }
}

/// Of the anchor of checkpoints.
struct AnchorRow {
    url: String,
    taken: u64,
    fault: FaultRow,
}

struct Row {
    gateway: String,
    tenant: String,
    instances: usize,
    release: String,
    bundles: Vec<Bundle>,
    /// For the style, and in words.
    state: &'static str,
    words: &'static str,
    why: String,
    text: String,
    seen: String,
    seen_machine: String,
}

struct Bundle {
    name: String,
    version: String,
    serial: u64,
    /// The begin of its digest.
    revision: String,
    since: String,
    since_machine: String,
}

pub async fn page(State(console): State<Arc<Console>>, visitor: Visitor) -> Response {
    match shown(&console, &visitor).await {
        Ok(page) => render(StatusCode::OK, &page),
        Err(error) => problem(&visitor, &error, "/"),
    }
}

async fn shown(console: &Console, visitor: &Visitor) -> Result<GatewaysPage, Problem> {
    Ok(GatewaysPage {
        frame: visitor.frame("gateways"),
        gateways: console.holds.gateways().await?.into_iter().map(row).collect(),
        anchor: console.holds.anchored().map(anchor),
        log: console.holds.log_state().await?.map(log),
    })
}

fn anchor(Anchored { url, taken, health }: Anchored) -> AnchorRow {
    AnchorRow { url, taken: taken.unwrap_or(0), fault: health.into() }
}

fn log(LogState { vkey, head, witnesses }: LogState) -> LogRow {
    let (size, at) = head.map_or((0, 0), |head| (head.size, head.at));
    LogRow {
        vkey: vkey.to_string(),
        size,
        at: when::date(at),
        at_machine: when::machine(at),
        witnesses: witnesses.into_iter().map(witness).collect(),
    }
}

fn witness(Witnessed { name, url, size, at, health }: Witnessed) -> WitnessRow {
    let (at, at_machine) = (when::date(at), when::machine(at));
    WitnessRow { name, url, size, at, at_machine, fault: health.into() }
}

fn row(gateway: Gateway) -> Row {
    let (state, words) = match gateway.state {
        gateways::State::Silent => ("silent", "not heard of"),
        gateways::State::NoBundle => ("no-bundle", "no bundle"),
        gateways::State::Stale => ("stale", "stale"),
        gateways::State::Failing => ("failing", "in force, next one refused"),
        gateways::State::Current => ("current", "in force"),
    };
    let bundles = gateway.bundles.into_iter().map(|bundle| Bundle {
        revision: bundle.revision.trim_start_matches("sha256:").chars().take(12).collect(),
        name: bundle.name,
        version: bundle.version,
        serial: bundle.serial,
        since: when::date(bundle.since),
        since_machine: when::machine(bundle.since),
    });
    let error = gateway.error;
    Row {
        tenant: gateway.tenant,
        gateway: gateway.gateway,
        instances: gateway.instances,
        release: gateway.release,
        bundles: bundles.collect(),
        state,
        words,
        why: error.as_ref().map(|error| error.why.clone()).unwrap_or_default(),
        text: error.map(|error| error.text).unwrap_or_default(),
        seen: when::date(gateway.seen_at),
        seen_machine: when::machine(gateway.seen_at),
    }
}

#[derive(Serialize)]
pub struct GatewayList {
    gateways: Vec<Gateway>,
}

pub async fn list(
    State(console): State<Arc<Console>>,
    _approver: Keyed,
) -> Result<Json<GatewayList>, Problem> {
    Ok(Json(GatewayList { gateways: console.holds.gateways().await? }))
}
