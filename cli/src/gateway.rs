/*!
A local gateway: the approval service in this process and Envoy beside it, around any upstream.

Everything is checked and written before Envoy starts, and taken down in the reverse order however
it ends: Envoy first, so that its records are complete.
*/

mod files;
mod stop;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use policy::bundle::Bundle;

use crate::data::DataDir;
use crate::data::keys::{IssuerKey, ServiceKeys};
use crate::data::pki::Pki;
use crate::data::run_file::RunFile;
use crate::envoy::{self, Limits, Plan, ServerTls, plugin::Plugin};
use crate::identity::Trust;
use crate::process::binary;
use crate::process::child::{Envoy, Start};
use crate::upstream::Upstream;
use crate::{bundle, data, identity, random};

use stop::Stop;

pub struct Options {
    pub upstreams: Vec<Upstream>,
    /// Folders and files; none: the embedded ones.
    pub bundles: Vec<PathBuf>,
    pub identity: Option<PathBuf>,
    pub listen: SocketAddr,
    pub tls: Option<ServerTls>,
    pub console: SocketAddr,
    pub console_url: Option<String>,
    pub data: PathBuf,
    pub limits: Limits,
    pub envoy_log: String,
}

/// Runs until it is told to stop, or until Envoy ends.
pub async fn run(options: Options) -> Result<()> {
    let mut stop = Stop::new()?;
    let bundle = bundle::load(&options.bundles)?;
    let masking = bundle::for_masking(&options.bundles, &bundle)?;
    let envoy = binary::envoy()?;
    let data = DataDir::create(&options.data)?;
    let _lock = data.lock()?;
    let issuer = IssuerKey::of(&data)?;
    let trust = match &options.identity {
        Some(path) => identity::with_file(&issuer, path)?,
        None => identity::local(&issuer),
    };
    let keys = ServiceKeys::of(&data)?;
    let pki = Pki::new(envoy::APPROVAL_AUTHORITY)?;
    let plugin_keys = (keys.grant.public_bytes(), keys.receipt.public_bytes());
    let (digest_key, approver_key) = (keys.digest.clone(), keys.approver.clone());
    let service = approval::start(approval_config(&options, &data, keys, &pki, &masking)?).await?;

    let plugin = Plugin {
        identity: &trust.config,
        bundle: &bundle,
        grant_key: &plugin_keys.0,
        receipt_key: &plugin_keys.1,
        digest_key: &digest_key,
        limits: options.limits,
    };
    let facts = RunFile {
        pid: std::process::id(),
        envoy_pid: 0,
        gateway: String::new(),
        console: service.console_url.clone(),
        console_address: service.console_addr.to_string(),
        approver_key,
        login_url: service.login_url.clone(),
        approval: format!("https://{}", service.filter_addr),
        admin: files::admin_socket(&data)?,
        issuer: issuer.issuer(),
        revision: Bundle::decode(&bundle)?.revision,
    };
    let prepared = plan(&options, &data, &trust, &facts, service.filter_addr, &plugin)
        .and_then(|plan| files::write(&data, &plan, &pki));
    let ended = match prepared {
        Ok(bootstrap) => {
            let start = Start {
                binary: &envoy,
                bootstrap: &bootstrap,
                log: &data.envoy().join("envoy.log"),
                log_level: &options.envoy_log,
            };
            around_envoy(&options, &data, &start, &facts, &mut stop).await
        }
        Err(error) => Err(error),
    };
    files::remove(&data, &facts.admin);
    service.shutdown().await;
    ended
}

async fn around_envoy(
    options: &Options,
    data: &DataDir,
    start: &Start<'_>,
    facts: &RunFile,
    stop: &mut Stop,
) -> Result<()> {
    let mut envoy = Envoy::start(start)?;
    let mut facts = RunFile { envoy_pid: envoy.pid(), ..facts.clone() };
    let ended = tokio::select! {
        ended = serve(options, data, &mut envoy, &mut facts) => ended,
        () = stop.asked() => Ok(()),
    };
    envoy.stop().await.and(ended)
}

/// Until Envoy ends.
async fn serve(
    options: &Options,
    data: &DataDir,
    envoy: &mut Envoy,
    facts: &mut RunFile,
) -> Result<()> {
    let port = envoy.ready(&facts.admin).await?;
    facts.gateway = gateway_url(options, port);
    facts.write(data)?;
    // The one line others wait for; everything else goes to stderr.
    println!("ready gateway={} console={} data={}", facts.gateway, facts.console, shown(data));
    eprintln!("approve held calls at {} (good for one login)", facts.login_url);
    eprintln!("make a token with `gatehouse token --data {} --sub NAME`", shown(data));
    Err(envoy.ended().await)
}

fn approval_config(
    options: &Options,
    data: &DataDir,
    keys: ServiceKeys,
    pki: &Pki,
    masking: &[u8],
) -> Result<approval::Config> {
    Ok(approval::Config {
        filter_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        console_listen: options.console,
        database: data::file::private(data.database())?,
        tls: approval::Tls {
            ca_pem: pki.ca.clone(),
            cert_pem: pki.server.certificate.clone(),
            key_pem: pki.server.key.clone(),
        },
        grant_key: keys.grant,
        receipt_key: keys.receipt,
        digest_key: keys.digest,
        approver_key: keys.approver,
        approver_name: std::env::var("USER")
            .ok()
            .filter(|name| !name.trim().is_empty())
            .map_or_else(|| "local approver".to_owned(), |name| format!("{name} (local approver)")),
        login_code: random::key()?,
        bundle: Arc::new(Bundle::decode(masking)?),
        public_url: options.console_url.clone(),
    })
}

fn plan(
    options: &Options,
    data: &DataDir,
    trust: &Trust,
    facts: &RunFile,
    approval: SocketAddr,
    plugin: &Plugin<'_>,
) -> Result<Plan> {
    let upstreams = options.upstreams.iter().map(|upstream| &upstream.target);
    let mut targets = upstreams.chain(trust.key_sources.iter().map(|(_, target)| target));
    let roots = if targets.any(|target| target.https) { binary::roots()? } else { PathBuf::new() };
    Ok(Plan {
        listen: options.listen,
        tls: options.tls.clone(),
        upstreams: options.upstreams.clone(),
        key_sources: trust.key_sources.clone(),
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
        admin: Some(facts.admin.clone()),
        secrets: files::secrets(data),
        roots,
        limits: options.limits,
    })
}

fn gateway_url(options: &Options, port: u16) -> String {
    let scheme = if options.tls.is_some() { "https" } else { "http" };
    let ip = match options.listen.ip() {
        ip if !ip.is_unspecified() => ip,
        // An address to listen on, not one to call.
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    format!("{scheme}://{}", SocketAddr::new(ip, port))
}

fn shown(data: &DataDir) -> impl std::fmt::Display + '_ {
    data.root().display()
}
