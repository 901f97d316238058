/*! One HTTP request at a time, to the console over TCP and to Envoy's admin interface. */

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

const TIMEOUT: Duration = Duration::from_secs(10);

pub enum Peer<'a> {
    /// `host:port`.
    Tcp(&'a str),
    Unix(&'a Path),
}

pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

/// `path` with its query. A body makes it JSON.
pub async fn send(
    peer: Peer<'_>,
    method: Method,
    path: &str,
    bearer: Option<&str>,
    body: Option<String>,
) -> Result<Reply> {
    let host = match peer {
        Peer::Tcp(address) => address,
        Peer::Unix(_) => "localhost",
    };
    let mut request = Request::builder().method(method).uri(path).header("host", host);
    if let Some(key) = bearer {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let request = request.body(Full::new(Bytes::from(body.unwrap_or_default())))?;
    let exchange = async {
        match peer {
            Peer::Tcp(address) => over(TcpStream::connect(address).await?, request).await,
            Peer::Unix(path) => over(UnixStream::connect(path).await?, request).await,
        }
    };
    match tokio::time::timeout(TIMEOUT, exchange).await {
        Ok(reply) => reply,
        Err(_) => bail!("no answer in {} s", TIMEOUT.as_secs()),
    }
}

async fn over<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Reply>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // It fails where the request does, and there the error is told.
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.context("the answer broke off")?;
    connection.abort();
    Ok(Reply { status, body: body.to_bytes().to_vec() })
}

/// The events of a stream (`text/event-stream`), as long as it lasts.
pub struct Events {
    body: Incoming,
    /// Bytes of a line that has not ended.
    begun: Vec<u8>,
    ready: VecDeque<String>,
    /// Carries the body; it ends with the stream.
    _connection: AbortOnDrop,
}

struct AbortOnDrop(tokio::task::JoinHandle<Result<(), hyper::Error>>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Longer than any line of an event of the console.
const LONGEST_LINE: usize = 64 * 1024;
/// The console says something at least every 15 s.
const SILENCE: Duration = Duration::from_secs(60);

impl Events {
    pub async fn open(address: &str, path: &str, bearer: &str) -> Result<(u16, Self)> {
        let connect = async {
            let stream = TcpStream::connect(address).await?;
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
            let connection = AbortOnDrop(tokio::spawn(connection));
            let request = Request::get(path)
                .header("host", address)
                .header("authorization", format!("Bearer {bearer}"))
                .header("accept", "text/event-stream")
                .body(Full::new(Bytes::new()))?;
            let response = sender.send_request(request).await?;
            let status = response.status().as_u16();
            let (body, ready) = (response.into_body(), VecDeque::new());
            anyhow::Ok((status, Self { body, begun: Vec::new(), ready, _connection: connection }))
        };
        tokio::time::timeout(TIMEOUT, connect).await.context("no answer in time")?
    }

    /// The data of the next event; `None` where the stream ends.
    pub async fn next(&mut self) -> Result<Option<String>> {
        loop {
            if let Some(data) = self.ready.pop_front() {
                return Ok(Some(data));
            }
            let frame = tokio::time::timeout(SILENCE, self.body.frame()).await;
            let Some(frame) = frame.context("the console fell silent")? else { return Ok(None) };
            let frame = frame.context("the stream broke off")?;
            for byte in frame.data_ref().into_iter().flatten() {
                self.take(*byte)?;
            }
        }
    }

    fn take(&mut self, byte: u8) -> Result<()> {
        if byte != b'\n' {
            self.begun.push(byte);
            anyhow::ensure!(
                self.begun.len() <= LONGEST_LINE,
                "the console's stream is none of ours"
            );
            return Ok(());
        }
        let line = std::mem::take(&mut self.begun);
        if let Some(data) = line.strip_prefix(b"data: ") {
            self.ready.push_back(String::from_utf8_lossy(data).into_owned());
        }
        Ok(())
    }
}
