/*! Kills as JSON, for whoever may and has an approver's key. */

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};

use crate::api::{KillList, KillRequest, KillSummary, LiftRequest};
use crate::console::Console;
use crate::console::killers::KeyedKiller;
use crate::error::Problem;
use crate::filter_api::json;
use crate::kills::Reached;
use crate::store::Kill;

impl Console {
    pub(super) fn kill_summary(&self, kill: &Kill, reached: &Reached) -> KillSummary {
        KillSummary::new(kill, self.holds.separation_of(kill), reached, self.now())
    }
}

pub async fn list(
    State(console): State<Arc<Console>>,
    _killer: KeyedKiller,
) -> Result<Json<KillList>, Problem> {
    let kills = console.holds.kill_list().await?;
    let reached = console.holds.reached();
    let all = kills.iter().map(|one| console.kill_summary(one, &reached));
    Ok(Json(KillList { kills: all.collect() }))
}

pub async fn kill(
    State(console): State<Arc<Console>>,
    KeyedKiller { approver, peer }: KeyedKiller,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<KillSummary>, Problem> {
    let request: KillRequest = json(body)?;
    console.paced(&approver)?;
    let (kill, changed) = console.holds.kill(&request, None, &approver, &peer).await?;
    Ok(Json(KillSummary {
        changed: Some(changed),
        recorded: console.holds.recorded(&kill).await,
        ..console.kill_summary(&kill, &console.holds.reached())
    }))
}

pub async fn lift(
    State(console): State<Arc<Console>>,
    KeyedKiller { approver, peer }: KeyedKiller,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<KillSummary>, Problem> {
    let LiftRequest { reason } = json(body)?;
    console.paced(&approver)?;
    let kill = console.holds.lift(&id, &reason, &approver, &peer).await?;
    Ok(Json(console.kill_summary(&kill, &console.holds.reached())))
}
