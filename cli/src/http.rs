/*! One HTTP request at a time over a Unix socket: to Envoy's admin interface. */

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

const TIMEOUT: Duration = Duration::from_secs(10);

pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

/// `path` with its query.
pub async fn send(socket: &Path, method: Method, path: &str) -> Result<Reply> {
    let request = Request::builder().method(method).uri(path).header("host", "localhost");
    let request = request.body(Empty::<Bytes>::new())?;
    let exchange = async {
        let stream = UnixStream::connect(socket).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // It fails where the request does, and there the error is told.
        let connection = tokio::spawn(connection);
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.context("the answer broke off")?;
        connection.abort();
        Ok(Reply { status, body: body.to_bytes().to_vec() })
    };
    match tokio::time::timeout(TIMEOUT, exchange).await {
        Ok(reply) => reply,
        Err(_) => bail!("no answer in {} s", TIMEOUT.as_secs()),
    }
}
