/*! `/events`: tells open pages that a hold, or the kills, changed. They fetch what they show themselves. */

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;

use super::Console;
use super::json::Keyed;
use super::page::Visitor;

/// How long a page may hear of changes after its login is over.
const LOGGED_IN_EVERY: Duration = Duration::from_secs(15);

pub async fn stream(
    State(console): State<Arc<Console>>,
    _visitor: Visitor,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(tell(console, Some(headers), sender));
    Sse::new(ReceiverStream::new(receiver)).keep_alive(KeepAlive::default())
}

/// For the command line: `event: change` with the id of a hold, `kills`, or `*` for any.
pub async fn stream_by_key(
    State(console): State<Arc<Console>>,
    _approver: Keyed,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(tell(console, None, sender));
    Sse::new(ReceiverStream::new(receiver)).keep_alive(KeepAlive::default())
}

/// Until the reader goes away, the login in these headers is over or the service stops.
async fn tell(
    console: Arc<Console>,
    headers: Option<HeaderMap>,
    page: mpsc::Sender<Result<Event, Infallible>>,
) {
    let wake = &console.holds.wake;
    let mut changes = wake.changes();
    // Also after a reconnect: what happened in between was missed.
    let first = change("*").retry(Duration::from_secs(2));
    if page.send(Ok(first)).await.is_err() {
        return;
    }
    let mut again = tokio::time::interval(LOGGED_IN_EVERY);
    loop {
        let hold = tokio::select! {
            hold = changes.recv() => hold,
            _ = again.tick() => {
                let Some(headers) = &headers else { continue };
                let login = console.logins.of(headers, console.now()).await;
                if !login.is_ok_and(|login| login.is_some()) {
                    // The page asks for what it shows, and turns into the one to log in.
                    let _ = page.send(Ok(change("*"))).await;
                    return;
                }
                continue;
            }
            () = page.closed() => return,
            () = wake.stopped() => return,
        };
        let event = match &hold {
            Ok(hold) => change(hold),
            Err(RecvError::Lagged(_)) => change("*"),
            Err(RecvError::Closed) => return,
        };
        if page.send(Ok(event)).await.is_err() {
            return;
        }
    }
}

/// `*` stands for everything.
fn change(hold: &str) -> Event {
    Event::default().event("change").data(hold)
}
