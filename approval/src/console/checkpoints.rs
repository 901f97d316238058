/*! The checkpoints of the chains of records, for whoever keeps them where the store's owner cannot write. */

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::Console;
use super::json::Keyed;
use crate::api::{AnchorStatus, CheckpointList, LogStatus, SignedCheckpoint, WitnessStatus};
use crate::chains::{Anchored, LogState, Witnessed};
use crate::error::Problem;

/// Each may have half a megabyte.
const LISTED: u32 = 10;

#[derive(Deserialize)]
pub struct After {
    #[serde(default)]
    after: u64,
}

pub async fn list(
    State(console): State<Arc<Console>>,
    Keyed(_): Keyed,
    query: Result<Query<After>, QueryRejection>,
) -> Result<Json<CheckpointList>, Problem> {
    let Query(After { after }) = query.map_err(|error| Problem::bad_request(error.body_text()))?;
    let signed = console.holds.store.checkpoints(after, LISTED).await?.into_iter();
    let checkpoints = signed.map(|one| SignedCheckpoint { number: one.number, jws: one.jws });
    let anchor = console.holds.anchored().map(anchor);
    let log = console.holds.log_state().await?.map(log);
    Ok(Json(CheckpointList { checkpoints: checkpoints.collect(), anchor, log }))
}

/// The newest tree head that enough witnesses cosigned, as a signed note.
pub async fn tree_head(
    State(console): State<Arc<Console>>,
    Keyed(_): Keyed,
) -> Result<String, Problem> {
    let log = console.holds.log_state().await?;
    let head = log.and_then(|log| log.head);
    head.map(|head| head.note).ok_or_else(Problem::no_tree_head)
}

fn anchor(Anchored { url, taken, health }: Anchored) -> AnchorStatus {
    let (failing_since, why) = health.failing.unzip();
    let taken = taken.unwrap_or(0);
    AnchorStatus { url, taken, differs: health.differs, failing_since, why }
}

fn log(LogState { vkey, head, witnesses }: LogState) -> LogStatus {
    let (size, at) = head.map_or((0, 0), |head| (head.size, head.at));
    let witnesses = witnesses.into_iter().map(witness).collect();
    LogStatus { vkey: vkey.to_string(), size, at, witnesses }
}

fn witness(Witnessed { name, url, size, at, health }: Witnessed) -> WitnessStatus {
    let (failing_since, why) = health.failing.unzip();
    WitnessStatus { name, url, size, at, differs: health.differs, failing_since, why }
}
