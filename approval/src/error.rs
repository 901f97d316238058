/*!
What a client is told when it does not get what it asked for: problem+json (RFC 9457).

Anything that is not the client's doing is logged here, once, and shown as a bare 500.
*/

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use policy::kill::KILLS_MAX;
use serde::Serialize;

use crate::store::StoreError;

/// `character_not_in_repertoire`
const NUL_IN_TEXT: &str = "22021";

#[derive(Debug, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
}

impl Problem {
    fn new(status: StatusCode, code: &str, title: &'static str, detail: String) -> Self {
        let kind = format!("urn:gatehouse:problem:{code}");
        Self { kind, title, status: status.as_u16(), detail }
    }

    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", "cannot read the request", detail.into())
    }

    pub fn unauthorized() -> Self {
        let detail = "send an approver's key as a bearer token".to_owned();
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "not an approver", detail)
    }

    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "not allowed", detail.into())
    }

    pub fn no_such_hold() -> Self {
        let detail = "there is no hold of that id".to_owned();
        Self::new(StatusCode::NOT_FOUND, "not_found", "no such hold", detail)
    }

    pub fn no_such_grant() -> Self {
        let detail = "there is no standing grant of that id".to_owned();
        Self::new(StatusCode::NOT_FOUND, "not_found", "no such standing grant", detail)
    }

    pub fn no_such_delivery() -> Self {
        let detail = "no message of that id was given up".to_owned();
        Self::new(StatusCode::NOT_FOUND, "not_found", "no such message", detail)
    }

    pub fn no_tree_head() -> Self {
        let detail = "no witness is asked, or not enough of them cosigned yet".to_owned();
        Self::new(StatusCode::NOT_FOUND, "not_found", "no tree head", detail)
    }

    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "nothing here", String::new())
    }

    pub fn not_recorded() -> Self {
        let detail = "no record has this reference; what goes on may not be there yet, and what is older may be gone";
        Self::new(StatusCode::NOT_FOUND, "not_found", "nothing here", detail.to_owned())
    }

    pub fn method_not_allowed() -> Self {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Self::new(status, "method_not_allowed", "not this way", String::new())
    }

    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", "already settled", detail.into())
    }

    pub fn wrong_host() -> Self {
        let detail = "open the console by the address the gateway printed".to_owned();
        Self::new(StatusCode::MISDIRECTED_REQUEST, "wrong_host", "unknown host", detail)
    }

    pub fn unprocessable(detail: impl Into<String>) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self::new(status, "unprocessable", "not acceptable", detail.into())
    }

    /// What nobody could read is never told as nothing.
    pub fn kills_unknown() -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let detail = "the kills that are in force could not be read yet; ask again".to_owned();
        Self::new(status, "unavailable", "not available", detail)
    }

    pub fn kills_full() -> Self {
        let detail = format!("{KILLS_MAX} kills are in force, and there may be no more; lift some");
        Self::new(StatusCode::CONFLICT, "kills_full", "too many kills", detail)
    }

    pub fn no_such_kill() -> Self {
        let detail = "there is no kill of that id".to_owned();
        Self::new(StatusCode::NOT_FOUND, "not_found", "no such kill", detail)
    }

    pub fn hold_limit() -> Self {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let detail = "this principal has as many calls on hold, or as large ones, as it may have; \
             wait for a decision on one";
        Self::new(status, "hold_limit", "too many calls on hold", detail.to_owned())
    }

    pub fn service_full() -> Self {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let detail = "all principals together have as many calls on hold as the service takes on";
        Self::new(status, "service_full", "no room for another hold", detail.to_owned())
    }

    pub fn too_fast(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_fast", "too many at once", detail.into())
    }

    pub fn too_slow() -> Self {
        let detail = "the body did not come in time".to_owned();
        Self::new(StatusCode::REQUEST_TIMEOUT, "too_slow", "too slow", detail)
    }

    pub fn too_large() -> Self {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        Self::new(status, "too_large", "too large", "the body is too large".to_owned())
    }

    /// The database does not answer: what was asked is asked again.
    pub fn unavailable(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "request failed");
        let detail = "the database does not answer; ask again".to_owned();
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "not available", detail)
    }

    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "request failed");
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(status, "internal", "internal error", String::new())
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub fn title(&self) -> &'static str {
        self.title
    }

    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            // PostgreSQL keeps no NUL in a text, so nothing there is named by one.
            StoreError::Database(sqlx::Error::Database(error))
                if error.code().as_deref() == Some(NUL_IN_TEXT) =>
            {
                Self::bad_request("a NUL is no part of a text")
            }
            error if error.is_away() => Self::unavailable(&error),
            error => Self::internal(&error),
        }
    }
}

/// What an extractor refuses by itself, such as a path that is no text, becomes a problem as well. Its words
/// may quote what was sent, so they are not told again.
pub async fn as_problem(response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let plain = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || !plain {
        return response;
    }
    let title = status.canonical_reason().unwrap_or("refused");
    let code = title.to_ascii_lowercase().replace(' ', "_");
    Problem::new(status, &code, title, String::new()).into_response()
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(&self)).into_response();
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, kind);
        if self.status == StatusCode::UNAUTHORIZED.as_u16() {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
