/*! A session as a file: the very lines of its records, or one page that needs nothing else. */

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::api::escaped;
use super::timeline::found;
use crate::approver::Approver;
use crate::console::Console;
use crate::console::page::problem;
use crate::console::viewers::{KeyedViewer, Viewer};
use crate::error::Problem;
use crate::records::export::{Export, file_name};
use crate::records::sieve::Sieve;
use crate::records::store::{Bodies, ExchangePlace};
use crate::records::{Line, Session};
use crate::store::StoreError;

/// Read at once.
const BATCH: u32 = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    format: String,
}

pub async fn page(
    State(console): State<Arc<Console>>,
    Viewer { visitor, peer }: Viewer,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Response {
    match file(&console, &visitor.approver, &peer, &id, &wanted.format).await {
        Ok(response) => response,
        Err(error) => problem(&visitor, &error, "/sessions"),
    }
}

pub async fn by_key(
    State(console): State<Arc<Console>>,
    KeyedViewer { approver, peer }: KeyedViewer,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    file(&console, &approver, &peer, &id, &wanted.format).await
}

async fn file(
    console: &Arc<Console>,
    approver: &Approver,
    peer: &str,
    id: &str,
    format: &str,
) -> Result<Response, Problem> {
    let (kind, extension) = match format {
        "html" => ("text/html; charset=utf-8", "html"),
        "jsonl" => ("application/jsonl", "jsonl"),
        _ => return Err(Problem::bad_request("say `format=html` or `format=jsonl`")),
    };
    let session = found(console, id).await?;
    console.looked(approver, peer, "session_exported", &format!("{id} as {extension}")).await?;
    let (sender, receiver) = mpsc::channel(4);
    let writing = Writing { console: console.clone(), session, to: sender };
    tokio::spawn(async move {
        let to = writing.to.clone();
        let written =
            if extension == "html" { writing.page().await } else { writing.lines().await };
        if let Err(error) = written {
            tracing::warn!(%error, "a session is not exported to its end");
            // The connection breaks off: nobody takes a part of it for the whole.
            let _ = to.send(Err(std::io::Error::other("not exported to its end"))).await;
        }
    });
    let name = format!("attachment; filename=\"{}\"", file_name(&id.replace('.', "-"), extension));
    let headers = [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(ReceiverStream::new(receiver))).into_response())
}

/// Record and link as they came, byte for byte. What Envoy says is in no digest, and does nothing to a terminal.
fn written(line: &Line) -> Result<String, serde_json::Error> {
    let text = line.to_json()?;
    let told = [&line.record, &line.link].into_iter().flatten().all(|one| one.is_ascii());
    Ok(if told { escaped(&text) } else { text })
}

struct Writing {
    console: Arc<Console>,
    session: Session,
    to: mpsc::Sender<std::io::Result<Bytes>>,
}

#[derive(Debug, thiserror::Error)]
enum Cut {
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Page(#[from] askama::Error),
    #[error("{0}")]
    Json(#[from] serde_json::Error),
}

impl Writing {
    /// `false` once nobody reads any more.
    async fn send(&self, text: String) -> bool {
        self.to.send(Ok(Bytes::from(text))).await.is_ok()
    }

    async fn page(self) -> Result<(), Cut> {
        let now = self.console.now() * 1000;
        let (mut export, begin) = Export::begin(&self.session, now)?;
        if !self.send(begin).await {
            return Ok(());
        }
        let (open, mut after) = (Sieve::default(), None);
        loop {
            let records = &self.console.holds.records;
            let batch =
                records.exchanges(&self.session.id, &open, Bodies::All, after, BATCH).await?;
            for exchange in &batch {
                if !self.send(export.exchange(exchange)?).await {
                    return Ok(());
                }
            }
            after = batch.last().map(ExchangePlace::from);
            if batch.len() < BATCH as usize {
                break;
            }
        }
        self.send(export.end()).await;
        Ok(())
    }

    async fn lines(self) -> Result<(), Cut> {
        let mut after = None;
        loop {
            let records = &self.console.holds.records;
            let batch = records.lines(Some(&self.session.id), after.as_ref(), BATCH).await?;
            let mut text = String::new();
            for (_, line) in &batch {
                text.push_str(&written(line)?);
                text.push('\n');
            }
            if text.is_empty() || !self.send(text).await {
                return Ok(());
            }
            let all = batch.len() < BATCH as usize;
            after = batch.into_iter().last().map(|(place, _)| place);
            if all {
                return Ok(());
            }
        }
    }
}
