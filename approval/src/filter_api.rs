/*! The filter's API, behind mutual TLS. Bodies are those of `policy::hold` and `policy::report`. */

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use policy::hold::{CancelRequest, HoldRequest, HoldState, LeaveRequest, RedeemRequest};
use policy::report::Report;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::Problem;
use crate::holds::{Holds, Redeemed};

const BODY_LIMIT: usize = 2 * 1024 * 1024;

pub fn router(holds: Arc<Holds>) -> Router {
    Router::new()
        .route("/healthz", get(health))
        .route("/v1/holds", post(request))
        .route("/v1/holds/{id}/wait", get(wait))
        .route("/v1/holds/{id}/redeem", post(redeem))
        .route("/v1/leave", post(leave))
        .route("/v1/cancel", post(cancel))
        .route("/v1/gateways", post(report))
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::not_found())
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(holds)
}

pub async fn health(State(holds): State<Arc<Holds>>) -> Result<&'static str, Problem> {
    holds.store.healthy().await?;
    Ok("ok\n")
}

async fn request(
    State(holds): State<Arc<Holds>>,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Json<HoldState>, Problem> {
    Ok(Json(holds.request(json::<HoldRequest>(body)?).await?))
}

#[derive(Deserialize)]
struct Wait {
    #[serde(default)]
    ms: u64,
    exchange: String,
}

async fn wait(
    State(holds): State<Arc<Holds>>,
    Path(id): Path<String>,
    query: Result<Query<Wait>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<HoldState>, Problem> {
    let Query(query) = query.map_err(|error| Problem::bad_request(error.body_text()))?;
    Ok(Json(holds.wait(&id, &query.exchange, query.ms).await?))
}

async fn redeem(
    State(holds): State<Arc<Holds>>,
    Path(id): Path<String>,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, Problem> {
    Ok(match holds.redeem(&id, &json::<RedeemRequest>(body)?).await? {
        Redeemed::Once(response) => Json(response).into_response(),
        Redeemed::Not(state) => (StatusCode::CONFLICT, Json(state)).into_response(),
    })
}

async fn leave(
    State(holds): State<Arc<Holds>>,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<StatusCode, Problem> {
    let request: LeaveRequest = json(body)?;
    holds.leave_all(&request.exchange).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn cancel(
    State(holds): State<Arc<Holds>>,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<StatusCode, Problem> {
    let request: CancelRequest = json(body)?;
    holds.cancel(&request.cancel_key).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn report(
    State(holds): State<Arc<Holds>>,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<StatusCode, Problem> {
    holds.report(&json::<Report>(body)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Without a look at the content type: the client is known.
pub fn json<T: DeserializeOwned>(
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<T, Problem> {
    let body = body.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
        _ => Problem::bad_request(error.body_text()),
    })?;
    serde_json::from_slice(&body).map_err(|error| {
        // The message of serde may quote the body; its place does not.
        let (line, column) = (error.line(), error.column());
        Problem::bad_request(format!("the body does not fit at line {line} column {column}"))
    })
}
