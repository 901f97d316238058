/*! An agent that speaks TLS, with a certificate of its own or without. */

use std::io::Write;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_rustls::rustls;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::Pair;
use crate::call::Call;
use crate::http1::{Framing, Reader, Response};

pub struct Client {
    config: Arc<ClientConfig>,
}

impl Client {
    /// `roots` in PEM.
    pub fn new(roots: &str, own: Option<&Pair>) -> Self {
        let mut store = RootCertStore::empty();
        store.add(CertificateDer::from_pem_slice(roots.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(store);
        let config = match own {
            None => config.with_no_client_auth(),
            Some(pair) => {
                let chain =
                    vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()];
                let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
                config.with_client_auth_cert(chain, key).unwrap()
            }
        };
        Self { config: Arc::new(config) }
    }

    /// The answer, or why there is none: nobody is there, does not convince, or is not convinced.
    pub fn send(&self, address: &str, name: &str, call: &Call) -> Result<Response, String> {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let connection = ClientConnection::new(Arc::clone(&self.config), name).unwrap();
        let socket = TcpStream::connect(address).map_err(|error| error.to_string())?;
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut stream = StreamOwned::new(connection, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).map_err(|error| error.to_string())?;
        }
        // With TLS 1.3 the server judges the client's certificate after this.
        let _ = stream.write_all(&call.bytes());
        let raw = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&raw);
        let mut reader = Reader::new(stream, move |bytes| log.lock().unwrap().extend(bytes));
        let message = reader.message(Framing::Response { head_only: call.method == "HEAD" });
        let message = message.ok_or("the server closed the connection without an answer")?;
        let raw = raw.lock().unwrap().clone();
        Ok(Response::of(message, raw))
    }
}
