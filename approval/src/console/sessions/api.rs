/*! Sessions and exchanges as JSON. All of it is ASCII: text of records does nothing to a terminal, and stays as it is. */

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::asked::Asked;
use super::list::Leaf;
use super::timeline::{PAGE, Where, found};
use crate::console::Console;
use crate::console::exchange::{self, OfTenant};
use crate::console::leaf::Turn;
use crate::console::viewers::KeyedViewer;
use crate::error::Problem;
use crate::records::store::{Bodies, ExchangePlace};
use crate::records::{Exchange, Session};

const LISTED: usize = 200;

/// `GET /v1/sessions`, the latest first. `after` and `before` are places that an answer says; `principal`, `since`
/// (`15m`, `1h`, `1d`, `7d`), `effect`, `reason`, `rule`, `tool` and `text` leave out what has no exchange that fits.
#[derive(Serialize)]
struct SessionList {
    sessions: Vec<Session>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `GET /v1/sessions/{id}/exchanges`, by when they began. With `next` there are more: `after` takes it.
#[derive(Serialize)]
struct ExchangeList {
    exchanges: Vec<Exchange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

fn unread(error: QueryRejection) -> Problem {
    Problem::bad_request(error.body_text())
}

pub async fn list(
    State(console): State<Arc<Console>>,
    KeyedViewer { approver, peer }: KeyedViewer,
    turn: Result<Query<Turn>, QueryRejection>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Problem> {
    let cut = turn.map_err(unread)?.0.cut()?;
    let sieve = asked.map_err(unread)?.0.at(console.now() * 1000)?;
    console.searched(&approver, &peer, &sieve).await?;
    let Leaf { sessions, newer, older } = Leaf::read(&console, &sieve, cut, LISTED).await?;
    let [previous, next] = [newer, older].map(|place| place.map(|one| one.to_string()));
    ascii(&SessionList { sessions, previous, next })
}

pub async fn show(
    State(console): State<Arc<Console>>,
    _viewer: KeyedViewer,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    ascii(&found(&console, &id).await?)
}

pub async fn exchanges(
    State(console): State<Arc<Console>>,
    KeyedViewer { approver, peer }: KeyedViewer,
    Path(id): Path<String>,
    place: Result<Query<Where>, QueryRejection>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Problem> {
    let after = place.map_err(unread)?.0.place()?;
    let sieve = asked.map_err(unread)?.0.at(console.now() * 1000)?;
    found(&console, &id).await?;
    console.looked(&approver, &peer, "session_read", &id).await?;
    console.searched(&approver, &peer, &sieve).await?;
    let limit = u32::try_from(PAGE + 1).unwrap_or(u32::MAX);
    let mut exchanges = console
        .holds
        .records
        .exchanges(&id, &sieve, Bodies::listed_by(&sieve), after, limit)
        .await?;
    let more = exchanges.len() > PAGE;
    exchanges.truncate(PAGE);
    let last = exchanges.last().filter(|_| more);
    let next = last.map(|last| ExchangePlace::from(last).to_string());
    ascii(&ExchangeList { exchanges, next })
}

pub async fn exchange(
    State(console): State<Arc<Console>>,
    KeyedViewer { approver, peer }: KeyedViewer,
    Path(reference): Path<String>,
    whose: Result<Query<OfTenant>, QueryRejection>,
) -> Result<Response, Problem> {
    let exchange = exchange::found(&console, &reference, whose.map_err(unread)?.0).await?.exchange;
    console.looked(&approver, &peer, "exchange_read", &reference).await?;
    ascii(&exchange)
}

fn ascii(value: &impl Serialize) -> Result<Response, Problem> {
    let text = serde_json::to_string(value).map_err(|error| Problem::internal(&error))?;
    let kind = [(header::CONTENT_TYPE, "application/json")];
    Ok((kind, escaped(&text)).into_response())
}

/// JSON with an escape for every character that is not printable ASCII: strings alone have such.
pub fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut units = [0; 2];
    for c in json.chars() {
        if matches!(c, ' '..='~') {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut units) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_text_is_ascii_and_reads_back() {
        let text = "a\u{7f}\u{202e}é\u{1F600}\n\"\\";
        let json = super::escaped(&serde_json::to_string(text).unwrap());
        assert!(json.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
