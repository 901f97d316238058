/*! One exchange: a page of its own, or the part of it that a timeline opens. */

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::Console;
use super::page::{Frame, problem, render};
use super::sessions::timeline;
use super::viewers::Viewer;
use crate::error::Problem;
use crate::records::laid_out::LaidOut;
use crate::records::{Exchange, session};

#[derive(Template)]
#[template(path = "exchange.html")]
struct ExchangePage {
    frame: Frame,
    one: LaidOut,
    /// Its place in its session; empty where that is not kept.
    session: String,
    links: bool,
}

#[derive(Template)]
#[template(path = "exchange_part.html")]
struct ExchangePart {
    one: LaidOut,
    links: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    part: String,
}

pub async fn page(
    State(console): State<Arc<Console>>,
    Viewer { visitor, peer }: Viewer,
    Path(reference): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let read = async {
        let found = console.holds.records.exchange(&reference).await?;
        let exchange = found.ok_or_else(Problem::not_found)?;
        console
            .looked(&visitor.approver, &peer, "exchange_read", &exchange.record.exchange)
            .await?;
        let session = in_session(&console, &exchange).await?;
        Ok::<_, Problem>((exchange, session))
    };
    let (exchange, session) = match read.await {
        Ok(read) => read,
        Err(error) => return problem(&visitor, &error, "/sessions"),
    };
    let one = LaidOut::of(&exchange);
    if !wanted.part.is_empty() {
        return render(StatusCode::OK, &ExchangePart { one, links: true });
    }
    let page = ExchangePage { frame: visitor.frame("sessions"), one, session, links: true };
    render(StatusCode::OK, &page)
}

/// The link to where it stands in its session.
async fn in_session(console: &Console, exchange: &Exchange) -> Result<String, Problem> {
    let record = &exchange.record;
    let id = session::id(record);
    Ok(match console.holds.records.session(&id).await? {
        Some(session) => {
            let path = timeline::path(&session.id);
            format!("{path}?from={}#turn-{}", record.started_ms, link_end(&record.exchange))
        }
        None => String::new(),
    })
}

fn link_end(reference: &str) -> &str {
    if crate::records::timeline::plain(reference) { reference } else { "" }
}
