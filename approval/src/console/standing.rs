/*! Standing grants: what passes without anybody being asked again, and the way to end it. */

use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use serde::Deserialize;

use super::json::Keyed;
use super::page::{Frame, Visitor, problem, render};
use super::{Console, when};
use crate::api::{StandingList, StandingStatus, StandingSummary, within};
use crate::error::Problem;

#[derive(Template)]
#[template(path = "standing.html")]
struct StandingPage {
    frame: Frame,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    /// The hold it was approved with.
    hold: String,
    action: String,
    subject: String,
    agent: String,
    rules: String,
    approved_by: String,
    free: Vec<(String, String)>,
    used: String,
    status: &'static str,
    active: bool,
    ends: String,
    ends_machine: String,
    revoked_by: String,
}

pub async fn page(State(console): State<Arc<Console>>, visitor: Visitor) -> Response {
    match summaries(&console).await {
        Ok(grants) => {
            let rows = grants.into_iter().map(row).collect();
            render(StatusCode::OK, &StandingPage { frame: visitor.frame("standing"), rows })
        }
        Err(error) => problem(&visitor, &error, "/"),
    }
}

pub async fn list(
    State(console): State<Arc<Console>>,
    _approver: Keyed,
) -> Result<Json<StandingList>, Problem> {
    Ok(Json(StandingList { standing_grants: summaries(&console).await? }))
}

#[derive(Deserialize)]
pub struct Revocation {
    csrf: String,
}

pub async fn revoke(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Revocation>, FormRejection>,
) -> Response {
    let csrf = form.map(|Form(form)| form.csrf).unwrap_or_default();
    if let Err(refused) = visitor.sent(&console, &headers, &csrf) {
        return problem(&visitor, &refused, "/standing");
    }
    match console.holds.revoke(&id, &visitor.approver, &peer.ip().to_string()).await {
        Ok(()) => Redirect::to("/standing").into_response(),
        Err(error) => problem(&visitor, &error, "/standing"),
    }
}

pub async fn revoke_by_key(
    State(console): State<Arc<Console>>,
    Keyed(approver): Keyed,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(id): Path<String>,
) -> Result<Json<StandingList>, Problem> {
    console.holds.revoke(&id, &approver, &peer.ip().to_string()).await?;
    let one = summaries(&console).await?.into_iter().filter(|grant| grant.id == id);
    Ok(Json(StandingList { standing_grants: one.collect() }))
}

async fn summaries(console: &Console) -> Result<Vec<StandingSummary>, Problem> {
    let now = console.now();
    let grants = console.holds.standing_grants().await?;
    let url = |id: &str| console.holds.url(id);
    Ok(grants.iter().map(|one| StandingSummary::new(one, url(&one.hold.id), now)).collect())
}

fn row(grant: StandingSummary) -> Row {
    Row {
        hold: grant.hold.id,
        action: grant.hold.action,
        subject: grant.hold.principal.subject,
        agent: grant.hold.principal.agent.unwrap_or_default(),
        rules: grant.hold.rules.join(", "),
        approved_by: grant.hold.approved_by.join(", "),
        free: grant.free.into_iter().map(|(place, globs)| (place, within(&globs))).collect(),
        used: format!("{} of {}", grant.uses - grant.uses_left.min(grant.uses), grant.uses),
        status: grant.status.name(),
        active: matches!(grant.status, StandingStatus::Active | StandingStatus::Lapsed),
        ends: when::date(grant.expires_at),
        ends_machine: when::machine(grant.expires_at),
        revoked_by: grant.revoked_by.unwrap_or_default(),
        id: grant.id,
    }
}
