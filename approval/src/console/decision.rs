/*! The decision form. */

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use policy::hold::HoldStatus;
use serde::Deserialize;

use super::Console;
use super::hold::show;
use super::page::{Visitor, problem};
use crate::api::DecisionRequest;
use crate::error::Problem;
use crate::holds::Verdict;
use crate::store::Choice;

#[derive(Deserialize)]
pub struct Decided {
    decision: Choice,
    #[serde(default)]
    reason: String,
    /// Present if the box is ticked.
    #[serde(default)]
    standing: Option<String>,
    csrf: String,
}

pub async fn form(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Decided>, FormRejection>,
) -> Response {
    let Ok(Form(form)) = form else {
        let refused = Problem::bad_request("choose to approve or to deny");
        return problem(&visitor, &refused, "/");
    };
    if let Err(refused) = visitor.decides(&console, &headers, &form.csrf) {
        return problem(&visitor, &refused, "/");
    }
    let peer = peer.ip().to_string();
    let Decided { decision, reason, standing, .. } = form;
    let said = DecisionRequest { decision, reason, standing: standing.is_some() };
    let decided = console.holds.decide(&id, &said, &visitor.approver, &peer).await;
    match decided {
        // A form that is sent twice. The page says who approved and who is missing.
        Ok(Verdict::Stands(hold) | Verdict::Again(hold)) => {
            Redirect::to(&format!("/holds/{}", hold.id)).into_response()
        }
        Ok(Verdict::TooLate(hold)) => {
            let notice = match hold.status {
                HoldStatus::Redeemed => {
                    "Your decision came too late: a gateway took the approval already."
                }
                _ => "Your decision came too late: this hold was already settled.",
            };
            let notice = notice.to_owned();
            show(&console, &visitor, &id, StatusCode::CONFLICT, notice, String::new()).await
        }
        Err(error) if error.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            let notice = error.detail().to_owned();
            show(&console, &visitor, &id, error.status(), notice, said.reason).await
        }
        Err(error) => problem(&visitor, &error, "/"),
    }
}
