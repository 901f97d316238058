/*! TLS in front of a plain upstream: what the upstream sees came in a connection that was agreed. */

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, rustls};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Pair;
use crate::http2::block_on;

/// What a handshake came to: the name that was asked for, or why it failed.
type Handshake = Result<Option<String>, String>;

pub struct Terminator {
    pub address: SocketAddr,
    handshakes: Arc<Mutex<Vec<Handshake>>>,
}

impl Terminator {
    pub fn start(pair: &Pair, upstream: SocketAddr) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let handshakes = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&handshakes);
        std::thread::spawn(move || {
            block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(connection(acceptor.clone(), stream, upstream, Arc::clone(&seen)));
                }
            });
        });
        Self { address, handshakes }
    }

    /// In the order they ended.
    pub fn handshakes(&self) -> Vec<Handshake> {
        self.handshakes.lock().unwrap().clone()
    }
}

async fn connection(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    upstream: SocketAddr,
    seen: Arc<Mutex<Vec<Handshake>>>,
) {
    let mut agreed = match acceptor.accept(stream).await {
        Ok(agreed) => agreed,
        Err(error) => return seen.lock().unwrap().push(Err(error.to_string())),
    };
    let name = agreed.get_ref().1.server_name().map(str::to_owned);
    seen.lock().unwrap().push(Ok(name));
    let Ok(mut plain) = TcpStream::connect(upstream).await else { return };
    let _ = copy_bidirectional(&mut agreed, &mut plain).await;
}
