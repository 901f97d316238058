/*! Break glass: a page of its own that asks once more, and its form. */

use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use policy::hold::HoldStatus;
use serde::Deserialize;

use super::page::{Frame, Visitor, problem, render};
use super::{Console, hold};
use crate::api::shown_owners;
use crate::error::Problem;
use crate::holds::Verdict;
use crate::progress::Progress;
use crate::view::visible_line;

#[derive(Template)]
#[template(path = "breaking.html")]
struct BreakingPage {
    frame: Frame,
    id: String,
    action: String,
    subject: String,
    owners: Vec<String>,
    /// Whom the rules ask for, and who is passed over.
    missing: Vec<String>,
    notice: String,
    reason_text: String,
}

pub async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Response {
    show(&console, &visitor, &id, StatusCode::OK, "", "").await
}

async fn show(
    console: &Console,
    visitor: &Visitor,
    id: &str,
    status: StatusCode,
    notice: &str,
    reason_text: &str,
) -> Response {
    let hold = match console.holds.found(id).await {
        Ok(hold) => hold,
        Err(error) => return problem(visitor, &error, "/"),
    };
    if let Some(why) = console.holds.barred_from_breaking(&hold, &visitor.approver) {
        return problem(visitor, &Problem::forbidden(why), &format!("/holds/{id}"));
    }
    if hold.status_at(console.now()) != HoldStatus::Pending {
        return Redirect::to(&format!("/holds/{id}")).into_response();
    }
    let page = BreakingPage {
        frame: visitor.frame("queue"),
        id: hold.id.clone(),
        action: hold.view.action.clone(),
        subject: visible_line(&hold.principal.subject),
        owners: shown_owners(&hold.principal),
        missing: Progress::of(&hold).into_iter().map(|one| one.missing).collect(),
        notice: notice.to_owned(),
        reason_text: reason_text.to_owned(),
    };
    render(status, &page)
}

#[derive(Deserialize)]
pub struct Broken {
    #[serde(default)]
    reason: String,
    /// Present if the box is ticked.
    sure: Option<String>,
    csrf: String,
}

pub async fn form(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Broken>, FormRejection>,
) -> Response {
    let back = "/";
    let Ok(Form(form)) = form else {
        return problem(&visitor, &Problem::bad_request("this is no form of the page"), back);
    };
    if let Err(refused) = visitor.decides(&console, &headers, &form.csrf) {
        return problem(&visitor, &refused, back);
    }
    if form.sure.is_none() {
        let notice = "Tick the box if you mean it.";
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return show(&console, &visitor, &id, status, notice, &form.reason).await;
    }
    let peer = peer.ip().to_string();
    match console.holds.break_glass(&id, &form.reason, &visitor.approver, &peer).await {
        Ok(Verdict::Stands(hold) | Verdict::Again(hold)) => {
            Redirect::to(&format!("/holds/{}", hold.id)).into_response()
        }
        Ok(Verdict::TooLate(_)) => {
            let notice = "You came too late: this hold was already settled.".to_owned();
            hold::show(&console, &visitor, &id, StatusCode::CONFLICT, notice, String::new()).await
        }
        Err(error) if error.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            show(&console, &visitor, &id, error.status(), error.detail(), &form.reason).await
        }
        Err(error) => problem(&visitor, &error, back),
    }
}
