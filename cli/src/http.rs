/*! One HTTP request at a time, to the console over TCP and to Envoy's admin interface. */

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
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
