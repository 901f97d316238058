/*!
How filter and approval service know each other: a certificate authority that lives for the length
of this function. Its key is never written, so nobody can make a third certificate.
*/

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SanType,
};

/// What the filter's certificate calls it.
pub const FILTER_URI: &str = "spiffe://gatehouse/filter";

/// All in PEM.
pub struct Pki {
    pub ca: String,
    pub server: Identity,
    pub filter: Identity,
}

pub struct Identity {
    pub certificate: String,
    pub key: String,
}

impl Pki {
    /// `server_name` is the DNS name of the approval service.
    pub fn new(server_name: &str) -> Result<Self> {
        let mut params = named("Gatehouse local authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

        let name = SanType::DnsName(server_name.try_into()?);
        let server = leaf(&ca, "Gatehouse approval service", name, ServerAuth)?;
        let uri = SanType::URI(FILTER_URI.try_into()?);
        let filter = leaf(&ca, "Gatehouse filter", uri, ClientAuth)?;
        Ok(Self { ca: ca.pem(), server, filter })
    }
}

use ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth};

fn leaf(
    ca: &CertifiedIssuer<'_, KeyPair>,
    name: &str,
    san: SanType,
    usage: ExtendedKeyUsagePurpose,
) -> Result<Identity> {
    let mut params = named(name);
    params.subject_alt_names = vec![san];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, ca)?;
    Ok(Identity { certificate: certificate.pem(), key: key.serialize_pem() })
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
