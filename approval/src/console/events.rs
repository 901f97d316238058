/*! `/events`: tells open pages that a hold changed. They fetch what they show themselves. */

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;

use super::Console;
use super::page::Visitor;

pub async fn stream(
    State(console): State<Arc<Console>>,
    _visitor: Visitor,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(tell(console, sender));
    Sse::new(ReceiverStream::new(receiver)).keep_alive(KeepAlive::default())
}

/// Until the page goes away or the service stops.
async fn tell(console: Arc<Console>, page: mpsc::Sender<Result<Event, Infallible>>) {
    let wake = &console.holds.wake;
    let mut changes = wake.changes();
    // Also after a reconnect: what happened in between was missed.
    let first = change("*").retry(Duration::from_secs(2));
    if page.send(Ok(first)).await.is_err() {
        return;
    }
    loop {
        let hold = tokio::select! {
            hold = changes.recv() => hold,
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
