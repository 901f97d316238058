/*! Logging in by a one-time link, and out. */

use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use openidconnect::url::form_urlencoded::byte_serialize;
use serde::Deserialize;

use super::logins::LOGIN;
use super::page::{Visitor, problem, render};
use super::{Console, local};
use crate::approver::Person;
use crate::error::Problem;
use crate::store::Audit;
use crate::view::visible_line;

/// Refused logins that are audited in a minute: whoever tries may be anybody, and rows are never erased.
const REFUSALS_KEPT: u32 = 60;

#[derive(Template)]
#[template(path = "login.html")]
pub struct LoginPage {
    console_url: String,
    /// What went wrong with the try before.
    notice: String,
    /// The host of the login provider; empty where there is none.
    provider: String,
    /// The page that was asked for, as part of a query.
    to: String,
    /// Whether one-time links are printed somewhere.
    links: bool,
}

impl LoginPage {
    /// `wanted`: the page that was asked for.
    pub fn new(console: &Console, wanted: &str, notice: impl Into<String>) -> Self {
        Self {
            console_url: console.holds.console_url.clone(),
            notice: notice.into(),
            provider: console.provider.as_ref().map(|one| one.host()).unwrap_or_default(),
            to: byte_serialize(local::path(wanted).as_bytes()).collect(),
            links: !console.approvers.is_empty(),
        }
    }
}

/// What a one-time link opens.
#[derive(Template)]
#[template(path = "enter.html")]
struct EnterPage {
    name: String,
    /// Who is logged in at this browser, if somebody is.
    other: String,
    code: String,
    to: String,
}

#[derive(Default, Deserialize)]
pub struct Code {
    #[serde(default)]
    code: String,
    /// The page that was asked for.
    #[serde(default)]
    to: String,
}

/// Whom a link is for. It changes nothing: previews of links and scanners of mail come by, too, and whoever sends
/// somebody a link must not log them in by it.
pub async fn with_code(
    State(console): State<Arc<Console>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    query: Result<Query<Code>, QueryRejection>,
) -> Result<Response, Problem> {
    let now = console.now();
    let Query(Code { code, to }) = query.unwrap_or_default();
    let login = console.logins.of(&headers, now).await?;
    if code.is_empty() {
        return Ok(match login {
            Some(_) => Redirect::to(local::path(&to)).into_response(),
            None => render(StatusCode::UNAUTHORIZED, &LoginPage::new(&console, &to, "")),
        });
    }
    let Some(person) = console.logins.invites(&code, now).await? else {
        return used_up(&console, &to, peer).await;
    };
    let page = EnterPage {
        name: visible_line(&person.name),
        other: login.map(|login| visible_line(&login.person.name)).unwrap_or_default(),
        to: local::path(&to).to_owned(),
        code,
    };
    Ok(render(StatusCode::OK, &page))
}

/// The form of that page uses the code up.
pub async fn by_code(
    State(console): State<Arc<Console>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    form: Result<Form<Code>, FormRejection>,
) -> Result<Response, Problem> {
    // Nobody is logged in yet who could have a token of ours: the origin has to do.
    if console.places.origin(&headers) != Some(true) {
        return Err(Problem::forbidden("log in by the form of the page that the link opens"));
    }
    let Form(Code { code, to }) = form.unwrap_or_default();
    match console.logins.invited(&code, console.now()).await? {
        Some(person) => enter(&console, &headers, &person, "login", peer, local::path(&to)).await,
        None => used_up(&console, &to, peer).await,
    }
}

async fn used_up(console: &Console, to: &str, peer: SocketAddr) -> Result<Response, Problem> {
    refused(console, "login_refused", "", peer).await?;
    let notice = "This link was used before or is too old. Each link opens the console once.";
    Ok(render(StatusCode::UNAUTHORIZED, &LoginPage::new(console, to, notice)))
}

/// Begins a login in this browser, which ends the one it had, and goes to the page.
pub async fn enter(
    console: &Console,
    headers: &HeaderMap,
    person: &Person,
    action: &str,
    peer: SocketAddr,
    to: &str,
) -> Result<Response, Problem> {
    console.logins.log_out(headers).await?;
    let value = console.logins.log_in(person, console.now()).await?;
    console.holds.store.audit(None, &noted(console, &person.name, action, "", peer)).await?;
    let cookie = console.logins.set_cookie(LOGIN, &value, None);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response())
}

/// `why`: without anything secret.
pub async fn refused(
    console: &Console,
    action: &str,
    why: &str,
    peer: SocketAddr,
) -> Result<(), Problem> {
    if !console.refusals.take("", REFUSALS_KEPT, console.now()) {
        tracing::warn!(%peer, why, "a login is refused; too many are to audit each");
        return Ok(());
    }
    Ok(console.holds.store.audit(None, &noted(console, "", action, why, peer)).await?)
}

fn noted(console: &Console, actor: &str, action: &str, why: &str, peer: SocketAddr) -> Audit {
    Audit {
        at: console.now(),
        actor: actor.into(),
        door: "console".into(),
        peer: peer.ip().to_string(),
        action: action.into(),
        reason_text: why.into(),
    }
}

#[derive(Deserialize)]
pub struct Out {
    csrf: String,
}

pub async fn out(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    form: Result<Form<Out>, FormRejection>,
) -> Result<Response, Problem> {
    let csrf = form.map(|Form(form)| form.csrf).unwrap_or_default();
    if let Err(refused) = visitor.sent(&console, &headers, &csrf) {
        return Ok(problem(&visitor, &refused, "/"));
    }
    console.logins.log_out(&headers).await?;
    let audit = noted(&console, &visitor.approver.name(), "logout", "", peer);
    console.holds.store.audit(None, &audit).await?;
    let cookie = console.logins.set_cookie(LOGIN, "", Some(0));
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/login")).into_response())
}
