/*! The plan behind `envoy/bootstrap.json`: what an operator copies and fills in. */

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::Result;
use policy::custody::CustodyConfig;
use policy::engine::Subjects;
use policy::identity::{Algorithm, IdentityConfig, IssuerConfig, KeySource};
use serde_json::Value;

use super::plugin::Plugin;
use super::{APPROVAL_AUTHORITY, Approval, Limits, Plan, ServerTls};
use crate::bundle::signed::Signed;
use crate::upstream::{Credential, Target, assemble};

/// A gateway for one MCP server, one HTTP API and the model API, with tokens of one issuer, whose records go to the
/// approval service as well; and to `otlp`, where there is one.
pub fn plan(otlp: Option<Target>) -> Result<Plan> {
    let mut upstreams = assemble(
        &[
            "/mcp=http://tools.example.internal:8080/mcp".to_owned(),
            "/crm=https://crm.example.com/api".to_owned(),
            "/v1=https://api.openai.com/v1".to_owned(),
        ],
        &["/mcp=mcp".to_owned(), "/crm=http".to_owned(), "/v1=openai".to_owned()],
        &[],
        &[],
    )?;
    for (index, name) in [(1, "crm"), (2, "openai")] {
        let file = PathBuf::from(format!("/etc/gatehouse/credentials/{name}"));
        upstreams[index].credential = Some(Credential { file, has_scheme: false });
    }
    let keys = Target::parse("https://issuer.example.com/.well-known/jwks.json")?;
    let key_source = "issuer-0".to_owned();
    let limits = Limits::default();
    let plugin = Plugin {
        // A gateway that holds credentials has their marks here.
        custody: &CustodyConfig::default(),
        identity: &IdentityConfig {
            issuers: vec![IssuerConfig {
                issuer: "https://issuer.example.com/".to_owned(),
                audiences: vec!["gatehouse".to_owned()],
                algorithms: vec![Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA],
                keys: KeySource::Cluster {
                    cluster: key_source.clone(),
                    authority: keys.authority(),
                    path: keys.path().to_owned(),
                    refresh_seconds: 300,
                },
                typ: None,
                required_claims: Default::default(),
                owner_claims: Vec::new(),
                groups_claim: "groups".to_owned(),
                authorization_server: true,
            }],
            leeway_seconds: 30,
            mtls: false,
            resource: None,
            scopes_supported: Vec::new(),
        },
        // Empty on purpose: the filter refuses a configuration without a bundle and keys, so
        // that nobody runs the example as it is.
        bundle: &[],
        fetch: None,
        signed: &Signed::default(),
        grant_key: &[],
        receipt_key: &[],
        digest_key: &[],
        limits,
        subjects: Subjects::default(),
    };
    let etc = PathBuf::from("/etc/gatehouse");
    Ok(Plan {
        listen: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 10000)),
        tls: Some(ServerTls {
            certificate: etc.join("tls/server.pem"),
            key: etc.join("tls/server.key"),
            client_ca: None,
        }),
        upstreams,
        key_sources: vec![(key_source, keys)],
        bundle_source: None,
        approval: Approval {
            host: APPROVAL_AUTHORITY.to_owned(),
            port: 8443,
            ca: etc.join("approval/ca.pem"),
            certificate: etc.join("approval/filter.pem"),
            key: etc.join("approval/filter.key"),
        },
        wasm: etc.join("gatehouse.wasm"),
        vm_id: "gatehouse-REPLACE-BY-A-RANDOM-VALUE".to_owned(),
        plugin: plugin.configuration(),
        access_log: PathBuf::from("/var/log/gatehouse/access.jsonl"),
        als: true,
        otlp,
        admin: Some(PathBuf::from("/run/gatehouse/admin.sock")),
        secrets: etc.join("secrets"),
        roots: PathBuf::from("/etc/ssl/certs/ca-certificates.crt"),
        limits,
    })
}

/// Files of the example by their name in the folder `envoy`.
pub fn files(otlp: Option<Target>) -> Result<Vec<(PathBuf, Value)>> {
    let plan = plan(otlp)?;
    let mut files = vec![(PathBuf::from("bootstrap.json"), super::bootstrap(&plan))];
    for (path, secret) in super::secrets(&plan) {
        files.push((PathBuf::from("secrets").join(path.file_name().unwrap_or_default()), secret));
    }
    Ok(files)
}

/// As it lies in the folder.
pub fn text(value: &Value) -> String {
    format!("{value:#}\n")
}
