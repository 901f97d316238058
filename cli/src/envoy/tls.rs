/*! TLS on both sides of Envoy. */

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{APPROVAL_AUTHORITY, Approval, typed};

/// PEM files of the listener.
#[derive(Clone, Debug)]
pub struct ServerTls {
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// Who signs the certificates of callers; then every caller must show one.
    pub client_ca: Option<PathBuf>,
}

pub fn downstream(server: &ServerTls) -> Value {
    let mut common = json!({
        "tls_params": parameters(),
        "alpn_protocols": ["h2", "http/1.1"],
        "tls_certificates": [pair(&server.certificate, &server.key)],
    });
    if let Some(ca) = &server.client_ca {
        common["validation_context"] = json!({ "trusted_ca": file(ca) });
    }
    let mut context = json!({ "common_tls_context": common });
    if server.client_ca.is_some() {
        context["require_client_certificate"] = Value::from(true);
    }
    socket("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", context)
}

/// To an upstream: its certificate must chain to `roots` and carry the host's own name.
pub fn upstream(host: &str, roots: &Path, protocol: &str) -> Value {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
    let (kind, name) = match address {
        Some(address) => ("IP_ADDRESS", address.to_string()),
        None => ("DNS", host.to_owned()),
    };
    let mut context = json!({ "common_tls_context": {
        "tls_params": parameters(),
        "alpn_protocols": [protocol],
        "validation_context": validation(roots, kind, &name),
    } });
    if address.is_none() {
        context["sni"] = Value::from(host);
    }
    socket("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", context)
}

/// To the approval service. The certificate is what tells it that the filter asks.
pub fn approval(approval: &Approval) -> Value {
    socket(
        "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        json!({
            "sni": APPROVAL_AUTHORITY,
            "common_tls_context": {
                "tls_params": parameters(),
                "alpn_protocols": ["h2", "http/1.1"],
                "tls_certificates": [pair(&approval.certificate, &approval.key)],
                "validation_context": validation(&approval.ca, "DNS", APPROVAL_AUTHORITY),
            },
        }),
    )
}

fn validation(ca: &Path, kind: &str, name: &str) -> Value {
    json!({
        "trusted_ca": file(ca),
        "match_typed_subject_alt_names": [{ "san_type": kind, "matcher": { "exact": name } }],
    })
}

fn parameters() -> Value {
    json!({ "tls_minimum_protocol_version": "TLSv1_2" })
}

fn pair(certificate: &Path, key: &Path) -> Value {
    json!({ "certificate_chain": file(certificate), "private_key": file(key) })
}

fn file(path: &Path) -> Value {
    json!({ "filename": path })
}

fn socket(context: &str, value: Value) -> Value {
    json!({ "name": "envoy.transport_sockets.tls", "typed_config": typed(context, value) })
}
