/*! The checkpoints of the chains of records, for whoever keeps them where the store's owner cannot write. */

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::Console;
use super::json::Keyed;
use crate::api::{AnchorStatus, CheckpointList, SignedCheckpoint};
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
    let anchor = console.holds.anchored().map(|anchored| {
        let (failing_since, why) = anchored.failing.unzip();
        AnchorStatus {
            url: anchored.url,
            taken: anchored.taken,
            differs: anchored.differs,
            failing_since,
            why,
        }
    });
    Ok(Json(CheckpointList { checkpoints: checkpoints.collect(), anchor }))
}
