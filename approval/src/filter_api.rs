/*! The filter's API, behind mutual TLS. Bodies are those of `policy::hold` and `policy::report`. */

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use policy::hold::{
    CancelRequest, HoldRequest, HoldState, LeaveRequest, RedeemRequest, StatusRequest,
};
use policy::record::checkpoint::ChainReport;
use policy::report::Report;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{self, Problem};
use crate::holds::{Holds, Redeemed, TenantHolds};
use crate::tenant::Peer;

pub fn router(holds: Arc<Holds>) -> Router {
    let longest = holds.limits.question_bytes();
    Router::new()
        .route("/healthz", get(health))
        .route("/v1/holds", post(request))
        .route("/v1/holds/{id}/wait", get(wait))
        .route("/v1/holds/{id}/redeem", post(redeem))
        .route("/v1/status", post(status))
        .route("/v1/leave", post(leave))
        .route("/v1/cancel", post(cancel))
        .route("/v1/gateways", post(report))
        .route("/v1/chains", post(chain))
        .route("/v1/kills", get(kills))
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(DefaultBodyLimit::max(longest))
        .layer(middleware::map_response(error::as_problem))
        .with_state(holds)
}

/// Whose connection it is, its certificate says.
impl FromRequestParts<Arc<Holds>> for TenantHolds {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, holds: &Arc<Holds>) -> Result<Self, Problem> {
        let peer = ConnectInfo::<Peer>::from_request_parts(parts, holds).await;
        let ConnectInfo(Peer(tenant)) = peer.map_err(|error| Problem::internal(&error))?;
        // The handshake let nobody through without one.
        let tenant = tenant.ok_or_else(|| Problem::internal(&"a filter without a name"))?;
        Ok(Self { tenant, holds: holds.clone() })
    }
}

pub async fn health(State(holds): State<Arc<Holds>>) -> Result<&'static str, Problem> {
    holds.store.healthy().await?;
    Ok("ok\n")
}

async fn request(
    holds: TenantHolds,
    body: Result<Bytes, BytesRejection>,
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
    holds: TenantHolds,
    Path(id): Path<String>,
    query: Result<Query<Wait>, QueryRejection>,
) -> Result<Json<HoldState>, Problem> {
    let Query(query) = query.map_err(|error| Problem::bad_request(error.body_text()))?;
    Ok(Json(holds.wait(&id, &query.exchange, query.ms).await?))
}

async fn redeem(
    holds: TenantHolds,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    Ok(match holds.redeem(&id, &json::<RedeemRequest>(body)?).await? {
        Redeemed::Once(response) => Json(response).into_response(),
        Redeemed::Not(state) => (StatusCode::CONFLICT, Json(state)).into_response(),
    })
}

async fn status(
    holds: TenantHolds,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<HoldState>, Problem> {
    Ok(Json(holds.status(&json::<StatusRequest>(body)?).await?))
}

async fn leave(
    holds: TenantHolds,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let request: LeaveRequest = json(body)?;
    holds.leave_all(&request.exchange).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn cancel(
    holds: TenantHolds,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let request: CancelRequest = json(body)?;
    holds.cancel(&request.cancel_key).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn chain(
    holds: TenantHolds,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    holds.hear_chain(json::<ChainReport>(body)?)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Asking {
    gateway: String,
    worker: String,
}

async fn kills(
    holds: TenantHolds,
    asking: Result<Query<Asking>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Query(Asking { gateway, worker }) =
        asking.map_err(|error| Problem::bad_request(error.body_text()))?;
    let known: Vec<&str> = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .collect();
    let (told, news) = holds.kills(&gateway, &worker, &known)?;
    let tag = [(header::ETAG, told.tag.clone())];
    if !news {
        return Ok((StatusCode::NOT_MODIFIED, tag).into_response());
    }
    let kind = [(header::CONTENT_TYPE, "application/json")];
    Ok((tag, kind, told.body.clone()).into_response())
}

async fn report(
    holds: TenantHolds,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    holds.report(&json::<Report>(body)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Without a look at the content type: the client is known.
pub fn json<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, Problem> {
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
