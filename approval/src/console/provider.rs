/*! Logging in at the OpenID provider: away to its page, and back. */

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::login::{LoginPage, enter, refused};
use super::logins::ATTEMPT;
use super::page::render;
use super::{Console, local};
use crate::error::Problem;
use crate::oidc::{Attempt, Callback, Failure};
use crate::view::visible_line;

const AWAY: &str = "The login provider does not answer as one. Try again in a moment; if it stays so, whoever runs \
                    this service finds the reason in its log.";
const FOREIGN: &str =
    "This login was not begun in this browser, or took longer than ten minutes. Begin again.";

/// Of one address, which may be that of the proxy in front and of everybody: far more than people log in.
const ASKS_PER_MINUTE: u32 = 600;

#[derive(Deserialize)]
pub struct To {
    #[serde(default)]
    to: String,
}

pub async fn begin(
    State(console): State<Arc<Console>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    query: Result<Query<To>, QueryRejection>,
) -> Result<Response, Problem> {
    let provider = console.provider.as_ref().ok_or_else(Problem::not_found)?;
    paced(&console, peer)?;
    let to = query.map(|Query(query)| query.to).unwrap_or_default();
    let attempt = Attempt::new(local::path(&to)).map_err(|error| Problem::internal(&error))?;
    let Ok(url) = provider.begin(&attempt).await else {
        let page = LoginPage::new(&console, &to, AWAY);
        return Ok(render(StatusCode::SERVICE_UNAVAILABLE, &page));
    };
    let cookie = console.logins.set_cookie(ATTEMPT, &attempt.value(), Some(Attempt::LASTS));
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&url)).into_response())
}

#[derive(Default, Deserialize)]
pub struct Back {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

pub async fn callback(
    State(console): State<Arc<Console>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    query: Result<Query<Back>, QueryRejection>,
) -> Result<Response, Problem> {
    let mut response = back(&console, peer, &headers, query.unwrap_or_default().0).await?;
    // Each try is for one answer.
    let gone = console.logins.set_cookie(ATTEMPT, "", Some(0));
    let gone = HeaderValue::try_from(gone).map_err(|error| Problem::internal(&error))?;
    response.headers_mut().append(header::SET_COOKIE, gone);
    Ok(response)
}

async fn back(
    console: &Console,
    peer: SocketAddr,
    headers: &HeaderMap,
    back: Back,
) -> Result<Response, Problem> {
    let provider = console.provider.as_ref().ok_or_else(Problem::not_found)?;
    paced(console, peer)?;
    let attempt = console.logins.cookie(headers, ATTEMPT).and_then(Attempt::read);
    let Some(attempt) = attempt.filter(|attempt| attempt.is_answered_by(&back.state)) else {
        refused(console, "login_refused", "an answer to no try of this browser", peer).await?;
        return Ok(render(StatusCode::BAD_REQUEST, &LoginPage::new(console, "/", FOREIGN)));
    };
    let failed =
        |status, notice: String| render(status, &LoginPage::new(console, &attempt.to, notice));
    if let Some(error) = &back.error {
        let told = told(console, error, back.error_description.as_deref());
        refused(console, "login_refused", &told, peer).await?;
        return Ok(failed(StatusCode::FORBIDDEN, format!("The login provider says: {told}")));
    }
    let callback = Callback { code: &back.code, issuer: back.iss.as_deref() };
    match provider.finish(&attempt, &callback).await {
        Ok(person) => {
            let to = local::path(&attempt.to);
            enter(console, headers, &person, "login_by_provider", peer, to).await
        }
        Err(Failure::Unavailable) => Ok(failed(StatusCode::SERVICE_UNAVAILABLE, AWAY.to_owned())),
        Err(failure @ (Failure::Refused(_) | Failure::TurnedAway { .. })) => {
            let why = match failure {
                Failure::TurnedAway { who, why } => {
                    // What they said while they were somebody counts no more, and an older login is none.
                    console.holds.store.turn_away(&who).await?;
                    why
                }
                Failure::Refused(why) => why,
                Failure::Unavailable => String::new(),
            };
            refused(console, "login_refused", &told(console, &why, None), peer).await?;
            // In clear to whoever came: it names the account that their own login proved.
            let why = visible_line(&why);
            Ok(failed(StatusCode::FORBIDDEN, format!("You are not logged in: {why}.")))
        }
    }
}

/// Whoever comes may make up an attempt of their own: without a pace strangers would have the provider asked as often as
/// they like, until it turns this service away.
fn paced(console: &Console, peer: SocketAddr) -> Result<(), Problem> {
    let who = peer.ip().to_string();
    match console.provider_asks.take(&who, ASKS_PER_MINUTE, console.now()) {
        true => Ok(()),
        false => Err(Problem::too_fast("too many logins from this address; wait a minute")),
    }
}

/// What others wrote: masked, in one short line.
fn told(console: &Console, error: &str, description: Option<&str>) -> String {
    let all = match description {
        Some(description) => format!("{error} ({description})"),
        None => error.to_owned(),
    };
    let all: String = all.chars().take(300).collect();
    visible_line(&console.holds.mask.mask(&all).text)
}
