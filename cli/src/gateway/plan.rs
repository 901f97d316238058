/*! What Envoy is to do for these options. */

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::Result;

use super::{Options, files};
use crate::data::DataDir;
use crate::data::run_file::RunFile;
use crate::envoy::{self, Plan, plugin::Plugin};
use crate::identity::Trust;
use crate::process::binary;
use crate::random;

/// `approval`: where the approval service listens for the filter.
pub fn plan(
    options: &Options,
    data: &DataDir,
    trust: &Trust,
    facts: &RunFile,
    approval: SocketAddr,
    plugin: &Plugin<'_>,
) -> Result<Plan> {
    let upstreams = options.upstreams.iter().map(|upstream| &upstream.target);
    let keys = trust.key_sources.iter().map(|(_, target)| target);
    let bundles = options.fetch.iter().map(|source| &source.target);
    let mut targets = upstreams.chain(keys).chain(bundles).chain(&options.otlp);
    let roots = if targets.any(|target| target.https) { binary::roots()? } else { PathBuf::new() };
    Ok(Plan {
        listen: options.listen,
        tls: options.tls.clone(),
        upstreams: options.upstreams.clone(),
        key_sources: trust.key_sources.clone(),
        bundle_source: options.fetch.as_ref().map(|source| source.target.clone()),
        approval: envoy::Approval {
            host: approval.ip().to_string(),
            port: approval.port(),
            ca: files::approval_ca(data),
            certificate: files::filter_certificate(data),
            key: files::filter_key(data),
        },
        wasm: binary::wasm()?,
        vm_id: format!("gatehouse-{}", random::hex::<16>()?),
        plugin: plugin.configuration(),
        access_log: data.records(),
        als: options.als,
        otlp: options.otlp.clone(),
        admin: Some(facts.admin.clone()),
        secrets: files::secrets(data),
        roots,
        limits: options.limits,
    })
}

/// What agents call.
pub fn gateway_url(options: &Options, port: u16) -> String {
    let scheme = if options.tls.is_some() { "https" } else { "http" };
    let ip = match options.listen.ip() {
        ip if !ip.is_unspecified() => ip,
        // An address to listen on, not one to call.
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    format!("{scheme}://{}", SocketAddr::new(ip, port))
}
