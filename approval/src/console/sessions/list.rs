/*! All sessions, the latest first. */

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::asked::{AGES, Asked, EFFECTS};
use crate::console::Console;
use crate::console::leaf::Turn;
use crate::console::page::{Frame, problem, render};
use crate::console::viewers::Viewer;
use crate::error::Problem;
use crate::records::export::Head;
use crate::records::sieve::Sieve;
use crate::records::store::{SessionCut, SessionPlace};
use crate::records::{Session, times};

const PAGE: usize = 50;
/// A session with something this new may go on.
const RUNS_MS: u64 = 60_000;

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    frame: Frame,
    asked: Asked,
    rows: Vec<Row>,
    newer: Option<String>,
    older: Option<String>,
}

struct Row {
    head: Head,
    link: String,
    last: String,
    last_machine: String,
    runs: bool,
}

/// Sessions with the places of the pages beside them.
pub struct Leaf {
    pub sessions: Vec<Session>,
    pub newer: Option<SessionPlace>,
    pub older: Option<SessionPlace>,
}

impl Leaf {
    pub async fn read(
        console: &Console,
        sieve: &Sieve,
        cut: SessionCut,
        most: usize,
    ) -> Result<Self, Problem> {
        let limit = u32::try_from(most + 1).unwrap_or(u32::MAX);
        let mut sessions = console.holds.records.sessions(sieve, cut.clone(), limit).await?;
        let more = sessions.len() > most;
        sessions.truncate(most);
        let (newer, older) = match cut {
            SessionCut::Begin => (false, more),
            SessionCut::After(_) => (true, more),
            // The begin is a whole leaf, wherever one comes from.
            SessionCut::Before(_) if !more => {
                return Box::pin(Self::read(console, sieve, SessionCut::Begin, most)).await;
            }
            SessionCut::Before(_) => {
                sessions.reverse();
                (true, true)
            }
        };
        let newer = sessions.first().filter(|_| newer).map(SessionPlace::from);
        let older = sessions.last().filter(|_| older).map(SessionPlace::from);
        Ok(Self { sessions, newer, older })
    }
}

pub async fn page(
    State(console): State<Arc<Console>>,
    Viewer { visitor, peer }: Viewer,
    Query(turn): Query<Turn>,
    Query(asked): Query<Asked>,
) -> Response {
    let now = console.now() * 1000;
    let read = async {
        let sieve = asked.at(now)?;
        console.searched(&visitor.approver, &peer, &sieve).await?;
        Leaf::read(&console, &sieve, turn.cut()?, PAGE).await
    };
    let leaf = match read.await {
        Ok(leaf) => leaf,
        Err(error) => return problem(&visitor, &error, "/sessions"),
    };
    let beside =
        |side: &str, place: SessionPlace| asked.link("/sessions", &[(side, &place.to_string())]);
    let page = SessionsPage {
        frame: visitor.frame("sessions"),
        newer: leaf.newer.map(|place| beside("before", place)),
        older: leaf.older.map(|place| beside("after", place)),
        rows: leaf.sessions.iter().map(|one| row(one, &asked, now)).collect(),
        asked,
    };
    render(StatusCode::OK, &page)
}

fn row(session: &Session, asked: &Asked, now: u64) -> Row {
    let head = Head::of(session);
    Row {
        link: asked.link(&super::timeline::path(&session.id), &[]),
        last: times::date(session.last_ms),
        last_machine: times::machine(session.last_ms),
        runs: session.last_ms.saturating_add(RUNS_MS) >= now,
        head,
    }
}
