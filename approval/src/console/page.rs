/*! What all pages have in common. */

use std::sync::Arc;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};

use super::Console;
use super::login::LoginPage;
use crate::approver::{Approver, Door};
use crate::error::Problem;
use crate::random;

/// The frame around a page.
pub struct Frame {
    pub approver: String,
    pub csrf: String,
    /// The entry of the navigation that is the current page.
    pub here: &'static str,
    /// They may look at records.
    pub looks: bool,
    /// They may set and lift kills.
    pub kills: bool,
}

/// The logged-in approver. Without a login a page turns into the one that tells how to log in.
pub struct Visitor {
    pub approver: Approver,
    pub csrf: String,
    /// They may look at records.
    pub looks: bool,
    /// They may set and lift kills.
    pub kills: bool,
}

impl Visitor {
    /// Whether a form was sent by a page of ours: browsers name its origin, and only our pages
    /// know the token.
    pub fn sent(&self, console: &Console, headers: &HeaderMap, csrf: &str) -> Result<(), Problem> {
        let known = random::digest(csrf) == random::digest(&self.csrf);
        if known && console.places.origin(headers) == Some(true) {
            return Ok(());
        }
        Err(Problem::forbidden("this form is not from the page you are logged in to; try again"))
    }

    /// As `sent`, for a form that decides: each approver may so many within a minute.
    pub fn decides(
        &self,
        console: &Console,
        headers: &HeaderMap,
        csrf: &str,
    ) -> Result<(), Problem> {
        self.sent(console, headers, csrf)?;
        console.paced(&self.approver)
    }

    pub fn frame(&self, here: &'static str) -> Frame {
        Frame {
            approver: self.approver.person.name.clone(),
            csrf: self.csrf.clone(),
            here,
            looks: self.looks,
            kills: self.kills,
        }
    }
}

impl FromRequestParts<Arc<Console>> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        console: &Arc<Console>,
    ) -> Result<Self, Response> {
        let login = console.logins.of(&parts.headers, console.now()).await;
        match login.map_err(IntoResponse::into_response)? {
            Some(login) => Ok(Self {
                looks: console.viewers.let_in(&login.person),
                kills: console.killers.let_in(&login.person),
                approver: Approver { person: login.person, door: Door::Console },
                csrf: login.csrf,
            }),
            None => {
                let wanted = parts.uri.path_and_query().map_or("/", |wanted| wanted.as_str());
                // A form is not sent again after a login.
                let wanted = if parts.method == Method::GET { wanted } else { "/" };
                let page = LoginPage::new(console, wanted, "");
                Err(render(StatusCode::UNAUTHORIZED, &page))
            }
        }
    }
}

pub fn render(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => Problem::internal(&error).into_response(),
    }
}

/// A path that is not there: a page for a browser, a problem for a program.
pub async fn missing(uri: Uri, headers: HeaderMap, visitor: Result<Visitor, Response>) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let browser = accept.is_some_and(|accept| accept.contains("text/html"));
    match visitor {
        _ if !browser || uri.path().starts_with("/v1/") => Problem::not_found().into_response(),
        Ok(visitor) => problem(&visitor, &Problem::not_found(), "/"),
        Err(login) => login,
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    frame: Frame,
    title: &'a str,
    detail: &'a str,
    back: &'a str,
    back_words: &'static str,
}

/// A problem as a page, with the way back.
pub fn problem(visitor: &Visitor, problem: &Problem, back: &str) -> Response {
    let page = ProblemPage {
        frame: visitor.frame(""),
        title: problem.title(),
        detail: problem.detail(),
        back,
        back_words: match back {
            "/" => "Back to the queue",
            "/sessions" => "Sessions",
            "/numbers" => "Numbers",
            "/kills" => "Kills",
            _ => "Back",
        },
    };
    render(problem.status(), &page)
}
