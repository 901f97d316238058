//! A filter and an approver, as far as the service sees them.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use crate::program::{APPROVER_KEY, SERVER, Setup};

pub struct Filter {
    tls: TlsConnector,
}

impl Filter {
    pub fn new(setup: &Setup) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(setup.ca.as_bytes()).unwrap()).unwrap();
        let chain = vec![CertificateDer::from_pem_slice(setup.filter_cert.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(setup.filter_key.as_bytes()).unwrap();
        let provider = Arc::new(crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)
            .unwrap();
        Self { tls: TlsConnector::from(Arc::new(config)) }
    }

    /// An error where no whole answer comes.
    pub async fn ask(
        &self,
        to: SocketAddr,
        method: &str,
        path: &str,
        body: String,
    ) -> Result<(StatusCode, String)> {
        let stream = TcpStream::connect(to).await?;
        let stream = self.tls.connect(ServerName::try_from(SERVER)?, stream).await?;
        let request = Request::builder().method(method).uri(path).header("host", SERVER);
        send(stream, request.body(Full::new(Bytes::from(body)))?).await
    }
}

/// With the approver's key.
pub async fn console(
    to: SocketAddr,
    method: &str,
    path: &str,
    body: String,
) -> Result<(StatusCode, String)> {
    let request = Request::builder().method(method).uri(path).header("host", to.to_string());
    let request = request.header("authorization", format!("Bearer {APPROVER_KEY}"));
    let request = request.header("content-type", "application/json");
    send(TcpStream::connect(to).await?, request.body(Full::new(Bytes::from(body)))?).await
}

async fn send(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, String)> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    Ok((status, String::from_utf8(body.to_vec()).context("not text")?))
}
