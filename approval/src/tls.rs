/*!
The filter's listener: TLS in which the client proves to be the filter.

The check is part of the handshake: a certificate of the right authority with another name never
reaches a handler.
*/

mod listener;

use std::sync::Arc;

use anyhow::Context;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig,
    SignatureScheme,
};

use crate::config::Tls;
use crate::tenant::Tenant;

pub use listener::TlsListener;

pub fn server_config(tls: &Tls) -> anyhow::Result<Arc<ServerConfig>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&tls.ca_pem).context("reading the authority's certificate")? {
        roots.add(certificate).context("the authority's certificate cannot be used")?;
    }
    let chain = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .context("no certificate of an authority for the filter's listener")?;
    let key = PrivateKeyDer::from_pem_slice(tls.key_pem.as_bytes())
        .map_err(|_| anyhow::anyhow!("the listener's private key is not PEM"))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(Arc::new(FilterVerifier { chain }))
        .with_single_cert(certificates(&tls.cert_pem)?, key)
        .context("the listener's certificate and key do not fit")?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Whose filter a certificate is for, if it is for one.
fn tenant(certificate: &CertificateDer<'_>) -> Option<Tenant> {
    let certificate = webpki::EndEntityCert::try_from(certificate).ok()?;
    Tenant::of(certificate.valid_uri_names())
}

fn certificates(pem: &str) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| anyhow::anyhow!("a certificate is not PEM"))?;
    anyhow::ensure!(!certificates.is_empty(), "there is no certificate in the PEM text");
    Ok(certificates)
}

/// The chain as webpki checks it, then the name.
#[derive(Debug)]
struct FilterVerifier {
    chain: Arc<dyn ClientCertVerifier>,
}

impl ClientCertVerifier for FilterVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.chain.verify_client_cert(end_entity, intermediates, now)?;
        let named = tenant(end_entity).is_some();
        let refused = || Error::InvalidCertificate(CertificateError::NotValidForName);
        named.then_some(verified).ok_or_else(refused)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}
