/*! What comes of a session while its page is open, each as the row that the page puts in its place. */

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;

use super::asked::Asked;
use super::timeline::found;
use crate::console::Console;
use crate::console::viewers::Viewer;
use crate::error::Problem;
use crate::records::sieve::Sieve;
use crate::records::store::Bodies;
use crate::records::timeline::{Timeline, Turn};

/// How often the store is asked whether something came.
const EVERY: Duration = Duration::from_secs(1);
/// How long a page may hear of it after its login is over.
const LOGGED_IN_EVERY: Duration = Duration::from_secs(15);
/// Told at once.
const MOST: u32 = 200;
/// Rows get their numbers before they can be seen, and those of two writers may show in another order. So many are
/// looked at again; the page knows those it has by their ids.
const OVERLAP: u64 = 200;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct From {
    /// The highest row when the page was made.
    row: u64,
}

#[derive(Template)]
#[template(path = "session_row.html")]
struct Row<'a> {
    turn: &'a Turn,
    links: bool,
}

pub async fn stream(
    State(console): State<Arc<Console>>,
    Viewer { visitor, peer }: Viewer,
    Path(id): Path<String>,
    Query(from): Query<From>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let session = found(&console, &id).await?;
    // A browser that comes again says what it heard last.
    let last = headers.get("last-event-id").and_then(|row| row.to_str().ok()?.parse().ok());
    let sieve = asked.at(console.now() * 1000)?;
    console.searched(&visitor.approver, &peer, &sieve).await?;
    let watch = Watch {
        begin: session.started_ms,
        session: id,
        sieve,
        row: last.unwrap_or(from.row),
        told: BTreeSet::new(),
    };
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(watch.tell(console, headers, sender));
    Ok(Sse::new(ReceiverStream::new(receiver)).keep_alive(KeepAlive::default()))
}

struct Watch {
    session: String,
    begin: u64,
    sieve: Sieve,
    /// All up to this one were looked at.
    row: u64,
    /// Of the last of them, those that were told here.
    told: BTreeSet<u64>,
}

type Page = mpsc::Sender<Result<Event, Infallible>>;

impl Watch {
    /// Until the reader goes away, may not look any more, or the service stops.
    async fn tell(mut self, console: Arc<Console>, headers: HeaderMap, page: Page) {
        if page.send(Ok(Event::default().retry(Duration::from_secs(2)).comment(""))).await.is_err()
        {
            return;
        }
        let (mut every, mut again) =
            (tokio::time::interval(EVERY), tokio::time::interval(LOGGED_IN_EVERY));
        let wake = &console.holds.wake;
        loop {
            tokio::select! {
                _ = every.tick() => {
                    let Ok(events) = self.came(&console).await else { continue };
                    for event in events {
                        if page.send(Ok(event)).await.is_err() {
                            return;
                        }
                    }
                }
                _ = again.tick() => {
                    let login = console.logins.of(&headers, console.now()).await;
                    let looks = |login: Option<crate::console::logins::Login>| {
                        login.is_some_and(|login| console.viewers.let_in(&login.person))
                    };
                    if !login.is_ok_and(looks) {
                        return;
                    }
                }
                () = page.closed() => return,
                () = wake.stopped() => return,
            }
        }
    }

    async fn came(&mut self, console: &Console) -> Result<Vec<Event>, Problem> {
        let records = &console.holds.records;
        let latest = records.latest().await?;
        if latest == self.row {
            return Ok(Vec::new());
        }
        let mut events = Vec::new();
        // They are told once all is read: what an error cuts off is read again.
        let mut told = Vec::new();
        let mut from = self.row.saturating_sub(OVERLAP);
        loop {
            let came =
                records.came(&self.session, Bodies::listed_by(&self.sieve), from, MOST).await?;
            let all = came.len() < MOST as usize;
            for (row, exchange) in came {
                from = row;
                if self.told.contains(&row) {
                    continue;
                }
                told.push(row);
                if !self.sieve.lets_through(&exchange) {
                    continue;
                }
                let turn = Timeline::new(self.begin).turn(&exchange);
                let text = Row { turn: &turn, links: true }
                    .render()
                    .map_err(|error| Problem::internal(&error))?;
                // Text of records has no line end here, which would be the end of the event's data.
                let data = text.replace(['\r', '\n'], " ");
                events.push(Event::default().event("exchange").id(row.to_string()).data(data));
            }
            if all {
                break;
            }
        }
        self.told.extend(told);
        self.row = latest.max(self.row);
        let old = self.row.saturating_sub(2 * OVERLAP);
        self.told.retain(|row| *row >= old);
        Ok(events)
    }
}
