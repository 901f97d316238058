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
use crate::chains::Anchored;
use crate::error::Problem;
use crate::gateways::{self, Gateway};

#[derive(Template)]
#[template(path = "gateways.html")]
struct GatewaysPage {
    frame: Frame,
    gateways: Vec<Row>,
    anchor: Option<AnchorRow>,
}

/// Of the anchor of checkpoints.
struct AnchorRow {
    url: String,
    taken: u64,
    differs: bool,
    why: String,
    since: String,
    since_machine: String,
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
    match console.holds.gateways().await {
        Ok(gateways) => {
            let page = GatewaysPage {
                frame: visitor.frame("gateways"),
                gateways: gateways.into_iter().map(row).collect(),
                anchor: console.holds.anchored().map(anchor),
            };
            render(StatusCode::OK, &page)
        }
        Err(error) => problem(&visitor, &error, "/"),
    }
}

fn anchor(anchored: Anchored) -> AnchorRow {
    let (since, why) = anchored.failing.unwrap_or_default();
    AnchorRow {
        url: anchored.url,
        taken: anchored.taken,
        differs: anchored.differs,
        why,
        since: when::date(since),
        since_machine: when::machine(since),
    }
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
