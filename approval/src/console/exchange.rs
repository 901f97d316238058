/*! One exchange: a page of its own, or the part of it that a timeline opens. */

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use openidconnect::url::form_urlencoded::Serializer;
use policy::record::Record;
use serde::Deserialize;

use super::Console;
use super::page::{Frame, Visitor, problem, render};
use super::sessions::timeline;
use super::viewers::Viewer;
use crate::error::Problem;
use crate::records::Exchange;
use crate::records::laid_out::LaidOut;
use crate::records::store::{Found, session_id};

#[derive(Template)]
#[template(path = "exchange.html")]
struct ExchangePage {
    frame: Frame,
    one: LaidOut,
    /// Whose gateway's it is; empty for the only one.
    tenant: String,
    /// Its place in its session; empty where that is not kept.
    session: String,
    /// The link to the form that kills whoever called; empty for those who may not.
    kill: String,
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

/// Whose record of that reference, where several have one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OfTenant {
    pub tenant: Option<String>,
}

/// The exchange of that reference, or that waited on that hold. A hold is of one tenant: no other answers for it.
pub async fn found(console: &Console, reference: &str, wanted: OfTenant) -> Result<Found, Problem> {
    let tenant = match wanted.tenant {
        Some(tenant) => Some(tenant),
        None => console.holds.store.hold(reference).await?.map(|hold| hold.tenant.to_string()),
    };
    let mut found = console.holds.records.found(reference, tenant.as_deref()).await?;
    let first = found.pop().ok_or_else(Problem::not_recorded)?;
    if found.is_empty() {
        return Ok(first);
    }
    let name = |one: &Found| format!("`{}`", one.tenant);
    let names: Vec<String> = found.iter().chain([&first]).map(name).collect();
    Err(Problem::bad_request(format!(
        "gateways of several tenants have a record of it: {}; say which with `?tenant=NAME`",
        names.join(", ")
    )))
}

pub async fn page(
    State(console): State<Arc<Console>>,
    Viewer { visitor, peer }: Viewer,
    Path(reference): Path<String>,
    Query(wanted): Query<Wanted>,
    Query(whose): Query<OfTenant>,
) -> Response {
    let read = async {
        let Found { tenant, exchange } = found(&console, &reference, whose).await?;
        console
            .looked(&visitor.approver, &peer, "exchange_read", &exchange.record.exchange)
            .await?;
        let session = in_session(&console, &tenant, &exchange).await?;
        Ok::<_, Problem>((tenant, exchange, session))
    };
    let (tenant, exchange, session) = match read.await {
        Ok(read) => read,
        Err(error) => return problem(&visitor, &error, "/sessions"),
    };
    let one = LaidOut::of(&exchange);
    if !wanted.part.is_empty() {
        return render(StatusCode::OK, &ExchangePart { one, links: true });
    }
    let frame = visitor.frame("sessions");
    let kill = kill_link(&visitor, &tenant, &exchange);
    let page = ExchangePage { frame, one, tenant, session, kill, links: true };
    render(StatusCode::OK, &page)
}

/// The link to where it stands in its session.
async fn in_session(
    console: &Console,
    tenant: &str,
    exchange: &Exchange,
) -> Result<String, Problem> {
    let record = &exchange.record;
    let id = session_id(tenant, record);
    Ok(match console.holds.records.session(&id).await? {
        Some(session) => {
            let path = timeline::path(&session.id);
            format!("{path}?from={}#turn-{}", record.started_ms, link_end(&record.exchange))
        }
        None => String::new(),
    })
}

/// To the form that kills whoever made a call, for those who may. Nobody has a key where nobody was proven to call.
pub fn kill_link(visitor: &Visitor, tenant: &str, Exchange { record, .. }: &Exchange) -> String {
    if record.caller.is_empty() || !visitor.kills {
        return String::new();
    }
    format!("/kills/new?{}", query(&[("exchange", &record.exchange), ("tenant", tenant)]))
}

/// The page of an exchange of this tenant.
pub fn exchange_path(tenant: &str, record: &Record) -> String {
    format!("/exchanges/{}?{}", link_end(&record.exchange), query(&[("tenant", tenant)]))
}

fn query(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn link_end(reference: &str) -> &str {
    if crate::records::timeline::plain(reference) { reference } else { "" }
}
