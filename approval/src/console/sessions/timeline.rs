/*! One session as one line of time. */

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::asked::{AGES, Asked, EFFECTS};
use crate::console::Console;
use crate::console::exchange::kill_link;
use crate::console::page::{Frame, problem, render};
use crate::console::viewers::Viewer;
use crate::error::Problem;
use crate::records::export::Head;
use crate::records::store::{Bodies, ExchangePlace, session_id};
use crate::records::timeline::{Timeline, Turn};
use crate::records::{Exchange, Session};
use crate::view::visible_line;

/// Exchanges of one leaf; the page's script takes the next one when it is needed.
pub const PAGE: usize = 200;

#[derive(Template)]
#[template(path = "session.html")]
struct SessionPage {
    frame: Frame,
    head: Head,
    /// The link to the form that kills whoever called; empty for those who may not.
    kill: String,
    asked: Asked,
    path: String,
    turns: Vec<Turn>,
    /// Links to the begin and to the next leaf.
    first: Option<String>,
    next: Option<String>,
    /// Where what comes is told.
    events: String,
    links: bool,
}

/// Only what a leaf adds, for the page's script.
#[derive(Template)]
#[template(path = "session_part.html")]
struct SessionPart {
    turns: Vec<Turn>,
    first: Option<String>,
    next: Option<String>,
    links: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Where {
    after: String,
    /// The first to be shown began then, in Unix milliseconds.
    from: Option<u64>,
    part: String,
}

impl Where {
    pub fn place(&self) -> Result<Option<ExchangePlace>, Problem> {
        if let Some(started_ms) = self.from {
            return Ok(Some(ExchangePlace { started_ms, sequence: 0, exchange: String::new() }));
        }
        if self.after.is_empty() {
            return Ok(None);
        }
        self.after.parse().map(Some).map_err(|()| {
            let text = visible_line(&self.after);
            Problem::bad_request(format!(
                "`{text}` is no place in a session: take what the page before it says"
            ))
        })
    }
}

/// The page of a session. An id with a sign that has a meaning in addresses leads nowhere.
pub fn path(id: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    match !id.is_empty() && !id.starts_with('.') && id.bytes().all(plain) {
        true => format!("/sessions/{id}"),
        false => "/sessions".to_owned(),
    }
}

/// That session, or why there is none.
pub async fn found(console: &Console, id: &str) -> Result<Session, Problem> {
    console.holds.records.session(id).await?.ok_or_else(Problem::not_recorded)
}

pub async fn page(
    State(console): State<Arc<Console>>,
    Viewer { visitor, peer }: Viewer,
    Path(id): Path<String>,
    Query(place): Query<Where>,
    Query(asked): Query<Asked>,
) -> Response {
    let now = console.now() * 1000;
    let read = async {
        let after = place.place()?;
        let records = &console.holds.records;
        // Before the exchanges are read: what comes meanwhile comes twice, and is known by its id.
        let latest = records.latest().await?;
        let session = found(&console, &id).await?;
        let sieve = asked.at(now)?;
        console.looked(&visitor.approver, &peer, "session_read", &id).await?;
        console.searched(&visitor.approver, &peer, &sieve).await?;
        let limit = u32::try_from(PAGE + 1).unwrap_or(u32::MAX);
        let exchanges =
            records.exchanges(&id, &sieve, Bodies::listed_by(&sieve), after, limit).await?;
        Ok::<_, Problem>((latest, session, exchanges))
    };
    let (latest, session, mut exchanges) = match read.await {
        Ok(read) => read,
        Err(error) => return problem(&visitor, &error, "/sessions"),
    };
    let path = path(&session.id);
    let more = exchanges.len() > PAGE;
    exchanges.truncate(PAGE);
    let next = exchanges
        .last()
        .filter(|_| more)
        .map(|last| asked.link(&path, &[("after", &ExchangePlace::from(last).to_string())]));
    let later = !place.after.is_empty() || place.from.is_some();
    let first = later.then(|| asked.link(&path, &[]));
    let turns = turns(session.started_ms, &exchanges);
    if !place.part.is_empty() {
        return render(StatusCode::OK, &SessionPart { turns, first, next, links: true });
    }
    let latest = latest.to_string();
    let page = SessionPage {
        frame: visitor.frame("sessions"),
        head: Head::of(&session),
        kill: exchanges
            .iter()
            .map(|one| kill_link(&visitor, tenant_of(&session.id, one), one))
            .rfind(|link| !link.is_empty())
            .unwrap_or_default(),
        events: asked.link(&format!("{path}/events"), &[("row", &latest)]),
        asked,
        path,
        turns,
        first,
        next,
        links: true,
    };
    render(StatusCode::OK, &page)
}

/// Whose gateways wrote a record of this session, by the id that the store gives it.
fn tenant_of<'s>(session: &'s str, one: &Exchange) -> &'s str {
    let named = session.split_once('.').map_or("", |(tenant, _)| tenant);
    if session_id("", &one.record) == session { "" } else { named }
}

fn turns(begin: u64, exchanges: &[Exchange]) -> Vec<Turn> {
    let mut line = Timeline::new(begin);
    exchanges.iter().map(|one| line.turn(one)).collect()
}
