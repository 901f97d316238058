/*! Certificates made at test time, a client that speaks TLS, and TLS in front of an upstream. */

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};

pub use rcgen::{SanType, date_time_ymd};

mod client;
mod server;

pub use client::Client;
pub use server::Terminator;

/// A certificate and its key, in PEM.
#[derive(Clone, Debug)]
pub struct Pair {
    pub certificate: String,
    pub key: String,
}

impl Pair {
    /// Writes both to files in `folder`.
    pub fn files(&self, folder: &Path, name: &str) -> (PathBuf, PathBuf) {
        let at = |end: &str| folder.join(format!("{name}.{end}"));
        std::fs::write(at("pem"), &self.certificate).unwrap();
        std::fs::write(at("key"), &self.key).unwrap();
        (at("pem"), at("key"))
    }
}

pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = named(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().unwrap();
        Self { issuer: CertifiedIssuer::self_signed(params, key).unwrap() }
    }

    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    pub fn file(&self, folder: &Path, name: &str) -> PathBuf {
        let file = folder.join(format!("{name}.pem"));
        std::fs::write(&file, self.pem()).unwrap();
        file
    }

    /// For either end of a connection.
    pub fn issue(&self, names: &[SanType]) -> Pair {
        self.issue_with(names, |_| {})
    }

    pub fn issue_with(
        &self,
        names: &[SanType],
        change: impl FnOnce(&mut CertificateParams),
    ) -> Pair {
        let mut params = named("test");
        params.subject_alt_names = names.to_vec();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Pair { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

pub fn dns(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}

pub fn uri(name: &str) -> SanType {
    SanType::URI(name.try_into().unwrap())
}

pub fn ip(address: &str) -> SanType {
    SanType::IpAddress(address.parse().unwrap())
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
