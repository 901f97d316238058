/*! Logging in by a one-time link, and out. */

use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Console;
use super::logins::COOKIE;
use super::page::{Visitor, problem, render};
use crate::error::Problem;
use crate::store::Audit;

#[derive(Template)]
#[template(path = "login.html")]
pub struct LoginPage {
    console_url: String,
    /// A link was tried and is not good.
    refused: bool,
    /// The page that was asked for.
    wanted: String,
}

impl LoginPage {
    pub fn needed(console: &Console, wanted: &str) -> Self {
        let console_url = console.holds.console_url.clone();
        Self { console_url, refused: false, wanted: wanted.to_owned() }
    }
}

#[derive(Deserialize)]
pub struct Code {
    #[serde(default)]
    code: String,
}

pub async fn with_code(
    State(console): State<Arc<Console>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    code: Result<Query<Code>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let now = console.now();
    let code = code.map(|Query(query)| query.code).unwrap_or_default();
    if code.is_empty() && console.logins.of(&headers, now).is_some() {
        return Ok(Redirect::to("/").into_response());
    }
    let value = console.logins.log_in(&code, now).map_err(|error| Problem::internal(&error))?;
    if !code.is_empty() {
        note(&console, value.as_ref().map(|(_, person)| person.name.as_str()), peer).await?;
    }
    let Some((value, _)) = value else {
        let page = LoginPage { refused: !code.is_empty(), ..LoginPage::needed(&console, "/") };
        return Ok(render(StatusCode::UNAUTHORIZED, &page));
    };
    let secure = if console.places.secure { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict{secure}");
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}

#[derive(Deserialize)]
pub struct Out {
    csrf: String,
}

pub async fn out(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(form): Form<Out>,
) -> Response {
    if let Err(refused) = visitor.sent(&console, &headers, &form.csrf) {
        return problem(&visitor, &refused, "/");
    }
    console.logins.log_out(&headers);
    let cookie = format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
}

/// `who`: whom the code let in.
async fn note(console: &Console, who: Option<&str>, peer: SocketAddr) -> Result<(), Problem> {
    let audit = Audit {
        at: console.now(),
        actor: who.unwrap_or_default().into(),
        door: "console".into(),
        peer: peer.ip().to_string(),
        action: if who.is_some() { "login" } else { "login_refused" }.into(),
        reason_text: String::new(),
    };
    Ok(console.holds.store.audit(None, &audit).await?)
}
